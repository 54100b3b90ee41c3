package simulation

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// Workers write to a store in every simulated world: the whole test of one's own code.
func TestCareful(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		store := s.Register("the store")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					work := func(*recipes.Held) { p.Sleep(p.Between(0, time.Second)) }
					_ = Careful(p.Context(), cl, storeOf{store, p}, work)
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
		s.Heal()
		before := store.Total()
		s.Eventually(5*time.Minute, "work goes on", func() bool { return store.Total() > before })
	})
}

// The example of the README: nobody else believes to hold the lock, whatever happens.
func TestWorker(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens, jobs := s.Ensemble(3), s.Exclusive("/jobs")
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for p.Context().Err() == nil {
					held, err := recipes.NewLock(cl, "/jobs").Acquire(p.Context()).Wait()
					if err == nil {
						jobs.Hold(p, held) // fails when two hold it
						p.Sleep(time.Second)
						_ = held.Release(p.Context()).WaitErr()
					}
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
	})
}

// The third failure of docs/simulation.md, mended.
func TestSyncAndSearch(t *testing.T) { goesRound(t, CreateSyncAndSearch) }

// storeOf is the store as one process sees it.
type storeOf struct {
	r *zktest.Register
	p *zktest.Process
}

func (s storeOf) Write(token int64) error { return s.r.Write(s.p, token) }
func (s storeOf) Overwrite(token int64)   { s.r.Overwrite(s.p, token) }

// goesRound lets three workers take turns at a naive lock. It ought to be theirs again and again once
// everything works.
func goesRound(t *testing.T, create createFunc, opts ...zktest.CheckOption) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		turns := 0
		for range 3 {
			s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				_ = cl.Create(p.Context(), "/naive", nil).WaitErr()
				lock := Naive{Create: create}
				for p.Context().Err() == nil {
					taken, err := lock.Take(p.Context(), cl)
					if err != nil {
						p.Sleep(time.Second)
						continue
					}
					p.Logf("has %s", taken.path)
					turns++
					p.Sleep(p.Between(0, 100*time.Millisecond))
					_ = taken.Release(p.Context())
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
		s.Heal()
		before := turns
		s.Eventually(10*time.Minute, "the lock goes round", func() bool { return turns > before+10 })
	}, opts...)
}
