package zk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestEnsurePath(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		var before, after uint64
		w.srv.Do(func(s *core.Server) { before = requests(s) })
		ok(w, cl.EnsurePath(ctx, "/a/b/c/d", zk.OpenACL()[0], zk.DigestACL("u", "p", zk.PermAll)))
		for _, path := range []string{"/a", "/a/b", "/a/b/c", "/a/b/c/d"} {
			w.srv.Do(func(s *core.Server) {
				n, there := s.State().Node(path)
				if !there || n.Data != nil || len(n.ACL) != 2 || n.Stat.EphemeralOwner != 0 {
					w.Errorf("%s: %v %+v", path, there, n)
				}
			})
		}
		ok(w, cl.EnsurePath(ctx, "/a/b/c/d")) // one request when it is there
		w.srv.Do(func(s *core.Server) { after = requests(s) })
		if after-before != 1+4+1 {
			w.Errorf("%d requests, want 6", after-before)
		}
		ok(w, cl.EnsurePath(ctx, "/"))
	})
}

// All missing nodes are created in one round trip, however deep they are.
func TestEnsurePathIsPipelined(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Second} })
		ok(w, cl.EnsurePath(ctx, "/1/2/3/4/5/6/7/8/9"))
		seen := 0
		w.srv.Do(func(s *core.Server) {
			var first time.Time
			for _, r := range s.Seen() {
				if r.Op == wire.OpCreate {
					if seen++; first.IsZero() {
						first = r.Time
					}
					if r.Time != first {
						w.Errorf("%s came %v behind the first", r.Path, r.Time.Sub(first))
					}
				}
			}
		})
		if seen != 9 {
			w.Errorf("%d creates seen", seen)
		}
	})
}

func TestEnsurePathByMany(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		var fs []*future.Future[struct{}]
		for i := range 40 {
			fs = append(fs, cl.EnsurePath(ctx, "/a/b/c"), other.EnsurePath(ctx, fmt.Sprintf("/a/b/c/%d", i%7)))
		}
		ok(w, future.All(fs...))
		if l := ok(w, cl.Children(ctx, "/a/b/c")); len(l.Names) != 7 {
			w.Errorf("children %v", l.Names)
		}
	})
}

// Below an ancestor that may not be changed, but is there, and one that may not even be looked at.
func TestEnsurePathBelowForbiddenAncestors(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V(3, 8, 0)} {
		t.Run(v.String(), func(t *testing.T) {
			onPool(t, func(w *world) {
				boss, cl := w.client(zk.WithAuth("digest", []byte("boss:pw"))), w.client()
				own := zk.DigestACL("boss", "pw", zk.PermAll)
				ok(w, boss.Create(ctx, "/locked", nil, zk.ACLs{own}))
				ok(w, boss.Create(ctx, "/locked/open", nil))
				ok(w, cl.EnsurePath(ctx, "/locked/open/a/b"))
				refused(w, cl.EnsurePath(ctx, "/locked/mine"), zk.ErrNoAuth, false)
				ok(w, boss.Create(ctx, "/readable", nil, zk.ACLs{own, zk.ReadACL()[0]}))
				oe := refused(w, cl.EnsurePath(ctx, "/readable/mine/deeper"), zk.ErrNoAuth, false)
				if oe.Path != "/readable/mine/deeper" || oe.Op != "create" {
					w.Errorf("the error is about %s %s", oe.Op, oe.Path)
				}
				ok(w, cl.EnsurePath(ctx, "/locked"))
			}, version(v))
		})
	}
}

func TestEnsurePathBelowEphemeral(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/e", nil, zk.Ephemeral))
		refused(w, cl.EnsurePath(ctx, "/e/x"), zk.ErrNoChildrenForEphemerals, false)
	})
}

func TestMakeParents(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		acl := zk.ACLs{zk.OpenACL()[0], zk.DigestACL("u", "p", zk.PermAll)}
		made := ok(w, cl.Create(ctx, "/a/b/c", []byte("x"), zk.MakeParents(), zk.Ephemeral, acl))
		if made.Path != "/a/b/c" || made.EphemeralOwner != cl.Session().ID {
			w.Errorf("created %+v", made)
		}
		w.srv.Do(func(s *core.Server) {
			for _, path := range []string{"/a", "/a/b", "/a/b/c"} {
				n, _ := s.State().Node(path)
				if len(n.ACL) != 2 || (n.Kind == core.Plain) != (path != "/a/b/c") {
					w.Errorf("%s: %+v", path, n)
				}
			}
		})
		if made := ok(w, cl.Create(ctx, "/a/b/d", nil, zk.MakeParents())); made.Path != "/a/b/d" {
			w.Errorf("created %+v", made)
		}
		refused(w, cl.Create(ctx, "/a/b/d", nil, zk.MakeParents()), zk.ErrNodeExists, false)
		if made := ok(w, cl.Create(ctx, "/s/t/", nil, zk.MakeParents(), zk.Sequential)); made.Path != "/s/t/0000000000" {
			w.Errorf("created %+v", made)
		}
		if made := ok(w, cl.Create(ctx, "/con/t/x", nil, zk.ContainerParents())); made.Path != "/con/t/x" {
			w.Errorf("created %+v", made)
		}
		w.srv.Do(func(s *core.Server) {
			for path, kind := range map[string]core.Kind{"/con": core.Container, "/con/t": core.Container, "/con/t/x": core.Plain} {
				if n, _ := s.State().Node(path); n.Kind != kind {
					w.Errorf("%s is %v", path, n.Kind)
				}
			}
		})
		oe := refused(w, cl.Create(ctx, "/e/x/y", nil, zk.MakeParents(), acl, zk.TTL(-1)), zk.ErrBadArguments, false)
		if oe.Path != "/e/x/y" {
			w.Errorf("the error is about %s", oe.Path)
		}
	})
}

