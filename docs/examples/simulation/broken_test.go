//go:build broken

package simulation

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// These tests fail, and are there to be read and replayed: go test -tags broken ./docs/examples/simulation

func TestNoFencing(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		store, jobs := s.Register("the store"), s.Exclusive("/jobs")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					work := func(held *recipes.Held) {
						jobs.Hold(p, held)
						p.Sleep(p.Between(0, time.Second))
					}
					_ = NoFencing(p.Context(), cl, storeOf{store, p}, work)
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
	}, zktest.Seeds(5000))
}

func TestNoGUID(t *testing.T)          { goesRound(t, CreateBlindly, zktest.Seeds(5000)) }
func TestGUIDWithoutSync(t *testing.T) { goesRound(t, CreateAndSearch, zktest.Seeds(5000)) }

// The holder of a naive lock does not notice that he has lost it.
func TestDoubleHolder(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		lock := s.Exclusive("the lock")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				_ = cl.Create(p.Context(), "/naive", nil).WaitErr()
				naive := Naive{Create: CreateSyncAndSearch}
				for p.Context().Err() == nil {
					if taken, err := naive.Take(p.Context(), cl); err == nil {
						lock.Hold(p, taken)
						p.Sleep(p.Between(0, time.Second))
						_ = taken.Release(p.Context())
					}
					p.Sleep(p.Between(0, time.Second))
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
	}, zktest.Seeds(5000))
}
