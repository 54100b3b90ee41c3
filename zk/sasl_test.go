package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func saslUsers() zktest.ServerOption {
	return zktest.WithSASLUsers(map[string]string{"bob": "swordfish", "jürgen": "pä\"ss\\wörd", "иван": "пароль"})
}

// What a user has made for himself he alone can read, on this connection and on later ones, and in later sessions.
func TestSASL(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSASL(zk.DigestMD5("bob", "swordfish")), zk.WithAuth("digest", []byte("ann:pw")))
		ok(w, cl.Create(ctx, "/mine", nil, zk.ACLs{zk.SASLACL("bob", zk.PermAll)}))
		ok(w, cl.Create(ctx, "/whose", nil, zk.ACLs(zk.CreatorACL())))
		if l := ok(w, cl.GetACL(ctx, "/whose")); !slices.Contains(l.ACL, zk.SASLACL("bob", zk.PermAll)) || len(l.ACL) != 2 {
			w.Errorf("ACL %v", l.ACL)
		}
		watch := ok(w, cl.GetAndWatch(ctx, "/mine"))
		w.reconnect(cl)
		ok(w, cl.Set(ctx, "/mine", nil, 0))
		ok(w, watch.Changed)
		w.srv.Expire(cl.Session().ID)
		w.await(cl, zk.Suspended)
		w.await(cl, zk.Connected)
		ok(w, cl.Set(ctx, "/mine", nil, 1))

		other := w.client(zk.WithAuth("digest", []byte("bob:swordfish")))
		refused(w, other.Get(ctx, "/mine"), zk.ErrNoAuth, false)
	}, saslUsers())
}

// Nothing goes before the exchange, and credentials go before watches, on every connection: a server that wants to know
// who it is closes the connection at anything else.
func TestSASLOrder(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSASL(zk.DigestMD5("bob", "swordfish")), zk.WithAuth("digest", []byte("ann:pw")), zk.WithSessionTimeout(time.Second))
		ok(w, cl.Create(ctx, "/a", nil))
		ok(w, cl.GetAndWatch(ctx, "/a"))
		w.reconnect(cl)
		ok(w, cl.Set(ctx, "/a", nil, 0))
		w.srv.Do(func(s *core.Server) {
			seen := map[uint64][]string{}
			for _, r := range s.Seen() {
				if len(seen[r.Conn]) < 6 {
					seen[r.Conn] = append(seen[r.Conn], r.Op.String())
				}
			}
			want := []string{"createSession", "sasl", "sasl", "auth", "setWatches", "setData"}
			for _, ops := range seen {
				if slices.Equal(ops, want) {
					return
				}
			}
			w.Errorf("requests %v", seen)
		})
		w.sleep(time.Minute) // heartbeats
		if cl.State() != zk.Connected {
			w.Error("the session has not lasted")
		}
	}, saslUsers(), zktest.WithRequiredSASL())
}

// The mechanism's characters are those of the RFC: Latin-1 where it will do.
func TestSASLNames(t *testing.T) {
	onPool(t, func(w *world) {
		for user, password := range map[string]string{"jürgen": "pä\"ss\\wörd", "иван": "пароль"} {
			cl := w.client(zk.WithSASL(zk.DigestMD5(user, password)))
			path := "/" + user
			ok(w, cl.Create(ctx, path, nil, zk.ACLs(zk.CreatorACL())))
			if l := ok(w, cl.GetACL(ctx, path)); l.ACL[0] != zk.SASLACL(user, zk.PermAll) {
				w.Errorf("ACL %v", l.ACL)
			}
		}
	}, saslUsers())
}

// A server before 3.5 refuses by closing the connection, and no other reason does so again and again.
func TestSASLRefusedByOldServer(t *testing.T) {
	everywhere(t, func(w *world) {
		for _, mech := range []zk.SASL{zk.DigestMD5("bob", "sword"), zk.DigestMD5("eve", "swordfish")} {
			refused(w, w.unstarted(zk.WithSASL(mech)).Start(ctx), zk.ErrAuthFailed, false)
		}
		ok(w, w.client(zk.WithSASL(zk.DigestMD5("bob", "swordfish"))).Get(ctx, "/"))
	}, saslUsers(), version(core.V3_4))
}

