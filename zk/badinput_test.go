package zk_test

import (
	"crypto/tls"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"go.uber.org/zap"
)

// An error is one line, and not a long one, whatever the path.
func TestErrorText(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for path, want := range map[string]string{
			"/a/b c/é":                      "zk: getData /a/b c/é: zookeeper: node does not exist",
			"/" + strings.Repeat("x", 1000): "zk: getData /" + strings.Repeat("x", 199) + "…: zookeeper: node does not exist",
		} {
			if err := cl.Get(ctx, path).WaitErr(); err.Error() != want {
				t.Errorf("%q, want %q", err, want)
			}
		}
		err := cl.Get(ctx, "/a\nb\x1b[31m").WaitErr()
		if strings.ContainsAny(err.Error(), "\n\x1b") || !strings.Contains(err.Error(), `/a\nb`) {
			t.Errorf("%q", err)
		}
	})
}

// What is wrong with a path is found at once, by every operation, and reaches no server.
func TestBadPaths(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		var before uint64
		w.srv.Do(func(s *core.Server) { before = requests(s) })
		for _, path := range []string{
			"", "a", "a/b", "/a/", "//", "/a//b", "/.", "/..", "/a/./b", "/a/../b", "/a\x00", "/\x01", "/a\n", "/\x7f", "/\u0085",
			"/\ue000", "/\ufff0", "/\uffff", "/😀", "/\xff\xfe", "/a\xc3", "\\a", " /a",
		} {
			tx := cl.Txn()
			tx.Delete(path, 0)
			for i, f := range []interface{ WaitErr() error }{
				cl.Create(ctx, path, nil), cl.Get(ctx, path), cl.Set(ctx, path, nil, 0), cl.Delete(ctx, path, 0),
				cl.Exists(ctx, path), cl.Children(ctx, path), cl.GetACL(ctx, path), cl.SetACL(ctx, path, zk.OpenACL(), 0),
				cl.Sync(ctx, path), cl.GetAndWatch(ctx, path), cl.ExistsAndWatch(ctx, path), cl.ChildrenAndWatch(ctx, path),
				cl.EnsurePath(ctx, path), cl.DeleteAll(ctx, path), cl.Create(ctx, path, nil, zk.MakeParents()),
				cl.Create(ctx, path, nil, zk.Protected()), tx.Commit(ctx),
			} {
				err := f.WaitErr()
				if !errors.Is(err, zk.ErrBadArguments) || zk.MaybeApplied(err) {
					t.Errorf("operation %d on %q: %v", i, path, err)
				}
				var te *zk.TxnError
				if errors.As(err, &te) {
					err = te.Err
				}
				var oe *zk.OpError
				if !errors.As(err, &oe) || oe.Path != path {
					t.Errorf("operation %d on %q: %v does not name it", i, path, err)
				}
			}
		}
		for _, path := range []string{"/a b", "/...", "/.a", "/a.", "/\u00a0", "/\uf900", "/é"} {
			ok(w, cl.Create(ctx, path, nil))
			before++
		}
		w.srv.Do(func(s *core.Server) {
			if after := requests(s); after != before {
				t.Errorf("%d requests have reached the server", after-before)
			}
		})
	})
}

func TestBadVersions(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		for _, v := range []int32{-2, math.MinInt32} {
			refused(w, cl.Set(ctx, "/a", nil, v), zk.ErrBadArguments, false)
			refused(w, cl.Delete(ctx, "/a", v), zk.ErrBadArguments, false)
			refused(w, cl.SetACL(ctx, "/a", zk.OpenACL(), v), zk.ErrBadArguments, false)
		}
		for _, acl := range [][]zk.ACL{nil, {}, {{Perms: 1}}, {{Perms: 64, Scheme: "world", ID: "anyone"}}} {
			refused(w, cl.SetACL(ctx, "/a", acl, 0), zk.ErrInvalidACL, false)
			if len(acl) > 0 {
				refused(w, cl.EnsurePath(ctx, "/b", acl...), zk.ErrInvalidACL, false)
			}
		}
		refused(w, cl.AddAuth(ctx, "", nil), zk.ErrBadArguments, false)
	})
}

