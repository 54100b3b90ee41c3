package future_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// inBubbles runs the test in one bubble after another, with what is kept for the whole process
// between them.
func inBubbles(t *testing.T, run func(t *testing.T, h *handler.Pool, l handler.Lane)) {
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			h := handler.NewPool()
			run(t, h, h.Lane("a"))
			h.Stop()
			<-h.Stopped()
		})
	}
	h := handler.NewPool() // and outside
	p := future.NewPromise[int](h.Lane("a"))
	h.AfterFunc(0, future.Func(func() { p.Complete(1, nil) }))
	wantValue(t, p.Future(), 1)
	h.Stop()
	<-h.Stopped()
}

// A goroutine that waits for a future is durably blocked, so virtual time passes.
func TestWaitInBubble(t *testing.T) {
	for name, get := range ways {
		t.Run(name, func(t *testing.T) {
			inBubbles(t, func(t *testing.T, h *handler.Pool, l handler.Lane) {
				begin := time.Now()
				for range 3 {
					p := future.NewPromise[int](l)
					h.AfterFunc(time.Hour, future.Func(func() { p.Complete(1, nil) }))
					if v, err := get(p.Future()); v != 1 || err != nil {
						t.Errorf("got %v, %v", v, err)
					}
				}
				if passed := time.Since(begin); passed != 3*time.Hour {
					t.Errorf("%v passed", passed)
				}
			})
		})
	}
}

func TestWaitContextInBubble(t *testing.T) {
	inBubbles(t, func(t *testing.T, _ *handler.Pool, l handler.Lane) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		begin := time.Now()
		if _, err := future.NewPromise[int](l).Future().WaitContext(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		if passed := time.Since(begin); passed != time.Hour {
			t.Errorf("%v passed", passed)
		}
	})
}

// A body sleeps by awaiting timers, and may also sleep as goroutines do.
func TestAsyncInBubble(t *testing.T) {
	inBubbles(t, func(t *testing.T, _ *handler.Pool, l handler.Lane) {
		begin := time.Now()
		f := future.Async(background, l, func(co *future.Co) (time.Duration, error) {
			for range 3 {
				p := future.NewPromise[bool](l)
				l.AfterFunc(time.Hour, future.Func(func() { p.Complete(true, nil) }))
				if _, err := future.Await(co, p.Future()); err != nil {
					return 0, err
				}
				time.Sleep(time.Minute)
			}
			return time.Since(begin), nil
		})
		synctest.Wait() // a suspended body keeps nobody busy
		wantPending(t, f)
		wantValue(t, f, 3*(time.Hour+time.Minute))
	})
}

func TestDeadlineInBubble(t *testing.T) {
	inBubbles(t, func(t *testing.T, h *handler.Pool, l handler.Lane) {
		ctx, cancel := h.WithTimeout(background, time.Hour)
		defer cancel()
		begin := time.Now()
		wantErr(t, future.Async(ctx, l, func(co *future.Co) (int, error) {
			return future.Await(co, future.NewPromise[int](l).Future())
		}), context.DeadlineExceeded)
		if passed := time.Since(begin); passed != time.Hour {
			t.Errorf("%v passed", passed)
		}
	})
}
