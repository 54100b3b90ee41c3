package future_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// An operation is a promise whose source it is itself.
type operation struct {
	future.Promise[int]
	ctx context.Context

	armed, cancelled, settled atomic.Int32
}

func newOperation(ex future.Executor, ctx context.Context) *operation {
	o := &operation{ctx: ctx}
	o.Init(ex, o)
	return o
}

func (o *operation) Context() context.Context { return o.ctx }
func (o *operation) Arm()                     { o.armed.Add(1) }
func (o *operation) Settled()                 { o.settled.Add(1) }

func (o *operation) Cancel() {
	o.cancelled.Add(1)
	o.Complete(0, o.ctx.Err())
}

// counts expects that the source has been told so much.
func (o *operation) counts(t *testing.T, armed, cancelled, settled int32) {
	t.Helper()
	if a, c, s := o.armed.Load(), o.cancelled.Load(), o.settled.Load(); a != armed || c != cancelled || s != settled {
		t.Errorf("armed %d times, cancelled %d, settled %d; want %d, %d, %d", a, c, s, armed, cancelled, settled)
	}
}

// Everybody but a Wait makes the source watch its context.
func TestArm(t *testing.T) {
	body := func(ctx context.Context) func(*slowLane, *future.Future[int]) {
		return func(l *slowLane, f *future.Future[int]) {
			future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, f) })
			l.run()
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, use := range map[string]func(l *slowLane, f *future.Future[int]){
		"OnComplete": func(_ *slowLane, f *future.Future[int]) { f.OnComplete(func(int, error) {}) },
		"Then":       func(_ *slowLane, f *future.Future[int]) { future.Then(f, func(int) (int, error) { return 0, nil }) },
		"Compose": func(_ *slowLane, f *future.Future[int]) {
			future.Compose(f, func(int) *future.Future[int] { return nil })
		},
		"Recover": func(_ *slowLane, f *future.Future[int]) {
			future.Recover(f, func(error) *future.Future[int] { return nil })
		},
		"Done":        func(_ *slowLane, f *future.Future[int]) { f.Done() },
		"Chan":        func(_ *slowLane, f *future.Future[int]) { f.Chan() },
		"On":          func(l *slowLane, f *future.Future[int]) { f.On(l) },
		"Follow":      func(_ *slowLane, f *future.Future[int]) { future.NewPromise[int](nil).Follow(f) },
		"All":         func(_ *slowLane, f *future.Future[int]) { future.All(f) },
		"First":       func(_ *slowLane, f *future.Future[int]) { future.First(f) },
		"Settle":      func(_ *slowLane, f *future.Future[int]) { future.Settle(f) },
		"Join":        func(_ *slowLane, f *future.Future[int]) { future.Join(f) },
		"AsCompleted": func(_ *slowLane, f *future.Future[int]) { leaveEarly(future.Value(1), f) },
		"Await":       body(context.Background()),
		"WaitContext": func(_ *slowLane, f *future.Future[int]) { f.WaitContext(ended) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newSlowLane()
			o := newOperation(l, context.Background())
			use(l, o.Future())
			o.counts(t, 1, 0, 0)
			o.Complete(1, nil)
			use(l, o.Future())
			l.run()
			o.counts(t, 1, 0, 1) // complete: nothing to watch any more
		})
	}
}

// A Wait watches the context itself, and Poll does not depend on the future.
func TestWaitDoesNotArm(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		o := newOperation(l, context.Background())
		o.Future().Poll()
		o.Future().Ready()
		var wg sync.WaitGroup
		for _, wait := range []string{"Wait", "WaitErr", "WaitContext"} {
			wg.Go(func() {
				if v, err := ways[wait](o.Future()); v != 1 || err != nil {
					t.Errorf("%s: %v, %v", wait, v, err)
				}
			})
		}
		l.Dispatch(future.Func(func() { o.Complete(1, nil) }))
		wg.Wait()
		o.counts(t, 0, 0, 1)
	})
}

func TestWaitCancels(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		for name, wait := range map[string]func(f *future.Future[int]) error{
			"Wait":    func(f *future.Future[int]) error { _, err := f.Wait(); return err },
			"WaitErr": (*future.Future[int]).WaitErr,
			"WaitContext": func(f *future.Future[int]) error {
				_, err := f.WaitContext(context.Background())
				return err
			},
		} {
			ctx, cancel := context.WithCancel(context.Background())
			o := newOperation(l, ctx)
			l.Dispatch(future.Func(cancel))
			if err := wait(o.Future()); err != context.Canceled {
				t.Errorf("%s: %v", name, err)
			}
			o.counts(t, 0, 1, 1)
		}
	})
}

