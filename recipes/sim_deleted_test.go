package recipes_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimLockDeleted has somebody delete the nodes of those who hold the lock. For a moment two may believe to hold it
// then, but the one whose node is gone learns of it, and everybody else gets on.
func TestSimLockDeleted(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const clients = 3
		ens := s.Ensemble(3)
		over := false
		holding := make([]*recipes.Held, clients)
		lost := make([]int, clients)
		workers := make([]*zktest.Process, clients)
		for i := range clients {
			workers[i] = s.Process("worker", func(p *zktest.Process) {
				lock := recipes.NewLock(p.Connect(ens), "/lock")
				for p.Context().Err() == nil {
					held, err := lock.Acquire(p.Context()).Wait()
					if err != nil {
						s.Fatalf("%s: acquire: %v", p.Name(), err)
					}
					holding[i] = held
					if err, _ := held.Lost().WaitContext(p.Context()); !errors.Is(err, recipes.ErrLost) {
						s.Fatalf("%s: lost: %v", p.Name(), err)
					}
					lost[i]++
				}
			})
		}
		s.Process("vandal", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for !over {
				if held := holding[p.Rand().IntN(clients)]; held != nil {
					_ = cl.Delete(p.Context(), held.Path(), zk.AnyVersion).WaitErr()
				}
				p.Sleep(p.Between(0, time.Second))
			}
		})
		s.Faults(zktest.Swarm())
		s.Run(20 * time.Second)
		s.Heal()
		again(s, 10*time.Minute, "each holder learns that its node was deleted", lost, workers)
		over = true
	})
}
