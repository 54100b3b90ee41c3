package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimDoubleBarrier has three workers enter and leave a double barrier of three under every fault, again and again; some
// give up. Nobody passes by an opening of the past; nobody leaves before those who were there before it; afterwards everybody
// passes again.
func TestSimDoubleBarrier(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const n, path = 3, "/db"
		ens := s.Ensemble(3)
		passed := make([]int, n)
		over := false
		var workers []*zktest.Process
		for i := range n {
			workers = append(workers, s.Process("worker", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for round := 0; !over; round++ {
					id := fmt.Sprint(p.Name(), p.Lives(), round)
					b := recipes.NewDoubleBarrier(cl, path, n, recipes.WithIdentifier(id))
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
					for _, node := range nodesBelow(p, cl, path) {
						if node.Path != path+"/ready" && node.Czxid < own {
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
				none = none || workers[i].Done() // without one of them nobody can
			}
			return all || none
		})
		over = true
		s.Eventually(10*time.Minute, "nothing is left behind", func() bool {
			return ens.NumChildren(path) <= 0 || ens.NumChildren(path) == 1 && len(ens.Nodes(path+"/ready")) == 1
		})
	})
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

// nodesBelow is what a process sees below a path.
func nodesBelow(p *zktest.Process, cl *zk.Client, path string) (all []zk.Node) {
	for p.Context().Err() == nil {
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
