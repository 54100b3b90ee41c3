package handler

import (
	"context"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/internal/gid"
)

// A driver is a goroutine that runs a Loop or a Deterministic, or would do so: a Run, or a Wait from
// outside. At most one drives. When it is done it hands the seat to the next, under the owner's lock,
// so that no task is left with nobody to run it while there is somebody who waits.
//
//	waiting ──given the seat──▶ driving ──done, or Run goes first──▶ hands it on
//	   └───────────done──────────▶ gone
type driver struct {
	goroutine uintptr
	ctx       context.Context
	ready     atomic.Bool   // what it waits for is there
	wake      chan struct{} // capacity 1: there is something to look at
	settled   bool          // its goroutine may drive; guarded like the seat
	unknown   bool          // and has not been looked at; guarded like the seat
}

// newDriver makes the calling goroutine a driver.
func newDriver(ctx context.Context) *driver {
	return &driver{goroutine: gid.ID(), ctx: ctx, wake: make(chan struct{}, 1)}
}

// Run says that what the driver waits for is there. The future calls it, inline.
func (d *driver) Run() {
	d.ready.Store(true)
	d.poke()
}

func (d *driver) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// over reports whether the driver has no more reason to drive.
func (d *driver) over() bool { return d.ready.Load() || d.ctx.Err() != nil }

// A seat is where the driver sits. Its owner's mutex guards everything in it but the atomics, and is held
// by who calls its methods.
type seat struct {
	driver  *driver        // nil: nobody drives
	running *driver        // Run, which drives or is about to
	waiting []*driver      // Waits that would take over, oldest first
	asleep  bool           // the driver has seen that there is nothing to do and wants to be woken
	wanted  atomic.Bool    // Run waits for the driver to step aside
	body    atomic.Uintptr // the goroutine of the coroutine's body that the driver's task has resumed; 0: there is none
}

// drivesHere reports whether the caller is the driver or a coroutine's body that it has resumed.
func (s *seat) drivesHere() bool {
	me := gid.ID()
	return s.driver != nil && (s.driver.goroutine == me || s.body.Load() == me)
}

// claim makes d the driver if there is none, and else one of those who wait to be.
func (s *seat) claim(d *driver) {
	if s.driver == nil {
		s.driver = d
	} else {
		s.waiting = append(s.waiting, d)
	}
}

// claimRun makes d the Run, which drives as soon as the present driver has stepped aside. It refuses
// when there is one.
func (s *seat) claimRun(d *driver) bool {
	if s.running != nil {
		return false
	}
	s.running = d
	if s.driver == nil {
		s.driver = d
	} else {
		s.wanted.Store(true)
		s.rouse()
	}
	return true
}

// stepAside makes room if d drives but Run is to. It reports whether it did.
func (s *seat) stepAside(d *driver) bool {
	if s.running == nil || s.running == d {
		return false
	}
	s.waiting = append(s.waiting, d)
	s.handTo(s.running)
	return true
}

// leave takes d out. If it was driving, Run goes next, and then who has waited longest.
func (s *seat) leave(d *driver) {
	if s.running == d {
		s.running = nil
		s.wanted.Store(false)
	}
	if s.driver == d {
		s.handOn()
		return
	}
	for i, w := range s.waiting {
		if w == d {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return
		}
	}
}

// handOn finds a new driver in place of the present one.
func (s *seat) handOn() {
	switch {
	case s.running != nil:
		s.handTo(s.running)
	case len(s.waiting) > 0:
		d := s.waiting[0]
		s.waiting = append(s.waiting[:0], s.waiting[1:]...)
		s.handTo(d)
	default:
		s.driver, s.asleep = nil, false
	}
}

func (s *seat) handTo(d *driver) {
	s.driver, s.asleep = d, false
	if d == s.running {
		s.wanted.Store(false)
	}
	d.poke()
}

// rouse wakes the driver if it is asleep.
func (s *seat) rouse() {
	if s.asleep {
		s.asleep = false
		s.driver.poke()
	}
}
