package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func wantItem(t *testing.T, item *recipes.Item, want string) {
	t.Helper()
	if string(item.Data) != want || item.Err() != nil {
		t.Errorf("item %q, %v; not %q", item.Data, item.Err(), want)
	}
}

// consumeAll gets and consumes everything that is free.
func consumeAll(t *testing.T, cl *zk.Client, q *recipes.LockingQueue) (items []string) {
	t.Helper()
	for {
		item, err := q.TryGet(ctx).WaitContext(soon(t, cl))
		if errors.Is(err, recipes.ErrEmpty) {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		get(t, cl, item.Consume(ctx))
		items = append(items, string(item.Data))
	}
}

func TestLockingQueue(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q, theirs := recipes.NewLockingQueue(cl, "/a/q"), recipes.NewLockingQueue(other, "/a/q")
		if _, err := q.TryGet(ctx).Wait(); !errors.Is(err, recipes.ErrEmpty) {
			t.Fatalf("of an empty queue: %v", err)
		}
		put(t, cl, q, "one", "two")
		wantLen(t, other, theirs, 2)
		one := get(t, cl, q.Get(ctx))
		wantItem(t, one, "one")
		if again := get(t, cl, q.Get(ctx)); again != one {
			t.Errorf("while one item is in hand, another: %q", again.Data)
		}
		two := get(t, other, theirs.Get(ctx))
		wantItem(t, two, "two")
		wantLen(t, other, theirs, 2)
		if one.Token() >= two.Token() {
			t.Errorf("tokens %d, %d", one.Token(), two.Token())
		}
		entries, taken := kids(t, cl, "/a/q/entries"), kids(t, cl, "/a/q/taken")
		if !slices.Equal(entries, taken) || !regexp.MustCompile(`^entry-100-\d{10}$`).MatchString(entries[0]) {
			t.Errorf("entries %q, taken %q", entries, taken)
		}
		claim := get(t, cl, cl.Get(ctx, "/a/q/taken/"+taken[0]))
		if claim.EphemeralOwner != cl.Session().ID || !regexp.MustCompile(`^[0-9a-f]{32}$`).Match(claim.Data) {
			t.Errorf("taken: %q, session %x", claim.Data, claim.EphemeralOwner)
		}
		if _, err := recipes.NewLockingQueue(cl, "/a/q").TryGet(ctx).Wait(); !errors.Is(err, recipes.ErrEmpty) {
			t.Errorf("when all is taken: %v", err)
		}

		get(t, cl, one.Consume(ctx))
		wantLen(t, cl, q, 1)
		get(t, other, two.Release(ctx))
		wantLen(t, cl, q, 1)
		for about, err := range map[string]error{
			"consumed twice": one.Consume(ctx).WaitErr(), "released behind consumed": one.Release(ctx).WaitErr(),
			"released twice": two.Release(ctx).WaitErr(), "consumed behind released": two.Consume(ctx).WaitErr(),
		} {
			if !errors.Is(err, recipes.ErrNotHeld) {
				t.Errorf("%s: %v", about, err)
			}
		}
		if err := one.Err(); !errors.Is(err, recipes.ErrReleased) {
			t.Errorf("consumed: %v", err)
		}
		two = get(t, cl, q.Get(ctx))
		wantItem(t, two, "two")
		get(t, cl, two.Consume(ctx))
		for _, path := range []string{"/a/q/entries", "/a/q/taken", "/a/q-ops"} {
			until(t, cl, path, 0)
		}
		pending(t, "the loss of what was consumed", one.Lost())
	})
}

func TestLockingQueuePriority(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q := recipes.NewLockingQueue(cl, "/q")
		get(t, cl, q.PutAll(ctx, [][]byte{[]byte("c"), []byte("d")}))
		get(t, cl, q.PutAll(ctx, [][]byte{[]byte("a"), []byte("b")}, recipes.Priority(7)))
		get(t, cl, q.Put(ctx, []byte("e"), recipes.Priority(101)))
		if got := consumeAll(t, cl, q); !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) {
			t.Errorf("%q", got)
		}
	})
}

// Of several who wait one gets the item; the next gets it when it is released, when its holder's session ends, and when
// somebody says that it is not taken.
func TestLockingQueueHandsOn(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		producer, last := s.client(t), s.client(t)
		var clients []*zk.Client
		var waiting []*future.Future[*recipes.Item]
		for i := range 4 {
			clients = append(clients, s.client(t))
			waiting = append(waiting, recipes.NewLockingQueue(clients[i], "/q").Get(ctx))
		}
		put(t, producer, recipes.NewLockingQueue(producer, "/q"), "x")
		for i := range clients {
			cl, item := taker(t, producer, waiting, clients)
			wantItem(t, item, "x")
			until(t, producer, "/q/taken", 1)
			switch i {
			case 0:
				get(t, cl, item.Release(ctx))
			case 1:
				s.expire(cl.Session().ID)
				get(t, cl, item.Lost())
			case 2:
				get(t, producer, producer.Delete(ctx, item.Path(), zk.AnyVersion))
				get(t, cl, item.Lost())
			case 3:
				s.drop(cl.Session().ID)
				get(t, cl, item.Consume(ctx))
				continue
			}
			for _, err := range []error{item.Consume(ctx).WaitErr(), item.Release(ctx).WaitErr()} {
				if !errors.Is(err, recipes.ErrNotHeld) {
					t.Errorf("item %d, not in hand any more: %v", i, err)
				}
			}
		}
		wantLen(t, producer, recipes.NewLockingQueue(producer, "/q"), 0)
		if _, err := recipes.NewLockingQueue(last, "/q").TryGet(ctx).Wait(); !errors.Is(err, recipes.ErrEmpty) {
			t.Errorf("behind all of them: %v", err)
		}
	})
}

