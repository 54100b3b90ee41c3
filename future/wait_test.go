package future_test

import (
	"context"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// ways are all the ways to get a result by waiting.
var ways = map[string]func(f *future.Future[int]) (int, error){
	"Wait": (*future.Future[int]).Wait,
	"WaitErr": func(f *future.Future[int]) (int, error) {
		return 1, f.WaitErr() // what is left of the value is that there is one
	},
	"WaitContext": func(f *future.Future[int]) (int, error) { return f.WaitContext(context.Background()) },
	"WaitContextThatCouldEnd": func(f *future.Future[int]) (int, error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return f.WaitContext(ctx)
	},
	"Done": func(f *future.Future[int]) (int, error) {
		<-f.Done()
		v, err, ready := f.Poll()
		if !ready {
			panic("Done before it was complete")
		}
		return v, err
	},
	"Chan": func(f *future.Future[int]) (int, error) {
		r := <-f.Chan()
		return r.Value, r.Err
	},
}

// Any number of goroutines get the result in every way, before and after completion, more than once.
func TestEverybodyGetsTheResult(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		ready := future.NewPromise[bool](l) // a loop may have nobody else who runs it
		pending := future.NewPromise[int](l)
		var wg, started sync.WaitGroup
		for name, get := range ways {
			for range 4 {
				wg.Add(1)
				started.Add(1)
				go func() {
					defer wg.Done()
					started.Done()
					for range 3 {
						if v, err := get(pending.Future()); v != 1 || err != errA {
							t.Errorf("%s: %v, %v", name, v, err)
						}
					}
				}()
			}
		}
		started.Wait()
		later(l, pending, 1, errA)
		later(l, ready, true, nil)
		wantValue(t, ready.Future(), true)
		wg.Wait()
	})
}

// Completion is visible at once, whether or not the lane ever runs.
func TestVisibleAtOnce(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	f := p.Future()
	f.OnComplete(func(int, error) {}) // what is queued holds nobody up
	early, done := f.Chan(), f.Done()
	wantPending(t, f)
	select {
	case <-done:
		t.Error("done too early")
	case r := <-early:
		t.Error("a result too early:", r)
	default:
	}
	p.Complete(1, errA)
	if v, err, ready := f.Poll(); v != 1 || err != errA || !ready {
		t.Errorf("Poll: %v, %v, %v", v, err, ready)
	}
	for name, get := range ways {
		if v, err := get(f); v != 1 || err != errA {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	for _, ch := range []<-chan future.Result[int]{early, f.Chan()} {
		select {
		case r := <-ch:
			if r != (future.Result[int]{Value: 1, Err: errA}) {
				t.Errorf("Chan: %v", r)
			}
		default:
			t.Error("Chan: nothing")
		}
	}
	for _, done := range []<-chan struct{}{done, future.Value(1).Done()} {
		select {
		case <-done:
		default:
			t.Error("Done: not closed")
		}
	}
	if done != f.Done() {
		t.Error("Done: two channels")
	}
}

func TestChanHasExactlyOneResult(t *testing.T) {
	p := future.NewPromise[int](nil)
	before := p.Future().Chan()
	p.Complete(1, nil)
	after := p.Future().Chan()
	if before == after {
		t.Error("two calls got one channel")
	}
	for _, ch := range []<-chan future.Result[int]{before, after} {
		if cap(ch) != 1 || len(ch) != 1 {
			t.Errorf("%d results, capacity %d", len(ch), cap(ch))
		}
		<-ch
		select {
		case r, ok := <-ch:
			t.Error("more than one result, or closed:", r, ok)
		default:
		}
	}
}

func TestWaitContextGivesUp(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		ctx, cancel := context.WithCancelCause(context.Background())
		l.Dispatch(future.Func(func() { cancel(errA) }))
		if v, err := p.Future().WaitContext(ctx); v != 0 || err != context.Canceled {
			t.Errorf("got %v, %v", v, err)
		}
		wantPending(t, p.Future())
		later(l, p, 1, nil)
		wantValue(t, p.Future(), 1)
	})
}

func TestReadyBeatsEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	onEach(t, func(t *testing.T, h handler.Handler) {
		p := future.NewPromise[int](h.Lane("a"))
		if _, err := p.Future().WaitContext(ctx); err != context.Canceled {
			t.Errorf("pending: %v", err)
		}
		p.Complete(1, nil)
		if v, err := p.Future().WaitContext(ctx); v != 1 || err != nil {
			t.Errorf("ready: %v, %v", v, err)
		}
	})
}

// Complete before cancel means a result, however the waiter is scheduled.
func TestCompleteThenCancel(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		for range rounds {
			p := future.NewPromise[int](l)
			ctx, cancel := context.WithCancel(context.Background())
			wait := func() {
				if v, err := p.Future().WaitContext(ctx); v != 1 || err != nil {
					t.Errorf("got %v, %v", v, err)
				}
			}
			collide(wait, wait, func() {
				p.Complete(1, nil)
				cancel()
			})
		}
	})
}
