package handler

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
)

// A Loop runs every task of every lane on one goroutine at a time, in the order in which they were
// dispatched, so code that only runs on its lanes needs no locks. It has no goroutine of its own:
// somebody has to run it.
//
//   - [Loop.Run] makes the caller's goroutine the loop.
//   - While nobody runs it, a Wait from outside does, until its future is ready; other Waits that
//     are pending then take over one after the other. So a program that only ever waits needs no Run.
//   - Run goes before Waits: it takes over from one as soon as the current task returns.
//   - Stop, when nobody runs the loop, runs what is left.
//
// A task must not block, and a Wait in a task or in a coroutine's body fails with a
// [*future.DeadlockError] unless its future is ready.
//
// The goroutine may change from task to task, except when it is locked to its thread with
// runtime.LockOSThread: the Loop then stays on that goroutine for good, Waits elsewhere just wait,
// and when it does not run nothing runs.
type Loop struct {
	System
	executing atomic.Bool // a task is running

	mu       sync.Mutex // guards what follows, but not what is the driver's
	seat                // who runs the loop
	home     uint64     // the goroutine that the loop stays on; 0: any
	queue    []future.Task
	spare    []future.Task // the slice that the driver took before, to be filled again
	busy     bool          // the queue or the batch is not empty; kept with busyLane
	busyLane               // the loop's place among what keeps the handler from being quiet

	batch []future.Task // the driver's: what it has taken out of the queue
	at    int           // the driver's: batch[at:] has not run yet
}

// ErrRunning is the error of a [Loop.Run] on a Loop that a Run runs already.
var ErrRunning = errors.New("handler: the loop is running already")

// ErrThread is the error of a [Loop.Run] on a Loop that must stay where it is: on a goroutine locked
// to its thread or, once coroutines have been started elsewhere, on any that is not.
var ErrThread = errors.New("handler: the loop cannot move between a goroutine locked to a thread and others")

// NewLoop returns a Loop that nobody runs yet.
func NewLoop(options ...LoopOption) *Loop {
	l := new(Loop)
	l.life.prepare()
	for _, o := range options {
		o.loop(l)
	}
	return l
}

// Name returns "loop".
func (l *Loop) Name() string { return "loop" }

// Lane makes a new lane. All lanes of a Loop share one queue.
func (l *Loop) Lane(name string) Lane { return &loopLane{loop: l, name: name} }

// Post queues fn behind everything that any lane has queued. It returns false once the loop is stopping.
func (l *Loop) Post(fn func()) bool { return l.dispatch(future.Func(fn)) }

// Resolve is [System.Resolve]; the future's callbacks run on the loop.
func (l *Loop) Resolve(ctx context.Context, host string) *future.Future[[]netip.Addr] {
	return l.resolveOn(ctx, l.Lane("resolve"), host)
}

// Run makes the calling goroutine the loop until ctx ends, and returns ctx's error, or until the
// loop has been stopped and everything left has run, and returns nil. Only one Run at a time: another
// gets [ErrRunning]. Once a Run has returned, the loop may be run again.
func (l *Loop) Run(ctx context.Context) error {
	if l.inTask() {
		return ErrRunning
	}
	d := newDriver(ctx)
	l.mu.Lock()
	ok := l.claimRun(d)
	l.mu.Unlock()
	if !ok {
		return ErrRunning
	}
	if err := l.ride(d); err != future.ErrStopped {
		return err
	}
	return nil
}

// Stop begins to stop. It returns at once, unless nobody runs the loop: then it runs what is left.
func (l *Loop) Stop() {
	l.System.Stop()
	d := newDriver(context.Background())
	l.mu.Lock()
	idle := l.seat.driver == nil && l.busy
	if idle {
		l.claim(d)
	}
	l.mu.Unlock()
	if idle {
		defer l.release(d)
		l.drive(d)
	}
}

// park is Wait.
func (l *Loop) park(ctx context.Context, lane string, w future.Waitable) error {
	if w.Ready() {
		return nil
	}
	if l.inTask() {
		return &future.DeadlockError{Lane: lane}
	}
	d := newDriver(ctx)
	drop := w.Notify(d)
	defer drop()
	l.mu.Lock()
	l.claim(d)
	l.mu.Unlock()
	err := l.ride(d)
	if err == future.ErrStopped {
		return future.Block(ctx, w, l.life.quiet) // something else may have promised to complete w
	}
	return err
}

// inTask reports whether the caller is a task or a coroutine's body.
func (l *Loop) inTask() bool {
	if !l.executing.Load() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drivesHere()
}

func (l *Loop) dispatch(ts ...future.Task) bool { return l.add(false, ts) }

// force queues t even when the loop is stopping.
func (l *Loop) force(t future.Task) { l.add(true, []future.Task{t}) }

func (l *Loop) add(force bool, ts []future.Task) bool {
	if len(ts) == 0 {
		return !l.life.stopping.Load()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		if !l.life.beginLane(&l.busyLane, force) {
			return false
		}
		l.busy = true
	} else if !force && l.life.stopping.Load() {
		return false
	}
	l.queue = append(l.queue, ts...)
	l.rouse()
	return true
}
