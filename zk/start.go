package zk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gazoo-go/gazoo/future"
)

// starts are the Starts that wait for a session, and what a started client has registered.
type starts struct {
	mu       sync.Mutex // guards what follows
	pending  []*startOp
	dropStop func() bool // takes back what ends the client with its handler; nil: not started
}

// A startOp is one Start. It is the source of its promise.
type startOp struct {
	promise future.Promise[Session]
	c       *shared
	ctx     context.Context
	bound   bound
	life    uint64 // of the client, that it has begun or joined
}

func (s *startOp) Context() context.Context { return s.ctx }
func (s *startOp) Arm()                     { s.bound.arm(s.ctx, s.c.sessionLane, s.Cancel) }
func (s *startOp) Settled()                 {}

// Cancel gives up: a client that nobody waits for must not go on connecting.
func (s *startOp) Cancel() {
	err := &OpError{Op: "start", Err: s.ctx.Err()}
	if cause := s.c.driver.Cause(); cause != nil {
		err.Err = fmt.Errorf("%w; the last attempt: %w", err.Err, typed(cause))
	}
	if s.promise.Complete(Session{}, err) {
		s.c.driver.AbortLife(s.life, err, ErrClosed)
	}
}

func (s *startOp) end(b *future.Batch, v Session, err error) {
	s.bound.lift()
	s.promise.CompleteIn(b, v, err)
}

// Start begins to connect, and goes on for ever: when a session is lost a new one is sought. The
// future completes with the first session. If ctx ends before that, it fails and the client is closed;
// afterwards ctx means nothing to the client. Starting a client that is up returns its session; one
// that was closed starts anew.
//
// Errors: ctx's error, which also wraps why the last attempt to connect failed, if one did; ErrAuthFailed if a
// credential given by [WithAuth] or [WithSASL] is refused; ErrClosed if the
// client is closed meanwhile; future.ErrStopped if its handler is stopped.
func (c *Client) Start(ctx context.Context) *future.Future[Session] {
	mustContext(ctx)
	s := &startOp{c: c.shared, ctx: ctx}
	s.promise.Init(c.sessionLane, s)
	if err := ctx.Err(); err != nil {
		s.end(nil, Session{}, &OpError{Op: "start", Err: err})
		return s.promise.Future()
	}
	c.starts.mu.Lock()
	c.starts.pending = append(c.starts.pending, s)
	c.starts.mu.Unlock()
	s.life = c.driver.Start()
	if state, info, _, _ := c.driver.State(); state.Up() {
		c.starts.changed(nil, StateChange{To: state, Session: sessionOf(info)})
	}
	return s.promise.Future()
}

// changed completes what the new state decides.
func (ss *starts) changed(b *future.Batch, c StateChange) {
	var err error
	switch c.To {
	case Connected, ConnectedReadOnly:
	case AuthFailed:
		err = &OpError{Op: "start", Err: c.Err}
	case Closed:
		err = &OpError{Op: "start", Err: ErrClosed}
		if c.Err != nil {
			err = &OpError{Op: "start", Err: c.Err}
		}
	default:
		return
	}
	ss.mu.Lock()
	pending := ss.pending
	ss.pending = nil
	ss.mu.Unlock()
	for _, s := range pending {
		if err != nil {
			s.end(b, Session{}, err)
		} else {
			s.end(b, c.Session, nil)
		}
	}
}

// follow has a client that is started end with its handler.
func (c *shared) follow(to State) {
	ss := &c.starts
	switch to {
	case Connecting:
		drop := c.lane.OnStop(future.Func(func() { c.driver.Abort(future.ErrStopped, future.ErrStopped) }))
		ss.mu.Lock()
		ss.dropStop = drop
		ss.mu.Unlock()
	case Closed, AuthFailed:
		c.questions.end(ErrClosed)
		ss.mu.Lock()
		drop := ss.dropStop
		ss.dropStop = nil
		ss.mu.Unlock()
		if drop != nil {
			drop()
		}
	}
}

// Close ends the session, and with it its ephemeral nodes. Operations started before are still
// carried out; everything that is not complete then, watches included, fails with ErrClosed before
// the future completes. While there is no connection Close waits for one, until ctx ends: then it
// fails with ctx's error, everything has failed with ErrClosed, and the session may live on until its
// timeout. At a read-only server it fails with ErrNotReadOnly, which means the same. A client that was
// closed, or never started, is closed at once. [Client.Start] starts it anew.
//
// Closing a view ([Client.Chroot], [Client.Pinned]) ends the watches that were asked for through it, and
// nothing else.
func (c *Client) Close(ctx context.Context) *future.Future[struct{}] {
	mustContext(ctx)
	if c.own != nil {
		return c.closeView(ctx)
	}
	p := future.NewPromise[struct{}](c.sessionLane)
	_, info, _, _ := c.driver.State()
	var bound bound
	life := c.driver.Close(func(err error) {
		bound.lift()
		var oe *OpError
		if err != nil && !errors.As(err, &oe) {
			err = &OpError{Op: "closeSession", Err: err}
		}
		p.Complete(struct{}{}, err)
	})
	abort := func() {
		err := fmt.Errorf("%w: the session may live for another %v", ctx.Err(), info.Timeout)
		c.driver.AbortLife(life, &OpError{Op: "closeSession", Err: err}, ErrClosed)
	}
	if ctx.Err() != nil {
		abort()
	}
	bound.arm(ctx, c.sessionLane, abort)
	return c.outlive(p.Future())
}
