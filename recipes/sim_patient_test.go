package recipes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimPatient has watchers wait until the children of a node settle that others make and delete, under every fault. What
// settles has been so for as long as was asked for, never goes back in time, and its next change is told; in the end all
// know what there is.
func TestSimPatient(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		over := false
		since := map[int64]time.Duration{} // when children were made, by the zxid of their creation, or a little earlier
		s.Process("gardener", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for !over {
				name := fmt.Sprint("/p/", p.Rand().IntN(6))
				at := s.Now()
				if p.Rand().IntN(3) == 0 {
					_ = cl.Delete(p.Context(), name, zk.AnyVersion).WaitErr()
				} else if made, err := cl.Create(p.Context(), name, nil, zk.MakeParents()).Wait(); err == nil {
					since[made.Czxid] = at
				}
				p.Sleep(p.Between(0, 3*time.Second))
			}
		})
		const watchers = 3
		known := make([][]string, watchers)
		var all []*zktest.Process
		for i := range watchers {
			all = append(all, s.Process("watcher", func(p *zktest.Process) {
				known[i] = nil
				boundary := p.Between(500*time.Millisecond, 3*time.Second)
				watch := recipes.NewPatientChildrenWatch(p.Connect(ens), "/p", boundary)
				newest := int64(0)
				for p.Context().Err() == nil {
					settled, err := watch.Start(p.Context()).Wait()
					switch {
					case p.Context().Err() != nil:
						return
					case errors.Is(err, zk.ErrNoNode):
						p.Sleep(time.Second)
						continue
					case err != nil:
						s.Fatalf("%s: start: %v", p.Name(), err)
					}
					kids := settled.Value
					if at, ok := since[kids.Pzxid]; ok && s.Now()-at < boundary {
						s.Fatalf("patience: %s has children of %v ago, and was to wait for %v", p.Name(), s.Now()-at, boundary)
					}
					if kids.Pzxid < newest {
						s.Fatalf("%s has children of %#x after %#x", p.Name(), kids.Pzxid, newest)
					}
					newest, known[i] = kids.Pzxid, slices.Sorted(slices.Values(kids.Names))
					if _, err := settled.Changed.WaitContext(p.Context()); err != nil && !errors.Is(err, zk.ErrSessionExpired) && p.Context().Err() == nil {
						s.Fatalf("%s: changed: %v", p.Name(), err)
					}
				}
			}))
		}
		s.Faults(zktest.Swarm().Without(zktest.ClockJump))
		s.Run(30 * time.Second)
		s.Heal()
		over = true
		s.Eventually(10*time.Minute, "all know what there is", func() bool {
			var names []string
			for _, n := range ens.Nodes("/p") {
				if name, below := strings.CutPrefix(n.Path, "/p/"); below {
					names = append(names, name)
				}
			}
			for i, p := range all {
				if p.Lives() > 0 && !p.Done() && ens.NumChildren("/p") >= 0 && (known[i] == nil || !slices.Equal(known[i], names)) {
					return false
				}
			}
			return true
		})
	})
}
