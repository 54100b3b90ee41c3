package zk

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// An EventType says what happened to a node.
type EventType = wire.EventType

// The types of events that a server sends.
const (
	NodeCreated         = wire.EventNodeCreated
	NodeDeleted         = wire.EventNodeDeleted
	NodeDataChanged     = wire.EventNodeDataChanged
	NodeChildrenChanged = wire.EventNodeChildrenChanged
)

// Resync is the type of an event that a subscription makes itself: events may be missing before it. Its Path is that of the
// subscription.
const Resync = wire.EventResync

// An Event is what a watch tells.
type Event struct {
	Type EventType
	Path string // in the view's terms
	Zxid int64  // of the change, by servers from 3.9 on; else -1

	// Of a Resync. Neither: the connection was lost and there is another.
	SessionChanged bool // the session has ended, and there is another: ephemeral nodes are gone
	Overflow       bool // events were not received in time; see [Buffered]
}

// Watched is a value and a watch on it. ctx of the call that returned it does not govern the watch.
//
// Whoever gives up waiting for one, with WaitContext or because a coroutine's context ends in Await,
// does not keep it from coming: the watch is there until it fires or the session ends. A call that is
// to be given up is given the context itself.
type Watched[T any] struct {
	Value T
	// Changed completes with the first event, on the client's watch lane: before any read can show
	// what the event tells of. Watches survive lost connections; what changed meanwhile is told then.
	// It fails with ErrSessionExpired when the session ends, with ErrUnwatched after Unwatch, and with
	// ErrClosed when the client or the view is closed.
	Changed *future.Future[Event]

	w *watch
}

// A watch is one AndWatch call's watch.
type watch struct {
	promise future.Promise[Event]
	s       session.Watch
	c       *Client
	owned
}

// Fire makes a watch a session.WatchCall.
func (w *watch) Fire(b *future.Batch, ev session.Event, err error) {
	w.c.own.remove(w)
	if err != nil {
		w.promise.CompleteIn(b, Event{}, w.error(err))
		return
	}
	path, _ := w.c.chroot.Strip(ev.Path)
	w.promise.CompleteIn(b, Event{Type: ev.Type, Path: path, Zxid: ev.Zxid}, nil)
}

func (w *watch) path() string {
	path, _ := w.c.chroot.Strip(w.s.Path)
	return path
}

func (w *watch) error(err error) error { return &OpError{Op: "watch", Path: w.path(), Err: err} }

// watchKind is a reading kind that also leaves a watch.
type watchKind[T any, K kind[T]] struct {
	k K
	w *watch
}

func (k watchKind[T, K]) encode(o *base, e *wire.Encoder) error { return k.k.encode(o, e) }

func (k watchKind[T, K]) decode(o *base, d *wire.Decoder, r *session.Reply) (w Watched[T], err error) {
	v, err := k.k.decode(o, d, r)
	if err != nil {
		k.w.end(context.Background(), err) // nobody will ever hold it
		return w, err
	}
	return k.watched(v), nil
}

func (k watchKind[T, K]) excuse(o *base, r *session.Reply) (w Watched[T], ok bool) {
	if x, is := any(&k.k).(excuser[T]); is {
		if v, ok := x.excuse(o, r); ok {
			return k.watched(v), true
		}
	}
	return w, false
}

func (k watchKind[T, K]) explain(err error) error {
	if x, is := any(&k.k).(explainer); is {
		return x.explain(err)
	}
	return err
}

func (k watchKind[T, K]) watched(v T) Watched[T] {
	if !k.w.c.own.add(k.w) {
		k.w.end(context.Background(), ErrClosed)
	}
	return Watched[T]{Value: v, Changed: k.w.promise.Future(), w: k.w}
}

func submitWatch[T any, K kind[T]](ctx context.Context, c *Client, code wire.Op, path, full string, table session.WatchKind, k K) *future.Future[Watched[T]] {
	round := c.own.now()
	if c.retry != nil {
		mustContext(ctx)
		r := &repeated[Watched[T]]{c: c, ctx: ctx, op: code, path: path, again: true}
		r.try = func(v *Client) *future.Future[Watched[T]] {
			return sendWatch[T](ctx, v, round, code, path, full, table, k)
		}
		return r.start()
	}
	return sendWatch[T](ctx, c, round, code, path, full, table, k)
}

// sendWatch is submitWatch for a watch that was asked for in that round of the view.
func sendWatch[T any, K kind[T]](ctx context.Context, c *Client, round uint64, code wire.Op, path, full string, table session.WatchKind, k K) *future.Future[Watched[T]] {
	w := &watch{c: c}
	w.round = round
	w.s.Path, w.s.Kind, w.s.Call = full, table, w
	w.promise.Init(c.watchLane, nil)
	o := prepare[Watched[T]](ctx, c, code, path, watchKind[T, K]{k, w})
	o.req.Watch = &w.s
	return o.send()
}

// GetAndWatch is Get, and a watch for the next change of the data or the deletion of the node. There
// is no watch when it fails.
func (c *Client) GetAndWatch(ctx context.Context, path string) *future.Future[Watched[Node]] {
	full, err := c.path(path)
	if err != nil {
		return failed[Watched[Node]](c, wire.OpGetData, path, err)
	}
	return submitWatch[Node](ctx, c, wire.OpGetData, path, full, session.WatchData, getKind{})
}

// ExistsAndWatch is Exists, and a watch for the creation, the deletion or the next change of the data.
// There is no watch when it fails.
func (c *Client) ExistsAndWatch(ctx context.Context, path string) *future.Future[Watched[*Stat]] {
	full, err := c.path(path)
	if err != nil {
		return failed[Watched[*Stat]](c, wire.OpExists, path, err)
	}
	return submitWatch[*Stat](ctx, c, wire.OpExists, path, full, session.WatchData, existsKind{full, true})
}

// ChildrenAndWatch is Children, and a watch for the next change of the list or the deletion of the
// node. There is no watch when it fails.
//
// When more than 2^31 children were created below a node, a server (from 3.6 on) cannot tell whether there are more since
// a connection was lost: then the watch fires when there is another, be it for nothing.
func (c *Client) ChildrenAndWatch(ctx context.Context, path string) *future.Future[Watched[ChildList]] {
	full, err := c.path(path)
	if err != nil {
		return failed[Watched[ChildList]](c, wire.OpGetChildren2, path, err)
	}
	return submitWatch[ChildList](ctx, c, wire.OpGetChildren2, path, full, session.WatchChild, childrenKind{full, true})
}
