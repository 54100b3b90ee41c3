// Package serve runs the servers of package core in real time: goroutines, a clock, sockets or memory.
//
//   - One mutex guards the server and all its connections; servers of a [Cluster] share it. It is held for computing
//     only, never while anything waits, so everything here runs in a testing/synctest bubble as well, over memory.
//   - A connection has two goroutines: the reader shows input to the server, the writer pulls output from it. An idle
//     server has none, and one timer, armed for what the server is waiting for.
//   - A server that closes a connection writes all it has to say first.
//   - A paused server is not called at all. Its connections stay as they are, and new ones are accepted as the kernel
//     accepts them for a process that is stopped.
package serve

import (
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Server is a standalone server that runs. Its methods may be called from any goroutine.
type Server struct {
	*host
	core *core.Server // guarded by g.mu
}

// New starts a server that nobody can reach yet. It takes microseconds and starts no goroutine.
//
// Hooks in the Config are called with the server locked: they must not wait, nor call anything of the Server.
func New(cfg core.Config) *Server { return Run(core.New(cfg, time.Now())) }

// Run starts a server that was made already, and belongs to what Run returns from now on.
func Run(c *core.Server) *Server { return &Server{host: newHost(newGroup(), c), core: c} }

// Do runs f with the server locked. f must not wait. What it changes, and what that makes clients receive, takes effect
// when it returns.
func (s *Server) Do(f func(*core.Server)) {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	f(s.core)
	s.settle()
}

// Replace puts another server in the place of the one that runs, whose connections are cut.
func (s *Server) Replace(c *core.Server) {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.core, s.machine = c, c
	for c := range s.conns {
		c.end()
	}
	s.settle()
}
