package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// wantData checks what is written in a node.
func wantData(t *testing.T, cl *zk.Client, path, want string) {
	t.Helper()
	if n := get(t, cl, cl.Get(ctx, path)); string(n.Data) != want {
		t.Errorf("%s has data %q, want %q", path, n.Data, want)
	}
}

func TestCounter(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		c := recipes.NewCounter(cl, "/a/n")
		if v := get(t, cl, c.Value(ctx)); v != 0 {
			t.Errorf("a new counter: %d", v)
		}
		for _, step := range []struct{ delta, pre, post int64 }{{2, 0, 2}, {-5, 2, -3}, {0, -3, -3}, {4, -3, 1}} {
			if got := get(t, cl, c.Add(ctx, step.delta)); got.Pre != step.pre || got.Post != step.post {
				t.Errorf("%d was added: %+v", step.delta, got)
			}
		}
		wantData(t, cl, "/a/n", "1")
		get(t, cl, cl.Sync(ctx, "/"))
		if v := get(t, other, recipes.NewCounter(other, "/a/n").Value(ctx)); v != 1 {
			t.Errorf("seen by another: %d", v)
		}
		until(t, cl, "/a/n-ops", 0)
		get(t, cl, cl.DeleteAll(ctx, "/a"))
		if got := get(t, cl, c.Add(ctx, 7)); got.Pre != 0 || got.Post != 7 {
			t.Errorf("after the path was deleted: %+v", got)
		}
	})
}

func TestFloatCounter(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c := recipes.NewFloatCounter(cl, "/f", recipes.WithDefault(1))
		if got := get(t, cl, c.Add(ctx, 1.5)); got.Pre != 1 || got.Post != 2.5 {
			t.Errorf("added: %+v", got)
		}
		wantData(t, cl, "/f", "2.5")
		for data, want := range map[string]float64{"5": 5, "1e+16": 1e16, " 2.25\n": 2.25, "": 1} {
			get(t, cl, cl.Set(ctx, "/f", []byte(data), zk.AnyVersion))
			if v := get(t, cl, c.Value(ctx)); v != want {
				t.Errorf("data %q: %v", data, v)
			}
		}
	})
}

func TestCounterBeginsWithDefault(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c := recipes.NewCounter(cl, "/n", recipes.WithDefault(100))
		if v := get(t, cl, c.Value(ctx)); v != 100 {
			t.Errorf("before there is a node: %d", v)
		}
		get(t, cl, cl.Create(ctx, "/n", nil)) // as Kazoo makes it
		if got := get(t, cl, c.Add(ctx, 1)); got.Pre != 100 || got.Post != 101 {
			t.Errorf("without data: %+v", got)
		}
	})
}

// With CuratorNames it is Curator's SharedCount.
func TestCuratorCounter(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c := recipes.NewCounter(cl, "/n", recipes.CuratorNames())
		get(t, cl, c.Add(ctx, math.MaxInt32))
		wantData(t, cl, "/n", "\x7f\xff\xff\xff")
		if err := c.Add(ctx, 1).WaitErr(); !errors.Is(err, recipes.ErrOutOfRange) {
			t.Errorf("beyond an int32: %v", err)
		}
		wantData(t, cl, "/n", "\x7f\xff\xff\xff")
		get(t, cl, c.Add(ctx, -math.MaxInt32-2))
		wantData(t, cl, "/n", "\xff\xff\xff\xfe")
		if v := get(t, cl, c.Value(ctx)); v != -2 {
			t.Errorf("value %d", v)
		}
		get(t, cl, cl.Set(ctx, "/n", []byte("5"), zk.AnyVersion))
		if err := c.Add(ctx, 1).WaitErr(); !errors.Is(err, recipes.ErrNotANumber) {
			t.Errorf("of Kazoo's form: %v", err)
		}
	})
}

func TestCounterRefuses(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		add := func(delta int64, opts ...recipes.Option) error {
			return recipes.NewCounter(cl, "/n", opts...).Add(ctx, delta).WaitErr()
		}
		addFloat := func(delta float64, opts ...recipes.Option) error {
			return recipes.NewFloatCounter(cl, "/f", opts...).Add(ctx, delta).WaitErr()
		}
		set := func(path, data string) string {
			get(t, cl, cl.Set(ctx, path, []byte(data), zk.AnyVersion))
			return data
		}
		refused := func(what string, err, want error) {
			t.Helper()
			var oe *zk.OpError
			if !errors.Is(err, want) || !errors.As(err, &oe) || zk.MaybeApplied(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("a default that is a fraction", add(1, recipes.WithDefault(0.5)), zk.ErrBadArguments)
		refused("a default that is too large", add(1, recipes.WithDefault(1e300)), zk.ErrBadArguments)
		refused("Curator's default too large", add(-1, recipes.WithDefault(1<<40), recipes.CuratorNames()), recipes.ErrOutOfRange)
		refused("Curator's floats", addFloat(1, recipes.CuratorNames()), zk.ErrBadArguments)
		refused("no default", addFloat(1, recipes.WithDefault(math.NaN())), recipes.ErrOutOfRange)
		refused("a bad path", recipes.NewCounter(cl, "n").Add(ctx, 1).WaitErr(), zk.ErrBadArguments)
		if st := get(t, cl, cl.Exists(ctx, "/n")); st != nil {
			t.Error("a refused Add has made the node")
		}
		if err := errors.Join(add(1), addFloat(1)); err != nil {
			t.Fatal(err)
		}
		set("/n", fmt.Sprint(math.MaxInt64-1))
		refused("more than an int64", add(2), recipes.ErrOutOfRange)
		set("/n", fmt.Sprint(math.MinInt64))
		refused("less than an int64", add(-1), recipes.ErrOutOfRange)
		set("/n", "92233720368547758080")
		refused("no int64", add(1), recipes.ErrOutOfRange)
		set("/n", "many")
		refused("no number", add(1), recipes.ErrNotANumber)
		refused("no number", recipes.NewCounter(cl, "/n").Value(ctx).WaitErr(), recipes.ErrNotANumber)
		wantData(t, cl, "/n", "many")
		refused("no delta", addFloat(math.Inf(1)), zk.ErrBadArguments)
		set("/f", "1.7e308")
		refused("more than a float64", addFloat(1.7e308), recipes.ErrOutOfRange)
		wantData(t, cl, "/f", "1.7e308")
	})
}

