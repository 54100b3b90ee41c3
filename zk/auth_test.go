package zk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// A credential works for what is called after it, on this connection and on later ones, and in later sessions.
func TestAddAuth(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		mine := zk.ACLs(zk.CreatorACL())
		refused(w, cl.Create(ctx, "/a", nil, mine), zk.ErrInvalidACL, false)
		credential := []byte("bob:pw")
		added := cl.AddAuth(ctx, "digest", credential)
		made := cl.Create(ctx, "/a", nil, mine) // without waiting
		copy(credential, "eve:xx")
		ok(w, added)
		ok(w, made)
		ok(w, cl.AddAuth(ctx, "digest", []byte("bob:pw"))) // twice is once
		if l := ok(w, cl.GetACL(ctx, "/a")); l.ACL[0] != zk.DigestACL("bob", "pw", zk.PermAll) {
			w.Errorf("ACL %v", l.ACL)
		}
		w.reconnect(cl)
		ok(w, cl.Set(ctx, "/a", nil, 0))
		w.srv.Expire(cl.Session().ID)
		w.await(cl, zk.Suspended)
		w.await(cl, zk.Connected)
		ok(w, cl.Set(ctx, "/a", nil, 1))
		ok(w, cl.Chroot("/a").AddAuth(ctx, "digest", []byte("ann:pw")))
		w.reconnect(cl)
		ok(w, cl.Get(ctx, "/a"))
		w.srv.Do(func(s *core.Server) {
			conns := map[uint64]int{}
			for _, r := range s.Seen() {
				if r.Op == wire.OpAuth {
					conns[r.Conn]++
				}
			}
			if len(conns) != 4 || s.Count(wire.OpAuth) != 2+1+1+1+2 {
				w.Errorf("credentials on connections: %v", conns)
			}
		})
	})
}

// A refused credential fails its call. The server closes the connection; the next one is made without it.
func TestAddAuthRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.AddAuth(ctx, "digest", []byte("bob:pw")))
		ok(w, cl.Create(ctx, "/a", nil, zk.ACLs(zk.CreatorACL())))
		log := states(cl)
		id := cl.Session().ID
		before := cl.Get(ctx, "/a")
		bad := cl.AddAuth(ctx, "nonsense", []byte("secret"))
		behind := cl.Set(ctx, "/a", nil, 0)
		ok(w, before)
		if oe := refused(w, bad, zk.ErrAuthFailed, false); oe.Op != "auth" || strings.Contains(oe.Error(), "secret") {
			w.Errorf("%v", oe)
		}
		ok(w, behind) // waits for the next connection
		w.reconnect(cl)
		ok(w, cl.Get(ctx, "/a"))
		w.until("four changes", func() bool { return log.len() >= 4 })
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED SUSPENDED CONNECTED" || cl.Session().ID != id {
			w.Errorf("states %s", got)
		}
	})
}

// A lost connection leaves it open whether the server has taken the credential, which is then not kept.
func TestAddAuthCut(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		cut := true
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpAuth && cut {
				cut = false
				return core.Verdict{Cut: core.CutAfter}
			}
			return core.Pass
		})
		refused(w, cl.AddAuth(ctx, "digest", []byte("bob:pw")), zk.ErrConnectionLoss, false)
		refused(w, cl.Create(ctx, "/a", nil, zk.ACLs(zk.CreatorACL())), zk.ErrInvalidACL, false)
		ok(w, cl.AddAuth(ctx, "digest", []byte("bob:pw")))
		ok(w, cl.Create(ctx, "/a", nil, zk.ACLs(zk.CreatorACL())))
	})
}

