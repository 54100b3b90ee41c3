package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// putter and length are what both kinds of queues have.
type putter interface {
	Put(ctx context.Context, item []byte, opts ...recipes.PutOption) *future.Future[struct{}]
	PutAll(ctx context.Context, items [][]byte, opts ...recipes.PutOption) *future.Future[struct{}]
	Len(ctx context.Context) *future.Future[int]
}

func put(t *testing.T, cl *zk.Client, q putter, items ...string) {
	t.Helper()
	for _, item := range items {
		get(t, cl, q.Put(ctx, []byte(item)))
	}
}

func wantLen(t *testing.T, cl *zk.Client, q putter, want int) {
	t.Helper()
	if n := get(t, cl, q.Len(ctx)); n != want {
		t.Errorf("%d items are in the queue, not %d", n, want)
	}
}

// drain takes everything there is.
func drain(t *testing.T, cl *zk.Client, q *recipes.Queue) (items []string) {
	t.Helper()
	for {
		item, err := q.TryGet(ctx).WaitContext(soon(t, cl))
		if errors.Is(err, recipes.ErrEmpty) {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, string(item))
	}
}

func TestQueue(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q, same := recipes.NewQueue(cl, "/a/q"), recipes.NewQueue(other, "/a/q")
		wantLen(t, cl, q, 0)
		if _, err := q.TryGet(ctx).Wait(); !errors.Is(err, recipes.ErrEmpty) {
			t.Fatalf("of an empty queue: %v", err)
		}
		put(t, cl, q, "one", "two")
		get(t, other, same.PutAll(ctx, [][]byte{[]byte("three"), nil, []byte("five")}))
		wantLen(t, other, same, 5)
		if names := kids(t, cl, "/a/q"); len(names) != 5 || !regexp.MustCompile(`^entry-100-\d{10}$`).MatchString(names[0]) {
			t.Errorf("nodes %q", names)
		}
		for i, want := range []string{"one", "two", "three", "", "five"} {
			if item := get(t, cl, []*recipes.Queue{q, same}[i%2].Get(ctx)); string(item) != want {
				t.Errorf("item %d is %q, not %q", i, item, want)
			}
		}
		wantLen(t, cl, q, 0)
		until(t, cl, "/a/q-ops", 0)
	})
}

func TestQueuePriority(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q := recipes.NewQueue(cl, "/q")
		for _, p := range []int{100, 5, 999, 5, 0, 100} {
			get(t, cl, q.Put(ctx, fmt.Appendf(nil, "%d, %d before", p, get(t, cl, q.Len(ctx))), recipes.Priority(p)))
		}
		get(t, cl, cl.Create(ctx, "/q/foreign", nil))
		get(t, cl, cl.Create(ctx, "/q/entry-1000-0000000001", nil))
		want := []string{"0, 4 before", "5, 1 before", "5, 3 before", "100, 0 before", "100, 5 before", "999, 2 before"}
		if got := drain(t, cl, q); !slices.Equal(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
		until(t, cl, "/q", 2)
	})
}

func TestQueueRefuses(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		for _, q := range []putter{recipes.NewQueue(cl, "/q"), recipes.NewLockingQueue(cl, "/lq")} {
			for _, priority := range []int{-1, 1000} {
				if err := q.Put(ctx, nil, recipes.Priority(priority)).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
					t.Errorf("priority %d: %v", priority, err)
				}
			}
			if err := q.PutAll(ctx, nil).WaitErr(); err != nil {
				t.Errorf("nothing: %v", err)
			}
			if err := q.PutAll(ctx, [][]byte{[]byte("x"), make([]byte, 2<<20)}).WaitErr(); !errors.Is(err, zk.ErrTooLong) || zk.MaybeApplied(err) {
				t.Errorf("two megabytes: %v", err)
			}
			wantLen(t, cl, q, 0)
		}
		for _, err := range []error{
			recipes.NewQueue(cl, "bad").Put(ctx, nil).WaitErr(), recipes.NewQueue(cl, "bad").Get(ctx).WaitErr(),
			recipes.NewLockingQueue(cl, "bad").Put(ctx, nil).WaitErr(), recipes.NewLockingQueue(cl, "bad").Get(ctx).WaitErr(),
		} {
			if !errors.Is(err, zk.ErrBadArguments) {
				t.Errorf("an invalid path: %v", err)
			}
		}
		get(t, cl, cl.Close(ctx))
		q, lq := recipes.NewQueue(cl, "/q"), recipes.NewLockingQueue(cl, "/lq")
		for _, err := range []error{q.Put(ctx, nil).WaitErr(), q.Get(ctx).WaitErr(), q.Len(ctx).WaitErr(), lq.Put(ctx, nil).WaitErr(), lq.Get(ctx).WaitErr()} {
			if !errors.Is(err, zk.ErrClosed) {
				t.Errorf("a closed client: %v", err)
			}
		}
	})
}

