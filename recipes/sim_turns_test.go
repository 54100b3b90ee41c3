package recipes_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// turns are workers that take turns at something in a world: each acquires it, holds it for a while, and releases it, again
// and again.
type turns struct {
	s       *zktest.Sim
	ens     *zktest.SimEnsemble
	over    bool
	taken   []int
	workers []*zktest.Process
}

type acquireFunc func(context.Context) *future.Future[*recipes.Held]

// worker starts one: it acquires what begin, called once in each life, returns, and holds it as long as hold runs.
func (t *turns) worker(begin func(cl *zk.Client) acquireFunc, hold func(p *zktest.Process, cl *zk.Client, held *recipes.Held)) {
	i := len(t.taken)
	t.taken = append(t.taken, 0)
	t.workers = append(t.workers, t.s.Process("worker", func(p *zktest.Process) {
		cl := p.Connect(t.ens)
		acquire := begin(cl)
		for !t.over {
			ctx, stop := patience(p)
			held, err := acquire(ctx).Wait()
			stop()
			if errors.Is(err, context.Canceled) && p.Context().Err() == nil {
				continue
			}
			if err != nil {
				t.s.Fatalf("%s: acquire: %v", p.Name(), err)
			}
			t.taken[i]++
			hold(p, cl, held)
			if err := held.Release(p.Context()).WaitErr(); err != nil && !errors.Is(err, zk.ErrClosed) {
				t.s.Fatalf("%s: release: %v", p.Name(), err)
			}
		}
	}))
}

// run has them do so under faults, and then without: everybody gets another turn, and nothing stays below the paths.
func (t *turns) run(faults zktest.FaultModel, during time.Duration, paths ...string) {
	t.s.Faults(faults)
	t.s.Run(during)
	t.s.Heal()
	again(t.s, 10*time.Minute, "everybody gets another turn", t.taken, t.workers)
	t.over = true
	t.s.Eventually(10*time.Minute, "nothing is left behind", func() bool {
		for _, path := range paths {
			if t.ens.NumChildren(path) > 0 {
				return false
			}
		}
		return true
	})
}

// again waits until each of some processes, but those that are done, has done once more what is counted.
func again(s *zktest.Sim, within time.Duration, what string, counts []int, all []*zktest.Process) {
	before := slices.Clone(counts)
	s.Eventually(within, what, func() bool {
		for i := range counts {
			if counts[i] == before[i] && !all[i].Done() {
				return false
			}
		}
		return true
	})
}

// long is how long something is held: mostly not long, and sometimes so long that only proofs of its session keep it.
func long(p *zktest.Process, cl *zk.Client) time.Duration {
	if p.Rand().IntN(8) == 0 {
		return p.Between(0, 3*cl.Session().Timeout)
	}
	return p.Between(0, time.Second)
}

// A crowd is who holds something that several may hold at a time.
type crowd map[*zktest.Process]zktest.Holder

// hold says that p holds h while f runs; unless p is killed meanwhile, for who is dead believes nothing.
func (c crowd) hold(p *zktest.Process, h zktest.Holder, f func()) {
	c[p] = h
	defer delete(c, p)
	f()
}

// believers is how many of them believe that they hold it.
func (c crowd) believers() (n int) {
	for _, h := range c {
		if h.Err() == nil {
			n++
		}
	}
	return n
}

// allDone reports whether all of these processes have ended.
func allDone(ps []*zktest.Process) bool {
	return !slices.ContainsFunc(ps, func(p *zktest.Process) bool { return !p.Done() })
}
