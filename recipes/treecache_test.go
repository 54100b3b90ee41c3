package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// everyTree runs a test on servers that know recursive watches, and on one that does not.
func everyTree(t *testing.T, test func(t *testing.T, s scene)) {
	for _, v := range []core.Version{core.V3_5, core.V3_8, core.V3_9} {
		t.Run(v.String(), func(t *testing.T) { scenes(t, test, func(c *core.Config) { c.Version = v }) })
	}
}

// A diary is what a cache has told: "+/t/a data" for added, "=" for updated, "-" for removed, and the rest by name.
type diary struct {
	t  *testing.T
	cl *zk.Client

	mu    sync.Mutex // guards what follows
	lines []string
	more  *future.Promise[struct{}]
}

// keep writes one of a cache that has not been started yet.
func keep(t *testing.T, cl *zk.Client, tc *recipes.TreeCache) *diary {
	d := &diary{t: t, cl: cl}
	tc.OnEvent(func(ev recipes.TreeEvent) {
		line := ev.Type.String()
		if ev.Type <= recipes.NodeRemoved {
			line = fmt.Sprintf("%c%s %s", "+=-"[ev.Type], ev.Node.Path, ev.Node.Data)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.lines = append(d.lines, line)
		if d.more != nil {
			d.more.Complete(struct{}{}, nil)
			d.more = nil
		}
	})
	return d
}

// upTo waits for a line, and returns what stands before it, and forgets it all.
func (d *diary) upTo(line string) []string {
	d.t.Helper()
	for {
		d.mu.Lock()
		if i := slices.Index(d.lines, line); i >= 0 {
			before := d.lines[:i]
			d.lines = d.lines[i+1:]
			d.mu.Unlock()
			return before
		}
		if d.more == nil {
			d.more = future.NewPromise[struct{}](d.cl.Handler().Lane("diary"))
		}
		more, lines := d.more.Future(), slices.Clone(d.lines)
		d.mu.Unlock()
		if _, err := more.WaitContext(soon(d.t, d.cl)); err != nil {
			d.t.Fatalf("no %q in the end of %q: %v", line, lines, err)
		}
	}
}

// says wants the diary to say just that next.
func (d *diary) says(want ...string) {
	d.t.Helper()
	got := append(d.upTo(want[len(want)-1]), want[len(want)-1])
	if !slices.Equal(got, want) {
		d.t.Errorf("the cache tells\n%q, want\n%q", got, want)
	}
}

func opened(t *testing.T, cl *zk.Client, path string, opts ...recipes.Option) (*recipes.TreeCache, *diary) {
	t.Helper()
	tc := recipes.NewTreeCache(cl, path, opts...)
	d := keep(t, cl, tc)
	get(t, cl, tc.Start(ctx))
	return tc, d
}

// paint returns what a cache shows, as path=data.
func paint(tc *recipes.TreeCache, path string) (all []string) {
	n, err := tc.Get(path)
	if err != nil {
		return nil
	}
	all = append(all, path+"="+string(n.Data))
	names, _ := tc.Children(path)
	for _, name := range names {
		all = append(all, paint(tc, strings.TrimSuffix(path, "/")+"/"+name)...)
	}
	return all
}

// grow makes /t, /t/a, /t/a/b and /t/c, each with its name as data.
func grow(t *testing.T, cl *zk.Client) {
	t.Helper()
	for _, path := range []string{"/t", "/t/a", "/t/a/b", "/t/c"} {
		change(t, cl, cl.Create(ctx, path, []byte(path[len(path)-1:])))
	}
}

func TestTreeCache(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		grow(t, other)
		change(t, other, other.Create(ctx, "/tt", nil)) // is not below /t
		change(t, other, other.Create(ctx, "/tt/x", nil))
		tc, d := opened(t, cl, "/t")
		d.says("+/t t", "+/t/a a", "+/t/c c", "+/t/a/b b", "Initialized")
		if got := paint(tc, "/t"); !slices.Equal(got, []string{"/t=t", "/t/a=a", "/t/a/b=b", "/t/c=c"}) {
			t.Errorf("the cache shows %q", got)
		}
		node, err := tc.Get("/t/a")
		if want := get(t, other, other.Get(ctx, "/t/a")); err != nil || node.Path != want.Path || node.Stat != want.Stat {
			t.Errorf("%+v, %v, want %+v", node, err, want)
		}

		change(t, other, other.Create(ctx, "/t/n", []byte("1")))
		d.says("+/t/n 1")
		change(t, other, other.Set(ctx, "/t/n", []byte("2"), 0))
		d.says("=/t/n 2")
		change(t, other, other.Create(ctx, "/t/n/deep", nil))
		d.says("+/t/n/deep ")
		change(t, other, other.DeleteAll(ctx, "/t/n"))
		d.says("-/t/n/deep ", "-/t/n 2")
		if got := paint(tc, "/t"); !slices.Equal(got, []string{"/t=t", "/t/a=a", "/t/a/b=b", "/t/c=c"}) {
			t.Errorf("the cache shows %q", got)
		}

		change(t, other, other.DeleteAll(ctx, "/t"))
		d.upTo("-/t t")
		if _, err := tc.Get("/t"); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("of a root that was deleted: %v", err)
		}
		change(t, other, other.Create(ctx, "/t", []byte("again")))
		change(t, other, other.Create(ctx, "/t/z", nil))
		d.says("+/t again", "+/t/z ")

		get(t, cl, tc.Close(ctx))
		get(t, cl, tc.Close(ctx))
		noWatches(t, cl, s)
		if len(d.lines) > 0 {
			t.Errorf("Close tells %q", d.lines)
		}
		if _, err := tc.Get("/t"); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("of a closed cache: %v", err)
		}
	})
}

