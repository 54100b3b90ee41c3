package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimElection has candidates run for an election under every fault, again and again. No two believe to lead at the same
// time; a term's context ends with the belief, before another term begins; and an observer sees in the end who leads in
// the end.
func TestSimElection(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const candidates = 3
		ens := s.Ensemble(3)
		leaders := s.Exclusive("the leadership")
		terms := make([]int, candidates)
		var all []*zktest.Process
		var seen *recipes.Contender
		over := false
		for i := range candidates {
			all = append(all, s.Process("candidate", func(p *zktest.Process) {
				cl := p.Connect(ens)
				e := recipes.NewElection(cl, "/e", recipes.WithIdentifier(p.Name()), recipes.Requeue())
				for !over {
					err := e.Run(p.Context(), func(ctx context.Context, term *recipes.Held) error {
						leaders.Hold(p, term)
						terms[i]++
						for end := s.Now() + long(p, cl); s.Now() < end && ctx.Err() == nil; {
							p.Sleep(50 * time.Millisecond)
						}
						if (ctx.Err() == nil) != (term.Err() == nil) && p.Context().Err() == nil {
							s.Fatalf("%s: the context says %v, the term %v", p.Name(), ctx.Err(), term.Err())
						}
						return nil
					})
					if err != nil && !errors.Is(err, recipes.ErrLost) && p.Context().Err() == nil {
						s.Fatalf("%s: %v", p.Name(), err)
					}
				}
			}))
		}
		observer := s.Process("observer", func(p *zktest.Process) {
			for leader := range recipes.NewElection(p.Connect(ens), "/e").Observe(p.Context()) {
				seen = leader
			}
			if p.Context().Err() == nil {
				s.Fatalf("%s: the loop has ended", p.Name())
			}
		})
		s.Faults(zktest.Swarm())
		s.Run(30 * time.Second)
		s.Heal()
		again(s, 10*time.Minute, "everybody leads again", terms, all)
		over = true
		s.Eventually(10*time.Minute, "nothing is left behind", func() bool { return ens.NumChildren("/e") <= 0 })
		var last *recipes.Held
		final := s.Process("last", func(p *zktest.Process) {
			last, _ = recipes.NewElection(p.Connect(ens), "/e").Campaign(p.Context()).Wait()
		})
		s.Eventually(10*time.Minute, "the observer sees who leads", func() bool {
			if last == nil || observer.Done() {
				return final.Done() // left out of the world, one or the other
			}
			return seen != nil && seen.Token == last.Token()
		})
	})
}
