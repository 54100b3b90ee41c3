package recipes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Somebody deletes everything, also between the look at an item and its taking: what is gone is gone, a Get that waits goes
// on to wait, on a path that it makes again, and TryGet says that there is nothing.
func TestQueueDeleted(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q, theirs := recipes.NewQueue(cl, "/a/q"), recipes.NewQueue(other, "/a/q")
		waiting := q.Get(ctx)
		pathWatched(t, cl, s, "/a/q")
		get(t, other, other.DeleteAll(ctx, "/a"))
		put(t, other, theirs, "one")
		if item := get(t, cl, waiting); string(item) != "one" {
			t.Errorf("%q", item)
		}
		vanishes := func() { // with all that is in it, when the next item is about to be taken
			once := true
			s.do(func(c *core.Server) {
				c.SetIntercept(func(in *core.Incoming) core.Verdict {
					if once && in.Session == cl.Session().ID && in.Op.String() == "multi" {
						once = false
						other.DeleteAll(ctx, "/a")
						return core.Verdict{Delay: 300 * time.Millisecond}
					}
					return core.Pass
				})
			})
		}
		put(t, other, theirs, "gone")
		vanishes()
		if item, err := q.TryGet(ctx).WaitContext(soon(t, cl)); !errors.Is(err, recipes.ErrEmpty) {
			t.Errorf("of a queue that was deleted: %q, %v", item, err)
		}
		put(t, other, theirs, "gone")
		vanishes()
		waiting = q.Get(ctx)
		pathWatched(t, cl, s, "/a/q")
		put(t, other, theirs, "two")
		if item := get(t, cl, waiting); string(item) != "two" {
			t.Errorf("%q", item)
		}
		until(t, other, "/a/q-ops", 0)
	})
}

// When the numbers have run out items have any, and names come again: they are taken in the order of their creation all the
// same, once each, whatever answers are lost.
func TestQueueWhenNumbersHaveRunOut(t *testing.T) {
	for _, cut := range []core.Cut{core.NoCut, core.CutBefore, core.CutAfter} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				q, theirs := recipes.NewQueue(cl, "/q"), recipes.NewQueue(other, "/q")
				var want []string
				for i, from := range []*recipes.Queue{q, theirs, theirs, q, q} {
					item := fmt.Sprint(i)
					put(t, cl, from, item)
					want = append(want, item)
				}
				if names := kids(t, cl, "/q"); !slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, "2147483647") }) {
					t.Fatalf("they have not run out: %q", names)
				}
				var got []string
				for i := range want {
					var item []byte
					if i%2 == 0 {
						cutOn(s, cl.Session().ID, cut, 1, "multi")
						item = get(t, cl, q.Get(ctx))
					} else {
						item = get(t, other, theirs.Get(ctx))
					}
					got = append(got, string(item))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q, not %q", got, want)
				}
				waiting := q.Get(ctx)
				put(t, other, theirs, "last")
				if item := get(t, cl, waiting); string(item) != "last" {
					t.Errorf("%q", item)
				}
				until(t, other, "/q-ops", 0)
			}, runOut)
		})
	}
}

// Names come again when the numbers have run out: a Consume whose answer was lost does not remove the next item of that name,
// nor what says that somebody has that.
func TestConsumeRemovesItsOwn(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		mine, second, theirs := recipes.NewLockingQueue(cl, "/q"), recipes.NewLockingQueue(cl, "/q"), recipes.NewLockingQueue(other, "/q")
		put(t, other, theirs, "first", "second")
		first, item := get(t, cl, mine.Get(ctx)), get(t, cl, second.Get(ctx))
		wantItem(t, item, "second")
		session, lost, away := cl.Session().ID, false, true
		s.do(func(c *core.Server) {
			c.SetIntercept(func(in *core.Incoming) core.Verdict {
				switch {
				case in.Session != session:
				case in.Op.String() == "multi" && !lost:
					lost = true
					return core.Verdict{Cut: core.CutAfter}
				case in.Op.String() == "createSession" && away:
					return core.Verdict{Cut: core.CutBefore}
				}
				return core.Pass
			})
		})
		consumed := item.Consume(ctx)
		until(t, other, "/q/entries", 1)
		put(t, other, theirs, "third")
		next := get(t, other, theirs.Get(ctx))
		wantItem(t, next, "third")
		if next.Path() != item.Path() {
			t.Fatalf("%s is not %s: this is not what is to be tested", next.Path(), item.Path())
		}
		s.do(func(*core.Server) { away = false })
		get(t, cl, consumed)
		get(t, cl, cl.Sync(ctx, "/"))
		get(t, other, other.Sync(ctx, "/"))
		if err := next.Err(); err != nil {
			t.Errorf("theirs: %v", err)
		}
		get(t, other, next.Consume(ctx))
		get(t, cl, first.Consume(ctx))
		wantLen(t, other, theirs, 0)
	}, runOut)
}

// Nobody knows what became of a Consume whose session has ended before its answer, and before anybody could look, either.
func TestConsumeInDoubt(t *testing.T) {
	for _, word := range []string{"multi", "sync", "exists"} { // the first try, or the look behind it
		for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				q := recipes.NewLockingQueue(cl, "/q")
				put(t, cl, q, "a")
				item := get(t, cl, q.Get(ctx))
				session, lost, refused := cl.Session().ID, false, false
				s.do(func(c *core.Server) {
					c.SetIntercept(func(in *core.Incoming) core.Verdict {
						switch op := in.Op.String(); {
						case in.Session != session:
						case op == "createSession" && refused:
							return core.Verdict{Code: zk.ErrSessionExpired}
						case op == "multi" && !lost:
							lost, refused = true, word == "multi"
							return core.Verdict{Cut: cut}
						case lost && op == word:
							refused = true
							return core.Verdict{Cut: core.CutBefore}
						}
						return core.Pass
					})
				})
				if err := item.Consume(ctx).WaitErr(); !errors.Is(err, zk.ErrSessionExpired) || !zk.MaybeApplied(err) || errors.Is(err, recipes.ErrNotHeld) {
					t.Errorf("%s %v: %v", word, cut, err)
				}
				wantLen(t, other, q, map[core.Cut]int{core.CutBefore: 1}[cut])
			})
		}
	}
}