// Whatever is asked for that is not in the cache is a clear error, and paths end where their components do.
func TestTreeCachePaths(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		grow(t, cl)
		change(t, cl, cl.Create(ctx, "/t/ab", nil))
		tc, _ := opened(t, cl, "/t")
		for path, want := range map[string]error{
			"/t": nil, "/t/a": nil, "/t/a/b": nil, "/t/x": zk.ErrNoNode, "/t/a/x/y": zk.ErrNoNode, "/t/b": zk.ErrNoNode,
			"/": zk.ErrBadArguments, "/ta": zk.ErrBadArguments, "/ta/b": zk.ErrBadArguments, "/t/": zk.ErrBadArguments,
			"/t//a": zk.ErrBadArguments, "t": zk.ErrBadArguments, "": zk.ErrBadArguments, "/t/x//": zk.ErrBadArguments,
		} {
			_, err1 := tc.Get(path)
			_, err2 := tc.Children(path)
			if !errors.Is(err1, want) || !errors.Is(err2, want) {
				t.Errorf("%q: %v, %v, want %v", path, err1, err2, want)
			}
			var oe *zk.OpError
			if want != nil && (!errors.As(err1, &oe) || oe.Path != path) {
				t.Errorf("%q: no path in %v", path, err1)
			}
		}
		if names, err := tc.Children("/t/c"); err != nil || names == nil || len(names) > 0 {
			t.Errorf("of a leaf: %v, %v", names, err)
		}
		root, _ := opened(t, cl, "/", recipes.MaxDepth(1))
		if names, err := root.Children("/"); err != nil || !slices.Equal(names, []string{"t", "zookeeper"}) {
			t.Errorf("of /: %v, %v", names, err)
		}
		if node, err := root.Get("/t"); err != nil || string(node.Data) != "t" {
			t.Errorf("of /: %v, %v", node, err)
		}
	})
}

