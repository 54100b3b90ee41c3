package handler

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// ErrBlocked is what a [StepError] wraps whose step does not end, because it waits for something that is
// no future: a channel, a mutex, a socket.
var ErrBlocked = errors.New("handler: blocked in something else than the Wait or Await of a future")

// OnBlocked has report called, on a goroutine of its own, when a step has taken a minute by the clock of
// package time. In a testing/synctest bubble that is as soon as all its goroutines are blocked, so there
// it finds a task or a process that waits for a channel at once, and can name it, before the
// bubble says no more than that there is a deadlock. The error wraps [ErrBlocked] and shows all goroutines.
//
// A driver that is blocked cannot be helped, so report should not return. In [Deterministic.Bubble] mode
// a world without OnBlocked panics with the error. Elsewhere it does not watch.
func OnBlocked(report func(*StepError)) DeterministicOption { return blockedReport(report) }

type blockedReport func(*StepError)

func (r blockedReport) deterministic(d *Deterministic) { d.w.onBlocked = r }

// blockedAfter is how long no step may take.
const blockedAfter = time.Minute

// watchdog looks now and then whether the world is still in the same step.
type watchdog struct {
	w     *world
	timer *time.Timer
	step  uint64
	off   bool
}

// watch starts a watchdog, for as long as somebody drives. stop ends it.
func (w *world) watch() (stop func()) {
	if w.onBlocked == nil {
		return func() {}
	}
	d := &watchdog{w: w}
	w.mu.Lock()
	d.timer = time.AfterFunc(blockedAfter, d.look)
	w.mu.Unlock()
	return func() {
		w.mu.Lock()
		d.off = true
		w.mu.Unlock()
		d.timer.Stop()
	}
}

func (d *watchdog) look() {
	w := d.w
	w.mu.Lock()
	var blocked *StepError
	if step := w.trace.steps; d.off {
		// nothing to watch any more
	} else if w.performing != nil && d.step == step {
		blocked = w.stepError(w.performing, nil)
	} else {
		d.step = step
		d.timer.Reset(blockedAfter)
	}
	w.mu.Unlock()
	if blocked != nil {
		stacks := make([]byte, 256<<10)
		stacks = stacks[:runtime.Stack(stacks, true)]
		blocked.Err = fmt.Errorf("%w\n\n%s", ErrBlocked, stacks)
		w.onBlocked(blocked)
	}
}
