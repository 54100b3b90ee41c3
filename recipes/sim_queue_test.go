package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A ledger is what is known of the items of a queue in a world.
type ledger struct {
	s      *zktest.Sim
	ens    *zktest.SimEnsemble
	items  []*ledgerItem
	takers []*zktest.Process
	over   bool // nothing is put any more
	// chances counts the Gets that may have taken an item along: their process was killed, or they were cancelled and the
	// session has ended before the item was put back.
	chances int
}

type ledgerItem struct {
	put, refused bool // neither: it may have been put
	taken        bool // or, in a LockingQueue, consumed
	doubt        bool // it may have been taken, as whoever did was told
	holders      crowd
}

// of returns the item that somebody got.
func (l *ledger) of(data []byte) *ledgerItem {
	i, err := strconv.Atoi(string(data))
	if err != nil || i >= len(l.items) {
		l.s.Fatalf("an item that nobody has put: %q", data)
	}
	if l.items[i].refused {
		l.s.Fatalf("item %d is there, though putting it has failed", i)
	}
	return l.items[i]
}

// took notes that an item was taken for good.
func (l *ledger) took(data []byte) {
	it := l.of(data)
	if it.taken {
		l.s.Fatalf("item %s is taken twice", data)
	}
	it.taken = true
}

// producers put items as long as the world lasts, some of them several at once, and sometimes have no patience.
func (l *ledger) producers(n int, begin func(cl *zk.Client) putter) {
	for range n {
		l.s.Process("producer", func(p *zktest.Process) {
			q := begin(p.Connect(l.ens))
			for !l.over {
				first := len(l.items)
				var items [][]byte
				for range 1 + p.Rand().IntN(3)/2 {
					items = append(items, fmt.Append(nil, len(l.items)))
					l.items = append(l.items, &ledgerItem{holders: crowd{}})
				}
				ctx, stop := patience(p)
				err := q.PutAll(ctx, items).WaitErr()
				stop()
				for _, it := range l.items[first : first+len(items)] {
					it.put, it.refused = err == nil, err != nil && !zk.MaybeApplied(err)
				}
				if err != nil && p.Context().Err() == nil && !errors.Is(err, context.Canceled) && !errors.Is(err, zk.ErrSessionExpired) {
					l.s.Fatalf("%s: %v", p.Name(), err)
				}
				p.Sleep(p.Between(0, 2*time.Second))
			}
		})
	}
}

// run lets time pass, under faults and then without: then everything that was put is taken, and nothing stays below the
// paths.
func (l *ledger) run(paths ...string) {
	l.s.Faults(zktest.Swarm())
	l.s.Run(30 * time.Second)
	l.s.Heal()
	l.over = true
	l.s.Eventually(10*time.Minute, "every item is taken", func() bool {
		if allDone(l.takers) {
			return true // they are left out of this world
		}
		lost := 0
		for _, it := range l.items {
			if it.put && !it.taken && !it.doubt {
				lost++
			}
		}
		return lost <= l.chances && l.ens.NumChildren(paths[0]) <= 0
	})
	l.s.Eventually(10*time.Minute, "nothing is left behind", func() bool {
		return !slices.ContainsFunc(paths[1:], func(path string) bool { return l.ens.NumChildren(path) > 0 })
	})
}

// TestSimQueue has producers and consumers of a queue under every fault. Nothing is there that was refused, nothing is
// taken twice, and everything is taken that was put, unless who took it has died or was told that it may have. Afterwards
// items come by their priority.
func TestSimQueue(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		l := &ledger{s: s, ens: s.Ensemble(3)}
		l.producers(2, func(cl *zk.Client) putter { return recipes.NewQueue(cl, "/q") })
		for range 3 {
			l.takers = append(l.takers, s.Process("consumer", func(p *zktest.Process) { l.consume(p, "/q") }))
		}
		l.run("/q", "/q-ops", "/q-__lock__")
		var got []int
		final := s.Process("last", func(p *zktest.Process) {
			q := recipes.NewQueue(p.Connect(l.ens), "/other")
			for _, priority := range p.Rand().Perm(10) {
				_ = q.Put(p.Context(), fmt.Append(nil, priority), recipes.Priority(priority))
			}
			for len(got) < 10 {
				item, _ := q.Get(p.Context()).Wait()
				n, err := strconv.Atoi(string(item))
				if err != nil {
					return
				}
				got = append(got, n)
			}
		})
		s.Eventually(10*time.Minute, "the items by their priority", func() bool { return final.Done() })
		if len(got) > 1 && !slices.IsSorted(got[1:]) { // the first may have been alone
			s.Fatalf("the items come as %v", got)
		}
	})
}

