package recipes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimReadWrite has readers and writers take turns at a read-write lock under every fault. While somebody believes to
// hold it for writing, nobody else believes to hold it; and a resource with two registers of tokens, as Held.Token says,
// refuses nobody who holds it.
func TestSimReadWrite(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		w := &turns{s: s, ens: s.Ensemble(3)}
		readers, writers := crowd{}, crowd{}
		resource := s.Register("the resource")
		s.Invariant("a writer is alone", func() error {
			if r, w := readers.believers(), writers.believers(); w > 1 || w == 1 && r > 0 {
				return fmt.Errorf("%d writers and %d readers believe that they hold the lock", w, r)
			}
			s.Sometimes("several readers", readers.believers() > 1)
			return nil
		})
		use := func(p *zktest.Process, cl *zk.Client, held *recipes.Held, among crowd, use func(*zktest.Process, int64) error) {
			among.hold(p, held, func() {
				if err := use(p, held.Token()); err != nil && held.Err() == nil && held.Txn().Commit(p.Context()).WaitErr() == nil {
					s.Fatalf("%s holds the lock, but: %v", p.Name(), err)
				}
				p.Sleep(long(p, cl))
			})
		}
		for range 2 {
			w.worker(func(cl *zk.Client) acquireFunc { return recipes.NewWriteLock(cl, "/lock").Acquire },
				func(p *zktest.Process, cl *zk.Client, held *recipes.Held) { use(p, cl, held, writers, resource.Write) })
		}
		for range 3 {
			w.worker(func(cl *zk.Client) acquireFunc { return recipes.NewReadLock(cl, "/lock").Acquire },
				func(p *zktest.Process, cl *zk.Client, held *recipes.Held) { use(p, cl, held, readers, resource.Read) })
		}
		w.run(zktest.Swarm(), 30*time.Second, "/lock")
	})
}

// TestSimSemaphore has workers share two leases under every fault: never do three believe to have one, nor are there
// ever three, everybody gets one, and nothing is left behind.
func TestSimSemaphore(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const leases = 2
		w := &turns{s: s, ens: s.Ensemble(3)}
		holders := crowd{}
		s.Invariant("no more than there are leases", func() error {
			if n := holders.believers(); n > leases {
				return fmt.Errorf("%d believe that they have one of %d leases", n, leases)
			}
			if n := w.ens.NumChildren("/sem"); n > leases {
				return fmt.Errorf("there are %d leases of %d", n, leases)
			}
			return nil
		})
		for range 4 {
			w.worker(func(cl *zk.Client) acquireFunc { return recipes.NewSemaphore(cl, "/sem", leases).Acquire },
				func(p *zktest.Process, cl *zk.Client, held *recipes.Held) {
					holders.hold(p, held, func() { p.Sleep(long(p, cl)) })
				})
		}
		w.run(zktest.Swarm(), 30*time.Second, "/sem", "/sem-__lock__")
	})
}
