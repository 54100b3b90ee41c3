package core

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Server is a standalone ZooKeeper: a Front with the leader next to it, so that every request is answered before the call
// that brought it returns. Its methods for connections are those of Front.
//
// Time must not go backwards from call to call.
type Server struct {
	*Front
	leader    *Leader
	nextSweep time.Time
}

// New returns a server without nodes of its own but the fixed ones. It takes some microseconds.
func New(cfg Config, start time.Time) *Server {
	cfg = cfg.withDefaults()
	state := NewState(cfg.Version)
	leader := NewLeader(cfg, state, start)
	s := &Server{leader: leader, nextSweep: start.Add(cfg.SweepInterval)}
	s.Front = NewFront(cfg, state, (*standalone)(s), start)
	return s
}

// Recover returns a server that goes on where another one ended: log is what that one's Config.OnCommit was told, and what it
// went on from itself, in order. The sessions in it have their whole timeout before them. The log is not kept.
func Recover(cfg Config, log []*Txn, start time.Time) *Server {
	s := New(cfg, start)
	for _, t := range log {
		s.state.Apply(t)
	}
	s.leader.zxid = s.state.zxid
	//zkvet:allow maprange a tracker has no order
	for id, timeout := range s.state.sessions {
		s.leader.Sessions.Track(start, id, timeout, s.cfg.ServerID)
	}
	return s
}

// standalone is the Upstream of a Server.
type standalone Server

func (s *standalone) Submit(now time.Time, r *Request) {
	if r.Op == wire.OpSync {
		s.Synced(now, r.Session, r.Tag)
		return
	}
	(*Server)(s).commit(now, s.leader.Prepare(now, r))
}

func (s *standalone) Touch(now time.Time, session int64, timeout int32) bool {
	return s.leader.Sessions.Touch(now, session, timeout)
}

func (s *standalone) Renew(now time.Time, session int64, timeout int32, tag uint64) {
	s.Renewed(now, session, tag, s.leader.Sessions.Touch(now, session, timeout))
}

func (s *Server) commit(now time.Time, t *Txn) {
	if s.cfg.OnCommit != nil {
		s.cfg.OnCommit(t)
	}
	s.Front.Commit(now, t)
	s.leader.Applied(t.Zxid)
	if t.Op == wire.OpCloseSession {
		s.leader.Sessions.Remove(t.Session)
	}
}

// Tick does what is due: it expires sessions, deletes empty containers and stale TTL nodes, and ends delays.
func (s *Server) Tick(now time.Time) {
	s.Front.Tick(now)
	for _, id := range s.leader.Sessions.Expired(now) {
		s.commit(now, s.leader.Prepare(now, &Request{Session: id, Op: wire.OpCloseSession}))
	}
	if now.Before(s.nextSweep) {
		return
	}
	for _, t := range s.leader.Sweep(now) {
		s.commit(now, t)
	}
	interval := s.cfg.SweepInterval
	s.nextSweep = s.nextSweep.Add(now.Sub(s.nextSweep)/interval*interval + interval)
}

// NextDeadline is when Tick is to be called; earlier or in vain does no harm. ok is false when nothing is to come.
func (s *Server) NextDeadline() (at time.Time, ok bool) {
	at, ok = s.Front.NextDeadline()
	if next, some := s.leader.Sessions.Next(); some {
		at, ok = earlier(at, ok, next), true
	}
	if s.state.Swept() {
		at, ok = earlier(at, ok, s.nextSweep), true
	}
	return at, ok
}

// State is the tree and the sessions of the server.
func (s *Server) State() *State { return s.state }

// ExpireSession ends a session as if its client had not been heard from: its ephemerals go, its connection is closed
// without a word, and renewing it is refused. It reports whether there was such a session.
func (s *Server) ExpireSession(now time.Time, id int64) bool {
	if !s.leader.Sessions.Live(id) {
		return false
	}
	s.commit(now, s.leader.Prepare(now, &Request{Session: id, Op: wire.OpCloseSession}))
	return true
}
