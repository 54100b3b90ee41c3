package zktest

import (
	"fmt"

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
	node *handler.Node
	core *core.Server
	host *host
	stop func()
}

// InWorld starts a server on a node. It fails if the address is in use or not the node's. See [Start]
// for how it is configured.
func InWorld(n *handler.Node, address string, opts ...ServerOption) (*WorldServer, error) {
	s := &WorldServer{node: n, core: core.New(configure(opts), n.Now())}
	s.host = &host{node: n, m: s.core}
	stop, err := s.host.listen(address)
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	s.stop = stop
	return s, nil
}

// Do runs f with the server's core, to look at it or to interfere.
func (s *WorldServer) Do(f func(*core.Server)) {
	f(s.core)
	s.host.settle()
}

// Expire ends a session now. It reports whether there was one.
func (s *WorldServer) Expire(session int64) (ok bool) {
	s.Do(func(c *core.Server) { ok = c.ExpireSession(s.node.Now(), session) })
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
