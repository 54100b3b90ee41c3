package future_test

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// Await with the Co of a body that does not run here would switch the wrong stack. It panics instead,
// whether its future is ready or not.

func wantWrongBody(t *testing.T, co *future.Co) {
	t.Helper()
	pending := future.NewPromise[int](nil)
	wantPanic(t, wrongBody, func() { future.Await(co, future.Value(1)) })
	wantPanic(t, wrongBody, func() { future.Await(co, pending.Future()) })
}

func TestAwaitWithAnothersCo(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		a, b := h.Lane("a"), h.Lane("b")
		p := future.NewPromise[int](a)
		var first *future.Co
		suspended := future.Async(background, a, func(co *future.Co) (int, error) {
			first = co
			return future.Await(co, p.Future())
		})
		for name, l := range map[string]future.Executor{"same lane": a, "other lane": b} {
			flush(t, a) // the first body is suspended
			wantValue(t, future.Async(background, l, func(co *future.Co) (string, error) {
				wantWrongBody(t, first)
				v, err := future.Await(co, future.Value(name)) // its own still works
				return v, err
			}), name)
		}
		a.Dispatch(future.Func(func() { wantWrongBody(t, first) })) // a task is no body either
		flush(t, a)
		p.Complete(1, nil)
		wantValue(t, suspended, 1)
		wantWrongBody(t, first) // it has ended
	})
}

// The goroutine of a body that has ended is used again, and may then be that of another body.
func TestAwaitWithAnEndedCo(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		var ended *future.Co
		for range 100 {
			wantValue(t, future.Async(background, l, func(co *future.Co) (int, error) {
				if ended != nil {
					wantWrongBody(t, ended)
				}
				ended = co
				return 1, nil
			}), 1)
		}
	})
}

// The other body may be running, too, at the same time on another lane.
func TestAwaitWithARunningCo(t *testing.T) {
	h := handler.NewPool(handler.Concurrency(2))
	defer func() { h.Stop(); <-h.Stopped() }()
	wide := h.CompletionLane("wide")
	for name, lanes := range map[string][2]future.Executor{
		"two lanes":                  {h.Lane("a"), h.Lane("b")},
		"one lane with many workers": {wide, wide},
	} {
		t.Run(name, func(t *testing.T) {
			cos := make(chan *future.Co)
			checked := make(chan bool)
			first := future.Async(background, lanes[0], func(co *future.Co) (int, error) {
				cos <- co
				<-checked
				return future.Await(co, future.Value(1))
			})
			second := future.Async(background, lanes[1], func(*future.Co) (int, error) {
				wantWrongBody(t, <-cos)
				close(checked)
				return 2, nil
			})
			wantValue(t, first, 1)
			wantValue(t, second, 2)
		})
	}
}

func TestAwaitInGoroutine(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		later(l, p, 1, nil)
		f := future.Async(background, l, func(co *future.Co) (int, error) {
			elsewhere(func() { wantWrongBody(t, co) })
			v, err := future.Await(co, p.Future())
			elsewhere(func() { wantWrongBody(t, co) })
			return v, err
		})
		wantValue(t, f, 1)
	})
}

// An iterator inside the body is a coroutine of its own.
func TestAwaitInIterator(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		f := future.Async(background, h.Lane("a"), func(co *future.Co) (int, error) {
			next, stop := iter.Pull(func(yield func(int) bool) {
				wantWrongBody(t, co)
				yield(1)
			})
			defer stop()
			v, _ := next()
			for v := range func(yield func(int) bool) { yield(2) } { // this one is not
				return future.Await(co, future.Value(v))
			}
			return v, nil
		})
		wantValue(t, f, 2)
	})
}

// A body awaits at some depth, its stack grows and moves, and it starts goroutines whose stacks are
// where its own has been. They are found out all the same.
func TestAwaitInGoroutineOnAnOldStack(t *testing.T) {
	h := handler.NewPool()
	defer func() { h.Stop(); <-h.Stopped() }()
	l := h.Lane("a")
	const bodies, goroutines, depths = 10, 300, 60
	for range bodies {
		f := future.Async(background, l, func(co *future.Co) (int, error) {
			for depth := range depths {
				below(depth, 24, func() { future.Await(co, future.Value(1)) })
			}
			below(20, 1<<10, func() {}) // the stack moves
			var wg sync.WaitGroup
			var refused atomic.Int32
			for i := range goroutines {
				wg.Go(func() {
					defer func() {
						if recover() == wrongBody {
							refused.Add(1)
						}
					}()
					below(i%5, 1<<10, func() {}) // so does that of the goroutine
					below(i/5, 24, func() { future.Await(co, future.Value(1)) })
				})
			}
			wg.Wait()
			return int(refused.Load()), nil
		})
		wantValue(t, f, goroutines)
	}
}

// below calls fn below so many frames of about that size.
//
//go:noinline
func below(frames, size int, fn func()) {
	if frames == 0 {
		fn()
		return
	}
	if size > 1<<9 {
		var big [1 << 10]byte
		big[frames%len(big)] = 1
		below(frames-1, size, fn)
		runtime.KeepAlive(&big)
		return
	}
	below(frames-1, size, fn)
}