// What is put without waiting is in order, from the very first item on, and may be changed at once.
func TestPutsAreInOrder(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q := recipes.NewQueue(cl, "/a/b/q")
		var puts []*future.Future[struct{}]
		var want []string
		buf := make([]byte, 4)
		for i := range 20 {
			copy(buf, fmt.Sprintf("%4d", i))
			want = append(want, string(buf))
			puts = append(puts, q.Put(ctx, buf))
		}
		get(t, cl, future.All(puts...))
		if got := drain(t, cl, q); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// Who waits gets what is put, also behind lost connections, lost sessions and a deleted path; nobody gets it twice.
func TestQueueWaits(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q := recipes.NewQueue(cl, "/q")
		waiting := q.Get(ctx)
		meanwhile := []func(){
			func() {},
			func() { s.drop(cl.Session().ID) },
			func() { s.expire(cl.Session().ID) },
			func() { get(t, other, other.DeleteAll(ctx, "/q")) },
			func() { get(t, other, other.DeleteAll(ctx, "/q-ops")) },
		}
		for i, happens := range meanwhile {
			pathWatched(t, other, s, "/q")
			happens()
			put(t, other, recipes.NewQueue(other, "/q"), fmt.Sprint(i))
			if item := get(t, cl, waiting); string(item) != fmt.Sprint(i) {
				t.Errorf("item %d: %q", i, item)
			}
			waiting = q.Get(ctx)
		}
		second := recipes.NewQueue(other, "/q").Get(ctx)
		pathWatched(t, other, s, "/q")
		put(t, other, recipes.NewQueue(other, "/q"), "a", "b")
		items := []string{string(get(t, cl, waiting)), string(get(t, cl, second))}
		if slices.Sort(items); !slices.Equal(items, []string{"a", "b"}) {
			t.Errorf("two who wait get %q", items)
		}
		noWatches(t, cl, s)
		noWatches(t, other, s)
	})
}

// pathWatched waits until somebody watches the children of a path.
func pathWatched(t *testing.T, cl *zk.Client, s scene, path string) {
	t.Helper()
	for there := false; !there; get(t, cl, cl.Sync(ctx, "/")) {
		s.do(func(c *core.Server) {
			there = slices.ContainsFunc(c.Watches(), func(w core.WatchInfo) bool { return w.Path == path })
		})
	}
}

// Who gives up waiting leaves no watch, and takes nothing; and there is no wait for a context that has ended.
func TestQueueCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		q, lq := recipes.NewQueue(cl, "/q"), recipes.NewLockingQueue(cl, "/lq")
		c, cancel := context.WithCancel(ctx)
		one, two := q.Get(c), lq.Get(c)
		pathWatched(t, cl, s, "/q")
		pathWatched(t, cl, s, "/lq/taken")
		cancel()
		for _, err := range []error{one.WaitErr(), two.WaitErr(), q.Get(c).WaitErr(), lq.Get(c).WaitErr(), q.Put(c, nil).WaitErr(), lq.Put(c, nil).WaitErr()} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		}
		noWatches(t, cl, s)
		put(t, cl, q, "x")
		put(t, cl, lq, "x")
		if got := drain(t, cl, q); !slices.Equal(got, []string{"x"}) {
			t.Errorf("behind who has given up: %q", got)
		}
		get(t, cl, get(t, cl, lq.Get(ctx)).Consume(ctx))
	})
}