// consume is the life of a consumer of a queue.
func (l *ledger) consume(p *zktest.Process, path string) {
	cl := p.Connect(l.ens)
	q := recipes.NewQueue(cl, path)
	epoch, cancelled := uint64(0), 0
	for {
		l.chances++ // if it is killed now
		ctx, stop := patience(p)
		item, err := q.Get(ctx).Wait()
		stop()
		if now := cl.Session().Epoch; now != epoch {
			epoch, cancelled = now, 0
		}
		switch {
		case p.Context().Err() != nil:
			return
		case err == nil:
			l.chances--
			l.took(item)
		case zk.MaybeApplied(err):
			l.chances--
			l.of(item).doubt = true
			l.s.Sometimes("a doubtful take", true)
		case errors.Is(err, context.Canceled):
			l.s.Sometimes("a cancelled take", true)
			if cancelled++; epoch != 0 && cancelled > 0 {
				// Once it is done with what it was at, in the same session, nothing is lost.
				sync := cl.Pinned(cl.Session()).Sync(p.Context(), "/")
				p.Sleep(time.Second)
				if sync.WaitErr() == nil && l.ens.NumChildren(path+"-ops") == 0 && cl.Session().Epoch == epoch {
					l.chances -= cancelled
					cancelled = 0
				}
			}
		default:
			l.s.Fatalf("%s: %v", p.Name(), err)
		}
		p.Sleep(p.Between(0, time.Second))
	}
}

// TestSimLockingQueue has producers and consumers of a locking queue under every fault. No two believe to have an item in
// hand, and nobody one that was consumed; what was refused is not there; nothing is consumed twice, and everything once.
func TestSimLockingQueue(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		l := &ledger{s: s, ens: s.Ensemble(3)}
		s.Invariant("one has it in hand", func() error {
			for i, it := range l.items {
				switch n := it.holders.believers(); {
				case n > 1:
					return fmt.Errorf("%d have item %d", n, i)
				case n > 0 && it.taken:
					return fmt.Errorf("somebody has item %d, which is consumed", i)
				}
			}
			return nil
		})
		l.producers(2, func(cl *zk.Client) putter { return recipes.NewLockingQueue(cl, "/q") })
		for range 3 {
			l.takers = append(l.takers, s.Process("consumer", func(p *zktest.Process) {
				cl := p.Connect(l.ens)
				q := recipes.NewLockingQueue(cl, "/q")
				var done *recipes.Item
				for {
					ctx, stop := patience(p)
					item, err := q.Get(ctx).Wait()
					stop()
					switch {
					case p.Context().Err() != nil:
						return
					case errors.Is(err, context.Canceled):
						continue
					case err != nil:
						s.Fatalf("%s: %v", p.Name(), err)
					case item == done:
						s.Fatalf("%s gets item %s again, which it has lost", p.Name(), item.Data)
					}
					it := l.of(item.Data)
					it.holders.hold(p, item, func() { p.Sleep(long(p, cl)) })
					done = item
					if p.Rand().IntN(4) == 0 {
						if err := item.Release(p.Context()).WaitErr(); err != nil && !errors.Is(err, recipes.ErrNotHeld) && p.Context().Err() == nil {
							s.Fatalf("%s: release: %v", p.Name(), err)
						}
						continue
					}
					before := it.doubt
					it.doubt = true // if it is killed now
					err = item.Consume(p.Context()).WaitErr()
					s.Sometimes("lost while in hand", errors.Is(err, recipes.ErrNotHeld))
					switch {
					case err == nil:
						l.took(item.Data)
					case errors.Is(err, recipes.ErrNotHeld):
						it.doubt = before
					case !zk.MaybeApplied(err) && p.Context().Err() == nil:
						s.Fatalf("%s: consume: %v", p.Name(), err)
					}
				}
			}))
		}
		l.run("/q/entries", "/q/taken", "/q-ops")
	})
}