// taker waits until one of those who wait has an item, and wants the others to wait on.
func taker(t *testing.T, cl *zk.Client, waiting []*future.Future[*recipes.Item], clients []*zk.Client) (*zk.Client, *recipes.Item) {
	t.Helper()
	var open []*future.Future[*recipes.Item]
	var of []int
	for i, f := range waiting {
		if f != nil {
			open, of = append(open, f), append(of, i)
		}
	}
	item := get(t, cl, future.First(open...))
	for j, f := range open {
		if v, _, ready := f.Poll(); ready && v != item {
			t.Errorf("two have an item: %q and %q", item.Data, v.Data)
		} else if ready {
			waiting[of[j]] = nil
			cl = clients[of[j]]
		}
	}
	return cl, item
}

// A LockingQueue has one item at a time, also when Get is called again before there is one; who gives up leaves the others.
func TestLockingQueueHasOneItem(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q := recipes.NewLockingQueue(cl, "/q")
		c, cancel := context.WithCancel(ctx)
		quitter, one, same := q.Get(c), q.Get(ctx), q.Get(ctx)
		pathWatched(t, cl, s, "/q/taken")
		if _, err := q.TryGet(ctx).Wait(); !errors.Is(err, recipes.ErrEmpty) {
			t.Errorf("beside a Get that waits: %v", err)
		}
		cancel()
		if err := quitter.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		put(t, cl, q, "a", "b")
		item := get(t, cl, one)
		wantItem(t, item, "a")
		if get(t, cl, same) != item {
			t.Error("two items")
		}
		s.expire(cl.Session().ID)
		get(t, cl, item.Lost())
		again := get(t, cl, q.Get(ctx))
		if again == item {
			t.Error("a lost item")
		}
		wantItem(t, again, "a")
	})
}

// What is in hand is lost with the connection, if that is asked for, and free again.
func TestLockingQueueLostOnSuspended(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q := recipes.NewLockingQueue(cl, "/q", recipes.LostOnSuspended(), recipes.NotEphemeral())
		put(t, cl, q, "a")
		item := get(t, cl, q.Get(ctx))
		s.drop(cl.Session().ID)
		get(t, cl, item.Lost())
		if err := item.Consume(ctx).WaitErr(); !errors.Is(err, recipes.ErrNotHeld) {
			t.Error(err)
		}
		wantItem(t, get(t, cl, q.Get(ctx)), "a")
		until(t, cl, "/q/taken", 1)
	})
}

// Connections are cut at every request: items are put, taken, released and consumed once.
func TestLockingQueueLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "multi", "getChildren", "getData", "exists", "delete", "sync", "setWatches"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					q, theirs := recipes.NewLockingQueue(cl, "/q"), recipes.NewLockingQueue(other, "/q")
					again := func() { cutOn(s, cl.Session().ID, cut, 2, op) }
					again()
					put(t, cl, q, "a", "b")
					again()
					item := get(t, cl, q.Get(ctx))
					wantItem(t, item, "a")
					again()
					get(t, cl, item.Release(ctx))
					item = get(t, cl, q.Get(ctx))
					wantItem(t, item, "a")
					again()
					get(t, cl, item.Consume(ctx))
					wantLen(t, other, theirs, 1)
					get(t, cl, get(t, cl, q.TryGet(ctx)).Consume(ctx))
					again()
					waiting := q.Get(ctx)
					put(t, other, theirs, "c")
					get(t, cl, get(t, cl, waiting).Consume(ctx))
					for _, path := range []string{"/q/entries", "/q/taken", "/q-ops"} {
						until(t, other, path, 0)
					}
				})
			})
		}
	}
}

// A session that ends before the answer to Consume leaves open whether the item is gone, and says so.
func TestLockingQueueExpires(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		scenes(t, func(t *testing.T, s scene) {
			cl := s.client(t)
			q := recipes.NewLockingQueue(cl, "/q")
			put(t, cl, q, "a")
			item := get(t, cl, q.Get(ctx))
			session := cl.Session().ID
			expireAt(s, session, cut, "multi")
			if err := item.Consume(ctx).WaitErr(); !errors.Is(err, zk.ErrSessionExpired) || !zk.MaybeApplied(err) {
				t.Errorf("consume: %v", err)
			}
			wantLen(t, cl, q, map[core.Cut]int{core.CutBefore: 1}[cut])
			s.expire(session)
			if got := consumeAll(t, cl, q); (len(got) == 1) != (cut == core.CutBefore) {
				t.Errorf("%v: %q are left", cut, got)
			}
		})
	}
}

// Somebody deletes what is in hand, or everything: whoever has it is told when it wants to consume it, nothing that is
// taken stays, and the queue goes on.
func TestLockingQueueDeleted(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q := recipes.NewLockingQueue(cl, "/q")
		put(t, cl, q, "a", "b")
		item := get(t, cl, q.Get(ctx))
		get(t, other, other.Delete(ctx, "/q/entries/"+kids(t, cl, "/q/taken")[0], zk.AnyVersion))
		if err := item.Consume(ctx).WaitErr(); !errors.Is(err, zk.ErrNoNode) || errors.Is(err, recipes.ErrNotHeld) {
			t.Errorf("consume: %v", err)
		}
		until(t, other, "/q/taken", 0)
		item = get(t, cl, q.Get(ctx))
		wantItem(t, item, "b")
		get(t, other, other.DeleteAll(ctx, "/q"))
		get(t, cl, item.Lost())
		waiting := q.Get(ctx)
		pathWatched(t, cl, s, "/q/taken")
		get(t, other, other.DeleteAll(ctx, "/q"))
		put(t, other, recipes.NewLockingQueue(other, "/q"), "c")
		wantItem(t, get(t, cl, waiting), "c")
	})
}
