package handler

import "github.com/gazoo-go/gazoo/future"

// ride stays with the loop until d is done: it drives whenever the seat is d's, and waits otherwise.
func (l *Loop) ride(d *driver) error {
	defer l.release(d) // also when a task panics or calls Goexit: the next driver goes on behind it
	for {
		switch {
		case d.ready.Load():
			return nil
		case d.ctx.Err() != nil:
			return d.ctx.Err()
		}
		if err := l.drive(d); err != nil {
			return err
		}
		if d.over() {
			continue
		}
		select {
		case <-d.wake:
		case <-d.ctx.Done():
		case <-l.life.quiet:
			if !d.over() {
				return future.ErrStopped
			}
		}
	}
}

func (l *Loop) release(d *driver) {
	l.mu.Lock()
	if l.driver == d && l.busy && l.at == len(l.batch) && len(l.queue) == 0 { // it was done before it looked
		l.rest()
	}
	l.leave(d)
	l.mu.Unlock()
}

// rest says that there is nothing to do. The caller holds mu.
func (l *Loop) rest() {
	l.busy = false
	l.life.endLane(&l.busyLane)
}

// drive runs tasks until there are none, d is done, or somebody else is to drive.
func (l *Loop) drive(d *driver) error {
	ok, err := l.settle(d)
	if ok {
		for l.take(d) {
			l.runBatch(d)
		}
	}
	return err
}

// settle reports whether the loop is d's to drive. A coroutine is bound to whether its goroutine was
// locked to its thread when it was started, and resuming it elsewhere ends the process. So the first
// time that d gets the seat its goroutine is looked at, if there can be coroutines or d is a Run; and
// one that must not drive hands the seat on.
func (l *Loop) settle(d *driver) (ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.driver != d || d.settled {
		return l.driver == d, nil
	}
	coroutines := l.life.hasStopTasks()
	if l.home == 0 && l.running != d && !coroutines {
		d.settled, d.unknown = true, true // until a coroutine starts
		return true, nil
	}
	id, locked := thisGoroutine()
	switch {
	case l.home == id, l.home == 0 && !locked:
		d.settled = true
	case l.home == 0 && !coroutines:
		l.home = id
		d.settled = true
	default:
		if l.running == d {
			err = ErrThread
		}
		l.leave(d)
	}
	return d.settled, err
}

// coroutineStarts is called for everything that waits for the loop to stop, as every coroutine does
// when it starts. If that is on a driver whose goroutine nobody has looked at, it is time to.
func (l *Loop) coroutineStarts() {
	l.mu.Lock()
	d := l.driver
	unknown := d != nil && d.unknown
	l.mu.Unlock()
	if !unknown || !l.inTask() {
		return
	}
	id, locked := thisGoroutine()
	l.mu.Lock()
	defer l.mu.Unlock()
	d.unknown = false
	if locked {
		l.home = id
	}
}

// take makes sure that there is something in the batch for d to run.
func (l *Loop) take(d *driver) bool {
	if d.over() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stepAside(d) {
		return false
	}
	if l.at < len(l.batch) {
		return true
	}
	if l.batch != nil && cap(l.batch) <= keepTasks { // who begins to drive has none, and there may be a spare one
		l.spare = l.batch[:0]
	}
	l.batch, l.at = nil, 0
	if len(l.queue) == 0 {
		l.asleep = true
		if l.busy {
			l.rest()
		}
		return false
	}
	l.batch, l.queue, l.spare = l.queue, l.spare, nil
	return true
}

func (l *Loop) runBatch(d *driver) {
	if l.hook != nil {
		defer l.hook.caught()
	}
	l.executing.Store(true)
	defer l.executing.Store(false)
	for l.at < len(l.batch) {
		t := l.batch[l.at]
		l.batch[l.at] = nil
		l.at++
		t.Run()
		if d.over() || l.wanted.Load() {
			return
		}
	}
}