func TestTreeCacheOptions(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		grow(t, other)
		flat, flatD := opened(t, cl, "/t", recipes.MaxDepth(1))
		root, rootD := opened(t, cl, "/t", recipes.MaxDepth(0))
		some, someD := opened(t, cl, "/t", recipes.Select(func(path string) bool { return !strings.HasSuffix(path, "a") }))
		bare, bareD := opened(t, cl, "/t", recipes.WithoutData())
		change(t, other, other.Create(ctx, "/t/c/d", nil))
		change(t, other, other.Create(ctx, "/t/a/a", nil))
		change(t, other, other.Set(ctx, "/t/c", []byte("new"), 0))
		change(t, other, other.Create(ctx, "/t/z", nil))
		flatD.upTo("+/t/z ")
		someD.upTo("+/t/z ")
		bareD.upTo("+/t/z ")
		change(t, other, other.Set(ctx, "/t", []byte("end"), 0))
		rootD.upTo("=/t end")
		flatD.upTo("=/t end")
		someD.upTo("=/t end")
		bareD.upTo("=/t ")
		for _, c := range []struct {
			tc   *recipes.TreeCache
			want string
		}{
			{root, "/t=end"},
			{flat, "/t=end /t/a=a /t/c=new /t/z="},
			{some, "/t=end /t/c=new /t/c/d= /t/z="},
			{bare, "/t= /t/a= /t/a/a= /t/a/b= /t/c= /t/c/d= /t/z="},
		} {
			if got := strings.Join(paint(c.tc, "/t"), " "); got != c.want {
				t.Errorf("the cache shows %q, want %q", got, c.want)
			}
			get(t, cl, c.tc.Close(ctx))
		}
		noWatches(t, cl, s)
	})
}

// What happens in a gap is told behind it: also of a node that was deleted and made again, and has the same version.
func TestTreeCacheResync(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		for _, lose := range []string{"connection", "session"} {
			cl, other := s.client(t), s.client(t)
			grow(t, other)
			tc, d := opened(t, cl, "/t")
			d.upTo("Initialized")
			away := func(f func()) { // what f does happens while the client is not connected
				s.do(func(c *core.Server) {
					c.SetIntercept(func(in *core.Incoming) core.Verdict {
						if in.Session == cl.Session().ID && in.Op.String() != "closeSession" {
							return core.Verdict{Cut: core.CutBefore}
						}
						return core.Verdict{}
					})
				})
				if lose == "connection" {
					s.drop(cl.Session().ID)
				} else {
					s.expire(cl.Session().ID)
				}
				f()
				s.do(func(c *core.Server) { c.SetIntercept(nil) })
			}
			away(func() {
				change(t, other, other.Delete(ctx, "/t/c", 0))
				change(t, other, other.Create(ctx, "/t/c", []byte("other")))
				change(t, other, other.Delete(ctx, "/t/a/b", 0))
				change(t, other, other.Set(ctx, "/t/a", []byte("new"), 0))
				change(t, other, other.Create(ctx, "/t/new", nil))
			})
			before := d.upTo("ConnectionReconnected")
			if lost := slices.Contains(before, "ConnectionLost"); lost != (lose == "session") || !slices.Contains(before, "ConnectionSuspended") {
				t.Errorf("%s lost: %q", lose, before)
			}
			told := append(before, d.upTo("Initialized")...)
			told = slices.DeleteFunc(told, func(line string) bool { return strings.HasPrefix(line, "Connection") })
			want := map[string]int{"-/t/c c": 1, "+/t/c other": 1, "-/t/a/b b": 1, "=/t/a new": 1, "+/t/new ": 1}
			got := map[string]int{}
			for _, line := range told {
				got[line]++
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s lost: the cache tells %q", lose, told)
			}
			if slices.Index(told, "-/t/c c") > slices.Index(told, "+/t/c other") {
				t.Errorf("%s lost: in the wrong order: %q", lose, told)
			}
			if got := strings.Join(paint(tc, "/t"), " "); got != "/t=t /t/a=new /t/c=other /t/new=" {
				t.Errorf("%s lost: the cache shows %q", lose, got)
			}
			s.drop(cl.Session().ID) // nothing has changed
			d.says("ConnectionSuspended", "ConnectionReconnected", "Initialized")
			get(t, cl, tc.Close(ctx))
			noWatches(t, cl, s)
			change(t, other, other.DeleteAll(ctx, "/t"))
		}
	})
}