// A Get that is cancelled while the server removes the item puts it back in its place.
func TestQueuePutsBack(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q := recipes.NewQueue(cl, "/q")
		put(t, cl, q, "a", "b", "c")
		for range 3 {
			c, cancel := context.WithCancel(ctx)
			s.do(func(srv *core.Server) {
				srv.SetIntercept(func(in *core.Incoming) core.Verdict {
					if in.Session == cl.Session().ID && in.Op.String() == "multi" {
						cancel()
					}
					return core.Verdict{}
				})
			})
			if item, err := q.Get(c).Wait(); err == nil {
				t.Skipf("the answer was faster: %q", item)
			} else if !errors.Is(err, context.Canceled) || item != nil {
				t.Fatalf("%q, %v", item, err)
			}
			s.do(func(srv *core.Server) { srv.SetIntercept(nil) })
			until(t, other, "/q", 3)
			until(t, other, "/q-ops", 0)
		}
		if got := drain(t, cl, q); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("%q", got)
		}
	})
}

// Connections are cut at every request: what is put is there once, and taken once.
func TestQueueLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "multi", "getChildren", "getData", "exists", "delete", "sync", "setWatches"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					q, theirs := recipes.NewQueue(cl, "/q"), recipes.NewQueue(other, "/q")
					cutOn(s, cl.Session().ID, cut, 3, op)
					put(t, cl, q, "a")
					get(t, cl, q.PutAll(ctx, [][]byte{[]byte("b"), []byte("c")}))
					wantLen(t, other, theirs, 3)
					cutOn(s, cl.Session().ID, cut, 3, op)
					for _, want := range []string{"a", "b"} {
						if item := get(t, cl, q.Get(ctx)); string(item) != want {
							t.Fatalf("%q, not %q", item, want)
						}
					}
					if got := drain(t, other, theirs); !slices.Equal(got, []string{"c"}) {
						t.Errorf("%q are left", got)
					}
					cutOn(s, cl.Session().ID, cut, 3, op)
					waiting := q.Get(ctx)
					put(t, other, theirs, "d")
					if item := get(t, cl, waiting); string(item) != "d" {
						t.Errorf("%q", item)
					}
					wantLen(t, other, theirs, 0)
					until(t, other, "/q-ops", 0)
				})
			})
		}
	}
}

// When the session ends before the answer, Get tells so, and has the item with it, if that is gone; otherwise it goes on.
func TestQueueExpires(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		scenes(t, func(t *testing.T, s scene) {
			cl := s.client(t)
			q := recipes.NewQueue(cl, "/q")
			put(t, cl, q, "a")
			expireAt(s, cl.Session().ID, cut, "multi")
			item, err := q.Get(ctx).WaitContext(soon(t, cl))
			if string(item) != "a" || (err != nil) != (cut == core.CutAfter) || err != nil && !zk.MaybeApplied(err) {
				t.Errorf("taken: %q, %v", item, err)
			}
			wantLen(t, cl, q, 0)
			expireAt(s, cl.Session().ID, cut, "multi")
			if err := q.Put(ctx, nil).WaitErr(); !errors.Is(err, zk.ErrSessionExpired) || !zk.MaybeApplied(err) {
				t.Errorf("put: %v", err)
			}
			wantLen(t, cl, q, map[core.Cut]int{core.CutAfter: 1}[cut])
		})
	}
}

// expireAt cuts a session's connection at its next request of a kind, and refuses to resume the session.
func expireAt(s scene, session int64, verdict core.Cut, word string) {
	s.do(func(c *core.Server) {
		met := false
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			switch {
			case met && in.Session == session && in.Op.String() == "createSession":
				return core.Verdict{Code: zk.ErrSessionExpired}
			case !met && in.Session == session && strings.HasPrefix(in.Op.String(), word):
				met = true
				return core.Verdict{Cut: verdict}
			}
			return core.Pass
		})
	})
}
