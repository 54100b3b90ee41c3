package zk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A Hook is told what a client does, for metrics and traces. It is any of [OpStartHook], [OpEndHook],
// [StateHook] and [ReconnectHook], or several of them.
//
// OnOpStart runs on the goroutine that called the operation, before it is sent, and delays it. All others
// run on a lane of their own, one at a time and in the order in which things happened: after the
// operation's future is complete, and before or after its callbacks. They delay no operation and no callback
// of a Pool; those of a Loop and a Deterministic run on the goroutine that everything runs on. None runs
// under a lock, so they may use the client, but what they do with it is told to them, too. A hook that
// is slower than what it is told of makes a queue grow: it is for counting, not for writing files.
type Hook any

// An OpInfo is one operation.
type OpInfo struct {
	Op   string // as ZooKeeper names it: "create", "getData", "multi", …
	Path string // as the caller gave it; "" if there is none
}

// An OpEnd is what became of an operation.
type OpEnd struct {
	Latency       time.Duration // from the call to the completion of its future, by the handler's clock
	BytesSent     int           // of the request; 0 if it was too long
	BytesReceived int           // of the reply; 0 if there was none
	Err           error         // of the future: nil, or an [*OpError]
}

// An OpStartHook is told of each operation that is submitted. What it returns is what the next hook and,
// in the end, all hooks' OnOpEnd get as ctx: a place for a span. The operation itself keeps the ctx that it was
// called with. What consists of several operations (EnsurePath, DeleteAll, Create with
// MakeParents or Protected, tries of a view that retries) is told as those; what is refused at once, because of
// its arguments or of a ctx that has ended, is not told at all.
//
// RemoveWatches, Unwatch and Close of a subscription are told as "removeWatches", also where the server need not be
// told, because others watch the same: then no bytes are sent. What the client takes back by itself is not told: a watch
// whose request was cancelled, those of a view that is closed.
type OpStartHook interface {
	OnOpStart(ctx context.Context, op OpInfo) context.Context
}

// An OpEndHook is told once of the end of each operation that an OpStartHook is told of.
type OpEndHook interface {
	OnOpEnd(ctx context.Context, op OpInfo, end OpEnd)
}

// A StateHook is told of every change of state, like a function given to [Client.OnState].
type StateHook interface {
	OnStateChange(c StateChange)
}

// A Reconnect is the end of an outage.
type Reconnect struct {
	Server         string        // address of the new server
	Session        Session       // now
	SessionChanged bool          // the old one ended: ephemeral nodes and watches are gone
	Outage         time.Duration // how long there was no connection
}

// A ReconnectHook is told when a client is connected again, after Suspended or Lost.
type ReconnectHook interface {
	OnReconnect(r Reconnect)
}

// WithHooks has hooks told what the client and its views do. It may be given more than once.
func WithHooks(hooks ...Hook) Option {
	return func(o *options) error {
		for _, h := range hooks {
			known := false
			if x, ok := h.(OpStartHook); ok {
				o.hooks.starts, known = append(o.hooks.starts, x), true
			}
			if x, ok := h.(OpEndHook); ok {
				o.hooks.ends, known = append(o.hooks.ends, x), true
			}
			if x, ok := h.(StateHook); ok {
				o.hooks.states, known = append(o.hooks.states, x), true
			}
			if x, ok := h.(ReconnectHook); ok {
				o.hooks.reconnects, known = append(o.hooks.reconnects, x), true
			}
			if h == nil {
				return errors.New("hook: must not be nil")
			}
			if !known {
				return fmt.Errorf("hook %T: has none of the methods of a hook", h)
			}
		}
		return nil
	}
}

// hooks are those of one client.
type hooks struct {
	starts     []OpStartHook
	ends       []OpEndHook
	states     []StateHook
	reconnects []ReconnectHook

	lane handler.Lane // nil: there are none

	// Whoever tells of changes of state is alone; so these need no lock.
	up    bool      // connected now
	since time.Time // when the connection was lost; zero: it was not, or the client was closed since
}