func TestConnectStrings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		pool := handler.NewPool()
		defer pool.Stop()
		for _, c := range []struct {
			in    string
			hosts []string // nil: refused
		}{
			{"h1", []string{"h1:2181"}},
			{"h1:2182", []string{"h1:2182"}},
			{"h1,h2:1", []string{"h1:2181", "h2:1"}},
			{" h1 , h2 ", []string{"h1:2181", "h2:2181"}},
			{"h1,,h2,", []string{"h1:2181", "h2:2181"}},
			{"h1,H1:2181,h1:02181", []string{"h1:2181"}},
			{"Zoo.Example.COM", []string{"zoo.example.com:2181"}},
			{"zoo_1.example", []string{"zoo_1.example:2181"}},
			{"bücher.example:2181", []string{"bücher.example:2181"}},
			{"10.0.0.1:65535/", []string{"10.0.0.1:65535"}},
			{"h1/app", []string{"h1:2181"}},
			{"h1/app/", []string{"h1:2181"}},
			{"h1:2181/a/b c", []string{"h1:2181"}},
			{"::1", []string{"[::1]:2181"}},
			{"[::1]", []string{"[::1]:2181"}},
			{"[::1]:2182,127.0.0.1", []string{"[::1]:2182", "127.0.0.1:2181"}},
			{"[FE80::1%Eth0]:2181", []string{"[fe80::1%Eth0]:2181"}},
			{"0:0:0:0:0:0:0:1,[::1]", []string{"[::1]:2181"}},
			{"", nil},
			{",", nil},
			{"/", nil},
			{"/app", nil},
			{" ", nil},
			{":2181", nil},
			{"h1:", nil},
			{"h1:0", nil},
			{"h1:65536", nil},
			{"h1:-1", nil},
			{"h1:+1", nil},
			{"h1:2181x", nil},
			{"h1: 2181", nil},
			{"h1:2181:2181", nil},
			{"h 1", nil},
			{"h1\n", []string{"h1:2181"}},
			{"h\x001", nil},
			{"h\xff", nil},
			{"user@h1", nil},
			{"zk://h1:2181", nil},
			{"h1;h2", []string{"h1;h2:2181"}}, // whatever a resolver makes of that
			{"[::1", nil},
			{"[]", nil},
			{"[]:2181", nil},
			{"[h1]:2181", nil},
			{"[127.0.0.1]:2181", nil},
			{"[::1]2181", nil},
			{"[::1]:", nil},
			{"::1:::2", nil},
			{"::g", nil},
			{"h1//app", nil},
			{"h1/app//", nil},
			{"h1/../x", nil},
			{"h1/a\x00", nil},
			{"h1:2181/app,h2:2181/app", nil},
			{"h1%41", nil},
			{"h1?x=y", nil},
		} {
			cl, err := zk.New(c.in, zk.WithHandler(pool))
			switch {
			case c.hosts == nil && err == nil:
				t.Errorf("New(%q) takes %v", c.in, cl.Hosts())
			case c.hosts == nil:
				if !strings.Contains(err.Error(), "connect string") {
					t.Errorf("New(%q): %v", c.in, err)
				}
			case err != nil:
				t.Errorf("New(%q): %v", c.in, err)
			case !slices.Equal(cl.Hosts(), c.hosts):
				t.Errorf("New(%q) takes %v, want %v", c.in, cl.Hosts(), c.hosts)
			}
		}
		if _, err := zk.New("h1/a/../b"); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("a bad chroot: %v", err)
		}
	})
}

