package zktest

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A WorldServer is a [Server] that lives in a deterministic world, as a program on one of its nodes.
// Clients on other nodes reach it through the world's network, in virtual time:
//
//	world := handler.NewDeterministic(42)
//	srv, err := zktest.InWorld(world.Node("server"), ":2181")
//	cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(world.Node("client")))
//
// It has no lock: it belongs to whoever drives the world.
type WorldServer struct {
	node  *handler.Node
	core  *core.Server
	stop  func()
	woken []*core.Conn
	timer handler.Timer
	due   time.Time // when the timer goes off, if there is one
}

// InWorld starts a server on a node. It fails if the address is in use or not the node's. See [Start]
// for how it is configured.
func InWorld(n *handler.Node, address string, opts ...ServerOption) (*WorldServer, error) {
	s := &WorldServer{node: n, core: core.New(configure(opts), n.Wall())}
	stop, err := n.Listen(address, s.accept)
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	s.stop = stop
	return s, nil
}

// Do runs f with the server's core, to look at it or to interfere.
func (s *WorldServer) Do(f func(*core.Server)) {
	f(s.core)
	s.settle()
}

// Expire ends a session now. It reports whether there was one.
func (s *WorldServer) Expire(session int64) (ok bool) {
	s.Do(func(c *core.Server) { ok = c.ExpireSession(s.node.Wall(), session) })
	return ok
}

// Drop cuts the connection of a session, which lives on. It reports whether there was one.
func (s *WorldServer) Drop(session int64) (ok bool) {
	s.Do(func(c *core.Server) { ok = c.DropSession(session) })
	return ok
}

// Pause stops the server's node, as SIGSTOP stops a process: connections stay open, and are accepted, but
// nothing is answered until Resume. See [handler.Node.Pause].
func (s *WorldServer) Pause() { s.node.Pause() }

// Resume ends a Pause. The server sees what has arrived, in order, and then what time it is.
func (s *WorldServer) Resume() { s.node.Resume() }

// Close refuses new connections. Those that are there stay.
func (s *WorldServer) Close() { s.stop() }

func (s *WorldServer) accept(remote netip.AddrPort, c handler.Conn) handler.Sink {
	w := &worldConn{s: s, conn: c, core: s.core.Open(s.node.Wall(), remote)}
	w.core.Tag = w
	s.settle()
	return w
}

// settle follows every call into the core: it wakes connections and sets the timer.
func (s *WorldServer) settle() {
	s.woken = s.core.Woken(s.woken[:0])
	for _, c := range s.woken {
		c.Tag.(*worldConn).wake()
	}
	at, ok := s.core.NextDeadline()
	if ok && s.timer != nil && !at.Before(s.due) {
		return // too early does no harm, and most deadlines only move away
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if ok {
		s.due = at
		s.timer = s.node.AfterFunc(at.Sub(s.node.Wall()), future.Func(s.tick))
	}
}

func (s *WorldServer) tick() {
	s.timer = nil
	s.core.Tick(s.node.Wall())
	s.settle()
}

// A worldConn is one connection: what the network tells goes to the core, and back.
type worldConn struct {
	s    *WorldServer
	conn handler.Conn
	core *core.Conn
	held []byte // arrived, but the core did not want more input then
}

func (w *worldConn) Opened(handler.Conn) {}

func (w *worldConn) wake() {
	w.conn.Wake()
	w.retry()
}

// retry offers the core what it did not want before.
func (w *worldConn) retry() {
	if held := w.held; len(held) > 0 && !w.core.Stalled() {
		w.held = held[w.core.Received(w.s.node.Wall(), held):]
		w.s.settle()
	}
}

func (w *worldConn) Pull(buf []byte) []byte {
	before := len(buf)
	buf = w.core.Pull(buf)
	w.s.settle()
	if len(buf) == before && w.core.Closing() {
		w.conn.Close()
	}
	return buf
}

func (w *worldConn) Received(b []byte) (used int) {
	if len(w.held) > 0 {
		w.held = append(w.held, b...)
		w.retry()
		return len(b)
	}
	used = w.core.Received(w.s.node.Wall(), b)
	if w.core.Stalled() {
		w.held = append(w.held[:0:0], b[used:]...)
		used = len(b)
	}
	w.s.settle()
	return used
}

func (w *worldConn) Closed(error) {
	w.core.Closed(w.s.node.Wall())
	w.s.settle()
}
