package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimParty has members join and leave a party under every fault, and join for good then, while the faults go on. Who
// has left is never there; in the end those who are there are those who have joined, each of them once, and somebody who
// watches sees that.
func TestSimParty(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		make := recipes.NewParty
		if s.Rand("layout").IntN(2) == 0 {
			make = recipes.NewShallowParty
		}
		left := map[string]time.Duration{} // when
		staying := map[*zktest.Process]string{}
		var seen []string
		stay := false
		there := func() (ids []string) {
			for _, n := range ens.Nodes("/p") {
				if n.Path == "/p" {
					continue
				}
				id := string(n.Data)
				if id == "" {
					id = n.Path[len("/p/")+33:]
				}
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return ids
		}
		s.Invariant("who has left is not there", func() error {
			for _, id := range there() {
				if since, ok := left[id]; ok && s.Now() > since+10*time.Second { // servers lag
					return fmt.Errorf("%s has left, and is there", id)
				}
			}
			return nil
		})
		for range 4 {
			s.Process("member", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for i := 0; ; i++ {
					forever := stay
					id := fmt.Sprintf("%s-%d-%d", p.Name(), p.Lives(), i)
					session := cl.Session().ID
					leave := func(party *recipes.Party) {
						err := party.Leave(p.Context()).WaitErr() // which waits for the end of what was begun
						if err == nil && cl.Session().ID == session {
							left[id] = s.Now() // else it may be seen as long as the servers keep the old session
						}
					}
					party := make(cl, "/p", recipes.WithIdentifier(id))
					ctx, stop := patience(p)
					if forever {
						ctx = p.Context()
					}
					err := party.Join(ctx).WaitErr()
					stop()
					if errors.Is(err, context.Canceled) && p.Context().Err() == nil {
						leave(party)
						continue
					}
					if err != nil {
						s.Fatalf("%s: join: %v", p.Name(), err)
					}
					for forever {
						staying[p] = id
						p.Sleep(time.Second)
						if party.Err() != nil && p.Context().Err() == nil {
							s.Fatalf("%s is no member any more: %v", id, party.Err())
						}
					}
					p.Sleep(long(p, cl))
					leave(party)
				}
			})
		}
		observer := s.Process("observer", func(p *zktest.Process) {
			for members := range make(p.Connect(ens), "/p").Watch().Updates(p.Context()) {
				seen = members
			}
		})
		s.Faults(zktest.Swarm())
		s.Run(15 * time.Second)
		stay = true
		s.Run(20 * time.Second)
		s.Heal()
		s.Eventually(10*time.Minute, "all who have joined are there, once", func() bool {
			var want []string
			for p, id := range staying {
				if !p.Done() {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			return slices.Equal(there(), want) && (observer.Done() || slices.Equal(seen, want))
		})
	})
}
