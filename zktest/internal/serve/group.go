package serve

import (
	"net/netip"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// A Machine is what a Server runs: a [core.Server], or a member of an ensemble.
type Machine interface {
	Open(now time.Time, remote netip.AddrPort) *core.Conn
	Woken(buf []*core.Conn) []*core.Conn
	Tick(now time.Time)
	NextDeadline() (at time.Time, ok bool)
}

// A group is servers that share a lock, a timer and a time: one that stands alone, or those of a cluster.
//
// Every call into a machine gets its time from now, and is followed by settle.
type group struct {
	mu      sync.Mutex // guards what follows, the fields of the servers, and whatever belongs to their machines
	changed *sync.Cond // a server was resumed or closed
	hosts   []*host    // that run
	carry   func()     // takes messages from server to server, at the time told; nil if there are none
	woken   []*core.Conn
	timer   *time.Timer
	armed   time.Time // when timer fires, zero if it does not
	told    time.Time // the last time that a machine was told
}

func newGroup() *group {
	g := new(group)
	g.changed = sync.NewCond(&g.mu)
	return g
}

// mostLate is how far a cluster follows the clock step by step.
const mostLate = 10 * time.Second

// now is the time. In a cluster, what was due earlier is made up for first, each thing at its own time, messages
// included: when the whole process was kept from running, its servers do not blame each other for the silence.
func (g *group) now() time.Time {
	now := time.Now()
	if g.carry == nil {
		return now
	}
	if earliest := now.Add(-mostLate); g.told.Before(earliest) {
		g.told = earliest
	}
	for {
		s, at := g.next()
		if s == nil || at.After(now) {
			break
		}
		if at.After(g.told) {
			g.told = at
		}
		s.machine.Tick(g.told)
		g.wake(s)
		g.carry()
	}
	if now.After(g.told) {
		g.told = now
	}
	return g.told
}

// next is the server with the earliest deadline.
func (g *group) next() (first *host, due time.Time) {
	for _, s := range g.hosts {
		if s.paused {
			continue
		}
		if at, ok := s.machine.NextDeadline(); ok && (first == nil || at.Before(due)) {
			first, due = s, at
		}
	}
	return first, due
}

// wake makes connections of a server look at what has become of them.
func (g *group) wake(s *host) {
	g.woken = s.machine.Woken(g.woken[:0])
	for i, c := range g.woken {
		c.Tag.(*conn).wake()
		g.woken[i] = nil
	}
}

// settle follows every call into a machine: it wakes connections, lets the servers talk and arms the timer.
func (g *group) settle(s *host) {
	g.wake(s)
	if g.carry != nil {
		g.carry()
	}
	first, at := g.next()
	// A timer that is early does no harm, so it is seldom moved.
	if first == nil || !g.armed.IsZero() && !at.Before(g.armed) {
		return
	}
	g.armed = at
	if g.timer == nil {
		g.timer = time.AfterFunc(time.Until(at), g.tick)
	} else {
		g.timer.Reset(time.Until(at))
	}
}

func (g *group) tick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed = time.Time{}
	if len(g.hosts) == 0 {
		return
	}
	now := g.now()
	s, at := g.next()
	if s == nil {
		return
	}
	if !at.After(now) {
		s.machine.Tick(now)
	}
	g.settle(s)
}

// leave takes a server out.
func (g *group) leave(s *host) {
	for i, other := range g.hosts {
		if other == s {
			g.hosts = append(g.hosts[:i:i], g.hosts[i+1:]...)
		}
	}
	if len(g.hosts) == 0 && g.timer != nil {
		g.timer.Stop()
		g.armed = time.Time{}
	}
	g.changed.Broadcast()
}