// Connections are cut at every request, and the tree is right all the same.
func TestTreeCacheLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		everyTree(t, func(t *testing.T, s scene) {
			cl, other := s.client(t), s.client(t)
			grow(t, other)
			cutOn(s, cl.Session().ID, cut, 6, "getData", "exists", "getChildren", "setWatches", "addWatch")
			tc, d := opened(t, cl, "/t")
			d.upTo("+/t/a/b b")
			for i := range 3 {
				change(t, other, other.Set(ctx, "/t/c", fmt.Append(nil, i), zk.AnyVersion))
				change(t, other, other.Create(ctx, fmt.Sprint("/t/c/", i), nil))
			}
			d.upTo("+/t/c/2 ")
			change(t, other, other.Set(ctx, "/t", []byte("end"), 0))
			d.upTo("=/t end")
			if got := strings.Join(paint(tc, "/t"), " "); got != "/t=end /t/a=a /t/a/b=b /t/c=2 /t/c/0= /t/c/1= /t/c/2=" {
				t.Errorf("the cache shows %q", got)
			}
			get(t, cl, tc.Close(ctx))
			noWatches(t, cl, s)
		})
	}
}

func TestTreeCacheStartAndClose(t *testing.T) {
	everyTree(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		none, d := opened(t, cl, "/none") // need not be there
		d.says("Initialized")
		if err := none.Start(ctx).WaitErr(); !errors.Is(err, recipes.ErrStarted) {
			t.Errorf("started twice: %v", err)
		}
		change(t, cl, cl.Create(ctx, "/none", nil))
		d.says("+/none ")
		get(t, cl, none.Close(ctx))
		if err := none.Start(ctx).WaitErr(); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("started behind Close: %v", err)
		}
		if err := recipes.NewTreeCache(cl, "bad").Start(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("an invalid path: %v", err)
		}
		get(t, cl, recipes.NewTreeCache(cl, "/none").Close(ctx)) // not started

		ended, cancel := context.WithCancel(ctx)
		cancel()
		tc := recipes.NewTreeCache(cl, "/none")
		if err := tc.Start(ended).WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: %v", err)
		}
		if _, err := tc.Get("/none"); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("Start has failed, and: %v", err)
		}
		get(t, cl, tc.Close(ctx))

		secret := zk.ACLs{{Perms: zk.PermAll &^ zk.PermRead, Scheme: "world", ID: "anyone"}}
		change(t, cl, cl.Create(ctx, "/none/secret", nil, secret))
		tc = recipes.NewTreeCache(cl, "/none/secret")
		if err := tc.Start(ctx).WaitErr(); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("a root that may not be read: %v", err)
		}
		get(t, cl, tc.Close(ctx))
		tc = recipes.NewTreeCache(cl, "/none")
		fault := future.NewPromise[struct{}](cl.Handler().Lane("fault"))
		tc.OnFault(func(err error) { fault.Complete(struct{}{}, err) })
		get(t, cl, tc.Start(ctx))
		if err := fault.Future().WaitErr(); !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("the fault is %v", err)
		}
		if got := paint(tc, "/none"); len(got) != 1 {
			t.Errorf("the cache shows %q", got)
		}
		last := recipes.NewTreeCache(cl, "/none")
		get(t, cl, last.Start(ctx))
		get(t, cl, tc.Close(ctx))
		get(t, cl, last.Close(ctx))
		noWatches(t, cl, s)
		after := recipes.NewTreeCache(cl, "/none")
		get(t, cl, cl.Close(ctx))
		if err := after.Start(ctx).WaitErr(); !errors.Is(err, zk.ErrClosed) {
			t.Errorf("of a closed client: %v", err)
		}
	})
}
