package recipes

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// Why a Held has ended.
var (
	// ErrReleased: by Release.
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
	view    *zk.Client
	session *zk.Hold
	path    string
	parent  string
	token   int64
	lock    *Lock

	lost    *future.Promise[error]    // on the user's lane
	gone    *future.Promise[struct{}] // the node is deleted, or bound to go away
	cancel  context.CancelCauseFunc
	ended   context.Context
	dropped func() // stops listening to state changes

	mu      sync.Mutex // guards what follows
	err     error
	cancels []context.CancelCauseFunc // of the contexts given out
}

func newHeld(at *attempt, made zk.Created) (*Held, error) {
	h := &Held{
		view: at.view, session: at.hold, path: made.Path, parent: at.lock.path, token: made.Czxid, lock: at.lock,
		lost: future.NewPromise[error](at.lock.user), gone: future.NewPromise[struct{}](at.lock.work), dropped: func() {},
	}
	h.ended, h.cancel = context.WithCancelCause(context.Background())
	if err := h.Err(); err != nil {
		return nil, zk.ErrSessionExpired // while the answer came
	}
	at.hold.Lost().Notify(future.Func(func() { h.end(ErrLost) }))
	if at.lock.opt.suspendedLoses {
		h.dropped = at.lock.cl.OnState(func(c zk.StateChange) {
			if c.To != zk.Connected {
				h.end(ErrLost)
			}
		})
	}
	future.Async(h.ended, at.lock.work, h.guard)
	return h, nil
}

// guard watches the node.
func (h *Held) guard(co *future.Co) (struct{}, error) {
	for {
		w, err := awaitWatched(co, h.view.ExistsAndWatch(h.ended, h.path))
		switch {
		case retriable(err):
			continue
		case err != nil:
			if h.ended.Err() == nil {
				h.end(ErrLost)
			}
			return struct{}{}, err
		case w.Value == nil:
			w.Unwatch(context.WithoutCancel(h.ended))
			h.end(ErrLost)
			return struct{}{}, nil
		}
		if _, err := future.Await(co, w.Changed); err != nil {
			w.Unwatch(context.WithoutCancel(h.ended))
			if h.ended.Err() == nil {
				h.end(ErrLost)
			}
			return struct{}{}, err
		}
	}
}

// end ends the Held, once, and has its node deleted. A lost one's session may come back: the node is
// deleted then. The deletion is ordered before anything that somebody does who knows of the end.
func (h *Held) end(why error) {
	h.mu.Lock()
	if h.err != nil {
		h.mu.Unlock()
		return
	}
	h.err = why
	cancels := h.cancels
	h.cancels = nil
	h.mu.Unlock()
	h.session.Release()
	h.dropped()
	h.gone.Follow(h.remove())
	h.cancel(why)
	for _, cancel := range cancels {
		cancel(why)
	}
	if why == ErrLost {
		h.lost.Complete(why, nil)
	}
}

// remove deletes the node: the first attempt is sent at once, others follow in the background.
func (h *Held) remove() *future.Future[struct{}] {
	ctx := context.Background()
	first := h.view.Delete(ctx, h.path, zk.AnyVersion)
	return future.Async(ctx, h.lock.work, func(co *future.Co) (struct{}, error) {
		_, err := future.Await(co, first)
		if retriable(err) {
			err = remove(co, ctx, h.view, h.path)
		}
		if err != nil && !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrSessionExpired) { // expired: it is gone, or will be
			return struct{}{}, err
		}
		if c, ok := parseContender(h.path[strings.LastIndexByte(h.path, '/')+1:], marker); ok && c.seq > resetAbove {
			h.view.Delete(ctx, h.parent, zk.AnyVersion) // if it is empty: see resetAbove
		}
		return struct{}{}, nil
	})
}

// Err returns nil while the lock is held, ErrReleased or ErrLost afterwards. It looks at the clock
// itself and waits for nothing.
func (h *Held) Err() error {
	h.mu.Lock()
	err := h.err
	h.mu.Unlock()
	if err == nil && h.session.Err() != nil {
		err = ErrLost
	}
	return err
}

// Lost completes, with ErrLost as its value, when the lock is lost; never after Release. Callbacks run
// on a lane of the lock's own.
func (h *Held) Lost() *future.Future[error] { return h.lost.Future() }

// Token is a fencing token: the zxid of the creation of the lock's node. Whoever acquires the lock later
// has a greater one. A resource that remembers the greatest token it has seen, and refuses smaller
// ones, is safe from those who do not know yet that they have lost the lock.
func (h *Held) Token() int64 { return h.token }

// Path is the lock's node.
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
	err := h.err
	if err == nil {
		h.cancels = append(h.cancels, cancel)
	}
	h.mu.Unlock()
	if err != nil {
		cancel(err)
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
	return future.Async(ctx, h.lock.work, func(co *future.Co) (struct{}, error) {
		return future.Await(co, h.gone.Future())
	}).On(h.lock.user)
}
