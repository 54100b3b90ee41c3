package zk

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
)

// A Subscription is a watch that stays. Each event is received once: by the callbacks, a loop over Events,
// or the channel, whichever takes it. What comes before anybody receives is kept.
type Subscription struct {
	c    *Client
	sub  session.Sub
	lane handler.Lane
	over future.Promise[struct{}] // see Ended
	owned

	mu      sync.Mutex // guards what follows
	buf     eventBuffer
	funcs   []*eventFunc
	pumping bool                      // a task that calls funcs is queued
	arrival *future.Promise[struct{}] // completes when there is something to receive, or an end; nil: nobody waits
	err     error                     // why it has ended; nil: it has not
}

// An eventFunc is one OnEvent.
type eventFunc struct {
	fn      func(Event)
	stopped atomic.Bool
}

func newSubscription(c *Client, full string, t WatchType, o subscribing) *Subscription {
	s := &Subscription{c: c, lane: o.lane}
	s.buf.max = o.buffer
	s.buf.path, _ = c.chroot.Strip(full)
	s.sub = session.Sub{Path: full, Recursive: t == PersistentRecursiveWatch, Epoch: c.epoch, Degrade: o.degrade, Call: subCall{s}}
	s.round = c.own.now()
	if s.lane == nil {
		s.lane = c.opt.handler.Lane(fmt.Sprintf("%s/sub-%d", c.name, c.subs.Add(1)))
	}
	s.over.Init(s.lane, nil)
	return s
}

// Path returns the path of the subscription, in the view's terms.
func (s *Subscription) Path() string { return s.buf.path }

// Events yields events as they come. It ends with the loop, with ctx, and when the subscription has ended and
// all is received: then Err says why. It waits like [future.Future.Wait], and ends where Wait would fail, so
// it is not for callbacks and coroutines; OnEvent is. Leaving the loop loses nothing, and it may be begun again.
func (s *Subscription) Events(ctx context.Context) iter.Seq[Event] {
	mustContext(ctx)
	return func(yield func(Event) bool) {
		for ctx.Err() == nil {
			ev, ok, more := s.next()
			switch {
			case ok:
				if !yield(ev) {
					return
				}
			case more == nil:
				return
			default:
				if _, err := more.WaitContext(ctx); err != nil {
					return
				}
			}
		}
	}
}

// next takes the oldest event. If there is none, more completes when that has changed; nil: never.
func (s *Subscription) next() (ev Event, ok bool, more *future.Future[struct{}]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ev, ok = s.buf.pop(); ok || s.err != nil {
		return ev, ok, nil
	}
	if s.arrival == nil {
		s.arrival = future.NewPromise[struct{}](s.lane)
	}
	return ev, false, s.arrival.Future()
}

// OnEvent has fn called with every event, in order, on the subscription's lane. Of several all are called. After
// stop fn is not called any more; a call that has begun goes on. A panic in fn goes to the handler's panic
// hook, and the others are called all the same. While fn is slow events wait in the buffer.
func (s *Subscription) OnEvent(fn func(Event)) (stop func()) {
	l := &eventFunc{fn: fn}
	s.mu.Lock()
	s.funcs = append(slices.Clip(s.funcs), l) // a new slice: the old one is being looked at without mu
	pump := s.pump()
	s.mu.Unlock()
	if pump {
		s.lane.Dispatch(future.Func(s.deliver))
	}
	return func() {
		l.stopped.Store(true)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.funcs = slices.DeleteFunc(slices.Clone(s.funcs), func(o *eventFunc) bool { return o == l })
	}
}

// pump reports whether deliver is to be queued. The caller holds mu.
func (s *Subscription) pump() bool {
	if s.pumping || len(s.funcs) == 0 || s.buf.len() == 0 {
		return false
	}
	s.pumping = true
	return true
}

// deliver calls the callbacks with one event. It runs on the lane.
func (s *Subscription) deliver() {
	s.mu.Lock()
	s.pumping = false
	var ev Event
	var ok bool
	funcs := s.funcs
	if len(funcs) > 0 { // else it is kept for whoever comes
		ev, ok = s.buf.pop()
	}
	pump := s.pump()
	s.mu.Unlock()
	if pump {
		s.lane.Dispatch(future.Func(s.deliver))
	}
	if ok {
		tell(funcs, ev)
	}
}

