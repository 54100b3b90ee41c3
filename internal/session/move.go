package session

import (
	"errors"
	"slices"
	"time"
)

// A departure is a connection that works and is to be left for another. Nothing more is written on it but
// what keeps it alive; when everything that was written is answered, or has taken too long, it is closed. So
// moving costs no request its outcome, unless a server is slow.
type departure struct {
	why        error         // nil: there is none
	limit      time.Duration // when it is too long
	host, addr string        // where to; empty: wherever the round leads
}

var (
	errHostsChanged = errors.New("left for another server, since the list of servers has changed")
	errQuorumFound  = errors.New("left for a server with a quorum")
)

// leave begins a departure.
func (m *Machine) leave(now time.Duration, d departure) {
	d.limit = now + m.sess.Timeout/3
	m.leaving, m.changed = d, true
	m.depart(now)
}

// depart ends a departure when nothing is awaited any more.
func (m *Machine) depart(now time.Duration) {
	if d := m.leaving; d.why != nil && m.phase == phaseUp && (m.sent.n == 0 || now >= d.limit) {
		m.zxids.other = true
		m.do(DoHangUp, nil)
		m.lose(now, d.why)
	}
}

// SetHosts replaces the list of hosts. Who is connected goes on, or leaves in good order: see update. Who is
// connecting goes on if the host that is being tried is in the new list.
func (m *Machine) SetHosts(now time.Duration, list []string) {
	m.Tick(now)
	if slices.Equal(list, m.hosts.list) {
		return
	}
	switch m.phase {
	case phaseOff:
		m.hosts.update(list, "", "")
	case phaseUp:
		if move := m.hosts.update(list, m.hosts.last, m.addr); move {
			m.leave(now, departure{why: errHostsChanged})
		} else if m.search.on {
			m.beginSearch(now)
		}
	default:
		trying, addrs := m.hosts.host, m.hosts.addrs
		m.hosts.update(list, "", "")
		m.hosts.fails = 0
		m.newRound()
		m.zxids.other = true // what this round will have shown is not about all hosts
		if i := slices.Index(m.hosts.order, trying); i >= 0 && m.phase != phasePause {
			m.hosts.order, m.hosts.addrs = slices.Delete(m.hosts.order, i, i+1), addrs
			return
		}
		if m.phase >= phaseDial {
			m.hangUp(now, errHostsChanged)
		} else {
			m.connect(now)
		}
	}
}

// Hosts returns the list of hosts.
func (m *Machine) Hosts() []string { return slices.Clone(m.hosts.list) }
