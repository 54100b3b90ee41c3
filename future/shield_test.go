package future_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// Clean-up goes on although the context has ended; after it the context's error is back.
func TestShield(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		type key struct{}
		l, other := h.Lane("a"), h.Lane("b")
		ctx, cancel := context.WithCancel(context.WithValue(background, key{}, 1))
		never := future.NewPromise[int](l)
		slow := func(v int) *future.Future[int] {
			p := future.NewPromise[int](other)
			later(other, p, v, nil)
			return p.Future()
		}
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			cancel()
			if _, err := future.Await(co, never.Future()); err != context.Canceled {
				t.Errorf("before: %v", err)
			}
			sum := 0
			err := co.Shield(func(ctx context.Context) error {
				if ctx.Err() != nil || ctx.Done() != nil || ctx.Value(key{}) != 1 {
					t.Errorf("inside: the context has %v, value %v", ctx.Err(), ctx.Value(key{}))
				}
				v, err := future.Await(co, slow(1))
				inner := co.Shield(func(context.Context) error {
					w, err := future.Await(co, slow(2))
					sum += w
					return err
				})
				w, after := future.Await(co, slow(3)) // still inside the outer one
				sum += v + w
				return errors.Join(err, inner, after, errA)
			})
			if sum != 6 || err == nil || err.Error() != "a" {
				t.Errorf("shielded: %d, %v", sum, err)
			}
			_, err = future.Await(co, never.Future())
			return 0, err
		})
		wantErr(t, f, context.Canceled)
	})
}

// The context may end while a shielded Await is pending: it waits on, and the next one does not.
func TestShieldWhenTheContextEnds(t *testing.T) {
	l := newSlowLane()
	ctx, cancel := context.WithCancel(background)
	p, q := future.NewPromise[int](l), future.NewPromise[int](l)
	f := future.Async(ctx, l, func(co *future.Co) (int, error) {
		future.Await(co, q.Future()) // makes it watch the context
		err := co.Shield(func(context.Context) error {
			v, err := future.Await(co, p.Future())
			if v != 1 {
				t.Errorf("awaited %v, %v", v, err)
			}
			return err
		})
		if err != nil {
			t.Errorf("the shield returned %v", err)
		}
		return future.Await(co, future.NewPromise[int](l).Future())
	})
	l.run()
	q.Complete(0, nil)
	l.run()
	cancel()
	l.notice()
	if l.run() != 0 {
		t.Error("resumed inside the shield")
	}
	p.Complete(1, nil)
	l.run()
	wantErr(t, f, context.Canceled)
	l.idle(t)
}

// A shield ends however its function does.
func TestShieldEndsWithPanic(t *testing.T) {
	l := newSlowLane()
	ctx, cancel := context.WithCancel(background)
	cancel()
	f := future.Async(ctx, l, func(co *future.Co) (int, error) {
		wantPanic(t, "x", func() { co.Shield(func(context.Context) error { panic("x") }) })
		return future.Await(co, future.NewPromise[int](l).Future())
	})
	l.run()
	wantErr(t, f, context.Canceled)
}
