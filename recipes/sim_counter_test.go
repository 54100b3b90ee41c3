package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimCounter has workers add 1 to a counter under every fault. No two have the same value from it; whoever begins when
// another has finished sees his increment; in the end the value is as many as have succeeded, and perhaps those in doubt;
// and nothing is left behind.
func TestSimCounter(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		var acked, doubtful, newest int64
		seen := map[int64]bool{}
		over := false
		added := make([]int, 3)
		var workers []*zktest.Process
		for i := range added {
			workers = append(workers, s.Process("worker", func(p *zktest.Process) {
				c := recipes.NewCounter(p.Connect(ens), "/n")
				for !over {
					known := newest
					ctx, stop := patience(p)
					doubtful++ // as long as it is under way, and if the process is killed
					sum, err := c.Add(ctx, 1).Wait()
					stop()
					switch {
					case err == nil:
						doubtful--
						acked++
						added[i]++
						if seen[sum.Post] || sum.Post != sum.Pre+1 {
							s.Fatalf("a value of its own: %s has %d after %d", p.Name(), sum.Post, sum.Pre)
						}
						if sum.Pre < known {
							s.Fatalf("nothing is lost: %s has added to %d, behind %d", p.Name(), sum.Pre, known)
						}
						seen[sum.Post] = true
						newest = max(newest, sum.Post)
					case p.Context().Err() != nil:
					case !errors.Is(err, context.Canceled) && !errors.Is(err, zk.ErrSessionExpired):
						s.Fatalf("%s: add: %v", p.Name(), err)
					case zk.MaybeApplied(err):
						s.Sometimes("an increment in doubt", true)
					default:
						doubtful--
					}
					p.Sleep(p.Between(0, 300*time.Millisecond))
				}
			}))
		}
		s.Faults(zktest.Swarm().And(zktest.Expire))
		s.Run(20 * time.Second)
		s.Heal()
		again(s, 10*time.Minute, "everybody adds again", added, workers)
		over = true
		s.Eventually(10*time.Minute, "nothing is left behind", func() bool {
			for _, w := range workers {
				if !w.Done() {
					return false
				}
			}
			return ens.NumChildren("/n-ops") <= 0
		})
		judge := s.Process("judge", func(p *zktest.Process) {
			sum, err := recipes.NewCounter(p.Connect(ens), "/n").Add(p.Context(), 0).Wait()
			if err != nil {
				s.Fatalf("the judge: %v", err)
			}
			if sum.Post < acked || sum.Post > acked+doubtful {
				s.Fatalf("each increment is applied once: the value is %d, %d were applied and %d perhaps", sum.Post, acked, doubtful)
			}
		})
		s.Eventually(10*time.Minute, "the value can be read", judge.Done)
	})
}