// A credential that is refused at first is final, and tells why; it is not shown.
func TestSASLRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		for name, mech := range map[string]zk.SASL{
			"wrong password": zk.DigestMD5("bob", "sword"),
			"unknown user":   zk.DigestMD5("eve", "swordfish"),
			"no ticket":      mechanism{start: errors.New("no ticket")},
			"confused":       mechanism{step: errors.New("confused")},
			"hasty":          mechanism{hasty: true},
		} {
			cl := w.unstarted(zk.WithSASL(mech))
			log := states(cl)
			start := cl.Start(ctx)
			waiting := cl.Get(ctx, "/")
			err := refused(w, start, zk.ErrAuthFailed, false)
			if !strings.Contains(err.Error(), "SASL") || strings.Contains(err.Error(), "sword") {
				w.Errorf("%s: %v", name, err)
			}
			refused(w, waiting, zk.ErrAuthFailed, false)
			w.until("two changes", func() bool { return log.len() == 2 })
			if c := log.all(); path(w, c) != "CONNECTING AUTH_FAILED" || !errors.Is(c[1].Err, zk.ErrAuthFailed) {
				w.Errorf("%s: changes %v", name, c)
			}
			refused(w, cl.Get(ctx, "/"), zk.ErrAuthFailed, false)
		}
	}, saslUsers())
}

// A server that has no SASL says yes to everything and knows nobody.
func TestSASLOfAServerWithout(t *testing.T) {
	everywhere(t, func(w *world) {
		err := refused(w, w.unstarted(zk.WithSASL(zk.DigestMD5("bob", "swordfish"))).Start(ctx), zk.ErrAuthFailed, false)
		if !strings.Contains(err.Error(), "no SASL") {
			w.Error(err)
		}
	})
}

// Who does not authenticate where that is required is told so with every request.
func TestSASLRequired(t *testing.T) {
	everywhere(t, func(w *world) {
		c, cancel := w.h.WithTimeout(ctx, time.Minute)
		defer cancel()
		cl := w.unstarted()
		ok(w, cl.Start(c))
		_, err := cl.Get(ctx, "/").Wait()
		if !errors.Is(err, wire.CodeSessionClosedRequireSASLAuth) {
			w.Error(err)
		}
		cl.Close(c)
		refused(w, w.unstarted(zk.WithSASL(zk.DigestMD5("bob", "wrong"))).Start(ctx), zk.ErrAuthFailed, false)
	}, saslUsers(), zktest.WithRequiredSASL())
}

// A mechanism is what a test wants of one.
type mechanism struct {
	start, step error
	hasty       bool
	never       bool                       // the step that answers a challenge does not return before the connection ends
	inner       zk.SASL                    // what works if there is no trouble
	trouble     func() (start, step error) // may change from connection to connection
}

func (m mechanism) Start(c context.Context, s zk.SASLServer) (zk.SASLExchange, error) {
	if m.trouble != nil {
		m.start, m.step = m.trouble()
	}
	if m.start != nil {
		return nil, m.start
	}
	x := &exchange{m: m}
	if m.inner != nil {
		var err error
		if x.inner, err = m.inner.Start(c, s); err != nil {
			return nil, err
		}
	}
	return x, nil
}

type exchange struct {
	m     mechanism
	inner zk.SASLExchange
}

func (x *exchange) Step(c context.Context, challenge []byte) ([]byte, bool, error) {
	switch {
	case x.m.hasty:
		return []byte("me"), true, nil
	case x.m.step != nil:
		return nil, false, x.m.step
	case x.m.never && challenge != nil:
		<-c.Done()
		return nil, false, c.Err()
	case x.inner != nil:
		return x.inner.Step(c, challenge)
	}
	return []byte("more"), false, nil
}

// What was good once is tried again and again: it is the servers, or those who give tickets, that have trouble.
func TestSASLTroubleAfterSuccess(t *testing.T) {
	everywhere(t, func(w *world) {
		var mu sync.Mutex // guards what follows
		var start, step error
		cl := w.client(zk.WithSASL(mechanism{
			inner: zk.DigestMD5("bob", "swordfish"), trouble: func() (error, error) {
				mu.Lock()
				defer mu.Unlock()
				return start, step
			},
		}), zk.WithSessionTimeout(20*time.Second))
		id := cl.Session().ID
		log := states(cl)
		for _, trouble := range []struct {
			what    string
			on, off func()
		}{
			{"no ticket", func() { start = errors.New("no ticket") }, func() { start = nil }},
			{"no answer", func() { step = errors.New("no answer") }, func() { step = nil }},
			{"refused", func() { w.intercept(onSASL(core.Verdict{Code: wire.CodeAuthFailed})) }, func() { w.intercept(nil) }},
			{"a null token", func() { w.intercept(onSASL(core.Verdict{Edit: nullToken})) }, func() { w.intercept(nil) }},
			{"cut before", func() { w.intercept(onSASL(core.Verdict{Cut: core.CutBefore})) }, func() { w.intercept(nil) }},
			{"cut after", func() { w.intercept(onSASL(core.Verdict{Cut: core.CutAfter})) }, func() { w.intercept(nil) }},
		} {
			mu.Lock()
			trouble.on()
			mu.Unlock()
			if !w.srv.Drop(id) {
				w.Fatal("no connection")
			}
			w.await(cl, zk.Suspended)
			waiting := cl.Get(ctx, "/")
			w.sleep(5 * time.Second)
			if s := cl.State(); s != zk.Suspended {
				w.Errorf("%s: %v", trouble.what, s)
			}
			mu.Lock()
			trouble.off()
			mu.Unlock()
			ok(w, waiting)
			if cl.Session().ID != id {
				w.Errorf("%s: another session", trouble.what)
			}
		}
		w.until("the last change is told", func() bool { return log.len() >= 12 })
		if got, want := path(w, log.all()), strings.TrimSpace(strings.Repeat("SUSPENDED CONNECTED ", 6)); got != want {
			w.Errorf("states %s", got)
		}
	}, saslUsers())
}

