package recipes_test

import (
	"testing"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestListsGoOn loses the connection at every request with which somebody looks who holds something, and who waits.
func TestListsGoOn(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		get(t, other, recipes.NewElection(other, "/e").Campaign(ctx))
		get(t, other, recipes.NewSemaphore(other, "/s", 2).Acquire(ctx))
		election, semaphore := recipes.NewElection(cl, "/e"), recipes.NewSemaphore(cl, "/s", 2)
		for _, op := range []string{"getChildren", "getData"} {
			cutOn(s, cl.Session().ID, core.CutBefore, 1, op)
			if all := get(t, cl, election.Contenders(ctx)); len(all) != 1 {
				t.Errorf("cut at %s: %d contenders", op, len(all))
			}
			cutOn(s, cl.Session().ID, core.CutBefore, 1, op)
			if leader := get(t, cl, election.Leader(ctx)); leader == nil {
				t.Errorf("cut at %s: nobody leads", op)
			}
			cutOn(s, cl.Session().ID, core.CutBefore, 1, op)
			if all := get(t, cl, semaphore.Holders(ctx)); len(all) != 1 {
				t.Errorf("cut at %s: %d holders", op, len(all))
			}
		}
	})
}
