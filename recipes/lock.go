package recipes

import (
	"context"
	"errors"
	"slices"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// marker is between the unguessable part of a contender's name and its number, as in Kazoo.
const marker = "__lock__"

// A Lock is a mutual exclusion between the clients of an ensemble, first come first served.
//
// Layout: one ephemeral node <path>/<32 hex digits>__lock__<number> for each contender, its data the
// identifier. It is Kazoo's, so clients in Go and Python may contend for one path. Everybody watches
// the node just before its own only.
//
// SUSPENDED: waiting goes on; a Held ends by the clock (or at once, see [LostOnSuspended]).
// LOST: waiting starts anew in the next session; a Held has ended. Cancelled or timed out: the node is
// removed. Path deleted: waiters start anew and create it again; a Held whose node is gone has ended.
// Left behind on failure: nothing but the path itself.
type Lock struct {
	cl   *zk.Client
	path string
	opt  options

	work, user handler.Lane
}

// NewLock returns a lock on path, which is created when it is needed.
func NewLock(cl *zk.Client, path string, opts ...Option) *Lock {
	name := "lock-" + cl.GUID()[:8]
	return &Lock{
		cl: cl, path: path, opt: gather(opts),
		work: cl.Handler().Lane(name + "/work"),
		user: cl.Handler().Lane(name + "-user/callbacks"),
	}
}

// Acquire waits for the lock. When ctx ends first it fails with ctx's error. A lock acquired twice by
// one client is contended for twice: it is not reentrant.
//
// Errors: ErrNoAuth if a contender's node may not be read or the lock's not be made, ErrBadArguments for
// an invalid path, ErrClosed.
func (l *Lock) Acquire(ctx context.Context) *future.Future[*Held] {
	return future.Async(ctx, l.work, func(co *future.Co) (*Held, error) {
		for {
			at, err := l.begin(co, ctx)
			if err != nil {
				return nil, err
			}
			held, err := at.run(co)
			if err == nil {
				return held, nil
			}
			at.abandon()
			if !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, errGone) {
				return nil, err
			}
		}
	}).On(l.user)
}

// Do acquires the lock, calls fn on the caller's goroutine, and releases the lock. fn's ctx ends when
// the lock is lost. Do blocks; it returns fn's error, or why the lock was not acquired, or that it was
// lost while fn ran, which fn may not have noticed.
func (l *Lock) Do(ctx context.Context, fn func(ctx context.Context, held *Held) error) error {
	held, err := l.Acquire(ctx).Wait()
	if err != nil {
		return err
	}
	defer held.Release(context.WithoutCancel(ctx))
	if err := fn(held.Context(ctx), held); err != nil {
		return err
	}
	return held.Err()
}

// An attempt is one contender's node, from before its creation until it is held or gone.
type attempt struct {
	lock *Lock
	ctx  context.Context // bounds the waiting
	view *zk.Client      // pinned to the session that the node is to belong to
	hold *zk.Hold
	made *future.Future[zk.Created]
}

// begin starts an attempt in the current session, waiting for one if there is none.
func (l *Lock) begin(co *future.Co, ctx context.Context) (*attempt, error) {
	for {
		s := l.cl.Session()
		hold, err := l.cl.Hold(s)
		if err == nil {
			at := &attempt{lock: l, ctx: ctx, view: l.cl.Pinned(s), hold: hold}
			// Not bounded by ctx: when that ends the outcome must still be known, to be undone.
			at.made = at.view.Create(context.WithoutCancel(ctx), l.path+"/"+l.cl.GUID()+marker, []byte(l.opt.identifier),
				zk.Ephemeral|zk.Sequential, zk.ProtectedName(), zk.MakeParents())
			return at, nil
		}
		if !errors.Is(err, zk.ErrSessionExpired) {
			return nil, err
		}
		if err := l.prove(co, ctx); err != nil {
			return nil, err
		}
	}
}

// prove waits for a session that lives and can be proved to. Requests wait for a connection; and a client that was
// idle has shown its session for a while to nobody but the server it is connected to, which a sync makes good.
func (l *Lock) prove(co *future.Co, ctx context.Context) error {
	_, err := future.Await(co, l.cl.Sync(ctx, "/"))
	switch {
	case errors.Is(err, zk.ErrNotReadOnly):
		writable := future.NewPromise[struct{}](l.work)
		defer l.cl.OnState(func(c zk.StateChange) {
			if c.To != zk.ConnectedReadOnly {
				writable.Complete(struct{}{}, nil)
			}
		})()
		if l.cl.State() != zk.ConnectedReadOnly {
			return nil
		}
		_, err = future.Await(co, writable.Future())
	case retriable(err), errors.Is(err, zk.ErrSessionExpired):
		err = nil // in the next one
	}
	return err
}

// retriable reports whether a read may be tried again in the same session.
func retriable(err error) bool {
	return errors.Is(err, zk.ErrConnectionLoss) || errors.Is(err, zk.ErrThrottled)
}

// errGone: somebody has deleted the attempt's node.
var errGone = errors.New("recipes: the contender's node was deleted")

// run waits until the attempt's node is the first.
func (at *attempt) run(co *future.Co) (*Held, error) {
	made, err := future.Await(co, at.made)
	if err != nil {
		return nil, err
	}
	own := made.Path[len(at.lock.path)+1:]
	for {
		queue, err := queueOf(co, at)
		if retriable(err) {
			continue
		}
		if errors.Is(err, zk.ErrNoNode) {
			err = errGone // with its parent
		}
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(queue, func(c contender) bool { return c.name == own })
		switch {
		case i < 0:
			return nil, errGone
		case i == 0:
			return newHeld(at, made)
		}
		if err := at.waitFor(co, at.lock.path+"/"+queue[i-1].name); err != nil && !retriable(err) {
			return nil, err
		}
	}
}

// waitFor waits until a node is gone. It reads the node: of one that may not be read, newer servers do
// not even tell that it is deleted, so that must be an error here.
func (at *attempt) waitFor(co *future.Co, path string) error {
	for {
		w, err := awaitWatched(co, at.view.GetAndWatch(at.ctx, path))
		if errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		if err != nil {
			return err
		}
		ev, err := future.Await(co, w.Changed)
		if err != nil {
			w.Unwatch(context.WithoutCancel(at.ctx))
			return err
		}
		if ev.Type == zk.NodeDeleted {
			return nil
		}
	}
}

// abandon removes what the attempt has made or is still going to make, in the background.
func (at *attempt) abandon() {
	ctx := context.WithoutCancel(at.ctx)
	future.Async(ctx, at.lock.work, func(co *future.Co) (struct{}, error) {
		defer at.hold.Release()
		made, err := future.Await(co, at.made)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, remove(co, ctx, at.view, made.Path)
	})
}

// remove deletes a node, as long as the session lives. One that is not there is removed.
func remove(co *future.Co, ctx context.Context, view *zk.Client, path string) error {
	for {
		_, err := future.Await(co, view.Delete(ctx, path, zk.AnyVersion))
		switch {
		case err == nil, errors.Is(err, zk.ErrNoNode):
			return nil
		case !retriable(err):
			return err
		}
	}
}
