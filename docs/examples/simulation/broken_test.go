//go:build broken

package simulation

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// These tests fail, and are there to be read and replayed: go test -tags broken ./docs/examples/simulation

func TestNoFencing(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		store := s.Register("the store")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					work := func() { p.Sleep(p.Between(0, time.Second)) }
					_ = NoFencing(p.Context(), cl, storeOf{store, p}, work)
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
	}, zktest.Seeds(5000))
}

func TestNoGUID(t *testing.T)          { naive(t, CreateBlindly) }
func TestGUIDWithoutSync(t *testing.T) { naive(t, CreateAndSearch) }

// naive lets three workers take turns at a naive lock. It ought to be theirs again and again once everything
// works; an orphaned node that comes first keeps it from everybody.
func naive(t *testing.T, create createFunc) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		turns := 0
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				_ = cl.Create(p.Context(), "/naive", nil).WaitErr()
				lock := Naive{Create: create}
				for p.Context().Err() == nil {
					release, err := lock.Take(p.Context(), cl)
					if errors.Is(err, zk.ErrSessionExpired) {
						continue
					} else if err != nil {
						p.Sleep(time.Second)
						continue
					}
					turns++
					p.Sleep(p.Between(0, 100*time.Millisecond))
					_ = release()
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
		s.Heal()
		before := turns
		s.Eventually(10*time.Minute, "the lock goes round", func() bool { return turns > before+10 })
	}, zktest.Seeds(5000))
}
