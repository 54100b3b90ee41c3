package handler

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/gid"
)

// A lane is a serial queue with a goroutine of its own, the worker, which starts with the first task
// and ends when the queue is empty.
type lane struct {
	sys  *System
	name string

	mu    sync.Mutex    // guards what follows
	queue []future.Task // oldest first
	busy  bool          // there is a worker
	busyLane

	batch []future.Task // the worker's: what it has taken out of the queue; the two slices take turns
	at    int           // the worker's: batch[at:] has not run yet

	worker func() // work, as a value, so that starting a worker allocates nothing
}

// keepTasks is how long a lane's queue may be whose slice is used again: enough for the callbacks of 4096 operations.
const keepTasks = 8 << 10

// keepQueue is the capacity up to which a queue's slice is used again. A burst may need a larger
// one; that is left to the garbage collector.
const keepQueue = 4096

func newLane(s *System, name string) *lane {
	s.life.prepare()
	l := &lane{sys: s, name: name, busyLane: busyLane{runners: newRunners(1)}}
	l.worker = l.work
	return l
}

func (l *lane) Name() string   { return l.name }
func (l *lane) Now() time.Time { return l.sys.Now() }

// The places among a lane's runners.
const (
	workerPlace = iota
	bodyPlace
)

// Enter and Leave are for coroutines; see [future.Roster]. One body runs at a time.
func (l *lane) Enter(goroutine uintptr) { l.runners[bodyPlace].Store(goroutine) }
func (l *lane) Leave(uintptr)           { l.runners[bodyPlace].Store(0) }

func (l *lane) AfterFunc(d time.Duration, t future.Task) Timer { return l.sys.afterFunc(l, d, t) }

func (l *lane) OnCancel(ctx context.Context, t future.Task) func() bool { return onCancel(ctx, t) }

func (l *lane) OnStop(t future.Task) func() bool { return l.sys.life.onStop(l, t) }

func (l *lane) Dispatch(t future.Task) bool {
	l.mu.Lock()
	start, ok := l.admit(false)
	if ok {
		l.queue = append(l.queue, t)
	}
	l.mu.Unlock()
	if start {
		go l.worker()
	}
	return ok
}

func (l *lane) DispatchAll(ts []future.Task) bool {
	if len(ts) == 0 {
		return !l.sys.life.stopping.Load()
	}
	l.mu.Lock()
	start, ok := l.admit(false)
	if ok {
		l.queue = append(l.queue, ts...)
	}
	l.mu.Unlock()
	if start {
		go l.worker()
	}
	return ok
}

// force queues t even when the handler is stopping.
func (l *lane) force(t future.Task) {
	l.mu.Lock()
	start, _ := l.admit(true)
	l.queue = append(l.queue, t)
	l.mu.Unlock()
	if start {
		go l.worker()
	}
}

// admit reports whether tasks may be queued and whether the caller must start the worker, once it
// has given back mu, which it holds.
func (l *lane) admit(force bool) (start, ok bool) {
	if l.busy { // and so the handler has not stopped
		return false, force || !l.sys.life.stopping.Load()
	}
	if !l.sys.life.beginLane(&l.busyLane, force) {
		return false, false
	}
	l.busy = true
	return true, true
}

// work is the worker. A task that calls runtime.Goexit, as t.FailNow does, ends the goroutine but
// not the lane: another worker goes on behind that task.
func (l *lane) work() {
	returned := false
	defer func() {
		if !returned && !panicking() {
			l.runners[workerPlace].Store(0)
			go l.worker()
		}
	}()
	l.runners[workerPlace].Store(gid.ID())
	for l.take() {
		l.runBatch()
	}
	returned = true
}

// take makes sure that there is something in the batch. It returns false when the worker's time is over.
func (l *lane) take() bool {
	if l.at < len(l.batch) { // left behind by a task that panicked or called Goexit
		return true
	}
	l.mu.Lock()
	if len(l.queue) == 0 {
		// Whoever brings the next task is often about to run. Letting them costs less than to end, and to begin anew.
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	done := l.batch[:0]
	if cap(done) > keepTasks {
		done = nil
	}
	if len(l.queue) == 0 {
		l.batch, l.at, l.busy = done, 0, false
		l.runners[workerPlace].Store(0) // before the next worker enters
		l.sys.life.endLane(&l.busyLane)
		return false
	}
	l.batch, l.at, l.queue = l.queue, 0, done
	return true
}

func (l *lane) runBatch() {
	if l.sys.hook != nil {
		defer l.sys.hook.caught()
	}
	for l.at < len(l.batch) {
		t := l.batch[l.at]
		l.batch[l.at] = nil
		l.at++
		t.Run()
	}
}

// Park blocks the caller. A task may wait for an operation, which completes elsewhere; it may not
// wait for a result that a task of the same lane has to produce.
func (l *lane) Park(ctx context.Context, w future.Waitable) error {
	if l.runners.has(gid.ID()) && produced(w) && !w.Ready() {
		return &future.DeadlockError{Lane: l.name}
	}
	f := &l.sys.life
	if err := f.parking.Block(ctx, w, f.begun); err != future.ErrStopped {
		return err
	}
	return f.outlast(ctx, w)
}

// Blocking makes a lane a [future.Blocker].
func (l *lane) Blocking() *future.Parking { return &l.sys.life.parking }

// produced reports whether w's result comes from a task of w's own lane.
func produced(w future.Waitable) bool {
	p, ok := w.(interface{ Produced() bool })
	return ok && p.Produced()
}
