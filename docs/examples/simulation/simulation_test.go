package simulation

import (
	"testing"
	"time"

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
					work := func() { p.Sleep(p.Between(0, time.Second)) }
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

// storeOf is the store as one process sees it.
type storeOf struct {
	r *zktest.Register
	p *zktest.Process
}

func (s storeOf) Write(token int64) error { return s.r.Write(s.p, token) }
func (s storeOf) Overwrite(token int64)   { s.r.Overwrite(s.p, token) }
