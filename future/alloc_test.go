package future_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// wantAllocs expects that fn allocates so often, once what it keeps has been made.
func wantAllocs(t *testing.T, what string, want float64, fn func()) {
	t.Helper()
	if raceEnabled {
		fn()
		return
	}
	for range 100 {
		fn()
	}
	if got := testing.AllocsPerRun(200, fn); got != want {
		t.Errorf("%s: %v allocations, want %v", what, got, want)
	}
}

func TestAllocs(t *testing.T) {
	l := newSlowLane()
	ran := 0
	count := func(int, error) { ran++ }
	same := func(v int) (int, error) { return v, nil }
	done := future.NewPromise[int](l)
	done.Complete(1, nil)
	ready := done.Future()

	wantAllocs(t, "a promise, completed and waited for", 1, func() {
		p := future.NewPromise[int](l)
		p.Complete(1, nil)
		p.Future().Wait()
		p.Future().WaitErr()
		p.Future().WaitContext(background)
		p.Future().Poll()
	})
	wantAllocs(t, "a promise with a callback", 1, func() {
		p := future.NewPromise[int](l)
		p.Future().OnComplete(count)
		p.Complete(1, nil)
		l.run()
	})
	wantAllocs(t, "OnComplete and Unlink", 0, func() { ready.OnComplete(count).Unlink() })
	pending := future.NewPromise[int](l).Future()
	wantAllocs(t, "OnComplete and Unlink, pending", 0, func() { pending.OnComplete(count).Unlink() })
	pending.OnComplete(count)
	wantAllocs(t, "OnComplete and Unlink, not the first", 0, func() { pending.OnComplete(count).Unlink() })
	wantAllocs(t, "Done once more", 0, func() { pending.Done() })
	wantAllocs(t, "a late callback", 0, func() {
		ready.OnComplete(count)
		l.run()
	})
	wantAllocs(t, "Then", 2, func() {
		future.Then(ready, same)
		l.run()
	})
	wantAllocs(t, "On", 2, func() { ready.On(l) })
	if ran == 0 {
		t.Error("no callback ran")
	}
}

// Whoever waits for a future that nobody else waits for starts no goroutine and, once somebody has
// waited before, allocates nothing.
func TestWaitAllocs(t *testing.T) {
	h := handler.NewPool()
	defer func() { h.Stop(); <-h.Stopped() }()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for name, wait := range map[string]func(f *future.Future[int]){
		"Wait":        func(f *future.Future[int]) { f.Wait() },
		"WaitErr":     func(f *future.Future[int]) { f.WaitErr() },
		"WaitContext": func(f *future.Future[int]) { f.WaitContext(ctx) },
	} {
		for on, l := range map[string]future.Executor{"slow lane": newSlowLane(), "pool": h.Lane("a")} {
			ps := make([]future.Promise[int], 1000)
			work := make(chan *future.Promise[int], 1)
			completed := make(chan struct{})
			go func() {
				defer close(completed)
				for p := range work {
					p.Complete(1, nil)
				}
			}()
			goroutines := runtime.NumGoroutine()
			i := 0
			wantAllocs(t, name+" on a "+on, 0, func() {
				p := &ps[i]
				i++
				p.Init(l, nil)
				work <- p // who completes it has to wait for the processor
				wait(p.Future())
				if n := runtime.NumGoroutine(); n > goroutines {
					t.Errorf("%d goroutines more", n-goroutines)
				}
			})
			close(work)
			<-completed
		}
	}
}

func TestAwaitAllocs(t *testing.T) {
	l := newSlowLane()
	ps := make([]future.Promise[int], 1000)
	future.Async(background, l, func(co *future.Co) (int, error) {
		ready := future.Value(1)
		wantAllocs(t, "Await of a complete future", 0, func() { future.Await(co, ready) })
		for i := range ps {
			future.Await(co, ps[i].Future())
		}
		return 1, nil
	})
	for i := range ps {
		ps[i].Init(l, nil)
	}
	l.run()
	i := 0
	wantAllocs(t, "Await of a pending future", 0, func() {
		ps[i].Complete(i, nil)
		i++
		if l.run() != 1 {
			t.Error("not resumed")
		}
	})
	for ; i < len(ps); i++ {
		ps[i].Complete(i, nil)
		l.run()
	}
	l.idle(t)
}
