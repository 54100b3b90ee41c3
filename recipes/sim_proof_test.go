package recipes_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimProof has few clients hold a lock for long, in sessions that are shorter than the time for which a follower that
// has lost its leader goes on answering: so what a holder takes for a proof of his session decides.
func TestSimProof(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3, func(c *core.Config) { c.TickTime = 2 * time.Second })
		believers := s.Exclusive("the lock")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens, zk.WithSessionTimeout(4*time.Second))
				lock := recipes.NewLock(cl, "/lock")
				for p.Context().Err() == nil {
					hold(s, p, believers, take(s, p, lock), 32*time.Second)
				}
			})
		}
		s.Faults(zktest.Swarm().Only(zktest.CutFollower, zktest.Isolate, zktest.Pause, zktest.Stall, zktest.Partition, zktest.ClockJump, zktest.Reset).Rate(2))
		s.Run(time.Minute)
	})
}
