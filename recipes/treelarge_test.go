package recipes_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// asked has every request of a session for one path counted, by operation, until the next call that intercepts.
func asked(s scene, session int64, path string) map[string]int {
	n := map[string]int{}
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			if in.Session == session && in.Path == path {
				n[in.Op.String()]++
			}
			return core.Verdict{}
		})
	})
	return n
}

// A list of children that is longer than the client accepts is not asked for again and again, which costs everybody's
// connection. The rest of the tree is served. When there are fewer children the list is asked for again.
func TestTreeCacheTooManyChildren(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t, zk.WithMaxReply(4<<10)), s.client(t)
		grow(t, other)
		name := func(i int) string { return fmt.Sprintf("/t/c/%s%03d", strings.Repeat("x", 50), i) }
		var made []*future.Future[zk.Created]
		for i := range 100 {
			made = append(made, other.Create(ctx, name(i), nil))
		}
		change(t, other, future.All(made...))
		n := asked(s, cl.Session().ID, "/t/c")
		tc := recipes.NewTreeCache(cl, "/t")
		d := keep(t, cl, tc)
		faults := future.NewPromise[error](cl.Handler().Lane("faults"))
		tc.OnFault(func(err error) { faults.Complete(err, nil) })
		get(t, cl, tc.Start(ctx))
		var oe *zk.OpError
		if err := get(t, cl, faults.Future()); !errors.Is(err, zk.ErrTooLong) || !errors.As(err, &oe) || oe.Path != "/t/c" {
			t.Errorf("the fault is %v", err)
		}
		shows := func(want ...string) {
			t.Helper()
			got := slices.DeleteFunc(paint(tc, "/t"), func(line string) bool { return strings.HasPrefix(line, "/t/c/") })
			if !slices.Equal(got, want) {
				t.Errorf("the cache shows %q", got)
			}
		}
		shows("/t=t", "/t/a=a", "/t/a/b=b", "/t/c=c")
		d.upTo("Initialized")
		for range 2 { // it stays like that, also behind a gap
			s.drop(cl.Session().ID)
			d.upTo("Initialized")
		}
		change(t, other, other.Set(ctx, "/t/c", []byte("new"), 0))
		d.upTo("=/t/c new")
		change(t, other, other.Create(ctx, "/t/n", nil))
		d.upTo("+/t/n ")
		shows("/t=t", "/t/a=a", "/t/a/b=b", "/t/c=new", "/t/n=")
		var lists int
		s.do(func(*core.Server) { lists = n["getChildren2"] })
		if lists != 1 {
			t.Errorf("%d times the list was asked for", lists)
		}
		var gone []*future.Future[struct{}]
		for i := range 60 {
			gone = append(gone, other.Delete(ctx, name(i), 0))
		}
		change(t, other, future.All(gone...))
		if parts := strings.Split(t.Name(), "/"); !strings.HasPrefix(parts[len(parts)-1], "Bubble") && parts[len(parts)-1] != "Deterministic" {
			get(t, cl, tc.Close(ctx)) // else the test takes minutes
			noWatches(t, cl, s)
			return
		}
		d.upTo("+" + name(99) + " ")
		if names, err := tc.Children("/t/c"); len(names) != 40 {
			t.Errorf("%d children, %v", len(names), err)
		}
		change(t, other, other.Create(ctx, name(0), nil))
		d.upTo("+" + name(0) + " ")
		get(t, cl, tc.Close(ctx))
		noWatches(t, cl, s)
	})
}

