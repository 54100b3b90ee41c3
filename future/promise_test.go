package future_test

import (
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
)

func TestCompleteTwice(t *testing.T) {
	p := future.NewPromise[int](nil)
	if !p.Complete(1, nil) {
		t.Error("the first Complete was refused")
	}
	if p.Complete(2, nil) || p.Complete(0, errA) {
		t.Error("another Complete was accepted")
	}
	if p.CompleteIn(new(future.Batch), 2, nil) {
		t.Error("a CompleteIn was accepted")
	}
	wantValue(t, p.Future(), 1)
}

func TestCompleteAtOnce(t *testing.T) {
	for range rounds {
		p := future.NewPromise[int](nil)
		var winners, winner atomic.Int32
		attempt := func(i int) func() {
			return func() {
				if p.Complete(i, nil) {
					winners.Add(1)
					winner.Store(int32(i))
				}
				if _, _, ready := p.Future().Poll(); !ready {
					t.Error("not complete after Complete")
				}
			}
		}
		collide(attempt(0), attempt(1), attempt(2), attempt(3))
		if winners.Load() != 1 {
			t.Fatalf("%d were told that they completed it", winners.Load())
		}
		wantValue(t, p.Future(), int(winner.Load()))
	}
}

func TestFutureIsTheSame(t *testing.T) {
	p := future.NewPromise[int](nil)
	if first, second := p.Future(), p.Future(); first != second {
		t.Error("two futures")
	}
	var zero future.Promise[int] // is ready for use, and laneless
	zero.Complete(1, nil)
	wantValue(t, zero.Future(), 1)
}

func TestValueAndFailed(t *testing.T) {
	wantValue(t, future.Value("x"), "x")
	wantErr(t, future.Failed[int](errA), errA)
	if _, err := future.Failed[int](nil).Wait(); err == nil {
		t.Error("Failed with a nil error succeeded")
	}
	v := future.Value(1)
	wantPanic(t, noLane, func() { v.OnComplete(func(int, error) {}) })
	wantPanic(t, noLane, func() { future.Then(v, func(int) (int, error) { return 0, nil }) })
	wantPanic(t, noLane, func() { future.Compose(v, func(int) *future.Future[int] { return nil }) })
	wantPanic(t, noLane, func() { future.Recover(v, func(error) *future.Future[int] { return nil }) })
}

func TestFollow(t *testing.T) {
	for _, complete := range []bool{false, true} {
		f, p := future.NewPromise[int](nil), future.NewPromise[int](nil)
		if complete {
			f.Complete(1, errA)
		}
		p.Follow(f.Future())
		if !complete {
			wantPending(t, p.Future())
			f.Complete(1, errA)
		}
		if v, err, ready := p.Future().Poll(); v != 1 || err != errA || !ready {
			t.Errorf("followed to %v, %v, %v", v, err, ready)
		}
	}
}

// Who follows but is completed in another way stays as it is.
func TestFollowTooLate(t *testing.T) {
	f, p := future.NewPromise[int](nil), future.NewPromise[int](nil)
	p.Follow(f.Future())
	p.Complete(1, nil)
	f.Complete(2, nil)
	wantValue(t, p.Future(), 1)
}

func TestOn(t *testing.T) {
	a, b := newSlowLane(), newSlowLane()
	p := future.NewPromise[int](a)
	f := p.Future().On(b)
	var got []pair
	f.OnComplete(appendTo(&got))
	future.Value(2).On(b).OnComplete(appendTo(&got))
	p.Complete(1, errA)
	if v, err, ready := f.Poll(); v != 1 || err != errA || !ready {
		t.Errorf("at once: %v, %v, %v", v, err, ready)
	}
	if a.run() != 0 || b.run() != 2 {
		t.Error("the callbacks did not run on the other lane")
	}
	if len(got) != 2 || got[0] != (pair{2, nil}) || got[1] != (pair{1, errA}) {
		t.Errorf("callbacks got %v", got)
	}
}
