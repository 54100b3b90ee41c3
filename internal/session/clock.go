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

func newClock(h handler.Handler) clock { return clock{h: h, mono: h.Now(), wall: h.Wall()} }

// now returns how much time has passed since the clock was made. It never goes back.
func (c *clock) now() time.Duration {
	before := c.h.Now()
	wall := c.h.Wall().Sub(c.wall)
	mono := before.Sub(c.mono)
	if wall-mono < c.ahead { // and if looking took long, it is even less
		c.ahead = wall - mono
	}
	if wall-mono >= c.ahead+leap {
		after := c.h.Now()
		mono = after.Sub(c.mono)
		if ahead := wall - mono; after.Sub(before) <= glance && ahead >= c.ahead+leap {
			c.slept += ahead - c.ahead
			c.ahead = ahead
		}
	}
	return mono + c.slept
}
