package recipes_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A clock of a test.
type leaseClock struct{ now time.Time }

func newLeaseClock() *leaseClock {
	return &leaseClock{time.Date(2022, 3, 4, 5, 6, 7, 890e6, time.UTC)}
}

func (c *leaseClock) as(id string) []recipes.Option {
	return []recipes.Option{recipes.WithIdentifier(id), recipes.WithClock(func() time.Time { return c.now })}
}

// taken wants a lease to be somebody's.
func taken(t *testing.T, err error, holder string) {
	t.Helper()
	var e *recipes.TakenError
	if !errors.As(err, &e) || !errors.Is(err, recipes.ErrNotAcquired) || e.Holder != holder {
		t.Errorf("a lease of %q: %v", holder, err)
	}
}

func TestLease(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, c := s.client(t), newLeaseClock()
		mine, other := recipes.NewLease(cl, "/a/lease", time.Minute, c.as("me")...), recipes.NewLease(cl, "/a/lease", time.Minute, c.as("you")...)
		term := get(t, cl, mine.Acquire(ctx))
		if want := time.Date(2022, 3, 4, 5, 7, 7, 0, time.UTC); !term.Until.Equal(want) {
			t.Errorf("until %v, want %v", term.Until, want)
		}
		n := get(t, cl, cl.Get(ctx, "/a/lease/lease_holder"))
		if want := `{"version":1,"holder":"me","end":"2022-03-04T05:07:07"}`; string(n.Data) != want || n.EphemeralOwner != 0 {
			t.Errorf("the node says %s, want %s", n.Data, want)
		}
		taken(t, other.Acquire(ctx).WaitErr(), "me")
		c.now = c.now.Add(30 * time.Second)
		taken(t, other.Acquire(ctx).WaitErr(), "me")
		if renewed := get(t, cl, mine.Acquire(ctx)); !renewed.Until.Equal(term.Until.Add(30 * time.Second)) {
			t.Errorf("renewed until %v", renewed.Until)
		}
		c.now = renewedEnd(term).Add(-time.Nanosecond)
		taken(t, other.Acquire(ctx).WaitErr(), "me")
		c.now = renewedEnd(term)
		get(t, cl, other.Acquire(ctx))
		taken(t, mine.Acquire(ctx).WaitErr(), "you")
		until(t, cl, "/a/lease", 1) // the lock is gone
	})
}

func renewedEnd(t recipes.Term) time.Time { return t.Until.Add(30 * time.Second) }

func TestLeaseOfAnotherForm(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, c := s.client(t), newLeaseClock()
		for _, text := range []string{`{"version": 2, "holder": "me", "end": "2000-01-01T00:00:00"}`, `{"version": 1, "holder": "me", "end": "soon"}`, `lease`, ``} {
			change(t, cl, cl.Create(ctx, "/lease/lease_holder", []byte(text), zk.MakeParents()))
			taken(t, recipes.NewLease(cl, "/lease", time.Minute, c.as("me")...).Acquire(ctx).WaitErr(), "")
			change(t, cl, cl.DeleteAll(ctx, "/lease"))
		}
		if err := recipes.NewLease(cl, "/lease", time.Millisecond).Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("a lease of a millisecond: %v", err)
		}
		if err := recipes.NewMultiLease(cl, "/lease", 0, time.Minute).Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("no lease at all: %v", err)
		}
		get(t, cl, recipes.NewLease(cl, "/lease", time.Minute).Acquire(ctx))
		if err := recipes.NewLease(cl, "/lease", time.Minute).Acquire(ctx).WaitErr(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Errorf("without identifiers, two have one lease: %v", err)
		}
	})
}

// Who does not wait is told that the lease is just changing hands; and somebody who dies with the lock is waited for by
// nobody.
func TestLeaseDoesNotWait(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, c := s.client(t), newLeaseClock()
		lock := get(t, cl, recipes.NewLock(cl, "/lease").Acquire(ctx))
		taken(t, recipes.NewLease(cl, "/lease", time.Minute, c.as("me")...).Acquire(ctx).WaitErr(), "")
		get(t, cl, lock.Release(ctx))
		get(t, cl, recipes.NewLease(cl, "/lease", time.Minute, c.as("me")...).Acquire(ctx))
	})
}

func TestMultiLease(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, c := s.client(t), newLeaseClock()
		acquire := func(id string) (recipes.Term, error) {
			return recipes.NewMultiLease(cl, "/m", 2, time.Minute, c.as(id)...).Acquire(ctx).WaitContext(soon(t, cl))
		}
		want := func(id, path string) {
			t.Helper()
			if term, err := acquire(id); err != nil || !strings.HasPrefix(term.Path, path+"/") {
				t.Errorf("%s: %+v, %v, want %s", id, term, err, path)
			}
		}
		want("a", "/m/0")
		c.now = c.now.Add(10 * time.Second)
		want("b", "/m/1")
		_, err := acquire("c")
		taken(t, err, "a") // which ends first
		c.now = c.now.Add(51 * time.Second)
		want("b", "/m/1") // although the first is free
		want("c", "/m/0")
		_, err = acquire("a")
		taken(t, err, "c")
	})
}

