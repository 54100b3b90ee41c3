package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimCounter has workers add to a counter of integers.
func TestSimCounter(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		simCounter(s, 0, 1, func(cl *zk.Client) adder[int64] { return recipes.NewCounter(cl, "/n") })
	})
}

// TestSimFloatCounter has them add to one of floats, to so much that it takes more than a few digits.
func TestSimFloatCounter(t *testing.T) {
	const begin = 1<<40 + 0.5
	zktest.Check(t, func(s *zktest.Sim) {
		simCounter(s, begin, 0.25, func(cl *zk.Client) adder[float64] {
			return recipes.NewFloatCounter(cl, "/n", recipes.WithDefault(begin))
		})
	})
}

// An adder is a counter.
type adder[N int64 | float64] interface {
	Add(ctx context.Context, delta N) *future.Future[recipes.Added[N]]
}

// simCounter has workers add to a counter under every fault. No two have the same value from it; whoever begins when
// another has finished sees his increment; in the end the value is as many as have succeeded, and perhaps those in doubt;
// and nothing is left behind.
func simCounter[N int64 | float64](s *zktest.Sim, begin, delta N, counter func(cl *zk.Client) adder[N]) {
	ens := s.Ensemble(3)
	newest := begin
	var acked, doubtful N
	seen := map[N]bool{}
	over := false
	added := make([]int, 3)
	var workers []*zktest.Process
	for i := range added {
		workers = append(workers, s.Process("worker", func(p *zktest.Process) {
			c := counter(p.Connect(ens))
			for !over {
				known := newest
				ctx, stop := patience(p)
				doubtful++ // as long as it is under way, and if the process is killed
				sum, err := c.Add(ctx, delta).Wait()
				stop()
				switch {
				case err == nil:
					doubtful--
					acked++
					added[i]++
					if seen[sum.Post] || sum.Post != sum.Pre+delta {
						s.Fatalf("a value of its own: %s has %v after %v", p.Name(), sum.Post, sum.Pre)
					}
					if sum.Pre < known {
						s.Fatalf("nothing is lost: %s has added to %v, behind %v", p.Name(), sum.Pre, known)
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
		sum, err := counter(p.Connect(ens)).Add(p.Context(), 0).Wait()
		if err != nil {
			s.Fatalf("the judge: %v", err)
		}
		if least := begin + acked*delta; sum.Post < least || sum.Post > least+doubtful*delta {
			s.Fatalf("each increment is applied once: the value is %v, %v were applied and %v perhaps", sum.Post, acked, doubtful)
		}
	})
	s.Eventually(10*time.Minute, "the value can be read", judge.Done)
}
