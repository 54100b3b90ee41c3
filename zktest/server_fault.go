package zktest

import (
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// What can be done to a Server, and asked of it.

// Expire ends a session now, as if its timeout had passed. It reports whether there was one.
func (s *Server) Expire(session int64) (ok bool) {
	s.s.Do(func(c *core.Server) { ok = c.ExpireSession(time.Now(), session) })
	return ok
}

// Drop cuts the connection of a session, which lives on. It reports whether there was one.
func (s *Server) Drop(session int64) (ok bool) {
	s.s.Do(func(c *core.Server) { ok = c.DropSession(session) })
	return ok
}

// Intercept asks f about every request as it arrives, handshakes included, in place of the Intercept of the configuration;
// nil lets everything pass. Its verdict can hold the request back, replace it, answer it with an error ([zk.ErrThrottled], say)
// and no effect, cut the connection before it, behind it or in the middle of its reply, and replace the reply or hold it back:
// see [core.Verdict]. f is called with the server locked: it must not wait, nor call anything of the Server.
func (s *Server) Intercept(f core.Intercept) {
	s.s.Do(func(c *core.Server) { c.SetIntercept(f) })
}

// Pause stops the server in its tracks, as SIGSTOP does, until Resume: its connections stay open, new ones are accepted,
// and nothing is answered.
func (s *Server) Pause() { s.s.Pause() }

// Resume ends Pause.
func (s *Server) Resume() { s.s.Resume() }

// SetServing says whether the server takes part. One that does not, as during an election, closes all its connections, and
// new ones at their first request. Sessions live on, and time goes on for them.
func (s *Server) SetServing(on bool) {
	s.s.Do(func(c *core.Server) { c.SetServing(on) })
}

// SetReadOnly says whether the server is cut off from a quorum: as such it serves read-only clients (zk.WithReadOnly) with
// what it has, and no others. All connections are cut either way.
func (s *Server) SetReadOnly(on bool) {
	s.s.Do(func(c *core.Server) { c.SetReadOnly(on) })
}

// Wipe makes the server forget everything, as if it had been stopped and started without its data: no nodes but its own, no
// sessions, and a zxid that begins again. It refuses clients that have seen more than that.
func (s *Server) Wipe() { s.s.Replace(core.New(s.config, time.Now())) }

// Nodes lists what is below path, path itself included, in order of path; nothing if it is not there.
func (s *Server) Nodes(path string) (all []core.NodeInfo) {
	s.s.Do(func(c *core.Server) { all = c.State().Nodes(path) })
	return all
}

// Sessions lists the sessions that have not ended, in order of id.
func (s *Server) Sessions() (all []core.SessionInfo) {
	s.s.Do(func(c *core.Server) { all = c.State().Sessions() })
	return all
}

// Watches lists the watches of all connections, in order of path.
func (s *Server) Watches() (all []core.WatchInfo) {
	s.s.Do(func(c *core.Server) { all = c.Watches() })
	return all
}

// Requests lists the last 1024 requests that were received, handshakes included, the oldest first.
func (s *Server) Requests() (all []core.Seen) {
	s.s.Do(func(c *core.Server) { all = c.Seen() })
	return all
}
