package future_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// promises makes n promises, on the given lanes in turn.
func promises(n int, lanes ...future.Executor) (ps []*future.Promise[int], fs []*future.Future[int]) {
	for i := range n {
		p := future.NewPromise[int](lanes[i%len(lanes)])
		ps, fs = append(ps, p), append(fs, p.Future())
	}
	return ps, fs
}

func TestAll(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		a, b := h.Lane("a"), h.Lane("b")
		ps, fs := promises(4, a, nil, b)
		all := future.All(fs...)
		for _, i := range []int{2, 0, 3, 1} {
			wantPending(t, all)
			later(b, ps[i], i, nil)
			flush(t, b)
		}
		if vs, err := all.Wait(); !slices.Equal(vs, []int{0, 1, 2, 3}) || err != nil {
			t.Errorf("got %v, %v", vs, err)
		}
		if vs, err := future.All(fs...).Wait(); len(vs) != 4 || err != nil { // of complete ones
			t.Errorf("got %v, %v", vs, err)
		}
	})
}

func TestAllFailsFast(t *testing.T) {
	l := newSlowLane()
	ps, fs := promises(3, l)
	all := future.All(fs...)
	ps[0].Complete(0, nil)
	ps[2].Complete(9, errA)
	if vs, err, ready := all.Poll(); vs != nil || err != errA || !ready {
		t.Errorf("got %v, %v, %v", vs, err, ready)
	}
	if vs, err, ready := future.All(fs...).Poll(); vs != nil || err != errA || !ready { // already failed
		t.Errorf("got %v, %v, %v", vs, err, ready)
	}
	ps[1].Complete(0, errB) // too late to matter
	if err := all.WaitErr(); err != errA {
		t.Errorf("then %v", err)
	}
}

func TestSettle(t *testing.T) {
	l := newSlowLane()
	ps, fs := promises(3, nil, l)
	f := future.Settle(fs...)
	ps[2].Complete(3, errB)
	ps[0].Complete(0, errA)
	wantPending(t, f)
	ps[1].Complete(2, nil)
	want := []future.Result[int]{{Err: errA}, {Value: 2}, {Value: 3, Err: errB}}
	if rs, err := f.Wait(); !slices.Equal(rs, want) || err != nil {
		t.Errorf("got %v, %v", rs, err)
	}
}

func TestFirst(t *testing.T) {
	l := newSlowLane()
	ps, fs := promises(4, l)
	f := future.First(fs...)
	ps[0].Complete(5, errA)
	wantPending(t, f)
	ps[2].Complete(2, nil)
	if v, err, ready := f.Poll(); v != 2 || err != nil || !ready {
		t.Errorf("got %v, %v, %v", v, err, ready)
	}
	ps[1].Complete(1, nil)
	wantValue(t, f, 2)
	wantValue(t, future.First(fs...), 1) // of those that are complete the first in the list
}

func TestFirstOfFailures(t *testing.T) {
	l := newSlowLane()
	ps, fs := promises(3, l)
	f := future.First(fs...)
	errC := errors.New("c")
	ps[2].Complete(0, errC)
	ps[0].Complete(7, errA)
	ps[1].Complete(0, errB)
	v, err := f.Wait()
	if v != 0 || !errors.Is(err, errA) || !errors.Is(err, errB) || !errors.Is(err, errC) {
		t.Errorf("got %v, %v", v, err)
	}
	if err.Error() != "a\nb\nc" {
		t.Errorf("not in the futures' order: %q", err)
	}
}

func TestJoin(t *testing.T) {
	a, b := newSlowLane(), newSlowLane()
	p, q, r := future.NewPromise[int](a), future.NewPromise[string](b), future.NewPromise[bool](nil)
	f := future.Join(p.Future(), q.Future(), r.Future(), future.Value(1.5))
	good := future.Join(p.Future(), r.Future())
	p.Complete(0, nil)
	wantPending(t, good)
	r.Complete(true, nil)
	wantValue(t, good, struct{}{})
	wantPending(t, f)
	q.Complete("", errA)
	wantErr(t, f, errA)
	wantErr(t, future.Join(future.Failed[int](errB), q.Future()), errB)
	wantErr(t, future.Join(future.Failed[int](errB), q.Future()), errA)
}

func TestGatherNothing(t *testing.T) {
	if vs, err := future.All[int]().Wait(); len(vs) != 0 || err != nil {
		t.Errorf("All: %v, %v", vs, err)
	}
	if rs, err := future.Settle[int]().Wait(); len(rs) != 0 || err != nil {
		t.Errorf("Settle: %v, %v", rs, err)
	}
	wantErr(t, future.First[int](), future.ErrNone)
	wantValue(t, future.Join(), struct{}{})
	for i, r := range future.AsCompleted[int]() {
		t.Error("AsCompleted:", i, r)
	}
}

func TestGatherTheSameTwice(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	f := p.Future()
	all, first := future.All(f, f, f), future.First(f, f)
	join := future.Join(f, all, f)
	p.Complete(1, nil)
	if vs, err := all.Wait(); !slices.Equal(vs, []int{1, 1, 1}) || err != nil {
		t.Errorf("All: %v, %v", vs, err)
	}
	wantValue(t, first, 1)
	wantValue(t, join, struct{}{})
	var got []int
	for i, r := range future.AsCompleted(f, f) {
		got = append(got, i, r.Value)
	}
	if !slices.Equal(got, []int{0, 1, 1, 1}) {
		t.Errorf("AsCompleted: %v", got)
	}
}

// What is made from futures is on the lane of the first that has one.
func TestGatherLane(t *testing.T) {
	a, b := newSlowLane(), newSlowLane()
	ps, fs := promises(3, nil, a, b)
	ran := 0
	count := func() { ran++ }
	future.All(fs...).OnComplete(func([]int, error) { count() })
	future.Settle(fs...).OnComplete(func([]future.Result[int], error) { count() })
	future.First(fs...).OnComplete(func(int, error) { count() })
	future.Join(fs[0], fs[1], fs[2]).OnComplete(func(struct{}, error) { count() })
	wantPanic(t, noLane, func() { future.All(fs[0]).OnComplete(nil) })
	wantPanic(t, noLane, func() { future.All[int]().OnComplete(nil) })
	for _, p := range ps {
		p.Complete(0, nil)
	}
	if b.run() != 0 || a.run() != 4 || ran != 4 {
		t.Errorf("%d callbacks ran on the right lane", ran)
	}
}

// The caller may use its list again.
func TestGatherKeepsItsOwnList(t *testing.T) {
	l := newSlowLane()
	ps, fs := promises(2, l)
	all, settle, first := future.All(fs...), future.Settle(fs...), future.First(fs...)
	completed := future.AsCompleted(fs...)
	clear(fs)
	ps[0].Complete(1, nil)
	ps[1].Complete(2, nil)
	if vs, _ := all.Wait(); !slices.Equal(vs, []int{1, 2}) {
		t.Errorf("All: %v", vs)
	}
	if rs, _ := settle.Wait(); len(rs) != 2 || rs[1].Value != 2 {
		t.Errorf("Settle: %v", rs)
	}
	wantValue(t, first, 1)
	sum := 0
	for _, r := range completed {
		sum += r.Value
	}
	if sum != 3 {
		t.Errorf("AsCompleted: %d", sum)
	}
}
