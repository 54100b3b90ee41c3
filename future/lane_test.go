package future_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
)

// A slowLane is a lane on which nothing happens until the test says so, on the goroutine that says it.
// Contexts are noticed when the test says so, too.
type slowLane struct {
	parking future.Parking
	stopped chan struct{}

	mu      sync.Mutex
	refuses bool
	tasks   []future.Task
	atStop  []*request
	watched []*request
	batches int // calls of DispatchAll
	watches int // and of OnCancel
}

// A request is a task that waits for a stop or for the end of a context.
type request struct {
	t   future.Task
	ctx context.Context
}

func newSlowLane() *slowLane { return &slowLane{stopped: make(chan struct{})} }

func (l *slowLane) Dispatch(t future.Task) bool { return l.add(t) }

func (l *slowLane) DispatchAll(ts []future.Task) bool {
	l.mu.Lock()
	l.batches++
	l.mu.Unlock()
	return l.add(ts...)
}

func (l *slowLane) add(ts ...future.Task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses {
		return false
	}
	l.tasks = append(l.tasks, ts...)
	return true
}

func (l *slowLane) Park(ctx context.Context, w future.Waitable) error {
	return l.parking.Block(ctx, w, l.stopped)
}

func (l *slowLane) OnCancel(ctx context.Context, t future.Task) func() bool {
	l.watches++
	return l.register(&l.watched, &request{t, ctx})
}

func (l *slowLane) OnStop(t future.Task) func() bool {
	l.mu.Lock()
	if l.refuses {
		l.tasks = append(l.tasks, t)
		l.mu.Unlock()
		return func() bool { return false }
	}
	l.mu.Unlock()
	return l.register(&l.atStop, &request{t: t})
}

func (l *slowLane) register(list *[]*request, r *request) func() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, r)
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		i := slices.Index(*list, r)
		if i < 0 {
			return false
		}
		*list = slices.Delete(*list, i, i+1)
		return true
	}
}

// step runs the oldest task. It returns false when there is none.
func (l *slowLane) step() bool {
	l.mu.Lock()
	if len(l.tasks) == 0 {
		l.mu.Unlock()
		return false
	}
	t := l.tasks[0]
	l.tasks = slices.Delete(l.tasks, 0, 1)
	l.mu.Unlock()
	t.Run()
	return true
}

// run runs tasks until there are none, and returns how many.
func (l *slowLane) run() (n int) {
	for l.step() {
		n++
	}
	return n
}

// notice looks which contexts have ended.
func (l *slowLane) notice() {
	for i := 0; i < len(l.watched); {
		r := l.watched[i]
		if r.ctx.Err() == nil {
			i++
			continue
		}
		l.watched = slices.Delete(l.watched, i, i+1)
		r.t.Run()
	}
}

// refuse begins to stop: nothing more is taken, and those who wait for that are queued.
func (l *slowLane) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuses = true
	for _, r := range l.atStop {
		l.tasks = append(l.tasks, r.t)
	}
	l.atStop = nil
}

// stop stops the lane: what is queued runs, and then nobody hopes any more.
func (l *slowLane) stop() {
	l.refuse()
	l.run()
	close(l.stopped)
}

// idle expects that the lane has nothing to do and that nobody is registered with it.
func (l *slowLane) idle(t *testing.T) {
	t.Helper()
	if len(l.tasks)+len(l.watched)+len(l.atStop) > 0 {
		t.Errorf("left on the lane: %d tasks, %d contexts, %d for its stop", len(l.tasks), len(l.watched), len(l.atStop))
	}
}
