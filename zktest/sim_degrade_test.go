package zktest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimDegrade is what degraded subscriptions promise, under every fault, on servers before 3.6: who reads everything
// again at each Resync, and what an event names at each event, has the node in the end. Users of one-shot watches come
// and go on the same paths.
func TestSimDegrade(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		version := []core.Version{core.V3_4, core.V3_5}[s.Seed()%2]
		ens := s.Ensemble(3, func(c *core.Config) {
			c.Version = version
			c.FirstSequence = 0 // else a parent's pzxid may stand still
		})
		over := false
		var writers []*zktest.Process
		for range 2 {
			writers = append(writers, s.Process("writer", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for !over {
					write(p, cl)
					p.Sleep(p.Between(0, 50*time.Millisecond))
				}
			}))
		}
		var mirrors []*mirror
		var shots []*shot
		s.Process("subscriber", func(p *zktest.Process) {
			cl := p.Connect(ens)
			mirrors, shots = nil, nil
			mine := []*mirror{
				newMirror(s, p, cl, zk.PersistentWatch, 1<<16, zk.DegradeToOneShot()),
				newMirror(s, p, cl, zk.PersistentWatch, 2, zk.DegradeToOneShot()),
			}
			mirrors = mine
			for p.Context().Err() == nil {
				if !over {
					comeAndGo(p, cl, &shots, zk.DegradeToOneShot())
				}
				p.Sleep(p.Between(0, 500*time.Millisecond))
			}
		})
		s.Faults(zktest.Swarm().And(zktest.Expire))
		s.Run(30 * time.Second)
		s.Heal()
		over = true
		s.Eventually(10*time.Minute, "the writers are done", func() bool {
			return !slices.ContainsFunc(writers, func(p *zktest.Process) bool { return !p.Done() })
		})
		s.Eventually(10*time.Minute, "the mirrors show the node", func() bool {
			return mirrors != nil && !slices.ContainsFunc(mirrors, func(m *mirror) bool { return !m.shows(ens) })
		})
		s.Eventually(time.Minute, "every watch whose node has changed fires", func() bool {
			return !slices.ContainsFunc(shots, func(w *shot) bool { return w.missed(ens) })
		})
	})
}
