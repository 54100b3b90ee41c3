package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

func TestChildrenCount(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for _, p := range []string{"/a", "/a/b", "/a/b/c", "/a/d", "/ab"} {
			ok(w, cl.Create(ctx, p, nil))
		}
		for path, want := range map[string]int{"/a": 3, "/a/b": 1, "/a/d": 0, "/": 8} { // 3 below /zookeeper with it
			if n := ok(w, cl.ChildrenCount(ctx, path)); n != want {
				w.Errorf("%s has %d descendants, want %d", path, n, want)
			}
		}
		if n := ok(w, cl.Chroot("/a").ChildrenCount(ctx, "/")); n != 3 {
			w.Errorf("the root of the view has %d descendants, want 3", n)
		}
		if oe := refused(w, cl.Chroot("/a").ChildrenCount(ctx, "/x"), zk.ErrNoNode, false); oe.Path != "/x" || oe.Op != "getAllChildrenNumber" {
			w.Errorf("%+v", oe)
		}
		refused(w, cl.ChildrenCount(ctx, "a"), zk.ErrBadArguments, false)
	})
}

func TestEphemerals(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		for _, p := range []string{"/app", "/app/sub", "/application"} {
			ok(w, cl.Create(ctx, p, nil))
		}
		for _, p := range []string{"/app/e", "/app/sub/e", "/application/e", "/e", "/eve"} {
			ok(w, cl.Create(ctx, p, nil, zk.Ephemeral))
		}
		ok(w, other.Create(ctx, "/app/other", nil, zk.Ephemeral))
		app := cl.Chroot("/app")
		for _, c := range []struct {
			cl     *zk.Client
			prefix string
			want   []string
		}{
			{cl, "/", []string{"/app/e", "/app/sub/e", "/application/e", "/e", "/eve"}},
			{cl, "/app", []string{"/app/e", "/app/sub/e", "/application/e"}},
			{cl, "/app/", []string{"/app/e", "/app/sub/e"}},
			{cl, "/e", []string{"/e", "/eve"}},
			{app, "/", []string{"/e", "/sub/e"}},
			{app, "/sub", []string{"/sub/e"}},
			{app, "/s", []string{"/sub/e"}},
			{app, "/app", []string{}},
			{cl.Chroot("/e"), "/", []string{"/"}},
			{other, "/", []string{"/app/other"}},
		} {
			if got := ok(w, c.cl.Ephemerals(ctx, c.prefix)); !slices.Equal(sorted(got), c.want) {
				w.Errorf("ephemerals in %s: %v, want %v", c.prefix, got, c.want)
			}
		}
		for _, bad := range []string{"", "e", "//", "/a/../b"} {
			refused(w, cl.Ephemerals(ctx, bad), zk.ErrBadArguments, false)
		}
	})
}

func TestWhoAmI(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithAuth("digest", []byte("anna:secret")))
		ok(w, cl.AddAuth(ctx, "digest", []byte("bert:pw")))
		var users []string
		for _, id := range ok(w, cl.WhoAmI(ctx)) {
			if id.Scheme == "digest" {
				users = append(users, id.User)
			} else if id.Scheme != "ip" || id.User == "" {
				w.Errorf("%+v", id)
			}
		}
		if !slices.Equal(sorted(users), []string{"anna", "bert"}) {
			w.Errorf("users %v", users)
		}
	})
}

func TestMultiGet(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V3_6, core.V3_5, core.V3_4} {
		t.Run(v.String(), func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				app := cl.Chroot("/app")
				ok(w, app.EnsurePath(ctx, "/"))
				made := ok(w, app.Create(ctx, "/a", []byte("x")))
				ok(w, app.Create(ctx, "/a/b", nil))
				ok(w, app.Create(ctx, "/s", nil, zk.ACLs{zk.DigestACL("boss", "pw", zk.PermAll)}))
				wrote := app.Set(ctx, "/a", []byte("y"), 0) // nothing waits for it
				paths := []string{"/a", "/no", "/s", "/a/b", "/a"}
				f := app.MultiGet(ctx, paths...)
				paths[0] = "/changed"
				got := ok(w, f)
				if len(got) != 5 || got[0].Err != nil || got[3].Err != nil || got[4].Err != nil {
					w.Fatalf("%+v", got)
				}
				if n := got[0].Value; n.Path != "/a" || string(n.Data) != "y" || n.Stat != ok(w, wrote) || n.Czxid != made.Czxid {
					w.Errorf("%+v", n)
				}
				if n := got[3].Value; n.Path != "/a/b" || len(n.Data) != 0 {
					w.Errorf("%+v", n)
				}
				for i, want := range map[int]error{1: zk.ErrNoNode, 2: zk.ErrNoAuth} {
					if oe := isRefusal(w, got[i].Err, want, false); oe.Op != "getData" || oe.Path != []string{"", "/no", "/s"}[i] {
						w.Errorf("%+v", oe)
					}
				}
				kids := ok(w, app.MultiChildren(ctx, "/", "/no", "/a"))
				if !slices.Equal(sorted(kids[0].Value), []string{"a", "s"}) || !slices.Equal(kids[2].Value, []string{"b"}) {
					w.Errorf("%+v", kids)
				}
				if oe := isRefusal(w, kids[1].Err, zk.ErrNoNode, false); oe.Op != "getChildren" || oe.Path != "/no" {
					w.Errorf("%+v", oe)
				}
				if all := ok(w, app.MultiGet(ctx)); all == nil || len(all) != 0 {
					w.Errorf("of no paths: %v", all)
				}
				if oe := refused(w, app.MultiGet(ctx, "/a", "b"), zk.ErrBadArguments, false); oe.Path != "b" || oe.Op != "multiRead" {
					w.Errorf("%+v", oe)
				}
				if n := w.count(wire.OpMultiRead); !v.AtLeast(core.V(3, 6, 0).Version) && n != 1 {
					w.Errorf("it was tried %d times", n)
				}
				w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
			}, version(v))
		})
	}
}