// Many add at once: each sees a state of its own, and nothing is lost.
func TestCounterTogether(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		var fs []*future.Future[recipes.Added[int64]]
		for range 5 {
			fs = append(fs, recipes.NewCounter(cl, "/n").Add(ctx, 1), recipes.NewCounter(other, "/n").Add(ctx, 1))
		}
		seen := map[int64]bool{}
		for _, f := range fs {
			added := get(t, cl, f)
			if added.Post != added.Pre+1 || seen[added.Post] {
				t.Errorf("%+v", added)
			}
			seen[added.Post] = true
		}
		wantData(t, cl, "/n", "10")
		until(t, cl, "/n-ops", 0)
	})
}

// Connections are cut at every request, before it and after it: each Add is applied once.
func TestCounterLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "multi", "getData", "exists", "delete"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl := s.client(t)
					cutOn(s, cl.Session().ID, cut, 2, op)
					c := recipes.NewCounter(cl, "/n")
					for i := range int64(3) {
						if got := get(t, cl, c.Add(ctx, 1)); got.Pre != i || got.Post != i+1 {
							t.Errorf("%+v", got)
						}
					}
					wantData(t, cl, "/n", "3")
					until(t, cl, "/n-ops", 0)
				})
			})
		}
	}
}

// The session ends before it is known what became of an Add. That is what the error says, and it is not applied again.
func TestCounterExpires(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				c := recipes.NewCounter(cl, "/n")
				get(t, cl, c.Add(ctx, 1))
				session, met := cl.Session().ID, future.NewPromise[struct{}](cl.Handler().Lane("met"))
				s.do(func(srv *core.Server) {
					srv.SetIntercept(func(in *core.Incoming) core.Verdict {
						switch {
						case in.Session != session:
							return core.Verdict{}
						case in.Op.String() == "multi":
							met.Complete(struct{}{}, nil)
							return core.Verdict{Cut: cut}
						case met.Future().Ready():
							return core.Verdict{Cut: core.CutBefore}
						}
						return core.Verdict{}
					})
				})
				adding := c.Add(ctx, 1)
				get(t, cl, met.Future())
				s.expire(session)
				s.do(func(srv *core.Server) { srv.SetIntercept(nil) })
				if _, err := adding.WaitContext(soon(t, cl)); !errors.Is(err, zk.ErrSessionExpired) || !zk.MaybeApplied(err) {
					t.Errorf("Add: %v, MaybeApplied %v", err, zk.MaybeApplied(err))
				}
				want := int64(1)
				if cut == core.CutAfter {
					want = 2
				}
				if v := get(t, other, recipes.NewCounter(other, "/n").Value(ctx)); v != want {
					t.Errorf("value %d, want %d", v, want)
				}
				if got := get(t, cl, c.Add(ctx, 1)); got.Pre != want {
					t.Errorf("in the next session: %+v", got)
				}
				until(t, other, "/n-ops", 0)
			})
		})
	}
}

func TestCounterCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c := recipes.NewCounter(cl, "/n")
		get(t, cl, c.Add(ctx, 1))
		done, cancel := context.WithCancel(ctx)
		cancel()
		if err := c.Add(done, 1).WaitErr(); !errors.Is(err, context.Canceled) || zk.MaybeApplied(err) {
			t.Errorf("cancelled before it began: %v", err)
		}
		wantData(t, cl, "/n", "1")
		until(t, cl, "/n-ops", 0)
	})
}

// An Add is a read, a transaction, and a deletion in the background.
func TestCostOfACounter(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		c := recipes.NewCounter(cl, "/n")
		get(t, cl, c.Add(ctx, 1))
		until(t, cl, "/n-ops", 0)
		wantRequests(t, "add", requests(s, func() {
			get(t, cl, c.Add(ctx, 1))
			until(t, cl, "/n-ops", 0)
		}), map[string]int{"getData": 1, "multi": 1, "delete": 1, "getChildren2": 1, "removeWatches": 1})
	})
}