// A parent that vanishes between its making and the create is made again, however often: containers are removed by servers,
// others by clients.
func TestParentVanishes(t *testing.T) {
	for _, parents := range []zk.CreateOption{zk.ContainerParents(), zk.MakeParents()} {
		onPool(t, func(w *world) {
			cl, other := w.client(), w.client()
			vanish := 3
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpCreate2 && in.Path == "/con/x" && vanish > 0 {
					vanish--
					return core.Verdict{Code: wire.CodeNoNode}
				}
				return core.Pass
			})
			ok(w, other.Get(ctx, "/"))
			ok(w, cl.Create(ctx, "/con/x", nil, parents))
			if vanish != 0 {
				w.Errorf("%d refusals left", vanish)
			}
		})
	}
}

func TestDeleteAll(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for _, path := range []string{"/a/b/c", "/a/b/d", "/a/e/f/g/h", "/ab"} {
			ok(w, cl.EnsurePath(ctx, path))
		}
		ok(w, cl.DeleteAll(ctx, "/a"))
		ok(w, cl.DeleteAll(ctx, "/a")) // gone is gone
		ok(w, cl.DeleteAll(ctx, "/no/such/path"))
		if l := ok(w, cl.Children(ctx, "/")); len(l.Names) != 2 {
			w.Errorf("left: %v", l.Names)
		}
		ok(w, cl.DeleteAll(ctx, "/"))
		if l := ok(w, cl.Children(ctx, "/")); !slices.Equal(l.Names, []string{"zookeeper"}) {
			w.Errorf("left: %v", l.Names)
		}
		refused(w, cl.DeleteAll(ctx, "/zookeeper"), zk.ErrBadArguments, false)
	})
}

func TestDeleteAllOfManyNodes(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		var fs []*future.Future[zk.Created]
		n := 100
		if w.inLine || w.wide {
			n = 20 // what matters is more than one window
		}
		for i := range n {
			fs = append(fs, cl.Create(ctx, fmt.Sprintf("/%d", i), nil))
			for j := range 100 {
				fs = append(fs, cl.Create(ctx, fmt.Sprintf("/%d/%d", i, j), nil))
			}
		}
		ok(w, future.All(fs...))
		ok(w, cl.DeleteAll(ctx, "/"))
		w.srv.Do(func(s *core.Server) {
			if n := len(s.State().Nodes("/")); n != 4 { // "/", and three below "/zookeeper"
				w.Errorf("%d nodes left", n)
			}
		})
	})
}

// Whoever creates nodes at the same time delays the end, but gets no error to happen.
func TestDeleteAllWhileOthersCreate(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.EnsurePath(ctx, "/a/b"))
		late := 20
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpDelete && in.Path == "/a/b" && late > 0 {
				late--
				return core.Verdict{Code: wire.CodeNotEmpty} // somebody has created a child
			}
			return core.Pass
		})
		ok(w, cl.DeleteAll(ctx, "/a"))
		if st := ok(w, cl.Exists(ctx, "/a")); st != nil || late != 0 {
			w.Errorf("it is still there: %+v", st)
		}
	})
}

func TestDeleteAllByMany(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		for i := range 50 {
			cl.Create(ctx, fmt.Sprintf("/a/b%d/c", i), nil, zk.MakeParents())
		}
		ok(w, cl.EnsurePath(ctx, "/a"))
		all := []*future.Future[struct{}]{cl.DeleteAll(ctx, "/a"), other.DeleteAll(ctx, "/a"), cl.DeleteAll(ctx, "/a")}
		ok(w, future.All(all...))
	})
}

func TestDeleteAllForbidden(t *testing.T) {
	onPool(t, func(w *world) {
		boss, cl := w.client(zk.WithAuth("digest", []byte("boss:pw"))), w.client()
		ok(w, cl.EnsurePath(ctx, "/a/b"))
		ok(w, boss.Create(ctx, "/a/b/c", nil, zk.ACLs{zk.DigestACL("boss", "pw", zk.PermAll)}))
		if oe := refused(w, cl.DeleteAll(ctx, "/a"), zk.ErrNoAuth, false); oe.Path != "/a/b/c" {
			w.Errorf("the error is about %s", oe.Path)
		}
	})
}

// The window adapts to how many operations the client may have in flight.
func TestDeleteAllWithFewInFlight(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client(zk.WithMaxInFlight(4))
		for i := range 50 {
			ok(w, cl.Create(ctx, fmt.Sprintf("/n%d", i), nil))
		}
		ok(w, cl.DeleteAll(ctx, "/"))
	})
}

// EnsurePath and Create with MakeParents work also where hardly any operation may be in flight.
func TestEnsurePathWithFewInFlight(t *testing.T) {
	everywhere(t, func(w *world) {
		for _, most := range []int{2, 5} {
			cl := w.client(zk.WithMaxInFlight(most))
			ok(w, cl.EnsurePath(ctx, "/a/b/c/d/e/f/g/h"))
			ok(w, cl.Create(ctx, "/b/c/d/e/f/g/h", nil, zk.MakeParents()))
			ok(w, cl.DeleteAll(ctx, "/a"))
			ok(w, cl.DeleteAll(ctx, "/b"))
		}
	})
}
