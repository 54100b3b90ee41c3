package future_test

import (
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A failure that races with the last success is never lost: an All that is complete without an error
// has all values.
func TestAllRace(t *testing.T) {
	l := newSlowLane()
	for n := range rounds {
		ps, fs := promises(3, l)
		f := future.All(fs...)
		completeAll(ps, func(i int, p *future.Promise[int]) {
			if i == n%3 {
				p.Complete(0, errA)
			} else {
				p.Complete(i, nil)
			}
		})
		if vs, err, ready := f.Poll(); vs != nil || err != errA || !ready {
			t.Fatalf("got %v, %v, %v", vs, err, ready)
		}
	}
}

// Nor is a success that races with the last failure.
func TestFirstRace(t *testing.T) {
	l := newSlowLane()
	for n := range rounds {
		ps, fs := promises(3, l)
		f := future.First(fs...)
		completeAll(ps, func(i int, p *future.Promise[int]) {
			if i == n%3 {
				p.Complete(i, nil)
			} else {
				p.Complete(7, errA)
			}
		})
		if v, err, ready := f.Poll(); v != n%3 || err != nil || !ready {
			t.Fatalf("got %v, %v, %v", v, err, ready)
		}
	}
}

// Gathering while the futures complete misses none and counts none twice.
func TestGatherWhileCompleting(t *testing.T) {
	l := newSlowLane()
	for range rounds {
		ps, fs := promises(4, l)
		var wg sync.WaitGroup
		wg.Go(func() { completeAll(ps, func(i int, p *future.Promise[int]) { p.Complete(i, nil) }) })
		all, settle, first := future.All(fs...), future.Settle(fs...), future.First(fs...)
		join := future.Join(fs[0], fs[1], fs[2], fs[3])
		wg.Wait()
		if vs, err, ready := all.Poll(); len(vs) != 4 || err != nil || !ready {
			t.Fatalf("All: %v, %v, %v", vs, err, ready)
		}
		if rs, err, ready := settle.Poll(); len(rs) != 4 || err != nil || !ready {
			t.Fatalf("Settle: %v, %v, %v", rs, err, ready)
		}
		if _, err, ready := first.Poll(); err != nil || !ready {
			t.Fatalf("First: %v, %v", err, ready)
		}
		if _, err, ready := join.Poll(); err != nil || !ready {
			t.Fatalf("Join: %v, %v", err, ready)
		}
	}
}

func TestAsCompletedRace(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		for n := range rounds / 4 {
			ps, fs := promises(4, l)
			var wg sync.WaitGroup
			wg.Go(func() { completeAll(ps, func(i int, p *future.Promise[int]) { p.Complete(i, nil) }) })
			seen := 0
			for i, r := range future.AsCompleted(fs...) {
				if r != (future.Result[int]{Value: i}) || seen&(1<<i) != 0 {
					t.Fatalf("yielded %d with %v, after %b", i, r, seen)
				}
				if seen |= 1 << i; n%2 == 0 { // every other loop is left early
					break
				}
			}
			if n%2 == 1 && seen != 0b1111 {
				t.Fatalf("yielded %b", seen)
			}
			wg.Wait()
		}
	})
}