// tell calls one callback after the other, also if one panics.
func tell(funcs []*eventFunc, ev Event) {
	if len(funcs) == 0 {
		return
	}
	defer tell(funcs[1:], ev)
	if !funcs[0].stopped.Load() {
		funcs[0].fn(ev)
	}
}

// C returns a channel of the events. It is always the same one, and is closed when the subscription has ended:
// Err says why. It needs room for a whole buffer; see [Buffered].
func (s *Subscription) C() <-chan Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.channel(s.err != nil)
}

// Err returns nil while the subscription is open, and then why it is not: ErrClosed after Close of the
// subscription, its view or the client; ErrUnwatched after [Client.RemoveWatches]; ErrSessionExpired for a
// pinned view's; ErrUnimplemented when the client had to go on with a server before 3.6
// (but see [DegradeToOneShot]), ErrNoAuth when it was degraded and the node may not be read any more.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Ended fails, with what Err returns, when the subscription has ended. Events may wait to be received then.
func (s *Subscription) Ended() *future.Future[struct{}] { return s.over.Future() }

// Close ends the subscription. What was not received is thrown away. When the future is complete no callback
// runs any more, and the server has forgotten the watch if nobody else needs it. ctx bounds the waiting for
// the server only. Closing twice is closing once.
func (s *Subscription) Close(ctx context.Context) *future.Future[struct{}] {
	mustContext(ctx)
	r := newRemoval(ctx, s.c, s.sub.Path)
	if s.Err() == nil {
		r.tell()
	}
	gone := s.endBy(r, ErrClosed)
	s.mu.Lock()
	s.buf.discard()
	s.mu.Unlock()
	return future.Async(context.WithoutCancel(ctx), s.lane, func(co *future.Co) (struct{}, error) {
		return future.Await(co, gone)
	})
}

// end ends it with cause, if it has not ended. What was not received can still be.
func (s *Subscription) end(ctx context.Context, cause error) *future.Future[struct{}] {
	return s.endBy(newRemoval(ctx, s.c, s.sub.Path), cause)
}

func (s *Subscription) endBy(r *removal, cause error) *future.Future[struct{}] {
	if s.c.driver.Unsubscribe(&s.sub, &r.req) {
		s.finish(nil, cause)
	}
	return r.sent()
}

// finish says that nothing follows.
func (s *Subscription) finish(b *future.Batch, cause error) {
	s.c.own.remove(s)
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	err := &OpError{Op: "watch", Path: s.Path(), Err: s.explain(cause)}
	s.err = err
	s.buf.end()
	arrival := s.arrival
	s.arrival = nil
	s.mu.Unlock()
	s.over.CompleteIn(b, struct{}{}, err)
	if arrival != nil {
		arrival.CompleteIn(b, struct{}{}, nil)
	}
}

// explain says why a subscription that may be degraded was not.
func (s *Subscription) explain(err error) error {
	if err == ErrUnimplemented && s.sub.Degrade && s.sub.Recursive {
		return fmt.Errorf("%w: no one-shot watch tells of what is below a node", err)
	}
	return err
}

// take puts an event into the buffer.
func (s *Subscription) take(b *future.Batch, ev Event) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.buf.push(ev)
	pump := s.pump()
	arrival := s.arrival
	s.arrival = nil
	s.mu.Unlock()
	if arrival != nil {
		arrival.CompleteIn(b, struct{}{}, nil)
	}
	if pump {
		b.Dispatch(s.lane, future.Func(s.deliver))
	}
}

// subCall makes a Subscription a session.SubCall without showing that to users.
type subCall struct{ s *Subscription }

func (c subCall) Notify(b *future.Batch, ev session.Event) {
	path, _ := c.s.c.chroot.Strip(ev.Path)
	c.s.take(b, Event{Type: ev.Type, Path: path, Zxid: ev.Zxid, SessionChanged: ev.SessionChanged})
}

func (c subCall) End(b *future.Batch, err error) { c.s.finish(b, err) }
