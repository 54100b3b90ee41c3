package future_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A stop resumes the pending Await with ErrStopped; who awaits once more is unwound.
func TestStopUnwinds(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		never := future.NewPromise[int](l)
		begun := future.NewPromise[bool](l)
		var got []string
		f := future.Async(background, l, func(co *future.Co) (int, error) {
			defer func() { got = append(got, "outer") }()
			defer func() {
				defer func() { got = append(got, "inner") }()
				future.Await(co, never.Future()) // also in a clean-up
				got = append(got, "never reached")
			}()
			begun.Complete(true, nil)
			if v, err := future.Await(co, never.Future()); v != 0 || err != future.ErrStopped {
				t.Errorf("awaited %v, %v", v, err)
			}
			got = append(got, "told")
			if v, err := future.Await(co, future.Value(2)); v != 2 || err != nil { // is there
				t.Errorf("awaited %v, %v", v, err)
			}
			future.Await(co, never.Future())
			got = append(got, "never reached")
			return 1, nil
		})
		wantValue(t, begun.Future(), true)
		h.Stop()
		<-h.Stopped()
		wantErr(t, f, future.ErrStopped)
		if !slices.Equal(got, []string{"told", "inner", "outer"}) {
			t.Errorf("got %v", got)
		}
	})
}

// stopped runs a body to its first Await and stops the lane.
func stopped(body func(co *future.Co, never *future.Future[int]) (int, error)) *future.Future[int] {
	l := newSlowLane()
	never := future.NewPromise[int](l)
	f := future.Async(background, l, func(co *future.Co) (int, error) { return body(co, never.Future()) })
	l.run()
	l.stop()
	return f
}

func TestStopKeepsTheBodysOwnError(t *testing.T) {
	f := stopped(func(co *future.Co, never *future.Future[int]) (int, error) {
		if _, err := future.Await(co, never); err != future.ErrStopped {
			t.Errorf("awaited %v", err)
		}
		return 0, errA
	})
	if err := f.WaitErr(); err != errA {
		t.Errorf("got %v", err)
	}
}

func TestStopKeepsTheBodysResult(t *testing.T) {
	wantValue(t, stopped(func(co *future.Co, never *future.Future[int]) (int, error) {
		future.Await(co, never)
		return 1, nil // it need not have been important
	}), 1)
}

// A body that catches its unwinding has not succeeded, though it may say why.
func TestStopCaught(t *testing.T) {
	catch := func(failure error) func(co *future.Co, never *future.Future[int]) (int, error) {
		return func(co *future.Co, never *future.Future[int]) (v int, err error) {
			defer func() {
				if r := recover(); r == nil {
					t.Error("nothing to recover from")
				}
				v, err = 1, failure
			}()
			future.Await(co, never)
			return future.Await(co, never)
		}
	}
	wantErr(t, stopped(catch(nil)), future.ErrStopped)
	if err := stopped(catch(errA)).WaitErr(); err != errA {
		t.Errorf("got %v", err)
	}
}

// A shield is no protection: nothing can complete any more.
func TestStopWithinShield(t *testing.T) {
	wantErr(t, stopped(func(co *future.Co, never *future.Future[int]) (int, error) {
		err := co.Shield(func(context.Context) error {
			_, err := future.Await(co, never)
			return err
		})
		return 0, err
	}), future.ErrStopped)
}

// A body that was queued before the stop runs until it would have to wait.
func TestStopBeforeTheBodyStarts(t *testing.T) {
	l := newSlowLane()
	never := future.NewPromise[int](l)
	quick := future.Async(background, l, func(co *future.Co) (int, error) { return future.Await(co, future.Value(1)) })
	slow := future.Async(background, l, func(co *future.Co) (int, error) { return future.Await(co, never.Future()) })
	l.stop()
	wantValue(t, quick, 1)
	wantErr(t, slow, future.ErrStopped)
	l.idle(t)
}

// A body whose resumption the lane has refused is resumed by the stop, with what it would have got.
func TestStopDeliversWhatWasRefused(t *testing.T) {
	for name, resume := range map[string]func(l *slowLane, p *future.Promise[int], cancel func()){
		"Result": func(_ *slowLane, p *future.Promise[int], _ func()) { p.Complete(1, nil) },
		"Batch": func(_ *slowLane, p *future.Promise[int], _ func()) {
			var b future.Batch
			p.CompleteIn(&b, 1, nil)
			b.Flush()
		},
		"Cancel": func(l *slowLane, _ *future.Promise[int], cancel func()) {
			cancel()
			l.notice()
		},
	} {
		l := newSlowLane()
		p := future.NewPromise[int](l)
		ctx, cancel := context.WithCancel(background)
		f := future.Async(ctx, l, func(co *future.Co) (int, error) { return future.Await(co, p.Future()) })
		l.run()
		l.refuse()
		resume(l, p, cancel)
		l.run()
		if name == "Cancel" {
			wantErr(t, f, context.Canceled)
		} else {
			wantValue(t, f, 1)
		}
		cancel()
		l.idle(t)
	}
}

// A body that the stop finds with a result is told by its next Await, and unwound by the one after.
func TestStopTellsOnce(t *testing.T) {
	l := newSlowLane()
	p, never := future.NewPromise[int](l), future.NewPromise[int](l)
	told := 0
	f := future.Async(background, l, func(co *future.Co) (int, error) {
		v, _ := future.Await(co, p.Future())
		for range 3 {
			if _, err := future.Await(co, never.Future()); err == future.ErrStopped {
				told++
			}
		}
		return v, nil
	})
	l.run()
	l.refuse()
	p.Complete(1, nil)
	l.run()
	wantErr(t, f, future.ErrStopped)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

// A body that has ended holds nobody up, however it ended.
func TestEndedBodiesAreForgotten(t *testing.T) {
	l := newSlowLane()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for name, ending := range map[string]func() int{
		"Return": func() int { return 1 },
		"Panic":  func() int { panic("x") },
	} {
		p := future.NewPromise[int](l)
		f := future.Async(ctx, l, func(co *future.Co) (int, error) {
			future.Await(co, p.Future())
			return ending(), nil
		})
		l.run()
		if len(l.atStop) != 1 || len(l.watched) != 1 {
			t.Errorf("%s: suspended, %d for the stop, %d for the context", name, len(l.atStop), len(l.watched))
		}
		p.Complete(1, nil)
		l.run()
		if _, _, ready := f.Poll(); !ready {
			t.Errorf("%s: not ended", name)
		}
		l.idle(t)
	}
}
