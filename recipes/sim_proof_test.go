package recipes_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimProof has few clients hold a lock for long, in sessions that are shorter than the time for which a follower that
// has lost its leader goes on answering: so what a holder takes for a proof of his session decides.
func TestSimProof(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		lockers(s, 3, 2*time.Second, 3, func(p *zktest.Process, lock *recipes.Lock, believers *zktest.Exclusive) {
			hold(s, p, believers, take(s, p, lock), 32*time.Second)
		})
		s.Faults(zktest.Swarm().Only(zktest.CutFollower, zktest.Isolate, zktest.Pause, zktest.Stall, zktest.Partition, zktest.ClockJump, zktest.Reset).Rate(2))
		s.Run(time.Minute)
	})
}
