// Package serve runs a [core.Server] in real time: goroutines, a clock, sockets or memory.
//
//   - One mutex guards the server and all its connections. It is held for computing only, never while anything waits, so
//     everything here runs in a testing/synctest bubble as well, over memory.
//   - A connection has two goroutines: the reader shows input to the server, the writer pulls output from it. An idle
//     server has none, and one timer, armed for what the server is waiting for.
//   - A server that closes a connection writes all it has to say first.
package serve

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Server is a running server. Its methods may be called from any goroutine.
type Server struct {
	mu        sync.Mutex // guards what follows, and whatever belongs to core
	core      *core.Server
	woken     []*core.Conn
	timer     *time.Timer
	armed     time.Time // when timer fires, zero if it does not
	conns     map[*conn]struct{}
	listeners map[net.Listener]struct{}
	closed    bool
	dialed    uint16 // counts memory connections, for their addresses

	running sync.WaitGroup // goroutines
}

// New starts a server that nobody can reach yet. It takes microseconds and starts no goroutine.
//
// Hooks in the Config are called with the server locked: they must not wait, nor call anything of the Server.
func New(cfg core.Config) *Server {
	return &Server{core: core.New(cfg, time.Now()), conns: make(map[*conn]struct{}), listeners: make(map[net.Listener]struct{})}
}

// Do runs f with the server locked. f must not wait. What it changes, and what that makes clients receive, takes effect
// when it returns.
func (s *Server) Do(f func(*core.Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.core)
	s.settle()
}

// settle follows every call into core: it wakes connections and arms the timer.
func (s *Server) settle() {
	s.woken = s.core.Woken(s.woken[:0])
	for i, c := range s.woken {
		c.Tag.(*conn).wake()
		s.woken[i] = nil
	}
	at, ok := s.core.NextDeadline()
	// A timer that is early does no harm, so it is seldom moved.
	if s.closed || !ok || !s.armed.IsZero() && !at.Before(s.armed) {
		return
	}
	s.armed = at
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Until(at), s.tick)
	} else {
		s.timer.Reset(time.Until(at))
	}
}

func (s *Server) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = time.Time{}
	if !s.closed {
		s.core.Tick(time.Now())
		s.settle()
	}
}

// ServeListener accepts connections until the listener fails or the server is closed, and closes the listener. It returns
// net.ErrClosed after Close, of either.
func (s *Server) ServeListener(l net.Listener) error {
	defer l.Close()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	s.listeners[l] = struct{}{}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			s.ServeConn(nc)
		case errors.Is(err, net.ErrClosed):
			return net.ErrClosed
		case isTemporary(err):
			time.Sleep(5 * time.Millisecond) // out of descriptors, most likely
		default:
			return err
		}
	}
}

func isTemporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}

// ServeConn serves a connection, which belongs to the server from now on, and returns at once.
func (s *Server) ServeConn(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.running.Add(2)
	go c.read()
	go c.write()
	s.settle()
}

// DialMemory connects a client without a socket. The connection holds 256 KiB in each direction, has deadlines, and
// shows the server an address on the loopback network. After Close of the server it reads EOF at once.
func (s *Server) DialMemory() net.Conn {
	s.mu.Lock()
	s.dialed++
	client, server := NewPipe(loopback(s.dialed), serverAddr)
	s.mu.Unlock()
	s.ServeConn(server)
	return client
}

// Close closes listeners and connections and returns when all goroutines have ended. Sessions and nodes are gone with
// the server.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	for l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.end()
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
