package zk_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
)

func TestChroot(t *testing.T) {
	everywhere(t, func(w *world) {
		root := w.client()
		app := w.connect(w.addr + "/app")
		ok(w, app.EnsurePath(ctx, "/"))
		if st := ok(w, root.Exists(ctx, "/app")); st == nil {
			w.Fatal("EnsurePath of / has not created the chroot")
		}
		for _, c := range []struct {
			path, want, full string
			opts             []zk.CreateOption
		}{
			{"/a", "/a", "/app/a", nil},
			{"/", "/0000000001", "/app/0000000001", []zk.CreateOption{zk.Sequential}},
			{"/a/n-", "/a/n-0000000000", "/app/a/n-0000000000", []zk.CreateOption{zk.Sequential}},
			{"/p/q", "/p/q", "/app/p/q", []zk.CreateOption{zk.MakeParents()}},
		} {
			if made := ok(w, app.Create(ctx, c.path, nil, c.opts...)); made.Path != c.want {
				w.Errorf("Create(%q) returned %s, want %s", c.path, made.Path, c.want)
			}
			if st := ok(w, root.Exists(ctx, c.full)); st == nil {
				w.Errorf("Create(%q) has not created %s", c.path, c.full)
			}
		}
		ok(w, app.Set(ctx, "/", []byte("top"), zk.AnyVersion))
		if n := ok(w, app.Get(ctx, "/")); string(n.Data) != "top" || n.Path != "/" {
			w.Errorf("the root of the view is %+v", n)
		}
		if l := ok(w, app.Children(ctx, "/a")); !slices.Equal(l.Names, []string{"n-0000000000"}) {
			w.Errorf("children %v", l.Names)
		}
		if oe := refused(w, app.Get(ctx, "/no"), zk.ErrNoNode, false); oe.Path != "/no" {
			w.Errorf("the error is about %s", oe.Path)
		}
		refused(w, app.Get(ctx, "/app"), zk.ErrNoNode, false)

		// Events are in the view's terms, also for the root itself.
		top := ok(w, app.ChildrenAndWatch(ctx, "/"))
		data := ok(w, app.GetAndWatch(ctx, "/a"))
		ok(w, root.Create(ctx, "/app/new", nil))
		ok(w, root.Set(ctx, "/app/a", nil, zk.AnyVersion))
		if ev := ok(w, top.Changed); ev.Path != "/" || ev.Type != zk.NodeChildrenChanged {
			w.Errorf("event %+v", ev)
		}
		if ev := ok(w, data.Changed); ev.Path != "/a" || ev.Type != zk.NodeDataChanged {
			w.Errorf("event %+v", ev)
		}
		tx := app.Txn()
		made := tx.Create("/a/tx-", nil, zk.Sequential)
		ok(w, tx.Commit(ctx))
		if p := ok(w, made).Path; p != "/a/tx-0000000001" {
			w.Errorf("transaction created %s", p)
		}
		ok(w, app.DeleteAll(ctx, "/"))
		if l := ok(w, root.Children(ctx, "/app")); len(l.Names) != 0 {
			w.Errorf("DeleteAll of / has left %v", l.Names)
		}
	})
}

func TestViewsOfViews(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.EnsurePath(ctx, "/x/y/z"))
		ok(w, cl.EnsurePath(ctx, "/xy"))
		y := cl.Chroot("/x").Chroot("/y")
		if l := ok(w, y.Children(ctx, "/")); !slices.Equal(l.Names, []string{"z"}) {
			w.Errorf("/x/y has children %v", l.Names)
		}
		if l := ok(w, cl.Chroot("/").Chroot("/x").Chroot("/").Children(ctx, "/")); !slices.Equal(l.Names, []string{"y"}) {
			w.Errorf("/x has children %v", l.Names)
		}
		// "/xy" is not below "/x": an event of it must not be taken for one of the view.
		x := cl.Chroot("/x")
		refused(w, x.Get(ctx, "/../xy"), zk.ErrBadArguments, false)
		deep := cl.Chroot("/new/deep/root")
		ok(w, deep.EnsurePath(ctx, "/"))
		ok(w, deep.Create(ctx, "/n", nil, zk.Ephemeral))
		if st := ok(w, cl.Exists(ctx, "/new/deep/root/n")); st == nil || st.EphemeralOwner != cl.Session().ID {
			w.Errorf("through a view: %+v", st)
		}
		if deep.Session().ID != cl.Session().ID || deep.State() != zk.Connected || deep.Handler() != cl.Handler() {
			w.Error("a view is not the same client")
		}
	})
}

// An invalid chroot fails every operation of the view, before anything is sent.
func TestInvalidChroot(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for _, path := range []string{"", "x", "/x/", "//x", "/x/../y", "/\x00"} {
			v := cl.Chroot(path)
			tx := v.Txn()
			tx.Check("/", 0)
			empty := v.Txn()
			for i, f := range []interface{ WaitErr() error }{
				v.Create(ctx, "/a", nil), v.Create(ctx, "/a", nil, zk.Protected()), v.Get(ctx, "/"), v.Set(ctx, "/", nil, 0),
				v.Delete(ctx, "/a", 0), v.Exists(ctx, "/"), v.Children(ctx, "/"), v.GetACL(ctx, "/"), v.Sync(ctx, "/"),
				v.SetACL(ctx, "/", zk.OpenACL(), 0), v.GetAndWatch(ctx, "/"), v.ExistsAndWatch(ctx, "/"),
				v.ChildrenAndWatch(ctx, "/"), v.EnsurePath(ctx, "/"), v.DeleteAll(ctx, "/"), tx.Commit(ctx), empty.Commit(ctx),
				v.AddAuth(ctx, "digest", nil), v.Chroot("/y").Get(ctx, "/"),
			} {
				if err := f.WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
					w.Errorf("Chroot(%q), operation %d: %v", path, i, err)
				}
			}
		}
	})
}

