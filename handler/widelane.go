package handler

import (
	"context"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/gid"
)

// A wideLane is a queue with up to width workers. Tasks start in the order in which they were
// dispatched and run at once.
type wideLane struct {
	sys   *System
	name  string
	width int

	mu      sync.Mutex    // guards what follows
	queue   []future.Task // oldest first; queue[:head] has started
	head    int
	workers int
	waiting int // workers that wait for a result which only this lane can produce
	busyLane

	worker func() // work, as a value, so that starting a worker allocates nothing
}

func newWideLane(s *System, name string, width int) *wideLane {
	l := &wideLane{sys: s, name: name, width: width, busyLane: busyLane{runners: newRunners(width)}}
	l.worker = l.work
	return l
}

func (l *wideLane) Name() string   { return l.name }
func (l *wideLane) Now() time.Time { return l.sys.Now() }

// Enter and Leave are for coroutines; see [future.Roster].
func (l *wideLane) Enter(goroutine uintptr) { l.runners.enter(goroutine) }
func (l *wideLane) Leave(goroutine uintptr) { l.runners.leave(goroutine) }

func (l *wideLane) AfterFunc(d time.Duration, t future.Task) Timer { return l.sys.afterFunc(l, d, t) }

func (l *wideLane) OnCancel(ctx context.Context, t future.Task) func() bool { return onCancel(ctx, t) }

func (l *wideLane) OnStop(t future.Task) func() bool { return l.sys.life.onStop(l, t) }

func (l *wideLane) Dispatch(t future.Task) bool { return l.add(false, t) }

func (l *wideLane) DispatchAll(ts []future.Task) bool { return l.add(false, ts...) }

func (l *wideLane) force(t future.Task) { l.add(true, t) }

func (l *wideLane) add(force bool, ts ...future.Task) bool {
	if len(ts) == 0 {
		return !l.sys.life.stopping.Load()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.workers > 0 {
		if !force && l.sys.life.stopping.Load() {
			return false
		}
	} else if !l.sys.life.beginLane(&l.busyLane, force) {
		return false
	}
	l.queue = append(l.queue, ts...)
	for range min(len(ts), l.width-l.workers) {
		if l.workers++; l.workers > 1 {
			l.sys.life.more()
		}
		go l.worker()
	}
	return true
}

// work is a worker; see [lane.work] about Goexit.
func (l *wideLane) work() {
	me := gid.ID()
	returned := false
	defer func() {
		if !returned && !panicking() {
			l.runners.leave(me)
			go l.worker()
		}
	}()
	l.runners.enter(me)
	for t := l.take(me); t != nil; t = l.take(me) {
		l.sys.hook.guard(t)
	}
	returned = true
}

func (l *wideLane) take(me uintptr) future.Task {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.head == len(l.queue) {
		l.queue, l.head = l.queue[:0], 0
		if cap(l.queue) > keepQueue {
			l.queue = nil
		}
		l.runners.leave(me) // before the next worker enters
		if l.workers--; l.workers == 0 {
			l.sys.life.endLane(&l.busyLane)
		} else {
			l.sys.life.end()
		}
		return nil
	}
	t := l.queue[l.head]
	l.queue[l.head] = nil
	if l.head++; l.head > keepQueue && l.head > len(l.queue)/2 {
		n := copy(l.queue, l.queue[l.head:])
		clear(l.queue[n:])
		l.queue, l.head = l.queue[:n], 0
	}
	return t
}

// Park blocks the caller. All workers but one may wait for results that the lane itself has to
// produce; when the last would, nobody were left, and it fails.
func (l *wideLane) Park(ctx context.Context, w future.Waitable) error {
	if l.runners.has(gid.ID()) && produced(w) && !w.Ready() {
		if !l.wait(+1) {
			return &future.DeadlockError{Lane: l.name}
		}
		defer l.wait(-1)
	}
	f := &l.sys.life
	if err := f.parking.Block(ctx, w, f.begun); err != future.ErrStopped {
		return err
	}
	return f.outlast(ctx, w)
}

// Blocking makes a lane a [future.Blocker].
func (l *wideLane) Blocking() *future.Parking { return &l.sys.life.parking }

// wait counts a waiting worker in or out. It refuses the last one.
func (l *wideLane) wait(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 && l.waiting+1 == l.width {
		return false
	}
	l.waiting += n
	return true
}
