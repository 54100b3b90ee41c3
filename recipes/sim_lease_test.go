package recipes_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimLease has workers with one clock take a lease again and again, under every fault: never do two have it, and
// afterwards everybody gets it.
func TestSimLease(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const workers = 3
		ens := s.Ensemble(3)
		clock := func() time.Time { return time.Date(2022, 3, 4, 5, 6, 7, 0, time.UTC).Add(s.Now()) }
		until := make([]time.Time, workers)
		got := make([]int, workers)
		var all []*zktest.Process
		s.Invariant("one has the lease", func() error {
			n := 0
			for _, end := range until {
				if clock().Before(end) {
					n++
				}
			}
			if n > 1 {
				return fmt.Errorf("%d have the lease: until %v, now it is %v", n, until, clock())
			}
			return nil
		})
		for i := range workers {
			all = append(all, s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					lease := recipes.NewLease(cl, "/lease", p.Between(time.Second, 4*time.Second), recipes.WithClock(clock), recipes.WithIdentifier(p.Name()))
					term, err := lease.Acquire(p.Context()).Wait()
					var taken *recipes.TakenError
					switch {
					case err == nil:
						until[i] = term.Until
						got[i]++
						p.Sleep(p.Between(0, 2*max(0, term.Until.Sub(clock())))) // and renews it, or not
					case errors.As(err, &taken):
						p.Sleep(p.Between(0, time.Second) + max(0, taken.Until.Sub(clock())))
					case p.Context().Err() == nil:
						s.Fatalf("%s: %v", p.Name(), err)
					}
				}
			}))
		}
		s.Faults(zktest.Swarm())
		s.Run(30 * time.Second)
		s.Heal()
		again(s, time.Hour, "everybody gets the lease", got, all)
	})
}
