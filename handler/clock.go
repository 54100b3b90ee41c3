package handler

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A clock is what a machine takes for the time. A nil clock is right. It does not change: another takes its place.
type clock struct {
	from   time.Duration // of the world, when the clock showed:
	showed time.Duration
	drift  float64       // how much it goes on in a second of the world
	offset time.Duration // of the wall clock
}

// at returns what the clock shows at a time of the world.
func (c *clock) at(t time.Duration) time.Duration {
	if c == nil {
		return t
	}
	return c.showed + time.Duration(float64(t-c.from)*c.drift)
}

// when returns the first time of the world at which the clock shows so much.
func (c *clock) when(shows time.Duration) time.Duration {
	if c == nil {
		return shows
	}
	passes := math.Ceil(float64(shows-c.showed) / c.drift)
	if shows-c.showed > forever/4 || passes > float64(forever/4) {
		return forever
	}
	t := c.from + time.Duration(passes)
	for c.at(t) < shows {
		t++
	}
	return t
}

// Now returns the node's monotonic clock, which is the virtual time unless SetClock has been called.
func (n *Node) Now() time.Time { return beginning.Add(n.clock.Load().at(n.w.elapsed())) }

// Wall returns the node's wall clock, which is its monotonic clock unless that was changed.
func (n *Node) Wall() time.Time {
	c := n.clock.Load()
	t := c.at(n.w.elapsed())
	if c != nil {
		t += c.offset
	}
	return beginning.Add(t)
}

// Clocks returns what Now and Wall show, as the time since the world began: it is read several times in a step.
func (n *Node) Clocks() (mono, wall time.Duration) {
	c := n.clock.Load()
	mono = c.at(n.w.elapsed())
	wall = mono
	if c != nil {
		wall += c.offset
	}
	return mono, wall
}

// SetClock makes the node's clocks go wrong from now on: while a second passes, both go on by drift
// seconds, and so do its timers, those that run already included; and the wall clock shows offset more than
// the monotonic one, which is never put forward or back. 0 and 1 is how clocks are at first.
//
// The clocks belong to the machine and go on over a restart. drift must be positive.
func (n *Node) SetClock(offset time.Duration, drift float64) {
	if drift <= 0 || math.IsInf(drift, 0) || math.IsNaN(drift) {
		panic("handler: the drift of a clock must be positive and finite")
	}
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	now := n.w.time()
	n.clock.Store(&clock{from: now, showed: n.clock.Load().at(now), drift: drift, offset: offset})
	n.w.setTimers(n.machine)
}

// JumpWall puts the wall clock forward, or back if by is negative.
func (n *Node) JumpWall(by time.Duration) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	now := n.w.time()
	old := n.clock.Load()
	c := &clock{from: now, showed: old.at(now), drift: 1, offset: by}
	if old != nil {
		c.drift, c.offset = old.drift, old.offset+by
	}
	n.clock.Store(c)
}

// setTimers makes the timers of a machine fire at the right times by its new clock. The caller holds mu.
func (w *world) setTimers(m *machine) {
	var timers []*nodeTimer
	for _, p := range w.events {
		e := p.e
		if tm, ok := e.what.(*nodeTimer); ok && e.node.machine == m {
			timers = append(timers, tm)
		}
	}
	slices.SortFunc(timers, func(a, b *nodeTimer) int { return cmp.Compare(a.event.seq, b.event.seq) })
	for _, tm := range timers {
		w.cancel(&tm.event)
		w.schedule(&tm.event, m.clock.Load().when(tm.due))
	}
}