// Where it is many reads, the end of the context and of the connection are still those of the whole.
func TestMultiGetOnOldServerIsOneOperation(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.MultiGet(ctx, "/")) // now it is known
		slow := func(by time.Duration) {
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpGetData && in.Path == "/zookeeper" {
					return core.Verdict{Delay: by}
				}
				return core.Pass
			})
		}
		slow(300 * time.Millisecond)
		for _, take := range consumers {
			with, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
			f := future.Then(cl.MultiGet(with, "/", "/zookeeper"), func([]future.Result[zk.Node]) (zk.Stat, error) { return zk.Stat{}, nil })
			if err := take.take(w, f); !errors.Is(err, context.DeadlineExceeded) {
				w.Errorf("%s: %v", take.name, err)
			}
			cancel()
		}
		ok(w, cl.Sync(ctx, "/")) // behind what was given up
		slow(time.Hour)
		before := w.count(wire.OpGetData)
		f := cl.MultiGet(ctx, "/", "/zookeeper")
		w.until("the reads", func() bool { return w.count(wire.OpGetData) > before })
		w.srv.Drop(cl.Session().ID)
		if oe := refused(w, f, zk.ErrConnectionLoss, false); oe.Op != "multiRead" {
			w.Errorf("%+v", oe)
		}
		w.intercept(nil)
	}, version(core.V3_5))
}

// What a server does not know fails, nothing else notices, and it is tried once.
func TestNewerReadsOnOldServers(t *testing.T) {
	reads := []struct {
		op wire.Op
		do func(cl *zk.Client) error
	}{
		{wire.OpGetAllChildrenNumber, func(cl *zk.Client) error { return cl.ChildrenCount(ctx, "/").WaitErr() }},
		{wire.OpGetEphemerals, func(cl *zk.Client) error { return cl.Ephemerals(ctx, "/").WaitErr() }},
		{wire.OpWhoAmI, func(cl *zk.Client) error { return cl.WhoAmI(ctx).WaitErr() }},
		{wire.OpReconfig, func(cl *zk.Client) error {
			return cl.Reconfig(ctx, zk.Reconfiguration{Leaving: []int64{1}}, zk.AnyConfig).WaitErr()
		}},
		{wire.OpMultiRead, func(cl *zk.Client) error { return nil }},
	}
	for _, v := range []core.Version{core.V3_4, core.V3_5, core.V3_6, core.V3_7, core.V3_8, core.V3_9} {
		t.Run(v.String(), func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				id := cl.Session().ID
				for _, r := range reads {
					for range 2 {
						before := cl.Create(ctx, "/n", nil)
						err := r.do(cl)
						behind := cl.Delete(ctx, "/n", zk.AnyVersion)
						switch {
						case !v.AtLeast(r.op.Since()) && r.op != wire.OpMultiRead:
							isRefusal(w, err, zk.ErrUnimplemented, false)
						case r.op == wire.OpReconfig:
							isRefusal(w, err, zk.ErrReconfigDisabled, false)
						case err != nil:
							w.Errorf("%v: %v", r.op, err)
						}
						ok(w, before)
						ok(w, behind)
					}
					if n := w.count(r.op); !v.AtLeast(r.op.Since()) && n > 1 {
						w.Errorf("%v was tried %d times", r.op, n)
					}
				}
				if cl.Session().ID != id {
					w.Error("it has cost the session")
				}
			}, version(v))
		})
	}
}

// In a transaction, too, what an old server cannot make is refused as such.
func TestContainersInTxnOnOldServers(t *testing.T) {
	for _, v := range []core.Version{core.V3_4, core.V3_5, core.V3_6, core.V3_7, core.V3_8, core.V3_9} {
		t.Run(v.String(), func(t *testing.T) {
			onPool(t, func(w *world) {
				cl := w.client()
				for i := range 2 {
					for mode, opt := range map[string]zk.CreateOption{"container": zk.Container, "ttl": zk.TTL(time.Hour)} {
						path := fmt.Sprintf("/%s%d", mode, i)
						tx := cl.Txn()
						plain := tx.Create(path, nil)
						made := tx.Create(path+"/sub", []byte("x"), opt)
						err := tx.Commit(ctx).WaitErr()
						if v == core.V3_4 {
							isRefusal(w, err, zk.ErrUnimplemented, false)
							isRefusal(w, made.WaitErr(), zk.ErrUnimplemented, false)
							continue
						}
						if err != nil {
							w.Fatal(err)
						}
						st := *ok(w, cl.Exists(ctx, path+"/sub"))
						if c := ok(w, made); c.Path != path+"/sub" || c.Stat != st {
							w.Errorf("%s: created %+v, want %+v", mode, c, st)
						}
						if c := ok(w, plain); c.Czxid != st.Czxid {
							w.Errorf("created %+v", c)
						}
						var kind core.Kind
						w.srv.Do(func(s *core.Server) { n, _ := s.State().Node(path + "/sub"); kind = n.Kind })
						if want := map[string]core.Kind{"container": core.Container, "ttl": core.TTL}[mode]; kind != want {
							w.Errorf("it is a %v, want %v", kind, want)
						}
					}
				}
				tx := cl.Txn() // a plain one works everywhere
				tx.Create("/plain", nil)
				ok(w, tx.Commit(ctx))
			}, version(v))
		})
	}
}
