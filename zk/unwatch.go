package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Unwatch gives the watch up: Changed fails with ErrUnwatched if it is not complete, at once and in
// any case. When nobody else of this client watches the same, the server (from 3.5 on) is told to
// forget it too; the future completes when it has. An older server keeps the watch until it fires.
//
// ctx bounds the waiting only: also when it has ended the server is told. Unwatch of the zero Watched,
// which comes with an error, does nothing.
func (w Watched[T]) Unwatch(ctx context.Context) *future.Future[struct{}] {
	mustContext(ctx)
	if w.w == nil {
		return future.Value(struct{}{})
	}
	r := newRemoval(ctx, w.w.c, w.w.s.Path)
	if _, _, ended := w.Changed.Poll(); !ended {
		r.tell()
	}
	return w.w.endBy(r, Event{}, w.w.error(ErrUnwatched))
}

// end ends a watch with cause, if it has not ended.
func (w *watch) end(ctx context.Context, cause error) *future.Future[struct{}] {
	return w.endBy(newRemoval(ctx, w.c, w.s.Path), Event{}, w.error(cause))
}

func (w *watch) endBy(r *removal, ev Event, err error) *future.Future[struct{}] {
	if w.c.driver.Unwatch(&w.s, &r.req) {
		w.c.own.remove(w)
		w.promise.Complete(ev, err)
	}
	return r.sent()
}

// A removal asks the server to forget a watch. The request is not bound to the context, as others
// are: what is left undone would stay on the server.
type removal struct {
	req     session.Request
	c       *Client
	path    string // chroot included
	typ     wire.WatcherType
	ctx     context.Context
	bound   bound
	promise future.Promise[struct{}]
}

// newRemoval returns one that is to be given to the driver.
func newRemoval(ctx context.Context, c *Client, full string) *removal {
	r := &removal{c: c, path: full, ctx: ctx}
	r.req.Op, r.req.Call = wire.OpRemoveWatches, r
	r.promise.Init(c.lane, r)
	return r
}

// tell tells hooks of it, before it is given to the driver.
func (r *removal) tell() {
	if r.c.opt.hooks.lane != nil {
		observe(r.c, &r.req, r.ctx, r.stripped(), &r.promise)
	}
}

// sent returns the future of one that was given to the driver.
func (r *removal) sent() *future.Future[struct{}] {
	if r.ctx.Err() != nil {
		r.Cancel()
	}
	return r.promise.Future()
}

// Forget, Encode and Complete make a removal a session.Forgetter.

func (r *removal) Forget(t wire.WatcherType) { r.typ = t }

func (r *removal) Encode(e *wire.Encoder) error {
	return e.Encode(&proto.RemoveWatchesRequest{Path: r.path, Type: int32(r.typ)})
}

func (r *removal) Complete(b *future.Batch, reply *session.Reply) {
	r.c.driver.Settled()
	r.bound.lift()
	err := reply.Err
	if err == ErrNoWatcher && reply.Replied {
		err = nil // nor has the server
	}
	switch err {
	case nil, ErrUnimplemented, ErrConnectionLoss, ErrSessionExpired, ErrClosed:
		err = nil // whatever the reason, there is no such watch; or the server cannot do better
	default:
		err = r.error(err)
	}
	r.promise.CompleteIn(b, struct{}{}, err)
}

func (r *removal) error(err error) error {
	return &OpError{Op: opName(r.req.Op), Path: r.stripped(), Err: err}
}

// stripped is the path in the view's terms.
func (r *removal) stripped() string {
	path, _ := r.c.chroot.Strip(r.path)
	return path
}

// Context, Arm, Cancel and Settled make a removal a future.Source.

func (r *removal) Context() context.Context { return r.ctx }
func (r *removal) Arm()                     { r.bound.arm(r.ctx, r.c.lane, r.Cancel) }
func (r *removal) Cancel()                  { r.promise.Complete(struct{}{}, r.error(r.ctx.Err())) }
func (r *removal) Settled()                 {}
