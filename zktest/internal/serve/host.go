package serve

import (
	"net"
	"sync"
)

// A host runs one machine: a standalone server's, or that of one life of a member of an ensemble. Its exported methods are
// those of [Server] and may be called from any goroutine.
type host struct {
	g         *group
	listeners listeners

	// What follows is guarded by g.mu.
	machine  Machine
	conns    map[*conn]struct{}
	greeting map[net.Conn]struct{} // TLS connections that are in their handshake
	paused   bool
	closed   bool
	dialed   uint16 // counts memory connections, for their addresses

	running sync.WaitGroup // goroutines of connections
}

// newHost adds a machine to a group, which is locked or not in use yet.
func newHost(g *group, m Machine) *host {
	s := &host{g: g, machine: m, conns: make(map[*conn]struct{})}
	g.hosts = append(g.hosts, s)
	return s
}

func (s *host) settle() {
	if !s.closed {
		s.g.settle(s)
	}
}

// Pause stops the server as SIGSTOP does, until Resume.
func (s *host) Pause() {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.paused = true
}

// Resume ends Pause. The server finds that time has passed.
func (s *host) Resume() {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.resume()
}

func (s *host) resume() {
	if !s.paused || s.closed {
		return
	}
	now := s.g.now()
	s.paused = false
	if s.g.carry != nil {
		s.g.carry() // what has come meanwhile comes before what is overdue
	}
	for c := range s.conns {
		if c.core == nil {
			c.open(now)
		}
	}
	s.g.changed.Broadcast()
	s.settle()
}

// Paused reports whether the server is paused.
func (s *host) Paused() bool {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	return s.paused
}

// awake waits until the server is not paused; false if it has been closed.
func (s *host) awake() bool {
	for s.paused && !s.closed {
		s.g.changed.Wait()
	}
	return !s.closed
}

// ServeListener accepts connections until the listener fails or the server is closed, and closes the listener. It returns
// net.ErrClosed after Close, of either.
func (s *host) ServeListener(l net.Listener) error { return s.listeners.serve(l, s.ServeConn) }

// ServeConn serves a connection, which belongs to the server from now on, and returns at once.
func (s *host) ServeConn(nc net.Conn) {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.serveConn(nc)
}

func (s *host) serveConn(nc net.Conn) {
	if s.closed {
		refuse(nc)
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.running.Add(2)
	if !s.paused {
		c.open(s.g.now())
		s.settle()
	}
	go c.read()
	go c.write()
}

// DialMemory connects a client without a socket. The connection holds 256 KiB in each direction, has deadlines, and
// shows the server an address on the loopback network. After Close of the server it reads EOF at once.
func (s *host) DialMemory() net.Conn {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	return s.dialMemory()
}

func (s *host) dialMemory() net.Conn {
	s.dialed++
	client, server := NewPipe(loopback(s.dialed), serverAddr)
	s.serveConn(server)
	return client
}

// Close closes listeners and connections and returns when all goroutines have ended. Sessions and nodes are gone with
// the server.
func (s *host) Close() error {
	s.g.mu.Lock()
	s.close()
	s.g.mu.Unlock()
	s.listeners.close()
	s.running.Wait()
	return nil
}

func (s *host) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.g.leave(s)
	for c := range s.conns {
		c.end()
	}
	for nc := range s.greeting {
		nc.Close()
	}
}
