package future_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// The end of the context resumes a pending Await with the context's error, and the body unwinds.
func TestCancelResumes(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		ctx, cancel := context.WithCancelCause(background)
		never := future.NewPromise[int](l)
		var got []string
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			defer func() { got = append(got, "defer") }()
			l.Dispatch(future.Func(func() { cancel(errA) }))
			v, err := future.Await(co, never.Future())
			if v != 0 || err != context.Canceled {
				t.Errorf("awaited %v, %v", v, err)
			}
			_, again := future.Await(co, never.Future())
			if again != context.Canceled {
				t.Errorf("the next Await returned %v", again)
			}
			got = append(got, "end")
			return v, err
		})
		wantErr(t, f, context.Canceled)
		if !slices.Equal(got, []string{"end", "defer"}) {
			t.Errorf("got %v", got)
		}
		wantPending(t, never.Future()) // goes on
		never.Complete(1, nil)         // and resumes nobody
		flush(t, l)
	})
}

// It resumes on the lane, not where the end of the context was noticed.
func TestCancelResumesOnTheLane(t *testing.T) {
	l := newSlowLane()
	ctx, cancel := context.WithCancel(background)
	p := future.NewPromise[int](l)
	f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) })
	l.run()
	cancel()
	l.notice()
	wantPending(t, f)
	p.Complete(1, nil) // too late
	if l.run() != 1 {
		t.Error("resumed more than once")
	}
	wantErr(t, f, context.Canceled)
	l.idle(t)
}

// The result wins when it was there first, whatever is noticed first.
func TestResultBeatsEndedContext(t *testing.T) {
	t.Run("Ready", func(t *testing.T) {
		l := newSlowLane()
		ctx, cancel := context.WithCancel(background)
		cancel()
		f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, future.Value(1)) })
		l.run()
		wantValue(t, f, 1)
		l.idle(t)
	})
	t.Run("Complete", func(t *testing.T) {
		l := newSlowLane()
		ctx, cancel := context.WithCancel(background)
		p := future.NewPromise[int](l)
		f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) })
		l.run()
		p.Complete(1, nil)
		cancel()
		l.notice()
		l.run()
		wantValue(t, f, 1)
		l.idle(t)
	})
	t.Run("EndedBefore", func(t *testing.T) {
		l := newSlowLane()
		ctx, cancel := context.WithCancel(background)
		cancel()
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			return future.Await(co, future.NewPromise[int](l).Future())
		})
		if l.run() != 1 || l.watches != 0 {
			t.Error("suspended although its context had ended, or watched it")
		}
		wantErr(t, f, context.Canceled)
		l.idle(t)
	})
	// While the Await looks at the context, the future completes and then the context ends.
	t.Run("Meanwhile", func(t *testing.T) {
		l := newSlowLane()
		p := future.NewPromise[int](l)
		ctx := &lateContext{Context: background, ends: func() { p.Complete(1, nil) }}
		f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) })
		l.run()
		wantValue(t, f, 1)
	})
}

// A lateContext ends when it is looked at, just after something else has happened.
type lateContext struct {
	context.Context
	ends func()
}

func (c *lateContext) Done() <-chan struct{} { return make(chan struct{}) }

func (c *lateContext) Err() error {
	c.ends()
	return context.Canceled
}

// A body watches its context once, and not at all while it needs not.
func TestWatchesContextOnce(t *testing.T) {
	l := newSlowLane()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	p, q, r := future.NewPromise[int](l), future.NewPromise[int](l), future.NewPromise[int](l)
	f := future.Async(ctx, l, func(co *future.Co) (int, error) {
		future.Await(co, future.Value(1))
		co.Shield(func(context.Context) error {
			future.Await(co, p.Future())
			return nil
		})
		future.Await(co, q.Future())
		return future.Await(co, r.Future())
	})
	l.run()
	if l.watches != 0 {
		t.Error("watched before it could matter")
	}
	p.Complete(1, nil)
	l.run()
	q.Complete(2, nil)
	l.run()
	if l.watches != 1 || len(l.watched) != 1 {
		t.Errorf("%d watches, of them now %d", l.watches, len(l.watched))
	}
	r.Complete(3, nil)
	l.run()
	wantValue(t, f, 3)
	l.idle(t)
}
