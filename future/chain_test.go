package future_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestThen(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		p := future.NewPromise[int](h.Lane("a"))
		text := future.Then(p.Future(), func(v int) (string, error) { return strconv.Itoa(v), nil })
		fails := future.Then(text, func(s string) (string, error) { return s + "!", errA })
		skipped := future.Then(fails, func(string) (int, error) {
			t.Error("ran after a failure")
			return 0, nil
		})
		wantPending(t, text)
		p.Complete(42, nil)
		wantValue(t, text, "42")
		if s, err := fails.Wait(); s != "42!" || err != errA { // a function may return both
			t.Errorf("got %q, %v", s, err)
		}
		wantErr(t, skipped, errA)
		wantValue(t, future.Then(text, func(s string) (int, error) { return len(s), nil }), 2) // linked late
	})
}

func TestCompose(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p, inner := future.NewPromise[int](l), future.NewPromise[string](h.Lane("b"))
		f := future.Compose(p.Future(), func(int) *future.Future[string] { return inner.Future() })
		fails := future.Compose(f, func(string) *future.Future[int] { return future.Failed[int](errA) })
		skipped := future.Compose(fails, func(int) *future.Future[int] {
			t.Error("ran after a failure")
			return nil
		})
		p.Complete(1, nil)
		flush(t, l)
		wantPending(t, f)
		inner.Complete("x", nil)
		wantValue(t, f, "x")
		wantErr(t, fails, errA)
		wantErr(t, skipped, errA)
		if err := future.Compose(f, func(string) *future.Future[int] { return nil }).WaitErr(); err == nil {
			t.Error("a nil future succeeded")
		}
	})
}

func TestRecover(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		good, bad := future.NewPromise[int](h.Lane("a")), future.NewPromise[int](h.Lane("b"))
		same := future.Recover(good.Future(), func(error) *future.Future[int] {
			t.Error("ran after a success")
			return nil
		})
		other := future.Recover(bad.Future(), func(err error) *future.Future[int] {
			if err != errA {
				t.Errorf("got %v", err)
			}
			return future.Value(2)
		})
		worse := future.Recover(bad.Future(), func(error) *future.Future[int] { return future.Failed[int](errB) })
		none := future.Recover(bad.Future(), func(error) *future.Future[int] { return nil })
		good.Complete(1, nil)
		bad.Complete(7, errA)
		wantValue(t, same, 1)
		wantValue(t, other, 2)
		wantErr(t, worse, errB)
		if err := none.WaitErr(); err == nil || errors.Is(err, errA) {
			t.Errorf("a nil future became %v", err)
		}
	})
}

// A derived future is on the lane of the one that it comes from, in the order of the callbacks there.
func TestDerivedLane(t *testing.T) {
	a, b := newSlowLane(), newSlowLane()
	p := future.NewPromise[int](a)
	var got []int
	step := func(i int) func(int) (int, error) {
		return func(v int) (int, error) {
			got = append(got, i)
			return v, nil
		}
	}
	p.Future().OnComplete(note[int](&got, 0))
	f := future.Then(p.Future(), step(1))
	p.Future().OnComplete(note[int](&got, 2))
	future.Then(f, step(3))
	g := f.On(b)
	future.Then(g, step(4))
	p.Complete(1, nil)
	if len(got) != 0 {
		t.Error("ran inline", got)
	}
	if n := a.run(); n != 2 || !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("%d tasks ran %v", n, got)
	}
	if n := b.run(); n != 1 || len(got) != 5 {
		t.Errorf("on the other lane %d tasks ran", n)
	}
}

// On a stopped lane the functions do not run, and their futures say so, whenever they were linked.
func TestChainOnStoppedLane(t *testing.T) {
	for name, derive := range map[string]func(f *future.Future[int]) *future.Future[int]{
		"Then": func(f *future.Future[int]) *future.Future[int] {
			return future.Then(f, func(int) (int, error) { panic("ran") })
		},
		"Compose": func(f *future.Future[int]) *future.Future[int] {
			return future.Compose(f, func(int) *future.Future[int] { panic("ran") })
		},
		"Recover": func(f *future.Future[int]) *future.Future[int] {
			return future.Recover(f, func(error) *future.Future[int] { panic("ran") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newSlowLane()
			p := future.NewPromise[int](l)
			before := derive(p.Future())
			further := derive(derive(before))
			l.stop()
			p.Complete(1, nil)
			after := derive(p.Future())
			l.run()
			wantErr(t, before, future.ErrStopped)
			wantErr(t, further, future.ErrStopped)
			wantErr(t, after, future.ErrStopped)
		})
	}
}

// What was queued before the lane stopped still runs; what that would have to queue does not.
func TestChainOnStoppingLane(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	first := future.Then(p.Future(), func(v int) (int, error) { return v + 1, nil })
	second := future.Then(first, func(v int) (int, error) { return v + 1, nil })
	p.Complete(1, nil)
	l.stop()
	wantValue(t, first, 2)
	wantErr(t, second, future.ErrStopped)
}
