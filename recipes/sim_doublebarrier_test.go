package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimDoubleBarrier has four workers enter and leave a double barrier of three under every fault, again and again; some
// give up, and some come as the fourth. When it opens three are there; nobody passes by an opening of the past; nobody leaves before those with whom it
// has entered; afterwards everybody passes again.
func TestSimDoubleBarrier(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const n, path = 3, "/db"
		ens := s.Ensemble(3)
		passed := make([]int, n+1)
		var openings []opening
		s.Invariant("three are there when it opens", func() error {
			now := openingOf(ens.Nodes(path))
			if now.zxid == 0 || len(openings) > 0 && now.zxid <= openings[len(openings)-1].zxid {
				return nil
			}
			openings = append(openings, now)
			who := map[string]bool{}
			for _, m := range now.members {
				who[string(m.Data)] = true
			}
			if now.exact && len(who) < n {
				return fmt.Errorf("opened for %d: %v", len(who), slices.Sorted(maps.Keys(who)))
			}
			return nil
		})
		over := false
		var workers []*zktest.Process
		for i := range passed {
			workers = append(workers, s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				id := fmt.Sprint(p.Name(), p.Lives())
				b := recipes.NewDoubleBarrier(cl, path, n, recipes.WithIdentifier(id))
				for !over {
					ctx, stop := bounded(p, time.Minute)
					err := b.Enter(ctx).WaitErr()
					stop()
					if err != nil {
						if p.Context().Err() == nil && !errors.Is(err, context.Canceled) {
							s.Fatalf("%s: enter: %v", p.Name(), err)
						}
						continue
					}
					var own, opened int64
					for _, node := range nodesBelow(p, cl, path) {
						if string(node.Data) == id {
							own = node.Czxid
						} else if node.Path == path+"/ready" {
							opened = node.Czxid
						}
					}
					if opened != 0 && opened < own { // it is gone when our session has ended while we looked, and all have left
						s.Fatalf("nobody passes by an opening of the past: %s has come at %d, it was opened at %d", p.Name(), own, opened)
					}
					p.Sleep(p.Between(0, time.Second))
					if err := b.Leave(p.Context()).WaitErr(); err != nil {
						s.Fatalf("%s: leave: %v", p.Name(), err)
					}
					// The first opening that was ours, if we still were a member when we looked.
					ours := slices.IndexFunc(openings, func(o opening) bool { return own != 0 && o.zxid > own })
					for _, node := range nodesBelow(p, cl, path) {
						if ours >= 0 && openings[ours].has(node) && string(node.Data) != id { // ours of a session that has ended for us, see TestSimExpiredWithoutQuorum of zktest
							s.Fatalf("nobody leaves before all leave: %s has left, %s is there", p.Name(), node.Path)
						}
					}
					passed[i]++
				}
			}))
		}
		s.Faults(zktest.Swarm())
		s.Run(20 * time.Second)
		s.Heal()
		before := append([]int(nil), passed...)
		s.Eventually(10*time.Minute, "everybody passes again", func() bool {
			all, none := true, false
			for i := range passed {
				all = all && passed[i] > before[i]
				none = none || workers[i].Done() // without two of them nobody can
			}
			return all || none
		})
		over = true
		s.Eventually(10*time.Minute, "nothing is left behind", func() bool {
			return ens.NumChildren(path) <= 0 || ens.NumChildren(path) == 1 && len(ens.Nodes(path+"/ready")) == 1
		})
	})
}

// An opening of a double barrier is the creation of its ready.
type opening struct {
	zxid    int64
	members []core.NodeInfo // that were there
	exact   bool            // and nobody has come or gone since
}

// openingOf finds the newest opening in the nodes of a double barrier.
func openingOf(nodes []core.NodeInfo) (o opening) {
	for i, node := range nodes {
		switch {
		case i == 0: // the path itself
		case strings.HasSuffix(node.Path, "/ready"):
			o.zxid, o.exact = node.Stat.Czxid, node.Stat.Czxid == nodes[0].Stat.Pzxid
		default:
			o.members = append(o.members, node)
		}
	}
	return o
}

// has reports whether somebody was a member at the opening.
func (o opening) has(n zk.Node) bool {
	return o.exact && slices.ContainsFunc(o.members, func(m core.NodeInfo) bool { return m.Path == n.Path })
}

// bounded is patience that always ends.
func bounded(p *zktest.Process, d time.Duration) (ctx context.Context, stop func()) {
	ctx, enough := patience(p)
	timer := p.Handler().AfterFunc(d, future.Func(enough))
	return ctx, func() {
		timer.Stop()
		enough()
	}
}

// nodesBelow is what is below a path. A process may have learned from the event of a watch what its next server does not know
// yet: so it has that catch up first.
func nodesBelow(p *zktest.Process, cl *zk.Client, path string) (all []zk.Node) {
	for p.Context().Err() == nil {
		cl.Sync(p.Context(), path) // or the listing fails as well
		list, err := cl.Children(p.Context(), path).Wait()
		all = nil
		for _, name := range list.Names {
			var node zk.Node
			node, err = cl.Get(p.Context(), path+"/"+name).Wait()
			if err == nil {
				all = append(all, node)
			} else if !errors.Is(err, zk.ErrNoNode) {
				break
			}
			err = nil
		}
		if err == nil || errors.Is(err, zk.ErrNoNode) {
			return all
		}
	}
	return nil
}
