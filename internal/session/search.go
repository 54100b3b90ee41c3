package session

import "time"

// A search looks for a server with a quorum while the connected one has none: every address of every host is
// asked, one after the other, each over a connection of its own, by the four-letter word isro. Rounds are
// spaced by a pause that grows and is a little random.
//
//	wait ──▶ look up ─▶ ask ──next address, next host──▶ ... ──all asked──▶ wait, longer
//	           │         └──"rw"──▶ leave for that server
//	           └── cannot be resolved, takes too long ──▶ next host
//
// It begins when a connection comes up read-only, and ends with the connection.
type search struct {
	on     bool
	hosts  hosts
	lookup *Lookup       // that is open
	probe  *Probe        // that is open
	limit  time.Duration // of what is open, or else when the next round begins
	pause  time.Duration
}

const (
	minSearch = 100 * time.Millisecond
	maxSearch = time.Minute
)

// isro is the question, and rw the answer of a server that has a quorum.
const (
	isro = "isro"
	rw   = "rw"

	maxMode = 16 // bytes of any answer
)

// A Probe asks for a server's mode.
type Probe struct {
	Host string // as configured
	Addr string
}

// beginSearch begins anew.
func (m *Machine) beginSearch(now time.Duration) {
	m.endSearch()
	m.search = search{on: true, hosts: hosts{list: m.hosts.list, inOrder: m.hosts.inOrder, rand: m.cfg.Rand}}
	m.searchLater(now)
}

// endSearch forgets what is open.
func (m *Machine) endSearch() {
	if m.search.lookup != nil || m.search.probe != nil {
		m.do(DoEndProbe, nil)
	}
	m.search = search{}
}

func (m *Machine) searchLater(now time.Duration) {
	s := &m.search
	s.pause = min(max(2*s.pause, minSearch), maxSearch)
	s.limit = now + s.pause/2 + time.Duration(m.cfg.Rand.Int64N(int64(s.pause/2)+1))
	m.changed = true
}

// searching does what is due.
func (m *Machine) searching(now time.Duration) {
	s := &m.search
	if !s.on || now < s.limit || m.leaving.why != nil {
		return
	}
	if s.lookup == nil && s.probe == nil {
		s.hosts.start()
	} else {
		m.do(DoEndProbe, nil)
	}
	m.searchNext(now)
}

// searchNext asks the next server.
func (m *Machine) searchNext(now time.Duration) {
	s := &m.search
	s.lookup, s.probe = nil, nil
	addr, resolve, ok := s.hosts.next()
	for ok && addr == m.addr { // who has lost its quorum says so by closing the connection, and when it is back, too
		addr, resolve, ok = s.hosts.next()
	}
	if !ok {
		m.searchLater(now)
		s.hosts.fails++
		return
	}
	s.limit, m.changed = now+m.patienceAfter(s.hosts.fails), true
	if resolve != "" {
		s.lookup = &Lookup{m.conn, resolve}
		m.do(DoResolve, s.lookup)
		return
	}
	s.probe = &Probe{s.hosts.host, addr}
	m.do(DoProbe, s.probe)
}

// Probed reports the answer to a probe; empty: there is none.
func (m *Machine) Probed(now time.Duration, p *Probe, answer string) {
	m.Tick(now)
	s := &m.search
	if p != s.probe || m.phase != phaseUp {
		return
	}
	if answer != rw {
		m.searchNext(now)
		return
	}
	s.probe = nil
	m.leave(now, departure{why: errQuorumFound, host: p.Host, addr: p.Addr})
}
