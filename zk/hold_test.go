package zk_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func hold(w *world, cl *zk.Client) *zk.Hold {
	w.Helper()
	h, err := cl.Hold(cl.Session())
	if err != nil {
		w.Fatal(err)
	}
	return h
}

// A held session is proved by a sync every quarter of the timeout, as long as it is held.
func TestHold(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSessionTimeout(8 * time.Second))
		h := hold(w, cl)
		other := hold(w, cl)
		for range 60 {
			w.sleep(time.Second)
			if err := h.Err(); err != nil {
				w.Fatalf("the belief has ended: %v", err)
			}
			if d := cl.Session().Deadline.Sub(w.h.Now()); d < 2*time.Second || d > 8*time.Second {
				w.Fatalf("the session is certain to live for %v", d)
			}
		}
		if n := w.count(wire.OpSync); n < 28 || n > 32 {
			w.Errorf("%d syncs in a minute, want one every two seconds", n)
		}
		h.Release()
		h.Release()
		if err := h.Err(); !errors.Is(err, zk.ErrClosed) {
			w.Errorf("after Release: %v", err)
		}
		other.Release()
		w.sleep(time.Minute)
		if n := w.count(wire.OpSync); n > 33 {
			w.Errorf("%d syncs, and nobody holds anything", n)
		}
		if h.Lost().Ready() || other.Lost().Ready() {
			w.Error("released is not lost")
		}
	})
}

func TestHoldOfNothing(t *testing.T) {
	onPool(t, func(w *world) {
		cl, other := w.client(), w.client()
		for _, s := range []zk.Session{{}, other.Session(), {Epoch: 2}, {ID: 1, Epoch: 1}} {
			_, err := cl.Hold(s)
			isRefusal(w, err, zk.ErrSessionExpired, false)
		}
		_, err := w.unstarted().Hold(cl.Session())
		isRefusal(w, err, zk.ErrClosed, false)
	})
}

func TestHoldEndsWithTheSession(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		s := cl.Session()
		h := hold(w, cl)
		w.reconnect(cl)
		if err := h.Err(); err != nil {
			w.Errorf("a new connection has ended the belief: %v", err)
		}
		w.srv.Expire(s.ID)
		ok(w, h.Lost())
		if err := h.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			w.Errorf("%v", err)
		}
		w.until("a new session", func() bool { return cl.Session().Epoch > s.Epoch && cl.State() == zk.Connected })
		if err := h.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			w.Errorf("the next session has revived it: %v", err)
		}
		_, err := cl.Hold(s)
		isRefusal(w, err, zk.ErrSessionExpired, false)
		hold(w, cl).Release()
	})
}

// A stall is a network that swallows what is written and says nothing, while connections stay open.
type stall struct {
	mu      sync.Mutex
	on      bool
	waiting chan struct{} // closed when it ends
}

func (s *stall) set(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && !s.on {
		s.waiting = make(chan struct{})
	} else if !on && s.on {
		close(s.waiting)
	}
	s.on = on
}

// pass blocks while the network is stalled.
func (s *stall) pass() {
	s.mu.Lock()
	on, waiting := s.on, s.waiting
	s.mu.Unlock()
	if on {
		<-waiting
	}
}

type stalledConn struct {
	net.Conn
	s *stall
}

func (c stalledConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.s.pass()
	return n, err
}

func (c stalledConn) Write(b []byte) (int, error) {
	c.s.pass()
	return c.Conn.Write(b)
}

// The server goes silent: the belief ends by the clock, one timeout after the newest proof at the latest, also
// when every lane of the client is blocked by a callback.
func TestHoldEndsByTheClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		srv := zktest.NewServer(t)
		var network stall
		pool := handler.NewPool()
		pool.Dialer = func(c context.Context, n, a string) (net.Conn, error) {
			nc, err := srv.Dial(c, n, a)
			return stalledConn{nc, &network}, err
		}
		w := newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, nil)
		cl := w.client(zk.WithSessionTimeout(8 * time.Second))
		h := hold(w, cl)
		release := make(chan struct{})
		blocked := func() { <-release }
		cl.OnState(func(zk.StateChange) { blocked() })
		ok(w, cl.GetAndWatch(ctx, "/")).Changed.OnComplete(func(zk.Event, error) { blocked() })
		ok(w, cl.Set(ctx, "/", nil, 0))
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { blocked() })
		w.sleep(20 * time.Second)
		if err := h.Err(); err != nil {
			t.Fatal(err)
		}
		deadline := cl.Session().Deadline
		network.set(true)
		begin := time.Now()
		if !deadline.After(begin) {
			t.Fatalf("the deadline %v has passed", deadline)
		}
		<-h.Lost().Done()
		if now := time.Now(); now.After(deadline) {
			t.Errorf("lost %v after the deadline", now.Sub(deadline))
		}
		if took := time.Since(begin); took < 2*time.Second || took > 8*time.Second {
			t.Errorf("lost after %v", took)
		}
		if err := h.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Errorf("%v", err)
		}
		close(release)
		network.set(false)
	})
}

// Err needs no timer to have run: it looks at the clock itself. A process that was stopped must not believe.
func TestHoldErrComparesTheClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		det := handler.NewDeterministic(1)
		defer det.Stop()
		srv, err := zktest.InWorld(det.Node("server"), ":2181")
		if err != nil {
			t.Fatal(err)
		}
		h := &jumpy{Handler: det.Node("client")}
		w := newWorld(&world{T: t, h: h, addr: "server:2181", srv: srv, sleep: func(d time.Duration) { _ = det.Advance(d) }}, nil)
		cl := w.client(zk.WithSessionTimeout(8 * time.Second))
		held := hold(w, cl)
		if err := held.Err(); err != nil {
			t.Fatal(err)
		}
		h.ahead = 7900 * time.Millisecond
		if err := held.Err(); err != nil {
			t.Fatal(err)
		}
		h.ahead = 8100 * time.Millisecond
		if err := held.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Errorf("%v", err)
		}
		if !cl.Session().Deadline.IsZero() {
			t.Errorf("deadline %v", cl.Session().Deadline)
		}
		h.ahead = 0 // clocks do not go back, and neither does this one
		if err := held.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Errorf("%v", err)
		}
		ok(t, cl.Close(ctx))
	})
}

// jumpy is a handler whose monotonic clock is ahead of its timers.
type jumpy struct {
	handler.Handler
	ahead time.Duration
}

func (j *jumpy) Now() time.Time { return j.Handler.Now().Add(j.ahead) }

// A read-only server proves nothing: what was held ends.
func TestHoldOnReadOnlyServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithReadOnly(), zk.WithSessionTimeout(4*time.Second))
		h := hold(w, cl)
		w.sleep(10 * time.Second)
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(true) })
		begin := w.h.Now()
		ok(w, h.Lost())
		if took := w.h.Now().Sub(begin); took > 4*time.Second {
			w.Errorf("lost after %v", took)
		}
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(false) })
	}, version(core.V3_6))
}
