package handlertest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/handler"
)

// A recorder is a Sink that checks the rules of its calls and hands them to functions of a case.
type recorder struct {
	s        *suite
	received func(b []byte) (used int) // nil uses everything
	opened   *event
	closed   *event // its error is what Closed got

	mu      sync.Mutex // guards conn
	conn    handler.Conn
	state   atomic.Int32 // 0, 1 opened, 2 closed
	pulls   atomic.Int32 // Pulls running now
	reads   atomic.Int32 // Receiveds running now
	pending atomic.Pointer[[]byte]
}

func (s *suite) recorder() *recorder {
	return &recorder{s: s, opened: s.event(), closed: s.event()}
}

// dial connects r to the target.
func (r *recorder) dial(to handler.Target) handler.Conn {
	c := r.s.h.Dial(context.Background(), to, r)
	r.connected(c)
	return c
}

// connected notes the connection, which Dial returns and Opened passes at about the same time.
func (r *recorder) connected(c handler.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil && c != r.conn {
		r.s.Error("Opened got another connection than Dial returned")
	}
	r.conn = c
}

func (r *recorder) connection() handler.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conn
}

// write makes b the next thing to be pulled, which is everything that the connection wakes for.
func (r *recorder) write(b []byte) {
	r.pending.Store(&b)
	r.connection().Wake()
}

func (r *recorder) Opened(c handler.Conn) {
	r.connected(c)
	if !r.state.CompareAndSwap(0, 1) {
		r.s.Errorf("Opened in state %d", r.state.Load())
	}
	done(r.opened)
}

func (r *recorder) Pull(buf []byte) []byte {
	if r.state.Load() != 1 {
		r.s.Errorf("Pull in state %d", r.state.Load())
	}
	if r.pulls.Add(1) != 1 {
		r.s.Error("two Pulls at a time")
	}
	defer r.pulls.Add(-1)
	if len(buf) != 0 {
		r.s.Errorf("Pull was given %d bytes", len(buf))
	}
	if b := r.pending.Swap(nil); b != nil {
		buf = append(buf, *b...)
	}
	return buf
}

func (r *recorder) Received(b []byte) int {
	if r.state.Load() != 1 {
		r.s.Errorf("Received in state %d", r.state.Load())
	}
	if r.reads.Add(1) != 1 {
		r.s.Error("two Receiveds at a time")
	}
	defer r.reads.Add(-1)
	if r.received == nil {
		return len(b)
	}
	return r.received(b)
}

func (r *recorder) Closed(err error) {
	if r.state.Swap(2) == 2 {
		r.s.Error("Closed twice")
	}
	if err == nil {
		r.s.Error("Closed without an error")
	}
	if r.pulls.Load() != 0 || r.reads.Load() != 0 {
		r.s.Error("Closed while another call is running")
	}
	r.closed.Complete(1, err)
}

// An echo is a Sink that sends back what it receives.
type echo struct {
	conn handler.Conn
	out  chan []byte
}

func newEcho() handler.Sink { return &echo{out: make(chan []byte, 1)} }

func (e *echo) Opened(c handler.Conn) { e.conn = c }

func (e *echo) Pull(buf []byte) []byte {
	select {
	case b := <-e.out:
		return append(buf, b...)
	default:
		return buf
	}
}

func (e *echo) Received(b []byte) int {
	var waiting []byte
	select {
	case waiting = <-e.out:
	default:
	}
	e.out <- append(waiting, b...)
	e.conn.Wake()
	return len(b)
}

func (e *echo) Closed(error) {}
