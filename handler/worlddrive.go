package handler

import (
	"context"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A drive is what a driver is after.
type drive struct {
	limit   time.Duration // how long it may take; once it has begun, until when
	until   func() bool   // asked before each step, and before time passes, but not again behind that; nil: never
	after   func()        // called after each step; may be nil
	patient bool          // wait for goroutines of the bubble to cause something, until limit
}

// run drives on behalf of Step, Run, RunUntil and Advance.
func (w *world) run(goal drive) error {
	d := newDriver(context.Background())
	w.mu.Lock()
	ok := (w.driver == nil || w.bubble != nil && w.caller() == nil && !w.drivesHere()) && w.claimRun(d)
	w.mu.Unlock()
	if !ok {
		panic("handler: a Deterministic has one driver: Step, Run, RunUntil and Advance are not for its tasks, nor for two goroutines at once")
	}
	defer w.release(d)
	return w.drive(d, goal)
}

// drain lets happen what can happen without time passing, if nobody drives.
func (w *world) drain() {
	d := newDriver(context.Background())
	w.mu.Lock()
	idle := w.driver == nil
	if idle {
		w.claim(d)
	}
	w.mu.Unlock()
	if idle {
		defer w.release(d)
		w.drive(d, drive{})
	}
}

func (w *world) release(d *driver) {
	w.mu.Lock()
	var idle []*future.Coroutine
	if w.driver == d {
		idle, w.stable = w.stable, nil
	}
	w.leave(d)
	w.mu.Unlock()
	for _, c := range idle {
		c.End()
	}
}

// drive lets things happen until d is over, goal is reached, or nothing is left to happen in time. The
// error, if there is one, says why it had to stop before.
func (w *world) drive(d *driver, goal drive) (err error) {
	if !w.hasSeat(d) {
		return nil
	}
	defer w.watch()()
	if goal.limit < forever {
		goal.limit += w.elapsed()
	}
	w.unpolled = true // the driver may have ended some
	passed := false   // nothing has happened since until was asked but that time has passed
	for w.bubble == nil || w.hasSeat(d) {
		w.settle()
		if d.over() || !passed && goal.until != nil && goal.until() {
			return nil
		}
		stepped := w.step(goal.limit)
		if stepped && goal.after != nil {
			goal.after()
		}
		if w.failure != nil {
			err, w.failure = w.failure, nil
			return err
		}
		if passed = false; w.notice(stepped) || stepped {
			continue
		}
		more, alone := w.passTime(d, goal)
		if !more && !w.pollContexts() { // until may have ended one
			return nil
		}
		passed = alone
	}
	return nil
}

// hasSeat waits, in a bubble, until d has the seat. Elsewhere it has it from the start.
func (w *world) hasSeat(d *driver) bool {
	done := d.ctx.Done()
	for {
		w.mu.Lock()
		mine := w.driver == d && !w.stepAside(d)
		w.mu.Unlock()
		if mine {
			return true
		}
		select {
		case <-d.wake: // by the seat, or in a step of its own
			if d.over() && !w.isDriver(d) {
				return false
			}
		case <-done:
			w.lookAtContexts()
			done = nil
		}
	}
}

func (w *world) isDriver(d *driver) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.driver == d
}

// settle lets the other goroutines of the bubble run until all of them wait.
func (w *world) settle() {
	if w.bubble != nil {
		w.bubble()
		w.elapsed()
		w.crash()
	}
}

// notice looks at what no event announces: contexts that have ended, nodes that have become quiet.
// It reports whether there was something. Contexts cost a look at each, so after a step in which no user's
// code can have run they wait until time is to pass: a fortieth of the time of a simulation.
func (w *world) notice(stepped bool) bool {
	w.unpolled = w.unpolled || stepped
	noticed := false
	if w.unpolled && !(stepped && w.inner && !w.idle) {
		noticed = w.pollContexts()
		w.unpolled = noticed || w.bubble != nil // in a bubble anybody may end one
	}
	if !w.quiet.Load() {
		return noticed
	}
	w.quiet.Store(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.releaseProcesses() || noticed
}

// passTime goes on to the next event. more is false when there is none in time; alone says that meanwhile nobody has
// wanted the driver.
func (w *world) passTime(d *driver, goal drive) (more, alone bool) {
	w.mu.Lock()
	until := forever
	if len(w.events) > 0 {
		until = w.events[0].at
	}
	if w.bubble == nil {
		defer w.mu.Unlock()
		more = w.passOn(goal.limit)
		return more, more
	}
	if goal.patient || goal.limit > 0 && w.isAway() {
		until = min(until, goal.limit)
	}
	if until > goal.limit || until == forever || until <= w.now {
		w.mu.Unlock()
		return false, false
	}
	// In a bubble time passes when everybody sleeps, and anybody may do something before then.
	w.asleep = true
	timer := time.NewTimer(until - w.now)
	w.mu.Unlock()
	defer timer.Stop()
	select {
	case <-timer.C:
		alone = true
	case <-d.wake:
	case <-d.ctx.Done():
	}
	return true, alone
}

// advanceTo sets the clock, when everything before has happened.
func (w *world) advanceTo(t time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bubble == nil && (len(w.events) == 0 || w.events[0].at > t) {
		w.passTo(t)
	}
}

// park is Wait for what a lane of node n produces.
func (w *world) park(ctx context.Context, n *Node, lane string, wt future.Waitable) error {
	if wt.Ready() {
		return nil
	}
	w.mu.Lock()
	p, driven, inTask := w.caller(), w.driver != nil, w.drivesHere()
	w.mu.Unlock()
	switch {
	case p != nil:
		return p.park(ctx, n, lane, wt)
	case inTask:
		return w.deadlock(n, lane, future.WaitInCallback)
	case w.bubble != nil:
		return w.parkInBubble(ctx, n, lane, wt)
	case driven:
		return w.deadlock(n, lane, future.UnknownGoroutine)
	}
	d := newDriver(ctx)
	drop := wt.Notify(d)
	defer drop()
	return w.driveFor(d, n, lane)
}

// driveFor drives until d is over.
func (w *world) driveFor(d *driver, n *Node, lane string) error {
	w.mu.Lock()
	w.claim(d)
	w.mu.Unlock()
	defer w.release(d)
	err := w.drive(d, drive{limit: w.horizon, until: n.life.isQuiet.Load, patient: true})
	if n.life.isQuiet.Load() && !d.over() {
		w.drive(d, drive{}) // what else is left to do at this time, so that the node can end
	}
	switch {
	case d.ready.Load():
		return nil
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case n.life.isQuiet.Load():
		return future.ErrStopped
	case err != nil:
		return err
	}
	return w.deadlock(n, lane, w.gaveUp())
}
