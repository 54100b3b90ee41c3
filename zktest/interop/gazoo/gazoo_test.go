package gazoo

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

// connect returns a client that is connected, and closed with the test.
func connect(t *testing.T, addr string, opts ...zk.Option) *zk.Client {
	t.Helper()
	return server.Connect(t, addr, append([]zk.Option{zk.WithSessionTimeout(5 * time.Second)}, opts...)...)
}

func ok[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience)
	defer cancel()
	v, err := f.WaitContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fails[T any](t *testing.T, f *future.Future[T], want error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience)
	defer cancel()
	if _, err := f.WaitContext(ctx); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestNodes(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		ctx, c := t.Context(), connect(t, addr)
		made := ok(t, c.Create(ctx, "/a/b", []byte("x"), zk.MakeParents()))
		n := ok(t, c.Get(ctx, "/a/b"))
		if string(n.Data) != "x" || n.Stat != made.Stat {
			t.Errorf("got %q, %+v, made %+v", n.Data, n.Stat, made)
		}
		if st := ok(t, c.Set(ctx, "/a/b", []byte("y"), 0)); st.Version != 1 {
			t.Errorf("set: %+v", st)
		}
		fails(t, c.Set(ctx, "/a/b", nil, 0), zk.ErrBadVersion)
		fails(t, c.Create(ctx, "/a", nil), zk.ErrNodeExists)
		fails(t, c.Delete(ctx, "/a", zk.AnyVersion), zk.ErrNotEmpty)
		if got := ok(t, c.Create(ctx, "/a/s-", nil, zk.Ephemeral|zk.Sequential)); got.Path != "/a/s-0000000001" {
			t.Errorf("made %s", got.Path)
		}
		ok(t, c.Create(ctx, "/a/t", nil, zk.TTL(time.Hour)))
		ok(t, c.Create(ctx, "/a/c", nil, zk.Container))
		names := ok(t, c.Children(ctx, "/a")).Names
		slices.Sort(names)
		if !slices.Equal(names, []string{"b", "c", "s-0000000001", "t"}) {
			t.Errorf("children: %q", names)
		}
		ok(t, c.DeleteAll(ctx, "/a"))
		if st := ok(t, c.Exists(ctx, "/a")); st != nil {
			t.Errorf("exists: %+v", st)
		}
	})
}

func TestTxn(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		ctx, c := t.Context(), connect(t, addr)
		txn := c.Txn()
		made := txn.Create("/a", nil)
		txn.Set("/a", []byte("x"), 0)
		txn.Check("/a", 1)
		ok(t, txn.Commit(ctx))
		if ok(t, made).Path != "/a" {
			t.Error("made something else")
		}
		txn = c.Txn()
		txn.Create("/b", nil)
		txn.Check("/a", 7)
		fails(t, txn.Commit(ctx), zk.ErrBadVersion)
		if ok(t, c.Exists(ctx, "/b")) != nil {
			t.Error("half a transaction")
		}
	})
}

func TestWatches(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		ctx, c, other := t.Context(), connect(t, addr), connect(t, addr)
		created := ok(t, c.ExistsAndWatch(ctx, "/a"))
		ok(t, other.Create(ctx, "/a", nil))
		if ev := ok(t, created.Changed); ev.Type != zk.NodeCreated || ev.Path != "/a" {
			t.Errorf("got %+v", ev)
		}
		changed := ok(t, c.GetAndWatch(ctx, "/a"))
		ok(t, other.Set(ctx, "/a", nil, zk.AnyVersion))
		if ev := ok(t, changed.Changed); ev.Type != zk.NodeDataChanged {
			t.Errorf("got %+v", ev)
		}
		children := ok(t, c.ChildrenAndWatch(ctx, "/a"))
		ok(t, other.Create(ctx, "/a/b", nil))
		if ev := ok(t, children.Changed); ev.Type != zk.NodeChildrenChanged {
			t.Errorf("got %+v", ev)
		}
	})
}

func TestAuth(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		ctx, other := t.Context(), connect(t, addr)
		c := connect(t, addr, zk.WithAuth("digest", []byte("ann:secret")))
		ok(t, c.Create(ctx, "/a", []byte("x"), zk.ACLs(zk.CreatorACL())))
		ok(t, c.Get(ctx, "/a"))
		fails(t, other.Get(ctx, "/a"), zk.ErrNoAuth)
		ok(t, other.AddAuth(ctx, "digest", []byte(server.SuperLogin)))
		ok(t, other.Get(ctx, "/a"))
	})
}

// A session that another client takes over and closes has expired for whoever had it.
func TestExpiry(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		ctx, c, other := t.Context(), connect(t, addr), connect(t, addr)
		session := c.Session()
		ok(t, c.Create(ctx, "/e", nil, zk.Ephemeral))
		mine := ok(t, c.GetAndWatch(ctx, "/e"))
		gone := ok(t, other.ExistsAndWatch(ctx, "/e"))

		thief := connect(t, addr, zk.WithSession(session))
		if got := thief.Session().ID; got != session.ID {
			t.Fatalf("took over %#x, want %#x", got, session.ID)
		}
		server.Close(t, thief)

		if ev := ok(t, gone.Changed); ev.Type != zk.NodeDeleted {
			t.Errorf("got %+v", ev)
		}
		// It may learn of the deletion first, or only of the end.
		waiting, cancel := context.WithTimeout(ctx, server.Patience)
		defer cancel()
		if ev, err := mine.Changed.WaitContext(waiting); !errors.Is(err, zk.ErrSessionExpired) && ev.Type != zk.NodeDeleted {
			t.Errorf("got %+v, %v", ev, err)
		}
	})
}
