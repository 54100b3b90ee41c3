package recipes_test

import (
	"context"
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
// written in their order; afterwards everybody gets another turn, and nothing is left behind, also not by those who
// gave up waiting.
func TestSimLock(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) { simLock(s, zktest.Swarm(), 5, time.Minute) })
}

func simLock(s *zktest.Sim, faults zktest.FaultModel, clients int, during time.Duration) {
	w := &turns{s: s, ens: s.Ensemble(3)}
	believers := s.Exclusive("the lock")
	resource := s.Register("the resource")
	for range clients {
		w.worker(func(cl *zk.Client) acquireFunc { return recipes.NewLock(cl, "/lock").Acquire },
			func(p *zktest.Process, cl *zk.Client, held *recipes.Held) {
				believers.Hold(p, held)
				if err := resource.Write(p, held.Token()); err != nil && held.Err() == nil && held.Txn().Commit(p.Context()).WaitErr() == nil {
					s.Fatalf("%s holds the lock, but: %v", p.Name(), err)
				}
				p.Sleep(long(p, cl))
				s.Sometimes("lost while held", held.Err() != nil)
				_ = resource.Write(p, held.Token()) // by one who does not know whether he still holds it
			})
	}
	w.run(faults, during, "/lock")
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