func TestBadOptions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, opt := range map[string]zk.Option{
			"nil option":             nil,
			"session timeout 0":      zk.WithSessionTimeout(0),
			"session timeout -1":     zk.WithSessionTimeout(-time.Second),
			"session timeout 1 µs":   zk.WithSessionTimeout(time.Microsecond),
			"session timeout 2^31":   zk.WithSessionTimeout((1 << 31) * time.Millisecond),
			"nil handler":            zk.WithHandler(nil),
			"nil logger":             zk.WithLogger(nil),
			"nil TLS":                zk.WithTLS(nil),
			"no default ACL":         zk.WithDefaultACL(),
			"bad default ACL":        zk.WithDefaultACL(zk.ACL{}),
			"auth without a scheme":  zk.WithAuth("", []byte("x")),
			"session 0":              zk.WithSession(zk.Session{Password: make([]byte, 16)}),
			"session, no password":   zk.WithSession(zk.Session{ID: 1}),
			"session, long password": zk.WithSession(zk.Session{ID: 1, Password: make([]byte, 17)}),
			"in flight 0":            zk.WithMaxInFlight(0),
			"in flight -1":           zk.WithMaxInFlight(-1),
			"queued 0":               zk.WithMaxQueuedBytes(0),
			"request 0":              zk.WithMaxRequest(0),
			"request 2^31":           zk.WithMaxRequest(1 << 31),
			"reply 1":                zk.WithMaxReply(1),
			"reply 2^31":             zk.WithMaxReply(1 << 31),
			"expiry -1":              zk.WithLocalExpiry(-1),
			"expiry 0.5":             zk.WithLocalExpiry(0.5),
			"expiry NaN":             zk.WithLocalExpiry(math.NaN()),
			"expiry Inf":             zk.WithLocalExpiry(math.Inf(1)),
		} {
			if _, err := zk.New("h", opt); err == nil || !strings.Contains(err.Error(), "zk: option: ") {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := zk.Connect(ctx, "h", opt); err == nil {
				t.Errorf("Connect with %s succeeds", name)
			}
		}
		for name, opt := range map[string]zk.Option{
			"shortest timeout": zk.WithSessionTimeout(time.Millisecond),
			"longest timeout":  zk.WithSessionTimeout((1<<31 - 1) * time.Millisecond),
			"no local expiry":  zk.WithLocalExpiry(0),
			"expiry 1":         zk.WithLocalExpiry(1),
			"logger":           zk.WithLogger(zap.NewNop()),
			"TLS":              zk.WithTLS(&tls.Config{}),
			"read-only":        zk.WithReadOnly(),
			"empty credential": zk.WithAuth("ip", nil),
			"one in flight":    zk.WithMaxInFlight(1),
		} {
			if _, err := zk.New("h", opt); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A request that no server takes is refused here, whatever makes it long, and the connection lives.
func TestOversizedRequests(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		id := cl.Session().ID
		var changes record[zk.StateChange]
		cl.OnState(changes.add)
		huge := make([]byte, 0xfffff)
		many := slices.Repeat(zk.OpenACL(), 50_000)
		for i, f := range []interface{ WaitErr() error }{
			cl.Create(ctx, "/x", huge),
			cl.Create(ctx, "/x", make([]byte, 5<<20)),
			cl.Create(ctx, "/x", huge, zk.Protected()),
			cl.Create(ctx, "/x", nil, zk.ACLs(many)),
			cl.Create(ctx, "/"+strings.Repeat("x", 1<<20), nil),
			cl.Set(ctx, "/a", huge, 0),
			cl.Set(ctx, "/a", make([]byte, 0xfffff+1), 0),
			cl.SetACL(ctx, "/a", many, 0),
			cl.Get(ctx, "/"+strings.Repeat("x", 1<<20)),
			cl.EnsurePath(ctx, "/"+strings.Repeat("x", 1<<20)),
		} {
			if err := f.WaitErr(); !errors.Is(err, zk.ErrTooLong) || zk.MaybeApplied(err) {
				t.Errorf("operation %d: %v", i, err)
			}
		}
		// The longest request that fits: the limit is that of the frame without its length.
		overhead := 8 + 4 + len("/a") + 4 + 4
		ok(w, cl.Set(ctx, "/a", make([]byte, 0xfffff-overhead), 0))
		refused(w, cl.Set(ctx, "/a", make([]byte, 0xfffff-overhead+1), 1), zk.ErrTooLong, false)
		if len(changes.all()) != 0 || cl.Session().ID != id {
			t.Errorf("it has cost the connection: %v", changes.all())
		}
		small := w.client(zk.WithMaxRequest(1024))
		refused(w, small.Set(ctx, "/a", make([]byte, 1024), 1), zk.ErrTooLong, false)
		ok(w, small.Set(ctx, "/a", make([]byte, 1024-overhead), 1))
	})
}

// A reply beyond the limit costs the connection, and the operation knows.
func TestOversizedReply(t *testing.T) {
	onPool(t, func(w *world) {
		cl, small := w.client(), w.client(zk.WithMaxReply(4096))
		ok(w, cl.Create(ctx, "/a", make([]byte, 5000)))
		var changes record[zk.StateChange]
		small.OnState(changes.add)
		before, long, behind := small.Exists(ctx, "/a"), small.Get(ctx, "/a"), small.Exists(ctx, "/a")
		ok(w, before)
		refused(w, long, zk.ErrTooLong, false)
		if err := long.WaitErr(); errors.Is(err, zk.ErrConnectionLoss) || !strings.Contains(err.Error(), "reply of") {
			t.Errorf("%v", err)
		}
		refused(w, behind, zk.ErrConnectionLoss, false)
		ok(w, small.Exists(ctx, "/a"))
		patient := small.WithRetry(zk.RetryPolicy{}) // it does not ask again
		refused(w, patient.Get(ctx, "/a"), zk.ErrTooLong, false)
		ok(w, patient.Exists(ctx, "/a"))
		if c := changes.all(); len(c) != 4 || !errors.Is(c[0].Err, zk.ErrTooLong) || !strings.Contains(c[0].Err.Error(), "limit is 4096") {
			t.Errorf("changes %v", c)
		}
	})
}
