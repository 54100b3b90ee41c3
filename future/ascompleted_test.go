package future_test

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestAsCompletedInOrder(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		ps, fs := promises(5, l, nil)
		order := []int{3, 0, 4, 1, 2}
		ps[order[0]].Complete(30, nil) // these are complete before the loop begins
		ps[order[1]].Complete(0, errA)
		var got []int
		for i, r := range future.AsCompleted(fs...) {
			want := future.Result[int]{Value: 10 * i}
			if i == 0 {
				want.Err = errA
			}
			if r != want {
				t.Errorf("%d: %v", i, r)
			}
			got = append(got, i)
			if n := len(got); n >= 1 && n < 4 { // and these while it runs, some ahead of it
				next := order[n+1]
				later(l, ps[next], 10*next, nil)
			}
		}
		// Those that were complete come in the list's order: nobody watched them complete.
		if want := []int{0, 3, 4, 1, 2}; !slices.Equal(got, want) {
			t.Errorf("yielded %v, want %v", got, want)
		}
	})
}

// Each loop over the sequence is a new one.
func TestAsCompletedTwice(t *testing.T) {
	seq := future.AsCompleted(future.Value(1), future.Value(2))
	for range 2 {
		sum := 0
		for _, r := range seq {
			sum += r.Value
		}
		if sum != 3 {
			t.Errorf("got %d", sum)
		}
	}
}

// When the handler stops, and what is left cannot come any more, the loop ends with that error.
func TestAsCompletedStopped(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		ps, fs := promises(3, l)
		ps[1].Complete(1, nil)
		var got []int
		for i, r := range future.AsCompleted(fs...) {
			got = append(got, i)
			switch i {
			case 1:
				h.Stop()
			case -1:
				if r.Err != future.ErrStopped {
					t.Errorf("ended with %v", r.Err)
				}
			}
		}
		if !slices.Equal(got, []int{1, -1}) {
			t.Errorf("yielded %v", got)
		}
	})
}

// A body or callback that loops over what its own lane has to produce would wait for ever.
func TestAsCompletedDeadlock(t *testing.T) {
	onEach(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		p := future.NewPromise[int](l)
		produced := future.Then(p.Future(), func(v int) (int, error) { return v, nil })
		var errs []error
		l.Dispatch(future.Func(func() {
			for _, r := range future.AsCompleted(future.Value(1), produced) {
				errs = append(errs, r.Err)
			}
		}))
		flush(t, l)
		if len(errs) != 2 || errs[0] != nil {
			t.Fatalf("got %v", errs)
		}
		if _, is := errs[1].(*future.DeadlockError); !is {
			t.Errorf("ended with %v", errs[1])
		}
	})
}
