package zktest_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest"
)

// Where the test leaves it to the plan, some servers only observe: they have no vote.
func TestSimObservers(t *testing.T) {
	usePlanAnd(t, `"servers": 3, "observers": 2`)
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(0)
		if ens.Len() != 5 {
			s.Fatalf("%d servers", ens.Len())
		}
		s.Eventually(time.Minute, "a leader", func() bool { return ens.Leader() >= 0 })
		ens.Kill(0)
		ens.Kill(1)
		s.Run(time.Minute)
		if ens.Leader() >= 0 {
			s.Fatalf("one vote of three was enough")
		}
		ens.Restart(0)
		s.Eventually(time.Minute, "a leader again", func() bool { return ens.Leader() >= 0 })
		if ens.Leader() > 2 {
			s.Fatalf("an observer leads")
		}
	})
}

// Zxids begin behind the epoch of the plan, and nobody minds.
func TestSimEpochStart(t *testing.T) {
	usePlanAnd(t, `"epoch-start": 40000`)
	zktest.Check(t, func(s *zktest.Sim) {
		w := newPatient(s, 3)
		s.Run(20 * time.Second)
		nodes := w.ens.Nodes("/n1")
		if len(nodes) != 1 || nodes[0].Stat.Czxid>>32 != 40001 {
			s.Fatalf("the first node: %+v", nodes)
		}
		w.isWell()
	})
}