func TestPinned(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		s := cl.Session()
		pinned := cl.Pinned(s)
		ok(w, pinned.Create(ctx, "/a", nil))
		w.reconnect(cl)
		ok(w, pinned.Create(ctx, "/b", nil)) // the session is the same
		if !w.srv.Expire(s.ID) {
			w.Fatal("no session to expire")
		}
		w.until("a new session", func() bool { return cl.Session().Epoch > s.Epoch && cl.State() == zk.Connected })
		for _, f := range []interface{ WaitErr() error }{
			pinned.Create(ctx, "/c", nil), pinned.Chroot("/a").Create(ctx, "/x", nil), pinned.Get(ctx, "/a"),
			pinned.EnsurePath(ctx, "/c/d"), pinned.DeleteAll(ctx, "/a"), pinned.Create(ctx, "/c", nil, zk.Protected()),
			pinned.GetAndWatch(ctx, "/a"), pinned.Txn().Commit(ctx),
		} {
			isRefusal(w, f.WaitErr(), zk.ErrSessionExpired, false)
		}
		if st := ok(w, cl.Exists(ctx, "/c")); st != nil {
			w.Error("a pinned create has slipped into the next session")
		}
		ok(w, cl.Pinned(cl.Session()).Get(ctx, "/a"))
		refused(w, pinned.Pinned(cl.Session()).Get(ctx, "/a"), zk.ErrSessionExpired, false)
		if _, err := pinned.Hold(cl.Session()); !errors.Is(err, zk.ErrSessionExpired) {
			w.Errorf("a hold of another session: %v", err)
		}
		if cl.PinnedTo() != 0 || pinned.Chroot("/a").PinnedTo() != s.Epoch {
			w.Errorf("pinned to %d and %d, not 0 and %d", cl.PinnedTo(), pinned.Chroot("/a").PinnedTo(), s.Epoch)
		}
	})
}

// What waits for a connection when the session ends does not go into the next one.
func TestPinnedWhileQueued(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		s := cl.Session()
		w.srv.Expire(s.ID) // the client does not know yet
		w.await(cl, zk.Suspended)
		pinned := cl.Pinned(s).Create(ctx, "/pinned", nil)
		free := cl.Create(ctx, "/free", nil)
		refused(w, pinned, zk.ErrSessionExpired, false)
		refused(w, free, zk.ErrSessionExpired, false)
		w.until("a new session", func() bool { return cl.Session().Epoch > s.Epoch && cl.State() == zk.Connected })
		if l := ok(w, cl.Children(ctx, "/")); !slices.Equal(l.Names, []string{"zookeeper"}) {
			w.Errorf("nodes %v", l.Names)
		}
	})
}

func TestPinnedToNoSession(t *testing.T) {
	onPool(t, func(w *world) {
		cl, other := w.client(), w.client()
		refused(w, cl.Pinned(zk.Session{}).Get(ctx, "/"), zk.ErrSessionExpired, false)
		refused(w, cl.Pinned(zk.Session{ID: cl.Session().ID}).Get(ctx, "/"), zk.ErrSessionExpired, false)
		refused(w, cl.Pinned(other.Session()).Get(ctx, "/"), zk.ErrSessionExpired, false)
	})
}

// Closing a view ends the watches that were asked for through it, and leaves everything else alone.
func TestCloseView(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		view := cl.Chroot("/a")
		mine := ok(w, view.GetAndWatch(ctx, "/"))
		fired := ok(w, view.ChildrenAndWatch(ctx, "/"))
		others := ok(w, cl.GetAndWatch(ctx, "/a"))
		ok(w, cl.Create(ctx, "/a/b", nil))
		ok(w, fired.Changed)
		coming := view.ExistsAndWatch(ctx, "/coming") // its reply comes when the view is closed
		ok(w, view.Close(ctx))
		refused(w, mine.Changed, zk.ErrClosed, false)
		refused(w, ok(w, coming).Changed, zk.ErrClosed, false)
		if _, _, ready := others.Changed.Poll(); ready {
			w.Error("closing a view has ended the client's own watch")
		}
		if cl.State() != zk.Connected {
			w.Errorf("closing a view has made the client %v", cl.State())
		}
		ok(w, view.Close(ctx))
		later := ok(w, view.GetAndWatch(ctx, "/")) // a view may be used on
		ok(w, cl.Set(ctx, "/a", nil, zk.AnyVersion))
		ok(w, others.Changed)
		ok(w, later.Changed)
		w.noWatches()
	})
}

func TestNilContextPanics(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		var none context.Context
		watched := ok(w, cl.ExistsAndWatch(ctx, "/x"))
		for i, call := range []func(){
			func() { cl.Get(none, "/") },
			func() { cl.Create(none, "/a", nil) },
			func() { cl.Create(none, "/a", nil, zk.MakeParents()) },
			func() { cl.EnsurePath(none, "/a") },
			func() { cl.DeleteAll(none, "/a") },
			func() { cl.GetAndWatch(none, "/") },
			func() { cl.Txn().Commit(none) },
			func() { cl.Start(none) },
			func() { cl.Close(none) },
			func() { cl.States(none) },
			func() { cl.AddAuth(none, "digest", nil) },
			func() { watched.Unwatch(none) },
		} {
			func() {
				defer func() {
					if recover() != "zk: nil context" {
						w.Errorf("call %d did not panic as it should", i)
					}
				}()
				call()
			}()
		}
		ok(w, cl.Get(ctx, "/"))
	})
}
