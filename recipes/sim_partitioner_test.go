package recipes_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimPartitioner has members share a set under every fault; some finish and come again. Never do two believe to have
// the same item, tokens rise, and in the end every item has exactly one owner.
func TestSimPartitioner(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		set := []string{"a", "b", "c", "d"}
		owners := map[string]*zktest.Exclusive{}
		for _, item := range set {
			owners[item] = s.Exclusive("the item " + item)
		}
		now := map[*zktest.Process]*recipes.SetPartitioner{}
		var all []*zktest.Process
		over := false
		// use is what a member does until it finishes or fails.
		use := func(p *zktest.Process, sp *recipes.SetPartitioner) {
			for part := range sp.Updates(p.Context()) {
				switch part.State {
				case recipes.PartitionAcquired:
					for _, item := range part.Items {
						owners[item].Hold(p, part.Held[item])
					}
					s.Sometimes("nothing to do", len(part.Items) == 0)
					if !over && p.Rand().IntN(4) == 0 {
						p.Sleep(p.Between(0, 3*time.Second))
						if p.Rand().IntN(2) == 0 {
							_ = sp.Finish(p.Context()).WaitErr()
						} else {
							_ = sp.Release(p.Context()).WaitErr()
						}
					}
				case recipes.PartitionRelease:
					p.Sleep(p.Between(0, 500*time.Millisecond))
					_ = sp.Release(p.Context()).WaitErr()
				case recipes.PartitionFailure:
					if !errors.Is(part.Err, recipes.ErrLost) && !errors.Is(part.Err, recipes.ErrReleased) && p.Context().Err() == nil {
						s.Fatalf("%s: %v", p.Name(), part.Err)
					}
				}
			}
		}
		for range 3 {
			all = append(all, s.Process("member", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					now[p] = recipes.NewSetPartitioner(cl, "/set", set, recipes.WithTimeBoundary(200*time.Millisecond))
					use(p, now[p])
				}
			}))
		}
		s.Faults(zktest.Swarm())
		s.Run(30 * time.Second)
		over = true
		s.Heal()
		s.Eventually(10*time.Minute, "every item has one owner", func() bool {
			var owned []string
			members := 0
			for _, p := range all {
				if p.Done() || now[p] == nil {
					continue
				}
				members++
				if now[p].State() != recipes.PartitionAcquired {
					return false
				}
				owned = append(owned, now[p].Items()...)
			}
			slices.Sort(owned)
			return members == 0 || slices.Equal(owned, set)
		})
	})
}
