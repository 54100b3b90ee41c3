package handler

import (
	"fmt"
	"time"
)

// A BusyError says that a world does not get on: more steps than [Deterministic.BusyLimit] at one
// instant. It names the last of them, which will be part of what goes round in a circle.
type BusyError struct {
	Node  string
	Label string // what happens there, as in [Event]
	At    time.Duration
	Step  uint64
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("handler: the world is busy without time passing, at %v after %d steps: %s on node %q", e.At, e.Step, e.Label, e.Node)
}

// BusyLimit sets how many things may happen at one instant before Run, RunUntil, Advance or a Wait that
// drives the world gives up with a [*BusyError]. 0, the default, is no limit. Something that happens
// again and again without time passing, as an operation that is retried at once, would never end.
func (d *Deterministic) BusyLimit(steps int) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.busyLimit = steps
}

// busyError returns the error of a world that has just done too much at one instant. The caller holds mu.
func (w *world) busyError(it item) error {
	e := Event{}
	it.describe(&e)
	w.busy = 0 // whoever drives on gets as far again
	return &BusyError{Node: e.Node, Label: e.Kind + " " + e.Label, At: w.now, Step: w.trace.steps}
}
