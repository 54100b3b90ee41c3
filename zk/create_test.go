package zk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestCreateModes(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		id := cl.Session().ID
		ok(w, cl.Create(ctx, "/m", nil))
		for _, c := range []struct {
			path, want string
			opts       []zk.CreateOption
			kind       string
			owner      int64
		}{
			{"/m/p", "/m/p", nil, "plain", 0},
			{"/m/q", "/m/q", []zk.CreateOption{zk.Persistent}, "plain", 0},
			{"/m/e", "/m/e", []zk.CreateOption{zk.Ephemeral}, "ephemeral", id},
			{"/m/s-", "/m/s-0000000003", []zk.CreateOption{zk.Sequential}, "plain", 0},
			{"/m/", "/m/0000000004", []zk.CreateOption{zk.Sequential}, "plain", 0},
			{"/m/.", "/m/.0000000005", []zk.CreateOption{zk.Sequential}, "plain", 0},
			{"/m/es-", "/m/es-0000000006", []zk.CreateOption{zk.Ephemeral | zk.Sequential}, "ephemeral", id},
			{"/m/es-", "/m/es-0000000007", []zk.CreateOption{zk.Ephemeral, zk.Sequential}, "ephemeral", id},
			{"/m/c", "/m/c", []zk.CreateOption{zk.Container}, "container", 0},
			{"/m/t", "/m/t", []zk.CreateOption{zk.TTL(time.Minute)}, "TTL", 0},
			{"/m/t-", "/m/t-0000000010", []zk.CreateOption{zk.TTL(time.Millisecond), zk.Sequential}, "TTL", 0},
			{"/m/t1", "/m/t1", []zk.CreateOption{zk.TTL((1<<40 - 1) * time.Millisecond)}, "TTL", 0},
		} {
			made := ok(w, cl.Create(ctx, c.path, []byte("d"), c.opts...))
			if made.Path != c.want || made.EphemeralOwner != c.owner || made.Czxid == 0 || made.DataLength != 1 {
				w.Errorf("Create(%q, %v): %+v, want path %q and owner %#x", c.path, c.opts, made, c.want, c.owner)
			}
			w.srv.Do(func(s *core.Server) {
				n, _ := s.State().Node(c.want)
				for _, o := range c.opts {
					if ttl, is := o.(zk.TTL); is && n.TTL != time.Duration(ttl) {
						w.Errorf("%s has TTL %v, want %v", c.want, n.TTL, ttl)
					}
				}
				if got := fmt.Sprint(n.Kind); !strings.EqualFold(got, c.kind) {
					w.Errorf("Create(%q, %v): the server has made a %s node, want %s", c.path, c.opts, got, c.kind)
				}
			})
		}
	})
}

func TestBadModesAreRefusedHere(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		var before uint64
		w.srv.Do(func(s *core.Server) { before = requests(s) })
		for _, opts := range [][]zk.CreateOption{
			{zk.Container | zk.Ephemeral},
			{zk.Container | zk.Sequential},
			{zk.Container, zk.Ephemeral | zk.Sequential},
			{zk.Container, zk.TTL(time.Second)},
			{zk.Ephemeral, zk.TTL(time.Second)},
			{zk.Ephemeral | zk.Sequential, zk.TTL(time.Second)},
			{zk.TTL(0)},
			{zk.TTL(-time.Second)},
			{zk.TTL(time.Millisecond - 1)},
			{zk.TTL((1 << 40) * time.Millisecond)},
			{zk.Mode(8)},
			{zk.Mode(255)},
			{zk.Ephemeral, nil},
			{zk.ACLs{}},
			{zk.ACLs(nil)},
			{zk.ACLs{{Perms: zk.PermAll, ID: "anyone"}}},
			{zk.ACLs{{Perms: 32, Scheme: "world", ID: "anyone"}}},
			{zk.ACLs{{Perms: -1, Scheme: "world", ID: "anyone"}}},
			{zk.ProtectedName(), zk.Sequential},
		} {
			path := "/x"
			if len(opts) == 2 && opts[1] == zk.Sequential {
				path = "/" // there is no name to protect
			}
			_, err := cl.Create(ctx, path, nil, opts...).Wait()
			want := error(zk.ErrBadArguments)
			if _, acl := opts[0].(zk.ACLs); acl {
				want = zk.ErrInvalidACL
			}
			isRefusal(w, err, want, false)
			tx := cl.Txn()
			made := tx.Create(path, nil, opts...)
			refused(w, tx.Commit(ctx), want, false)
			refused(w, made, want, false)
		}
		refused(w, cl.Create(ctx, "/", nil, zk.Protected()), zk.ErrBadArguments, false)
		w.srv.Do(func(s *core.Server) {
			if after := requests(s); after != before {
				w.Errorf("%d requests have reached the server", after-before)
			}
		})
		ok(w, cl.Get(ctx, "/")) // the connection lives
	})
}

// requests counts what a server has been asked, pings not included.
func requests(s *core.Server) (n uint64) {
	for op := wire.Op(-20); op < 128; op++ {
		if op != wire.OpPing {
			n += s.Count(op)
		}
	}
	return n
}

func TestTTLSwitchedOff(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		refused(w, cl.Create(ctx, "/t", nil, zk.TTL(time.Second)), zk.ErrUnimplemented, false)
		ok(w, cl.Create(ctx, "/p", nil))
		if s := cl.State(); s != zk.Connected {
			w.Errorf("state %v", s)
		}
	}, func(c *core.Config) { c.ExtendedTypes = false })
}

func TestDefaultACL(t *testing.T) {
	onPool(t, func(w *world) {
		acl := zk.ReadACL()
		cl := w.client(zk.WithDefaultACL(acl...))
		acl[0].Perms = zk.PermAll // the option has its own
		ok(w, cl.Create(ctx, "/a", nil))
		l := ok(w, cl.GetACL(ctx, "/a"))
		if len(l.ACL) != 1 || l.ACL[0] != zk.ReadACL()[0] || l.Czxid == 0 {
			w.Errorf("%+v", l)
		}
		refused(w, cl.Create(ctx, "/a/b", nil), zk.ErrNoAuth, false)
		ok(w, cl.Create(ctx, "/b", nil, zk.ACLs(zk.OpenACL())))
		ok(w, cl.Create(ctx, "/b/c", nil))
	})
}

func TestSequentialUnderOneParentCounts(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/q", nil))
		for i := range 20 {
			f := cl.Create(ctx, "/q/n-", nil, zk.Sequential)
			if made := ok(w, f); made.Path != fmt.Sprintf("/q/n-%010d", i) {
				w.Errorf("number %d is %s", i, made.Path)
			}
		}
	})
}