// A node whose data is longer than the client accepts is left out, until that has changed.
func TestTreeCacheTooMuchData(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t, zk.WithMaxReply(4<<10)), s.client(t)
		grow(t, other)
		change(t, other, other.Set(ctx, "/t/c", make([]byte, 5<<10), 0))
		n := asked(s, cl.Session().ID, "/t/c")
		tc := recipes.NewTreeCache(cl, "/t")
		d := keep(t, cl, tc)
		fault := future.NewPromise[error](cl.Handler().Lane("faults"))
		tc.OnFault(func(err error) { fault.Complete(err, nil) })
		get(t, cl, tc.Start(ctx))
		if err := get(t, cl, fault.Future()); !errors.Is(err, zk.ErrTooLong) {
			t.Errorf("the fault is %v", err)
		}
		d.upTo("Initialized")
		for range 2 {
			s.drop(cl.Session().ID)
			d.upTo("Initialized")
		}
		change(t, other, other.Create(ctx, "/t/n", nil)) // the children are listed again
		d.upTo("+/t/n ")
		if got := strings.Join(paint(tc, "/t"), " "); got != "/t=t /t/a=a /t/a/b=b /t/n=" {
			t.Errorf("the cache shows %q", got)
		}
		s.do(func(*core.Server) {
			if n["getData"] > 2 {
				t.Errorf("asked %v", n)
			}
		})
		change(t, other, other.Set(ctx, "/t/c", []byte("short"), 1))
		d.upTo("+/t/c short")
		change(t, other, other.Set(ctx, "/t/c", make([]byte, 5<<10), 2))
		d.upTo("-/t/c short")
		change(t, other, other.Delete(ctx, "/t/c", 3))
		change(t, other, other.Create(ctx, "/t/c", []byte("other")))
		d.upTo("+/t/c other")
		get(t, cl, tc.Close(ctx))
		noWatches(t, cl, s)

		change(t, other, other.Set(ctx, "/t", make([]byte, 5<<10), 0))
		root := recipes.NewTreeCache(cl, "/t")
		if err := root.Start(ctx).WaitErr(); !errors.Is(err, zk.ErrTooLong) {
			t.Errorf("a root that cannot be read: %v", err)
		}
	})
}

// Behind a gap the whole tree is looked at in few requests, and only what has changed is read. Without a subscription there
// is one for each node.
func TestCostOfATreeCachesGap(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		var made []*future.Future[zk.Created]
		for i := range 200 {
			made = append(made, other.Create(ctx, fmt.Sprintf("/t/%d/%d", i/20, i%20), []byte("x"), zk.MakeParents()))
		}
		change(t, other, future.All(made...))
		tc, d := opened(t, cl, "/t")
		d.upTo("Initialized")
		n := requests(s, func() {
			s.drop(cl.Session().ID)
			d.says("ConnectionSuspended", "ConnectionReconnected", "Initialized")
		})
		delete(n, "createSession")
		multi := n["multiRead"] > 0
		if sub := n["setWatches2"] > 0; sub != multi || multi && (n["multiRead"] > 8 || n["exists"]+n["getData"] > 8) || n["getChildren2"] > 0 || !sub && n["exists"] != 211 {
			t.Errorf("nothing has changed: %v", n)
		}
		get(t, cl, tc.Close(ctx))
	})
}

// What may not be read is tried again behind a gap.
func TestTreeCacheMayRead(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		grow(t, other)
		change(t, other, other.SetACL(ctx, "/t/a", zk.ACLs{{Perms: zk.PermAll &^ zk.PermRead, Scheme: "world", ID: "anyone"}}, 0))
		tc, d := opened(t, cl, "/t")
		d.says("+/t t", "+/t/c c", "Initialized")
		change(t, other, other.SetACL(ctx, "/t/a", zk.OpenACL(), 1))
		s.drop(cl.Session().ID)
		d.says("ConnectionSuspended", "ConnectionReconnected", "+/t/a a", "+/t/a/b b", "Initialized")
		get(t, cl, tc.Close(ctx))
		noWatches(t, cl, s)
	})
}

// A client that may not have many requests on their way is asked again, and a tree is complete all the same.
func TestTreeCacheOverloads(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t, zk.WithMaxInFlight(5)), s.client(t)
		want := map[string]bool{"/t=": true}
		var made []*future.Future[zk.Created]
		for i := range 100 {
			path := fmt.Sprintf("/t/%d", i)
			want[path+"="] = true
			made = append(made, other.Create(ctx, path, nil, zk.MakeParents()))
		}
		change(t, other, future.All(made...))
		tc, _ := opened(t, cl, "/t")
		got := map[string]bool{}
		for _, line := range paint(tc, "/t") {
			got[line] = true
		}
		if !maps.Equal(got, want) {
			t.Errorf("the cache shows %v", got)
		}
		get(t, cl, tc.Close(ctx))
	})
}
