package handlertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

var connCases = []testCase{
	{"Echo", func(s *suite) {
		r := s.recorder()
		var want []byte
		for i := range 300_000 {
			want = append(want, byte(i), byte(i>>8), byte(i>>16))
		}
		all := s.event()
		var got []byte
		r.received = func(b []byte) int {
			if got = append(got, b...); len(got) >= len(want) {
				done(all)
			}
			return len(b)
		}
		c := r.dial(s.serve(newEcho))
		s.wait(r.opened)
		r.write(want)
		s.wait(all)
		if !bytes.Equal(got, want) {
			s.Error("other bytes came back than were sent")
		}
		c.Close()
		s.closedWith(r, net.ErrClosed)
	}},
	{"WakeBeforeOpened", func(s *suite) {
		r := s.recorder()
		all := s.event()
		r.received = func(b []byte) int { done(all); return len(b) }
		r.dial(s.serve(newEcho))
		r.write([]byte("x"))
		s.wait(all)
		r.connection().Close()
		s.closedWith(r, net.ErrClosed)
	}},
	{"ManyWakes", func(s *suite) { // however they merge, nothing is forgotten
		r := s.recorder()
		const rounds = 200
		got := make(chan *event, 1)
		r.received = func(b []byte) int { done(<-got); return len(b) }
		r.dial(s.serve(newEcho))
		s.wait(r.opened)
		for i := range rounds {
			e := s.event()
			got <- e
			for range i % 4 {
				r.connection().Wake()
			}
			r.write([]byte{byte(i)})
			r.connection().Wake()
			s.wait(e)
		}
		r.connection().Close()
		s.closedWith(r, net.ErrClosed)
	}},
	{"HalfFrames", func(s *suite) { // what is not used up is shown again, longer
		r := s.recorder()
		sizes := []int{0, 1, 4, 100, 5000, 70_000, 1_000_000, 3, 300_000, 2}
		var stream []byte
		for i, size := range sizes {
			stream = binary.BigEndian.AppendUint32(stream, uint32(size))
			stream = append(stream, bytes.Repeat([]byte{byte(i)}, size)...)
		}
		all := s.event()
		frames, left := 0, 0
		r.received = func(b []byte) int {
			if len(b) <= left {
				s.Errorf("%d bytes were left and %d are shown", left, len(b))
			}
			used := 0
			for len(b)-used >= 4 {
				size := int(binary.BigEndian.Uint32(b[used:]))
				if len(b)-used-4 < size {
					break
				}
				if size != sizes[frames] || bytes.Count(b[used+4:used+4+size], []byte{byte(frames)}) != size {
					s.Errorf("frame %d is broken", frames)
				}
				used += 4 + size
				if frames++; frames == len(sizes) {
					done(all)
				}
			}
			left = len(b) - used
			return used
		}
		r.dial(s.serve(newEcho))
		s.wait(r.opened)
		r.write(stream)
		s.wait(all)
		r.connection().Close()
		s.closedWith(r, net.ErrClosed)
	}},
	{"PeerCloses", func(s *suite) {
		r := s.recorder()
		r.dial(s.serve(func() handler.Sink { return &closer{} }))
		s.wait(r.opened)
		r.write([]byte("bye"))
		s.closedWith(r, io.EOF)
	}},
	{"CloseTwice", func(s *suite) {
		r := s.recorder()
		c := r.dial(s.serve(newEcho))
		s.wait(r.opened)
		c.Close()
		c.Close()
		c.Wake()
		s.closedWith(r, net.ErrClosed)
		c.Close()
		c.Wake()
	}},
	{"CloseInSink", func(s *suite) {
		r := s.recorder()
		r.received = func(b []byte) int { r.connection().Close(); return len(b) }
		r.dial(s.serve(newEcho))
		s.wait(r.opened)
		r.write([]byte("x"))
		s.closedWith(r, net.ErrClosed)
	}},
	{"CloseWhileOpening", func(s *suite) {
		to := s.serve(newEcho)
		for i := range 50 {
			r := s.recorder()
			c := r.dial(to)
			for range i % 10 {
				s.flush(s.h.Lane("a"))
			}
			c.Close()
			s.closedWith(r, net.ErrClosed)
		}
	}},
	{"Refused", func(s *suite) {
		r := s.recorder()
		to := s.serve(newEcho)
		host, _, _ := net.SplitHostPort(to.Address)
		to.Address = net.JoinHostPort(host, "1")
		r.dial(to)
		if _, err := wait(r.closed); err == nil || errors.Is(err, net.ErrClosed) {
			s.Errorf("Closed with %v", err)
		}
	}},
	{"ContextOfDial", func(s *suite) {
		to := s.serve(newEcho)
		ctx, cancel := context.WithCancel(context.Background())
		r := s.recorder()
		c := s.h.Dial(ctx, to, r)
		s.wait(r.opened)
		cancel() // bounds the connecting only
		got := s.event()
		r.received = func(b []byte) int { done(got); return len(b) }
		r.write([]byte("x"))
		s.wait(got)
		c.Close()
		s.closedWith(r, net.ErrClosed)

		r = s.recorder()
		s.h.Dial(ctx, to, r)
		s.closedWith(r, context.Canceled)
	}},
	{"Stop", func(s *suite) {
		to := s.serve(newEcho)
		rs := []*recorder{s.recorder(), s.recorder()}
		for _, r := range rs {
			r.dial(to)
			s.wait(r.opened)
		}
		opening := s.recorder()
		opening.dial(to)
		s.stop()
		for _, r := range append(rs, opening) {
			if _, err, ready := r.closed.Future().Poll(); !ready || !errors.Is(err, net.ErrClosed) {
				s.Errorf("after the stop: %v, %v", ready, err)
			}
		}
	}},
	{"DialAfterStop", func(s *suite) {
		to := s.serve(newEcho)
		s.stop()
		closed := make(chan error, 1)
		s.h.Dial(context.Background(), to, &plainSink{closed})
		s.h.Stop() // drives a handler that nobody runs
		select {
		case err := <-closed:
			if !errors.Is(err, net.ErrClosed) {
				s.Errorf("Closed with %v", err)
			}
		case <-time.After(limit):
			s.Error("not closed")
		}
	}},
	{"ManyAtOnce", func(s *suite) {
		to := s.serve(newEcho)
		const n = 20
		var rs []*recorder
		var all []*event
		for i := range n {
			r, e := s.recorder(), s.event()
			want := bytes.Repeat([]byte{byte(i)}, 10_000)
			var got []byte
			r.received = func(b []byte) int {
				if got = append(got, b...); len(got) == len(want) {
					if !bytes.Equal(got, want) {
						s.Error("connections are mixed up")
					}
					done(e)
				}
				return len(b)
			}
			r.dial(to)
			r.write(want)
			rs, all = append(rs, r), append(all, e)
		}
		for i := range n {
			s.wait(all[i])
			rs[i].connection().Close()
			s.closedWith(rs[i], net.ErrClosed)
		}
	}},
}

