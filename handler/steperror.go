package handler

import (
	"fmt"
	"time"
)

// A StepError says what a world was doing when it ended before its time: a task or a process has panicked
// or has called runtime.Goexit, as t.FailNow does, and that has ended the goroutine that drives the world, too;
// or it is blocked, see [OnBlocked]. A process that panics makes the driver panic with its StepError. See also [Deterministic.Failure].
type StepError struct {
	Node, Kind, Label string // as in [Event]
	Step              uint64
	At                time.Duration // since the beginning of the world
	// Err is a [*future.PanicError] or [future.ErrGoexit] when a process has ended so, and wraps [ErrBlocked]
	// when the step has not ended. It is nil when anything else has panicked or called Goexit.
	Err error
}

func (e *StepError) Error() string {
	text := fmt.Sprintf("handler: %s %s of node %q ended in step %d, at %v", e.Kind, e.Label, e.Node, e.Step, e.At)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *StepError) Unwrap() error { return e.Err }

// Failure returns the [*StepError] of the first step that has panicked or called runtime.Goexit and so has
// ended the goroutine that drove the world, or nil. It is for deferred functions that report it.
func (d *Deterministic) Failure() error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if d.w.failedStep == nil {
		return nil
	}
	return d.w.failedStep
}

// stepError makes the error of it, and keeps it if it is the first. The caller holds mu.
func (w *world) stepError(it item, err error) *StepError {
	e := Event{}
	it.describe(&e)
	s := &StepError{Node: e.Node, Kind: e.Kind, Label: e.Label, Step: w.trace.steps, At: w.now, Err: err}
	if w.failedStep == nil {
		w.failedStep = s
	}
	return s
}
