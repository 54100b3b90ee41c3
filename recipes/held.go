package recipes

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// Why a Held has ended.
var (
	// ErrReleased: by Release, or by [Item.Consume].
	ErrReleased = errors.New("recipes: released")
	// ErrLost: its node was deleted, or its session ended or can no longer be proved to live.
	ErrLost = errors.New("recipes: lost")
)

// Held is something acquired, until it is released or lost:
//
//	held ──Release──▶ released
//	 └──node deleted, session ended, proof too old──▶ lost
//
// # Ownership
//
// While something is held the client proves its session to the leader every quarter of the session
// timeout. A Held is lost by the clock when the newest proof is one timeout old, whatever the state of
// the connection. That is right if the clocks of client and servers run at about the same speed and
// the servers' tick is at most half the session timeout. Only Token and Txn are right in any case.
type Held struct {
	r       *recipe
	view    *zk.Client
	session *zk.Hold // nil if what is held outlives sessions
	path    string
	token   int64

	lost    *future.Promise[error]    // on the user's lane
	gone    *future.Promise[struct{}] // the node is deleted, or bound to go away
	cancel  context.CancelCauseFunc
	ended   context.Context
	dropped func() // stops listening to state changes

	err     atomic.Pointer[error]     // why it has ended; nil while it has not. Written under mu
	mu      sync.Mutex                // guards what follows
	cancels []context.CancelCauseFunc // of the contexts given out
}

// newHeld makes a Held of an attempt whose node was made, watched, and found to be the first.
func newHeld(at *attempt, made zk.Created) (*Held, error) {
	h := &Held{
		r: at.r, view: at.view, session: at.hold, path: made.Path, token: made.Czxid,
		lost: future.NewPromise[error](at.r.user), gone: future.NewPromise[struct{}](at.r.work), dropped: func() {},
	}
	h.ended, h.cancel = context.WithCancelCause(context.Background())
	if err := h.Err(); err != nil {
		return nil, zk.ErrSessionExpired // while the answer came
	}
	if h.session != nil {
		h.session.Lost().Notify(future.Func(func() { h.end(ErrLost) }))
	}
	if at.r.opt.suspendedLoses {
		h.dropped = at.r.cl.OnState(func(c zk.StateChange) {
			if c.To != zk.Connected {
				h.end(ErrLost)
			}
		})
		if at.r.cl.State() != zk.Connected { // behind the answer that made us the first
			h.dropped()
			return nil, errGone
		}
	}
	own := at.own
	future.Async(h.ended, at.r.work, func(co *future.Co) (struct{}, error) { return struct{}{}, h.guard(co, own) })
	return h, nil
}

// guard watches the node, beginning with a look at it that was taken already, and ends the Held when the node is gone.
func (h *Held) guard(co *future.Co, look *future.Future[zk.Watched[*zk.Stat]]) error {
	for {
		err := h.unchanged(co, look)
		switch {
		case h.ended.Err() != nil:
			return nil
		case errors.Is(err, zk.ErrNoNode): // nothing is to be deleted; there may be somebody else's node with its name
			h.endBy(ErrLost, func() *future.Future[struct{}] { return future.Value(struct{}{}).On(h.r.work) })
			return err
		}
		if err = h.r.again(co, h.ended, h.view, err); err != nil {
			h.end(ErrLost)
			return err
		}
		look = h.view.ExistsAndWatch(h.ended, h.path)
	}
}

// unchanged returns when something has happened to the node since the look, or the Held has ended; with ErrNoNode if there
// is no node. A watch that it leaves behind when the Held has ended goes with the node.
func (h *Held) unchanged(co *future.Co, look *future.Future[zk.Watched[*zk.Stat]]) error {
	w, err := awaitWatched(co, look)
	if err != nil {
		return err
	}
	if w.Value == nil || w.Value.Czxid != h.token {
		w.Unwatch(context.WithoutCancel(h.ended))
		return zk.ErrNoNode
	}
	_, err = future.Await(co, w.Changed)
	return err
}

// end ends the Held, once, and has its node deleted. A lost one's session may come back: the node is
// deleted then. The deletion is ordered before anything that somebody does who knows of the end.
func (h *Held) end(why error) { h.endBy(why, h.remove) }

