package session

import (
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// A clock tells how much time has passed, by the monotonic clock or by the wall's, whichever says
// more: the one stands still while a computer sleeps, the other may be set back. A step of the wall
// clock backwards takes nothing away, and one forwards counts as sleep.
type clock struct {
	h          handler.Handler
	mono, wall time.Time     // the start
	node       *handler.Node // h, if it is one, and not only made of one, which may have a time of its own
	nodeMono   time.Duration // the start, on a node
	nodeWall   time.Duration
	ahead      time.Duration // how far the wall clock is ahead of the monotonic one, where it was seen last
	slept      time.Duration // what the monotonic clock has missed
}

const (
	// leap is how far the wall clock must get ahead before it is believed. Less is adjustment, and
	// counts when it has added up to that.
	leap = 10 * time.Millisecond
	// glance is how long looking at both clocks may take. If it took longer, what they say does not
	// belong together.
	glance = time.Millisecond
)

func newClock(h handler.Handler) clock {
	c := clock{h: h, mono: h.Now(), wall: h.Wall()}
	if n, ok := h.(*handler.Node); ok {
		c.node = n
		c.nodeMono, c.nodeWall = n.Clocks()
	}
	return c
}

// now returns how much time has passed since the clock was made. It never goes back.
func (c *clock) now() time.Duration {
	mono, wall := c.look()
	if wall-mono < c.ahead { // and if looking took long, it is even less
		c.ahead = wall - mono
	}
	if wall-mono >= c.ahead+leap {
		before := mono
		mono = c.counted()
		if ahead := wall - mono; mono-before <= glance && ahead >= c.ahead+leap {
			c.slept += ahead - c.ahead
			c.ahead = ahead
		}
	}
	return mono + c.slept
}

// look returns what both clocks have counted since the start. It looks at the monotonic one first.
func (c *clock) look() (mono, wall time.Duration) {
	if c.node != nil {
		mono, wall = c.node.Clocks()
		return mono - c.nodeMono, wall - c.nodeWall
	}
	mono = c.counted()
	return mono, c.h.Wall().Sub(c.wall)
}

// counted returns what the monotonic clock has counted.
func (c *clock) counted() time.Duration { return c.h.Now().Sub(c.mono) }
