package future_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A countingLane counts what is dispatched.
type countingLane struct {
	handler.Lane
	n atomic.Int32
}

func (l *countingLane) Dispatch(t future.Task) bool {
	l.n.Add(1)
	return l.Lane.Dispatch(t)
}

func (l *countingLane) DispatchAll(ts []future.Task) bool {
	l.n.Add(int32(len(ts)))
	return l.Lane.DispatchAll(ts)
}

// Completion and the end of the context race for a suspended body: one of them resumes it, once.
func TestCompleteAgainstCancel(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		values := 0
		l := &countingLane{Lane: h.Lane("a")}
		for range rounds {
			p := future.NewPromise[int](l)
			ctx, cancel := context.WithCancel(background)
			f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) })
			flush(t, l) // it is suspended
			before := l.n.Load()
			collide(func() { p.Complete(1, nil) }, cancel)
			switch v, err := f.Wait(); {
			case v == 1 && err == nil:
				values++
			case v != 0 || err != context.Canceled:
				t.Fatalf("got %v, %v", v, err)
			}
			if n := l.n.Load() - before; n != 1 {
				t.Fatalf("resumed %d times", n)
			}
		}
		t.Logf("%d of %d got the value", values, rounds)
	})
}

// A body goes from one Await to the next while its futures complete and its context ends. Inside a
// shield it never sees that, and no stray resumption makes an Await return before its time.
func TestShieldAgainstCancel(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l, other := h.Lane("a"), h.Lane("b")
		for range rounds {
			ps, fs := promises(4, other)
			ctx, cancel := context.WithCancel(background)
			f := future.Async(ctx, l, func(co *future.Co) (int, error) {
				future.Await(co, fs[0]) // watches the context from here on
				sum := 0
				for _, f := range fs[1:] {
					err := co.Shield(func(context.Context) error {
						v, err := future.Await(co, f)
						sum += v
						return err
					})
					if err != nil {
						t.Errorf("inside the shield: %v", err)
					}
				}
				return sum, nil
			})
			collide(cancel, func() { wantValue(t, f, 6) }, func() {
				for i, p := range ps {
					p.Complete(i, nil)
				}
			})
		}
	})
}

// Completion, the end of the context and a stop: the body ends, with what one of them brought.
func TestEverythingAgainstStop(t *testing.T) {
	outcomes := make(map[error]int)
	for range rounds {
		h := handler.NewPool()
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		ctx, cancel := context.WithCancel(background)
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			v, err := future.Await(co, p.Future())
			if (v == 1) != (err == nil) {
				t.Errorf("awaited %v, %v", v, err)
			}
			return v, err
		})
		collide(func() { p.Complete(1, nil) }, cancel, h.Stop)
		v, err := f.Wait()
		if (v == 1) != (err == nil) {
			t.Errorf("got %v, %v", v, err)
		}
		outcomes[err]++
		<-h.Stopped()
	}
	for err, n := range outcomes {
		if err != nil && err != context.Canceled && err != future.ErrStopped {
			t.Errorf("%v", err)
		}
		t.Logf("%d times %v", n, err)
	}
}

// A lane with several workers may run a body's tasks at the same time. It resumes no body too early,
// loses no resumption, and unwinds every body when it stops.
func TestWideLane(t *testing.T) {
	for range rounds / 20 {
		h := handler.NewPool(handler.Concurrency(4))
		l := h.CompletionLane("a")
		const bodies, awaits = 8, 20
		var n atomic.Int32
		var fs []*future.Future[int]
		for range bodies {
			fs = append(fs, future.Async(background, l, func(co *future.Co) (int, error) {
				for i := range awaits {
					p := future.NewPromise[int](l)
					later(l, p, i, nil)
					if v, err := future.Await(co, p.Future()); v != i || err != nil && err != future.ErrStopped {
						t.Errorf("awaited %v, %v", v, err)
					}
				}
				if n.Add(1) == bodies {
					h.Stop()
				}
				return future.Await(co, future.NewPromise[int](l).Future())
			}))
		}
		for _, f := range fs {
			wantErr(t, f, future.ErrStopped)
		}
		<-h.Stopped()
	}
}