// endBy is end with another way to have the node deleted. It returns false if the Held had ended before.
func (h *Held) endBy(why error, remove func() *future.Future[struct{}]) bool {
	h.mu.Lock()
	if h.err.Load() != nil {
		h.mu.Unlock()
		return false
	}
	h.err.Store(&why)
	cancels := h.cancels
	h.cancels = nil
	h.mu.Unlock()
	if h.session != nil {
		h.session.Release()
	}
	h.dropped()
	h.gone.Follow(remove())
	h.cancel(why)
	for _, cancel := range cancels {
		cancel(why)
	}
	if why == ErrLost {
		h.lost.Complete(why, nil)
	}
	return true
}

// remove deletes the node: the first attempt is sent at once, others follow in the background.
func (h *Held) remove() *future.Future[struct{}] {
	ctx := context.Background()
	first := h.view.Delete(ctx, h.path, zk.AnyVersion)
	return future.Async(ctx, h.r.work, func(co *future.Co) (struct{}, error) {
		err := h.r.removeOurs(co, ctx, h.view, h.path, h.token, first)
		if err != nil && !errors.Is(err, zk.ErrSessionExpired) { // expired: it is gone, or will be
			return struct{}{}, err
		}
		if c, ok := parseContender(h.path[len(h.r.path)+1:], nil); ok && (c.seq > resetAbove || c.seq < 0) {
			h.view.Delete(ctx, h.r.path, zk.AnyVersion) // if it is empty: see resetAbove
		}
		return struct{}{}, nil
	})
}

// Err returns nil while the lock is held, ErrReleased or ErrLost afterwards. It looks at the clock
// itself and waits for nothing.
func (h *Held) Err() error {
	if why := h.err.Load(); why != nil {
		return *why
	}
	if h.session != nil && h.session.Err() != nil {
		return ErrLost
	}
	return nil
}

// Lost completes, with ErrLost as its value, when the lock is lost; never after Release. Callbacks run
// on a lane of the lock's own.
func (h *Held) Lost() *future.Future[error] { return h.lost.Future() }

// Token is a fencing token: the zxid of the creation of the node. Of a lock, a write lock, an election and a semaphore of
// one, whoever acquires it later has a greater one. A resource that remembers the greatest token it has seen, and refuses
// smaller ones, is safe from those who do not know yet that they have lost it.
//
// Readers of a read-write lock hold it together, in any order of their tokens. The resource remembers the greatest token of
// a writer and the greatest of anybody; it accepts a reader whose token is not smaller than the first, and a writer whose
// token is not smaller than the second. The token of a semaphore of more than one orders nothing; use Txn.
func (h *Held) Token() int64 { return h.token }

// Path is the path of the node.
func (h *Held) Path() string { return h.path }

// Txn returns a transaction that is refused, with ErrNoNode, once the lock is not held any more: its
// first operation checks the lock's node. And it is carried out in the lock's session or not at all.
func (h *Held) Txn() *zk.Txn {
	tx := h.view.Txn()
	tx.Check(h.path, zk.AnyVersion)
	return tx
}

// Context returns a context that ends with parent and when the lock is released or lost. Its Err also
// looks at the clock, like [Held.Err].
func (h *Held) Context(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	h.onEnd(cancel)
	return &heldContext{ctx, h}
}

// onEnd has cancel called when the Held ends, or at once if it has ended.
func (h *Held) onEnd(cancel context.CancelCauseFunc) {
	h.mu.Lock()
	why := h.err.Load()
	if why == nil {
		h.cancels = append(h.cancels, cancel)
	}
	h.mu.Unlock()
	if why != nil {
		cancel(*why)
	}
}

type heldContext struct {
	context.Context
	h *Held
}

func (c *heldContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if c.h.Err() != nil {
		return context.Canceled
	}
	return nil
}

// Release gives the lock back. It has ended when Release returns; the future completes when the node
// is deleted, or is bound to go away with its session. When ctx ends first the deletion goes on.
// Releasing twice, or what is lost, is no error.
func (h *Held) Release(ctx context.Context) *future.Future[struct{}] {
	h.end(ErrReleased)
	return h.whenGone(ctx)
}

// whenGone completes for the user when the node of a Held that has ended is gone, or when ctx ends.
func (h *Held) whenGone(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, h.r.work, func(co *future.Co) (struct{}, error) {
		return future.Await(co, h.gone.Future())
	}).On(h.r.user)
}