// A result that is there wins over the end of the context, and nothing is cancelled.
func TestWaitOnReadyCancelsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := newOperation(newSlowLane(), ctx)
	o.Complete(1, nil)
	cancel()
	wantValue(t, o.Future(), 1)
	o.counts(t, 0, 0, 1)
}

// A context of the waiter's own ends the waiting and not the work.
func TestWaitContextDoesNotCancel(t *testing.T) {
	l := newSlowLane()
	o := newOperation(l, context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := o.Future().WaitContext(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	o.counts(t, 1, 0, 0)
	wantPending(t, o.Future())
}

// Settled comes once, behind the callbacks that were linked before completion.
func TestSettled(t *testing.T) {
	l := newSlowLane()
	o := newOperation(l, context.Background())
	ran := 0
	callback := func(int, error) {
		ran++
		o.counts(t, 2, 0, 0)
	}
	o.Future().OnComplete(callback)
	o.Future().OnComplete(callback)
	o.Complete(1, nil)
	o.counts(t, 2, 0, 0)
	l.run()
	if ran != 2 {
		t.Errorf("%d callbacks ran", ran)
	}
	o.counts(t, 2, 0, 1)
	o.Future().OnComplete(func(int, error) { ran++ })
	l.run()
	o.Complete(2, nil)
	o.counts(t, 2, 0, 1)
}

func TestSettledAtOnce(t *testing.T) {
	for name, prepare := range map[string]func(l *slowLane, o *operation){
		"NoCallback": func(*slowLane, *operation) {},
		"Unlinked":   func(_ *slowLane, o *operation) { o.Future().OnComplete(nil).Unlink() },
		"Waiters": func(_ *slowLane, o *operation) {
			o.Future().Chan()
			o.Future().On(nil)
			o.Future().Done()
		},
		"Stopped": func(l *slowLane, o *operation) {
			o.Future().OnComplete(func(int, error) {})
			l.stop()
		},
	} {
		l := newSlowLane()
		o := newOperation(l, context.Background())
		prepare(l, o)
		o.Complete(1, nil)
		if o.settled.Load() != 1 {
			t.Errorf("%s: settled %d times", name, o.settled.Load())
		}
		l.run()
		if o.settled.Load() != 1 {
			t.Errorf("%s: settled %d times in the end", name, o.settled.Load())
		}
		o.Future().OnComplete(func(int, error) {})
		if l.run(); o.settled.Load() != 1 {
			t.Errorf("%s: settled %d times, for a late callback", name, o.settled.Load())
		}
	}
}

// Also behind a callback that panics, and when a batch is refused.
func TestSettledInTheEnd(t *testing.T) {
	l := newSlowLane()
	o := newOperation(l, context.Background())
	o.Future().OnComplete(func(int, error) { panic("x") })
	o.Complete(1, nil)
	wantPanic(t, "x", func() { l.run() })
	o.counts(t, 1, 0, 0)
	l.run()
	o.counts(t, 1, 0, 1)

	o = newOperation(l, context.Background())
	o.Future().OnComplete(func(int, error) {})
	var b future.Batch
	o.CompleteIn(&b, 1, nil)
	l.stop()
	o.counts(t, 1, 0, 0)
	b.Flush()
	o.counts(t, 1, 0, 1)
}

// Unlinked between completion and its turn, a last callback still settles, on the lane.
func TestSettledWithoutItsCallback(t *testing.T) {
	l := newSlowLane()
	o := newOperation(l, context.Background())
	link := o.Future().OnComplete(func(int, error) {})
	o.Complete(1, nil)
	link.Unlink()
	o.counts(t, 1, 0, 0)
	l.run()
	o.counts(t, 1, 0, 1)
}

// The end of the context and the completion race: one result, one Settled, whoever wins.
func TestCancelAgainstComplete(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		for range rounds {
			ctx, cancel := context.WithCancel(context.Background())
			o := newOperation(l, ctx)
			var results [2]error
			wait := func(i int) func() { return func() { results[i] = o.Future().WaitErr() } }
			collide(wait(0), wait(1), cancel, func() { o.Complete(1, nil) })
			if results[0] != results[1] || results[0] != nil && results[0] != context.Canceled || o.settled.Load() != 1 {
				t.Fatalf("the waiters got %v; settled %d times", results, o.settled.Load())
			}
		}
	})
}