func onSASL(v core.Verdict) core.Intercept {
	return func(in *core.Incoming) core.Verdict {
		if in.Op == wire.OpSASL {
			return v
		}
		return core.Pass
	}
}

// nullToken makes of a reply that of a server without SASL.
func nullToken(reply []byte) []byte {
	return append(reply[:wire.ReplyHeaderLen], 0xff, 0xff, 0xff, 0xff)
}

// token puts a token into a reply.
func token(text string) func([]byte) []byte {
	return func(reply []byte) []byte {
		var e wire.Encoder
		e.B = append(e.B, reply[:wire.ReplyHeaderLen]...)
		if err := e.Encode(&proto.SetSASLResponse{Token: []byte(text)}); err != nil {
			panic(err)
		}
		return e.B
	}
}

// A server that does not know the rules, or not the password, costs connections. Start goes on to others, and when its time
// is over says what was wrong.
func TestSASLHostileServer(t *testing.T) {
	second := func(v core.Verdict) func(*world) core.Intercept { // of every connection
		return func(*world) core.Intercept {
			n := map[*core.Conn]int{}
			return func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpSASL {
					if n[in.Conn]++; n[in.Conn] == 2 {
						return v
					}
				}
				return core.Pass
			}
		}
	}
	all := func(v core.Verdict) func(*world) core.Intercept {
		return func(*world) core.Intercept { return onSASL(v) }
	}
	good := `realm="zk-sasl-md5",nonce="x",charset=utf-8,algorithm=md5-sess`
	for _, c := range []struct {
		what      string
		intercept func(*world) core.Intercept
		mech      zk.SASL
		want      error
		says      string
	}{
		{"garbage", all(core.Verdict{Edit: token("\x00\xff garbage")}), nil, zk.ErrProtocol, "directives"},
		{"empty challenge", all(core.Verdict{Edit: token("")}), nil, zk.ErrProtocol, "no nonce"},
		{"another algorithm", all(core.Verdict{Edit: token(`nonce="x",algorithm=md5`)}), nil, zk.ErrProtocol, "algorithm"},
		{"insists on encryption", all(core.Verdict{Edit: token(good + `,qop="auth-conf"`)}), nil, zk.ErrProtocol, "security layer"},
		{"long challenge", all(core.Verdict{Edit: token(good + strings.Repeat(" ", 5000))}), nil, zk.ErrProtocol, "too long"},
		{"huge challenge", all(core.Verdict{Edit: token(strings.Repeat("x", 1<<20))}), nil, zk.ErrTooLong, ""},
		{"wrong rspauth", second(core.Verdict{Edit: token("rspauth=ea40f60335c427b5527b84dbabcdfffd")}), nil, zk.ErrProtocol, "does not prove"},
		{"no rspauth", second(core.Verdict{Edit: token("")}), nil, zk.ErrProtocol, "does not prove"},
		{"cut reply", all(core.Verdict{Edit: func(b []byte) []byte { return b[:len(b)-1] }}), nil, zk.ErrProtocol, ""},
		{"only a header", all(core.Verdict{Edit: func(b []byte) []byte { return b[:wire.ReplyHeaderLen] }}), nil, zk.ErrProtocol, ""},
		{"another xid", all(core.Verdict{Edit: func(b []byte) []byte { b[3]++; return b }}), nil, zk.ErrProtocol, "xid"},
		{"silence", all(core.Verdict{Delay: time.Hour}), nil, context.DeadlineExceeded, "no answer in time"},
		{"a mechanism that hangs", all(core.Pass), mechanism{never: true}, context.DeadlineExceeded, "no answer in time"},
	} {
		t.Run(c.what, func(t *testing.T) {
			kinds := onPool
			if c.mech == nil { // that one waits for a channel, which nothing can do in a world
				kinds = func(t *testing.T, test func(*world), opts ...zktest.ServerOption) { everywhere(t, test, opts...) }
			}
			kinds(t, func(w *world) {
				w.intercept(c.intercept(w))
				mech := c.mech
				if mech == nil {
					mech = zk.DigestMD5("bob", "swordfish")
				}
				if m, is := mech.(mechanism); is && m.never {
					m.inner = zk.DigestMD5("bob", "swordfish")
					mech = m
				}
				limited, cancel := w.h.WithTimeout(ctx, 30*time.Second)
				defer cancel()
				err := refused(w, w.unstarted(zk.WithSASL(mech)).Start(limited), context.DeadlineExceeded, false)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "swordfish") {
					w.Errorf("%v", err)
				}
				if n := w.count(wire.OpSASL); n < 3 {
					w.Errorf("%d tries", n)
				}
			}, saslUsers())
		})
	}
}