// Two Acquires at a time, of one MultiLease, are one lease.
func TestMultiLeaseTwiceAtATime(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, c := s.client(t), newLeaseClock()
		m := recipes.NewMultiLease(cl, "/m", 3, time.Minute, c.as("a")...)
		given, stop := context.WithCancel(ctx)
		one, none, two := m.Acquire(ctx), m.Acquire(given), m.Acquire(ctx)
		stop() // who gives up does not let the next overtake the first
		if a, b := get(t, cl, one), get(t, cl, two); a.Path != b.Path {
			t.Errorf("%s and %s", a.Path, b.Path)
		}
		_ = none.WaitErr()
		if n := kids(t, cl, "/m"); len(n) != 1 {
			t.Errorf("slots %v", n)
		}
	})
}

// Whose lease has ended and is taken while he renews it gets another that is free.
func TestMultiLeaseMoves(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other, c := s.client(t), s.client(t), newLeaseClock()
		m := recipes.NewMultiLease(cl, "/m", 2, time.Minute, c.as("a")...)
		get(t, cl, m.Acquire(ctx))
		reads := 0
		s.do(func(srv *core.Server) {
			srv.SetIntercept(func(in *core.Incoming) core.Verdict {
				if in.Session == cl.Session().ID && in.Op.String() == "getData" && in.Path == "/m/0/lease_holder" {
					if reads++; reads == 2 { // behind the look for what is ours
						c.now = c.now.Add(time.Hour)
						other.Set(ctx, in.Path, []byte(`{"version":1,"holder":"b","end":"2023-01-01T00:00:00"}`), zk.AnyVersion)
						return core.Verdict{Delay: 300 * time.Millisecond}
					}
				}
				return core.Verdict{}
			})
		})
		if term := get(t, cl, m.Acquire(ctx)); !strings.HasPrefix(term.Path, "/m/1/") {
			t.Errorf("%+v", term)
		}
	})
}

// Who has died while it took a lease, and is started anew under its name, has one: what the dead still had on its way is
// refused, or was carried out before, and the lease is renewed.
func TestMultiLeaseOfTheDead(t *testing.T) {
	for _, late := range []bool{false, true} {
		scenes(t, func(t *testing.T, s scene) {
			dead, cl, c := s.client(t), s.client(t), newLeaseClock()
			wrote := future.NewPromise[struct{}](cl.Handler().Lane("wrote"))
			s.do(func(srv *core.Server) {
				srv.SetIntercept(func(in *core.Incoming) core.Verdict {
					if in.Session != dead.Session().ID || in.Op.String() != "multi" || wrote.Future().Ready() {
						return core.Verdict{}
					}
					wrote.Complete(struct{}{}, nil)
					if late {
						return core.Verdict{Delay: 300 * time.Millisecond}
					}
					return core.Verdict{}
				})
			})
			given, stop := context.WithCancel(ctx)
			last := recipes.NewMultiLease(dead, "/m", 3, time.Minute, c.as("a")...).Acquire(given)
			get(t, cl, wrote.Future())
			stop()
			get(t, cl, recipes.NewMultiLease(cl, "/m", 3, time.Minute, c.as("a")...).Acquire(ctx))
			_ = last.WaitErr()
			get(t, dead, dead.Sync(ctx, "/")) // behind what was late
			if n := leasesOf(t, cl, "/m", "a"); len(n) != 1 {
				t.Errorf("late %v: a has %v", late, n)
			}
		})
	}
}

// leasesOf are the slots of a MultiLease that somebody has.
func leasesOf(t *testing.T, cl *zk.Client, path, id string) (slots []string) {
	t.Helper()
	for _, slot := range kids(t, cl, path) {
		n, err := cl.Get(ctx, path+"/"+slot+"/lease_holder").Wait()
		if err == nil && strings.Contains(string(n.Data), `"holder":"`+id+`"`) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// A server that lags does not know what we have. Whoever asks there renews that all the same.
func TestMultiLeaseAtAServerThatLags(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ens := zktest.NewCluster(t, 3)
		leader := ens.Leader()
		behind := (leader + 1) % 3
		there, cl := ens.Client(t), ens.Client(t)
		for who, at := range map[*zk.Client]int{there: leader, cl: behind} {
			for ens.ServerOf(who) != at {
				ens.LoseConnection(who)
				_ = who.Sync(ctx, "/").WaitErr()
			}
		}
		c := newLeaseClock()
		lease := func(cl *zk.Client, id string) recipes.Term {
			return get(t, cl, recipes.NewMultiLease(cl, "/m", 2, time.Minute, c.as(id)...).Acquire(ctx))
		}
		lease(there, "b")
		get(t, cl, cl.Sync(ctx, "/"))
		ens.Lag(behind, time.Second)
		c.now = c.now.Add(10 * time.Second)
		mine := lease(there, "a") // the second, while the first is taken
		c.now = c.now.Add(51 * time.Second)
		if st := get(t, cl, cl.Exists(ctx, mine.Path)); st != nil {
			t.Error("no lag")
		}
		if term := lease(cl, "a"); term.Path != mine.Path {
			t.Errorf("a has %s, and takes %s", mine.Path, term.Path)
		}
	})
}

// Connections are cut at every request: the lease is obtained once, and its lock is gone.
func TestLeaseLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		scenes(t, func(t *testing.T, s scene) {
			cl, c := s.client(t), newLeaseClock()
			other := s.client(t)
			for _, op := range []string{"getData", "create", "getChildren", "exists", "multi", "delete"} {
				cutOn(s, cl.Session().ID, cut, 2, op)
				get(t, cl, recipes.NewLease(cl, "/"+op, time.Minute, c.as("me")...).Acquire(ctx))
				until(t, other, "/"+op, 1)
			}
		})
	}
}
