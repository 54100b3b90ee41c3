package zk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// listeners are those who want to know of changes of state.
type listeners struct {
	mu    sync.Mutex  // guards what follows
	last  StateChange // that everybody has been told of
	funcs []*listener
	chans []*stateChan
}

type listener struct {
	fn      func(StateChange)
	stopped atomic.Bool
}

// OnState has fn called with every change of state from now on, in order, on the client's session
// lane. After stop fn is not called any more; a call that has begun goes on. A panic in fn goes to the
// handler's panic hook, and other listeners are told all the same.
func (c *Client) OnState(fn func(StateChange)) (stop func()) {
	l := &listener{fn: fn}
	ls := &c.listeners
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.funcs = append(slices.Clip(ls.funcs), l) // a new slice: the old one is being looked at without mu
	return func() {
		l.stopped.Store(true)
		ls.mu.Lock()
		defer ls.mu.Unlock()
		ls.funcs = slices.DeleteFunc(slices.Clone(ls.funcs), func(o *listener) bool { return o == l })
	}
}

// Changed tells everybody. It is for the session's driver.
func (c *shared) Changed(b *future.Batch, sc session.Change) {
	change := StateChange{
		From: sc.From, To: sc.To, Session: sessionOf(sc.Info), Server: sc.Addr,
		SessionChanged: sc.New, Rollback: sc.Rollback, Err: typed(sc.Err),
	}
	c.opt.hooks.changed(c.opt.handler.Now(), change)
	ls := &c.listeners
	ls.mu.Lock()
	ls.last = change
	funcs := ls.funcs
	for _, ch := range ls.chans {
		ch.add(change)
	}
	ls.mu.Unlock()
	c.follow(change.To)
	c.sleepers.changed(change.To)
	c.mute.changed(change.To)
	c.starts.changed(b, change)
	for _, l := range funcs {
		b.Dispatch(c.sessionLane, future.Func(func() {
			if !l.stopped.Load() {
				l.fn(change)
			}
		}))
	}
}

// typed makes the errors of messages that cannot be read known to errors.Is.
func typed(err error) error {
	var frame *wire.FrameError
	switch {
	case errors.As(err, &frame) && frame.Length > 0:
		return fmt.Errorf("%w: %w", ErrTooLong, err)
	case frame != nil, errors.Is(err, wire.ErrMalformed):
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return err
}

// States returns a channel of changes of state, which begins with the current state. When the receiver
// is slow, changes are merged: the newest is always there, and a Lost is never merged away. A merged
// change goes From the first one's to the last one's To, and its SessionChanged and Rollback are true if
// any one's were. The channel is closed when ctx ends, and only then: a closed client may be started anew.
func (c *Client) States(ctx context.Context) <-chan StateChange {
	mustContext(ctx)
	s := &stateChan{ch: make(chan StateChange, 2)}
	ls := &c.listeners
	ls.mu.Lock()
	now := ls.last // not the driver's state: the changes up to that one are still to come
	s.add(StateChange{From: now.To, To: now.To, Session: now.Session, Server: now.Server})
	ls.chans = append(ls.chans, s)
	ls.mu.Unlock()
	c.sessionLane.OnCancel(ctx, future.Func(func() {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if i := slices.Index(ls.chans, s); i >= 0 {
			ls.chans = slices.Delete(ls.chans, i, i+1)
			close(s.ch)
		}
	}))
	return s.ch
}

// A stateChan holds at most two changes: a Lost, and what came behind it. The listeners' mutex guards it.
type stateChan struct{ ch chan StateChange }

// add puts c behind what nobody has received yet, of which only the newest Lost is kept.
func (s *stateChan) add(c StateChange) {
	lost, other := s.takeBack()
	switch {
	case lost != nil && c.To != Lost:
		s.ch <- *lost
		c.merge(other)
	case lost != nil:
		c.merge(other)
		c.merge(lost)
	default:
		c.merge(other)
	}
	s.ch <- c
}

// takeBack takes out what nobody has received yet: the newest Lost, and what came behind it, or
// everything if there is no Lost, as one change.
func (s *stateChan) takeBack() (lost, other *StateChange) {
	for {
		//zkvet:allow select does not wait: it takes back what nobody has received yet
		select {
		case c := <-s.ch:
			c.merge(other)
			other = &c
			if c.To == Lost {
				c.merge(lost)
				lost, other = other, nil
			}
		default:
			return lost, other
		}
	}
}

// merge makes c tell also what an earlier change has told, that nobody hears of then.
func (c *StateChange) merge(earlier *StateChange) {
	if earlier == nil {
		return
	}
	c.From = earlier.From
	c.SessionChanged = c.SessionChanged || earlier.SessionChanged
	c.Rollback = c.Rollback || earlier.Rollback
}