// closedWith waits until r's connection has ended and checks why.
func (s *suite) closedWith(r *recorder, want error) {
	s.Helper()
	if _, err := wait(r.closed); !errors.Is(err, want) {
		s.Errorf("Closed with %v, not %v", err, want)
	}
}

// serve starts a server.
func (s *suite) serve(accept func() handler.Sink) handler.Target {
	if s.f.Serve != nil {
		return s.f.Serve(s.T, s.h, accept)
	}
	return ServeTCP(s.T, accept)
}

// ServeTCP accepts connections on the loopback interface until the test ends. Their Sinks come from
// accept.
func ServeTCP(t *testing.T, accept func() handler.Sink) handler.Target {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ServeListener(t, l, accept)
	return handler.Target{Address: l.Addr().String()}
}

// ServeListener is [ServeTCP] with a listener of the caller's, which it closes.
func ServeListener(t *testing.T, l net.Listener, accept func() handler.Sink) {
	var all sync.WaitGroup
	var mu sync.Mutex // guards conns
	var conns []handler.Conn
	all.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			all.Add(1)
			c := handler.NewConn(nc, &counted{accept(), all.Done})
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
}

// counted tells when a connection has ended.
type counted struct {
	handler.Sink
	ended func()
}

func (c *counted) Closed(err error) {
	c.Sink.Closed(err)
	c.ended()
}

// closer closes when something arrives.
type closer struct{ conn handler.Conn }

func (c *closer) Opened(conn handler.Conn) { c.conn = conn }
func (c *closer) Pull(buf []byte) []byte   { return buf }
func (c *closer) Received(b []byte) int    { c.conn.Close(); return len(b) }
func (c *closer) Closed(error)             {}

type plainSink struct{ closed chan error }

func (p *plainSink) Opened(handler.Conn)    {}
func (p *plainSink) Pull(buf []byte) []byte { return buf }
func (p *plainSink) Received(b []byte) int  { return len(b) }
func (p *plainSink) Closed(err error)       { p.closed <- err }
