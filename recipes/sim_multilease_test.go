package recipes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimMultiLease has workers with one clock take one of two leases again and again, some of them twice at a time, under
// every fault, and those who die, perhaps while they take one, go on under their names. No lease has two holders, and
// nobody has two leases; afterwards everybody gets one.
func TestSimMultiLease(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const workers, leases = 4, 2
		ens := s.Ensemble(3)
		clock := func() time.Time { return time.Date(2022, 3, 4, 5, 6, 7, 0, time.UTC).Add(s.Now()) }
		terms := make([]recipes.Term, workers) // that they believe in
		s.Invariant("a lease has one holder", func() error {
			at := map[string]int{}
			for _, term := range terms {
				if clock().Before(term.Until) {
					if at[term.Path]++; at[term.Path] > 1 {
						return fmt.Errorf("two have %s until %v, now it is %v", term.Path, term.Until, clock())
					}
				}
			}
			return nil
		})
		s.Invariant("nobody has two leases", func() error {
			has := map[string]string{}
			for _, n := range ens.Nodes("/m") {
				var record struct{ Holder, End string }
				if json.Unmarshal(n.Data, &record) != nil {
					continue
				}
				end, err := time.Parse("2006-01-02T15:04:05", record.End)
				if err != nil || !clock().Before(end) {
					continue
				}
				if other := has[record.Holder]; other != "" {
					return fmt.Errorf("%s has %s and %s", record.Holder, other, n.Path)
				}
				has[record.Holder] = n.Path
			}
			return nil
		})
		got := make([]int, workers)
		var all []*zktest.Process
		for i := range workers {
			all = append(all, s.Process("worker", func(p *zktest.Process) {
				lease := recipes.NewMultiLease(p.Connect(ens), "/m", leases, p.Between(time.Second, 6*time.Second), recipes.WithClock(clock), recipes.WithIdentifier(p.Name()))
				for p.Context().Err() == nil {
					ctx, stop := patience(p)
					asked := []*future.Future[recipes.Term]{lease.Acquire(ctx)}
					if p.Rand().IntN(3) == 0 {
						asked = append(asked, lease.Acquire(ctx))
					}
					var next time.Time
					for _, f := range asked {
						term, err := f.Wait()
						var taken *recipes.TakenError
						switch {
						case err == nil:
							terms[i], next = term, term.Until
							got[i]++
						case errors.As(err, &taken):
							next = taken.Until
						case !errors.Is(err, context.Canceled) && p.Context().Err() == nil:
							s.Fatalf("%s: %v", p.Name(), err)
						}
					}
					stop()
					p.Sleep(p.Between(0, time.Second) + p.Between(0, 2*max(0, next.Sub(clock()))))
				}
			}))
		}
		s.Faults(zktest.Swarm())
		s.Run(30 * time.Second)
		s.Heal()
		again(s, time.Hour, "everybody gets a lease", got, all)
		s.Eventually(time.Hour, "all leases are had at a time", func() bool {
			had := 0
			for _, term := range terms {
				if clock().Before(term.Until) {
					had++
				}
			}
			return had >= leases || slices.ContainsFunc(all, (*zktest.Process).Done) // a smaller plan does without some
		})
	})
}
