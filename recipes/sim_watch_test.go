package recipes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimWatches has readers look at what a writer changes, creates and deletes, under every fault. What they are told
// never goes back in time, nothing is told twice, and in the end all know what there is in the end.
func TestSimWatches(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		over := false
		s.Process("writer", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for i := 0; !over; i++ {
				switch name := fmt.Sprint("/d/", p.Rand().IntN(3)); p.Rand().IntN(6) {
				case 0:
					_ = cl.DeleteAll(p.Context(), "/d").WaitErr()
				case 1:
					_ = cl.Delete(p.Context(), name, zk.AnyVersion).WaitErr()
				case 2, 3:
					_ = cl.Create(p.Context(), name, nil, zk.MakeParents()).WaitErr()
				default:
					_ = cl.Set(p.Context(), "/d", fmt.Append(nil, p.Name(), i), zk.AnyVersion).WaitErr()
				}
				p.Sleep(p.Between(0, 500*time.Millisecond))
			}
			for range p.Rand().IntN(3) { // the last thing that happens may be anything
				_ = cl.DeleteAll(p.Context(), "/d").WaitErr()
				if p.Rand().IntN(2) == 0 {
					_ = cl.Create(p.Context(), "/d/0", nil, zk.MakeParents()).WaitErr()
				}
			}
		})
		const readers = 3
		data := make([]recipes.Update, readers)
		children := make([]recipes.ChildrenUpdate, readers)
		var all []*zktest.Process
		for i := range readers {
			all = append(all, s.Process("reader", func(p *zktest.Process) {
				cl := p.Connect(ens)
				data[i], children[i] = recipes.Update{}, recipes.ChildrenUpdate{}
				var newest int64
				told := 0
				recipes.NewChildrenWatch(cl, "/d").OnUpdate(func(u recipes.ChildrenUpdate) {
					if u.Exists && u.Stat.Pzxid < children[i].Stat.Pzxid {
						s.Fatalf("%s is told of %#x after %#x", p.Name(), u.Stat.Pzxid, children[i].Stat.Pzxid)
					}
					children[i] = u
				})
				for u := range recipes.NewDataWatch(cl, "/d").Updates(p.Context()) {
					if told++; told > 1 && u.Exists && u.Stat.Mzxid == data[i].Stat.Mzxid {
						s.Fatalf("%s is told twice of %q (%#x)", p.Name(), u.Data, u.Stat.Mzxid)
					}
					if u.Exists && u.Stat.Mzxid < newest {
						s.Fatalf("%s is told of %#x after %#x", p.Name(), u.Stat.Mzxid, newest)
					}
					newest = max(newest, u.Stat.Mzxid)
					data[i] = u
					p.Sleep(p.Between(0, time.Second)) // and misses what comes meanwhile, if it is not the last
				}
			}))
		}
		s.Faults(zktest.Swarm())
		s.Run(30 * time.Second)
		s.Heal()
		over = true
		s.Eventually(10*time.Minute, "all know what there is", func() bool {
			var names []string
			var last int64 // mzxid of the node
			for _, n := range ens.Nodes("/d") {
				if name, below := strings.CutPrefix(n.Path, "/d/"); below {
					names = append(names, name)
				} else {
					last = n.Stat.Mzxid
				}
			}
			for i, p := range all {
				if p.Lives() > 0 && (data[i].Exists != (last != 0) || last != 0 && data[i].Stat.Mzxid != last || !slices.Equal(children[i].Names, names)) {
					return false
				}
			}
			return true
		})
	})
}
