package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimLock is the standard scenario: five clients take turns at a lock of an ensemble of three servers for a
// minute of virtual time, under every fault.
//
// At no moment do two believe that they hold the lock; tokens rise, and a resource that looks at them is
// written in their order; afterwards everybody gets the lock again, and nothing is left behind, also not by those who
// gave up waiting.
func TestSimLock(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) { simLock(s, zktest.Swarm(), 5, time.Minute) })
}

func simLock(s *zktest.Sim, faults zktest.FaultModel, clients int, during time.Duration) {
	ens := s.Ensemble(3)
	believers := s.Exclusive("the lock")
	resource := s.Register("the resource")
	over := false
	turns := make([]int, clients)
	workers := make([]*zktest.Process, clients)
	for i := range clients {
		workers[i] = s.Process("worker", func(p *zktest.Process) {
			cl := p.Connect(ens)
			lock := recipes.NewLock(cl, "/lock")
			for !over {
				ctx, stop := patience(p)
				held, err := lock.Acquire(ctx).Wait()
				stop()
				if errors.Is(err, context.Canceled) && p.Context().Err() == nil {
					continue
				}
				if err != nil {
					s.Fatalf("%s: acquire: %v", p.Name(), err)
				}
				believers.Hold(p, held)
				if err := resource.Write(p, held.Token()); err == nil {
					turns[i]++
				} else if held.Err() == nil && held.Txn().Commit(p.Context()).WaitErr() == nil {
					s.Fatalf("%s holds the lock, but: %v", p.Name(), err)
				}
				long := time.Second
				if p.Rand().IntN(8) == 0 { // so long that only proofs of its session keep the lock
					long = 3 * cl.Session().Timeout
				}
				p.Sleep(p.Between(0, long))
				s.Sometimes("lost while held", held.Err() != nil)
				_ = resource.Write(p, held.Token()) // by one who does not know whether he still holds it
				if err := held.Release(p.Context()).WaitErr(); err != nil && !errors.Is(err, zk.ErrClosed) {
					s.Fatalf("%s: release: %v", p.Name(), err)
				}
			}
		})
	}
	s.Faults(faults)
	s.Run(during)
	s.Heal()
	before := append([]int(nil), turns...)
	s.Eventually(10*time.Minute, "everybody gets the lock again", func() bool {
		for i := range turns {
			if turns[i] == before[i] && !workers[i].Done() {
				return false
			}
		}
		return true
	})
	over = true
	s.Eventually(10*time.Minute, "nothing is left behind", func() bool { return ens.NumChildren("/lock") <= 0 })
}

// patience is the context of one who waits for the lock: one in four gives up after a while.
func patience(p *zktest.Process) (ctx context.Context, stop func()) {
	ctx, giveUp := context.WithCancel(p.Context())
	if p.Rand().IntN(4) > 0 {
		return ctx, giveUp
	}
	timer := p.Handler().AfterFunc(p.Between(0, 2*time.Second), future.Func(giveUp))
	return ctx, func() {
		timer.Stop()
		giveUp()
	}
}

// TestSimLockShort is a small form of the same, for `make determinism` and other runs of very many seeds.
func TestSimLockShort(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) { simLock(s, zktest.Swarm(), 3, 5*time.Second) })
}