// A credential given as an option is required: without it there is no client.
func TestWithAuth(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithAuth("digest", []byte("bob:pw")), zk.WithAuth("digest", []byte("ann:pw")))
		ok(w, cl.Create(ctx, "/a", nil, zk.ACLs(zk.CreatorACL())))
		if l := ok(w, cl.GetACL(ctx, "/a")); len(l.ACL) != 2 {
			w.Errorf("ACL %v", l.ACL)
		}
		w.reconnect(cl)
		ok(w, cl.Set(ctx, "/a", nil, 0))

		bad := w.unstarted(zk.WithAuth("digest", []byte("bob:pw")), zk.WithAuth("nonsense", []byte("x")))
		log := states(bad)
		start := bad.Start(ctx)
		waiting := bad.Get(ctx, "/a")
		refused(w, start, zk.ErrAuthFailed, false)
		refused(w, waiting, zk.ErrAuthFailed, false)
		refused(w, bad.Get(ctx, "/a"), zk.ErrAuthFailed, false)
		w.until("two changes", func() bool { return log.len() == 2 })
		if c := log.all(); path(w, c) != "CONNECTING AUTH_FAILED" || !errors.Is(c[1].Err, zk.ErrAuthFailed) {
			w.Errorf("changes %v", c)
		}
		if bad.State() != zk.AuthFailed {
			w.Errorf("%v", bad.State())
		}
		if _, err := zk.Connect(ctx, w.addr, zk.WithHandler(w.h), zk.WithAuth("nonsense", nil)); !errors.Is(err, zk.ErrAuthFailed) {
			w.Errorf("Connect: %v", err)
		}
	})
}

// What is logged shows no credentials, no passwords and no data, at any level.
func TestNothingSecretIsLogged(t *testing.T) {
	onPool(t, func(w *world) {
		logged, entries := observer.New(zapcore.DebugLevel)
		cl := w.client(zk.WithLogger(zap.New(logged)), zk.WithAuth("digest", []byte("bob:swordfish")))
		ok(w, cl.AddAuth(ctx, "digest", []byte("ann:swordfish")))
		ok(w, cl.Create(ctx, "/a", []byte("swordfish")))
		ok(w, cl.Set(ctx, "/a", []byte("swordfish too"), 0))
		refused(w, cl.AddAuth(ctx, "nonsense", []byte("swordfish")), zk.ErrAuthFailed, false)
		ok(w, cl.Get(ctx, "/"))
		w.reconnect(cl)
		w.srv.Expire(cl.Session().ID)
		w.await(cl, zk.Suspended)
		w.await(cl, zk.Connected)
		if entries.Len() < 5 {
			w.Errorf("only %d entries", entries.Len())
		}
		for _, e := range entries.All() {
			for _, f := range e.Context {
				switch f.Type {
				case zapcore.BinaryType, zapcore.ByteStringType, zapcore.ReflectType:
					w.Errorf("%s logs bytes: %s", e.Message, f.Key)
				}
			}
			if text := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(text, "swordfish") {
				w.Errorf("logged: %s", text)
			}
		}
	})
}

// Super passes every ACL; an address is an identity that every connection has, and the only one that "auth" does not mean.
func TestSuperAndIP(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, super := w.client(), w.client(zk.WithAuth("digest", []byte("super:pw")))
		ok(w, cl.Create(ctx, "/closed", nil, zk.ACLs{zk.DigestACL("nobody", "knows", zk.PermAll)}))
		refused(w, cl.Get(ctx, "/closed"), zk.ErrNoAuth, false)
		ok(w, super.Get(ctx, "/closed"))
		w.reconnect(super)
		ok(w, super.Set(ctx, "/closed", nil, 0))
		ok(w, cl.AddAuth(ctx, "digest", []byte("super:pw")))
		ok(w, cl.Get(ctx, "/closed"))

		other := w.client()
		for _, a := range []struct {
			id   string
			mine bool
		}{{"127.0.0.0/8", !isNode(w.h)}, {"203.0.113.7", false}, {"0.0.0.0/0", true}} {
			path := "/" + strings.ReplaceAll(a.id, "/", "-")
			ok(w, other.Create(ctx, path, nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "ip", ID: a.id}}))
			if a.mine {
				ok(w, other.Get(ctx, path))
			} else {
				refused(w, other.Get(ctx, path), zk.ErrNoAuth, false)
			}
		}
		refused(w, other.Create(ctx, "/x", nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "ip", ID: "nowhere"}}), zk.ErrInvalidACL, false)
		refused(w, other.Create(ctx, "/x", nil, zk.ACLs(zk.CreatorACL())), zk.ErrInvalidACL, false)
		ok(w, other.AddAuth(ctx, "ip", nil))
		refused(w, other.Create(ctx, "/x", nil, zk.ACLs(zk.CreatorACL())), zk.ErrInvalidACL, false)
	}, func(c *core.Config) { c.SuperDigest = zk.Digest("super", "pw") })
}

// isNode reports whether clients of h come from an address of a world.
func isNode(h handler.Handler) bool { _, is := h.(*handler.Node); return is }