// begin gives the hooks a lane, if there are any.
func (h *hooks) begin(lane func() handler.Lane) {
	if len(h.starts)+len(h.ends)+len(h.states)+len(h.reconnects) > 0 {
		h.lane = lane()
	}
}

// changed tells of a change of state.
func (h *hooks) changed(now time.Time, c StateChange) {
	if h.lane == nil {
		return
	}
	var again *Reconnect
	switch up := c.To == Connected || c.To == ConnectedReadOnly; {
	case up && !h.since.IsZero():
		again = &Reconnect{Server: c.Server, Session: c.Session, SessionChanged: c.SessionChanged, Outage: now.Sub(h.since)}
		h.up, h.since = true, time.Time{}
	case up:
		h.up = true
	case c.To == Closed || c.To == AuthFailed:
		h.up, h.since = false, time.Time{}
	case h.up:
		h.up, h.since = false, now
	}
	h.lane.Dispatch(future.Func(func() {
		for _, s := range h.states {
			s.OnStateChange(c)
		}
		if again != nil {
			for _, r := range h.reconnects {
				r.OnReconnect(*again)
			}
		}
	}))
}

// An observed is an operation that hooks are told of. It stands between the session and the operation, to
// see the bytes.
type observed struct {
	session.Call
	h       *hooks
	handler handler.Handler
	ctx     context.Context
	info    OpInfo
	begin   time.Time
	end     OpEnd
	outcome func() error
}

// observe tells of the beginning of an operation, whose request, path and promise these are, and sees to it that its end
// is told. It runs the caller's hooks.
func observe[T any](c *Client, req *session.Request, ctx context.Context, path string, p *future.Promise[T]) {
	h := &c.opt.hooks
	w := &observed{Call: req.Call, h: h, handler: c.opt.handler, ctx: ctx, info: OpInfo{Op: opName(req.Op), Path: path}}
	w.begin = w.handler.Now()
	for _, s := range h.starts {
		if ctx := s.OnOpStart(w.ctx, w.info); ctx != nil {
			w.ctx = ctx
		}
	}
	if len(h.ends) == 0 {
		return
	}
	f := p.Future()
	w.outcome = func() error {
		_, err, _ := f.Poll()
		return err
	}
	req.Call = w
	f.Notify(w)
}

// Run is told, inline, that the operation's future is complete.
func (w *observed) Run() {
	w.end.Latency, w.end.Err = w.handler.Now().Sub(w.begin), w.outcome()
	w.h.lane.Dispatch((*told)(w))
}

// told is the task that tells the end.
type told observed

func (w *told) Run() {
	for _, e := range w.h.ends {
		e.OnOpEnd(w.ctx, w.info, w.end)
	}
}

// Sizes of what is around the body of a request and of a reply.
const (
	requestOverhead = 4 + wire.RequestHeaderLen
	replyOverhead   = 4 + wire.ReplyHeaderLen
)

func (w *observed) Encode(e *wire.Encoder) error {
	before := len(e.B)
	err := w.Call.Encode(e)
	if err == nil {
		w.end.BytesSent = len(e.B) - before + requestOverhead
	}
	return err
}

func (w *observed) Complete(b *future.Batch, r *session.Reply) {
	if r.Replied {
		w.end.BytesReceived = len(r.Body) + replyOverhead
	}
	w.Call.Complete(b, r)
}

// Sub, Age and Forget make an observed operation a session.Subscriber, Elder or Forgetter, if it is one.

func (w *observed) Sub() *session.Sub { return w.Call.(session.Subscriber).Sub() }

func (w *observed) Age(body []byte) wire.Op {
	if e, ok := w.Call.(session.Elder); ok {
		return e.Age(body)
	}
	return 0
}

func (w *observed) Forget(t wire.WatcherType) { w.Call.(session.Forgetter).Forget(t) }
