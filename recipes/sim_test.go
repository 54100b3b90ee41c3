package recipes_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimLock is the standard scenario: five clients take turns at a lock of an ensemble of three servers for a
// minute of virtual time, under every fault.
//
// At no moment do two believe that they hold the lock; tokens rise, and a resource that looks at them is
// written in their order; afterwards everybody gets the lock again, and nothing is left behind.
func TestSimLock(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) { simLock(s, zktest.Swarm(), 5, time.Minute) })
}

func simLock(s *zktest.Sim, faults zktest.FaultModel, clients int, during time.Duration) {
	ens := s.Ensemble(3)
	believers := s.Exclusive("the lock")
	resource := s.Register("the resource")
	over := false
	turns := make([]int, clients)
	workers := make([]*zktest.Process, clients)
	for i := range clients {
		workers[i] = s.Process("worker", func(p *zktest.Process) {
			cl := p.Connect(ens)
			lock := recipes.NewLock(cl, "/lock")
			for !over {
				held, err := lock.Acquire(p.Context()).Wait()
				if err != nil {
					s.Fatalf("%s: acquire: %v", p.Name(), err)
				}
				believers.Hold(p, held)
				if err := resource.Write(p, held.Token()); err == nil {
					turns[i]++
				} else if held.Err() == nil && held.Txn().Commit(p.Context()).WaitErr() == nil {
					s.Fatalf("%s holds the lock, but: %v", p.Name(), err)
				}
				p.Sleep(p.Between(0, time.Second))
				s.Sometimes("lost while held", held.Err() != nil)
				if err := held.Release(p.Context()).WaitErr(); err != nil && !errors.Is(err, zk.ErrClosed) {
					s.Fatalf("%s: release: %v", p.Name(), err)
				}
			}
		})
	}
	s.Faults(faults)
	s.Run(during)
	s.Heal()
	before := append([]int(nil), turns...)
	s.Eventually(10*time.Minute, "everybody gets the lock again", func() bool {
		for i := range turns {
			if turns[i] == before[i] && !workers[i].Done() {
				return false
			}
		}
		return true
	})
	over = true
	s.Eventually(10*time.Minute, "nothing is left behind", func() bool { return ens.NumChildren("/lock") <= 0 })
}

// TestSimLockShort is a small form of the same, for `make determinism` and other runs of very many seeds.
func TestSimLockShort(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) { simLock(s, zktest.Swarm(), 3, 5*time.Second) })
}