// A connection that ends anywhere in what goes before CONNECTED is made anew, and no request is lost or overtakes.
func TestReplayCut(t *testing.T) {
	for _, op := range []wire.Op{wire.OpSASL, wire.OpAuth, wire.OpSetWatches} {
		for _, cut := range []core.Cut{core.CutBefore, core.CutAfter, core.CutReply} {
			if op == wire.OpSetWatches && cut == core.CutReply {
				continue // that is behind CONNECTED
			}
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				everywhere(t, func(w *world) {
					cl := w.client(zk.WithSASL(zk.DigestMD5("bob", "swordfish")), zk.WithAuth("digest", []byte("ann:pw")))
					ok(w, cl.Create(ctx, "/a", nil))
					watch := ok(w, cl.GetAndWatch(ctx, "/a"))
					left := 3
					w.intercept(func(in *core.Incoming) core.Verdict {
						if in.Op == op && left > 0 {
							left--
							return core.Verdict{Cut: cut}
						}
						return core.Pass
					})
					id := cl.Session().ID
					w.srv.Drop(id)
					w.await(cl, zk.Suspended)
					var sets []*future.Future[zk.Stat]
					for v := range int32(10) {
						sets = append(sets, cl.Set(ctx, "/a", nil, v))
					}
					for _, f := range sets {
						ok(w, f)
					}
					ok(w, watch.Changed)
					if cl.Session().ID != id || left != 0 {
						w.Errorf("%d cuts are left, session %v", left, cl.Session())
					}
				}, saslUsers())
			})
		}
	}
}

// What is logged shows no password.
func TestSASLLogsNoSecrets(t *testing.T) {
	onPool(t, func(w *world) {
		logged, entries := observer.New(zapcore.DebugLevel)
		mech := zk.DigestMD5("bob", "swordfish")
		cl := w.client(zk.WithLogger(zap.New(logged)), zk.WithSASL(mech))
		w.reconnect(cl)
		_ = w.unstarted(zk.WithLogger(zap.New(logged)), zk.WithSASL(zk.DigestMD5("eve", "swordfish"))).Start(ctx).WaitErr()
		text := fmt.Sprintf("%v %+v %#v %s %q", mech, mech, mech, mech, mech)
		for _, e := range entries.All() {
			text += fmt.Sprint(e.Message, e.ContextMap())
		}
		if strings.Contains(text, "swordfish") || !strings.Contains(text, "bob") || entries.Len() < 4 {
			w.Errorf("shown: %s", text)
		}
	}, saslUsers())
}

func TestSASLBadOptions(t *testing.T) {
	for _, mech := range []zk.SASL{nil, zk.DigestMD5("", "x"), zk.DigestMD5("\xff", "x"), zk.DigestMD5("x", "\xff")} {
		if _, err := zk.New("localhost", zk.WithSASL(mech)); err == nil {
			t.Errorf("%v", mech)
		}
	}
}

// In worlds the exchange is the same in every run, and in none are two alike.
func TestSASLIsDeterministic(t *testing.T) {
	tokens := func() (all []string) {
		bubble(t, func(t *testing.T) {
			w := deterministicWorld(t, []zktest.ServerOption{saslUsers()})
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpSASL {
					all = append(all, string(in.Body))
				}
				return core.Pass
			})
			w.reconnect(w.client(zk.WithSASL(zk.DigestMD5("bob", "swordfish"))))
		})
		return all
	}
	one, two := tokens(), tokens()
	if !slices.Equal(one, two) || len(one) != 4 || cnonce(one[1]) == cnonce(one[3]) || len(cnonce(one[1])) < 32 {
		t.Errorf("%q\n%q", one, two)
	}
}

// cnonce is the client's random part of a proof.
func cnonce(proof string) string {
	_, rest, _ := strings.Cut(proof, `cnonce="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
