package recipes

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Watch follows something and tells what there is, and what there is after every change: see [DataWatch] and
// [ChildrenWatch]. It goes on until Stop.
type Watch[U any] struct {
	news *news[U]
	stop context.CancelFunc
	done *future.Future[struct{}]
	err  atomic.Pointer[error]
}

// Updates yields what there is, at once and after every change. Who is slow misses some, but not the last. The loop runs
// and waits where it is called; it ends with ctx, with Stop, and when the watch ends by itself, see Err.
func (w *Watch[U]) Updates(ctx context.Context) iter.Seq[U] { return w.news.all(ctx) }

// OnUpdate has fn called with what there is, at once and after every change, on a lane of the watch's own, where it may
// take its time: it misses some then, but not the last. The returned function ends that; its future completes when no call
// is running any more.
func (w *Watch[U]) OnUpdate(fn func(U)) (stop func() *future.Future[struct{}]) {
	return w.news.each(fn)
}

// Stop ends the watch; nothing stays on the server. The future completes when no function of OnUpdate is running any
// more and none will. Stopping twice is no error.
func (w *Watch[U]) Stop() *future.Future[struct{}] {
	w.stop()
	return future.Compose(w.done, func(struct{}) *future.Future[struct{}] { return behind(w.news.ex) })
}

// Err is why the watch has ended by itself: ErrNoAuth, ErrBadArguments for an invalid path, ErrClosed; ErrNoNode and
// ErrSessionExpired where that was asked for. It is nil until then, and after Stop.
func (w *Watch[U]) Err() error {
	if err := w.err.Load(); err != nil {
		return *err
	}
	return nil
}

// A follower is the work of a [Watch]: it reads a node again whenever a watch of the server tells that it has changed, and
// publishes what is new.
//
//	read with watch ──there──▶ publish ──▶ event ─▶ read again
//	   └──not there──▶ publish ──▶ watch for its creation ─▶ event ─▶ read again
//
// V is what is read, U what is published. The watch of each read is set before the next change can be missed, so the last
// value is always seen.
type follower[V, U any] struct {
	*recipe
	news   *news[U]
	read   func(*zk.Client, context.Context, string) *future.Future[zk.Watched[V]]
	update func(v V, exists bool, ev *zk.Event) U
	finish func(co *future.Co, ctx context.Context, u *U) error // reads what else belongs to an update; may be nil
	same   func(a, b V) bool                                    // whether nothing changed that an update is made of
	equal  func(a, b U) bool                                    // whether two updates tell the same; nil: they never do
}

// start begins to follow. It ends with Stop, or when the node cannot be read.
func (f *follower[V, U]) start() *Watch[U] {
	ctx, stop := context.WithCancel(context.Background())
	f.news = newNews[U](f.user)
	w := &Watch[U]{news: f.news, stop: stop}
	w.done = future.Async(ctx, f.work, func(co *future.Co) (struct{}, error) {
		defer f.news.close()
		if err := f.follow(co, ctx); ctx.Err() == nil {
			w.err.Store(&err)
		}
		return struct{}{}, nil
	})
	return w
}

// follow publishes one value after the other.
func (f *follower[V, U]) follow(co *future.Co, ctx context.Context) error {
	var last V
	var told U
	known, existed := false, false // whether anything was published, and that last is what was there
	var ev *zk.Event
	if f.opt.endOnLost {
		for f.cl.Session().ID == 0 {
			if err := f.prove(co, ctx); err != nil {
				return err
			}
		}
		f.cl = f.cl.Pinned(f.cl.Session())
	}
	for {
		v, exists, w, err := f.look(co, ctx)
		switch {
		case err != nil:
			if err = f.again(co, ctx, f.cl, err); err != nil {
				return err
			}
			ev = nil
			continue
		}
		if !known || exists != existed || exists && !f.same(last, v) {
			u := f.update(v, exists, ev)
			if f.finish != nil {
				err = f.finish(co, ctx, &u)
			}
			if err != nil {
				w.Unwatch(context.WithoutCancel(ctx))
				if err = f.again(co, ctx, f.cl, err); err != nil {
					return err
				}
				ev = nil
				continue
			}
			if !known || f.equal == nil || !f.equal(told, u) {
				f.news.publish(u)
			}
			told = u
		}
		last, known, existed = v, true, exists
		if !exists && f.opt.existing {
			return zk.ErrNoNode
		}
		event, err := future.Await(co, w.Changed)
		ev = nil
		switch {
		case ctx.Err() != nil:
			w.Unwatch(context.WithoutCancel(ctx))
			return err
		case err == nil:
			ev = &event
		case !errors.Is(err, zk.ErrSessionExpired) || f.opt.endOnLost:
			return err
		}
	}
}

// look reads the node, and leaves a watch for its next change, or for its creation.
func (f *follower[V, U]) look(co *future.Co, ctx context.Context) (v V, exists bool, w watching, err error) {
	for {
		there, err := awaitWatched(co, f.read(f.cl, ctx, f.path))
		if err == nil {
			return there.Value, true, watching{there.Changed, there.Unwatch}, nil
		}
		if !errors.Is(err, zk.ErrNoNode) || f.opt.existing {
			return v, false, w, ignoreNoNode(err)
		}
		none, err := awaitWatched(co, f.cl.ExistsAndWatch(ctx, f.path))
		if err != nil {
			return v, false, w, err
		}
		if none.Value == nil {
			return v, false, watching{none.Changed, none.Unwatch}, nil
		}
		none.Unwatch(context.WithoutCancel(ctx)) // it has come meanwhile
	}
}

// watching is a watch, whatever was read with it.
type watching struct {
	Changed *future.Future[zk.Event]
	Unwatch func(context.Context) *future.Future[struct{}]
}

// ignoreNoNode returns err, unless it says that there is no node.
func ignoreNoNode(err error) error {
	if errors.Is(err, zk.ErrNoNode) {
		return nil
	}
	return err
}
