package zk_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Servers that say too little or too much. TestSilentServer is about one that says nothing at all.

// A server answers everything but one request, pings too. Whoever waits for that one is told, and the client goes on.
func TestOneRequestIsNeverAnswered(t *testing.T) {
	for _, op := range []struct {
		name  string
		maybe bool
		try   func(cl *zk.Client) error
	}{
		{"getData", false, func(cl *zk.Client) error { return cl.Get(ctx, "/").WaitErr() }},
		{"setData", true, func(cl *zk.Client) error { return cl.Set(ctx, "/", nil, zk.AnyVersion).WaitErr() }},
		{"sync", false, func(cl *zk.Client) error { return cl.Sync(ctx, "/").WaitErr() }},
	} {
		t.Run(op.name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client(zk.WithSessionTimeout(6 * time.Second))
				session, forgotten := cl.Session().ID, false
				w.intercept(func(in *core.Incoming) core.Verdict {
					if in.Op.String() != op.name || forgotten {
						return core.Pass
					}
					forgotten = true
					return core.Verdict{Edit: func([]byte) []byte { return nil }}
				})
				begin := w.h.Now()
				isRefusal(w, op.try(cl), zk.ErrConnectionLoss, op.maybe)
				if took := w.h.Now().Sub(begin); took > 6*time.Second {
					w.Errorf("told after %v", took)
				}
				if err := op.try(cl); err != nil || cl.Session().ID != session {
					w.Errorf("afterwards: %v, session %#x, want %#x", err, cl.Session().ID, session)
				}
			})
		})
	}
}

// brittle is a connection on which nothing that contains a certain text can be written.
type brittle struct {
	net.Conn
	text   []byte
	broken *atomic.Bool
}

var errBroken = errors.New("broken")

func (c brittle) Write(b []byte) (int, error) {
	if i := bytes.Index(b, c.text); i >= 0 && c.broken.Swap(false) {
		n, _ := c.Conn.Write(b[:i])
		return n, errBroken
	}
	return c.Conn.Write(b)
}

// The connection breaks while the client presents its credentials on it: the client makes another, and nothing hangs.
func TestWriteErrorDuringAuthReplay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		srv, pool := zktest.NewServer(t), handler.NewPool()
		var broken atomic.Bool
		pool.Dialer = func(c context.Context, network, address string) (net.Conn, error) {
			nc, err := srv.Dial(c, network, address)
			return brittle{nc, []byte("ann:pw"), &broken}, err
		}
		w := newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, nil)
		cl := w.client(zk.WithAuth("digest", []byte("bob:pw")))
		ok(w, cl.AddAuth(ctx, "digest", []byte("ann:pw")))
		ok(w, cl.Create(ctx, "/a", nil, zk.ACLs(zk.CreatorACL())))
		for range 20 {
			broken.Store(true)
			log := states(cl)
			srv.Drop(cl.Session().ID)
			waiting := cl.Set(ctx, "/a", nil, zk.AnyVersion)
			w.until("connected", func() bool {
				return !broken.Load() && log.len() > 0 && cl.State() == zk.Connected
			})
			if err := waiting.WaitErr(); err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
				t.Fatal(err)
			}
			ok(w, cl.Set(ctx, "/a", nil, zk.AnyVersion)) // both identities are there again
		}
	})
}

// A server that sends events for ever costs neither memory nor the replies between them.
func TestEndlessEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, put := tapped(t)
		cl := w.client()
		watched := ok(w, cl.GetAndWatch(ctx, "/"))
		var flood []byte
		for range 1000 {
			for _, typ := range []int32{1, 2, 3, 4} {
				flood = append(flood, event(typ, "/nobody/asked")...)
				flood = append(flood, event(typ, "/")...)
			}
		}
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := heap()
		for range 50 {
			put(flood)
			ok(w, cl.Sync(ctx, "/"))
		}
		if after := heap(); after > before+8<<20 {
			t.Errorf("%d events cost %d bytes", 50*8000, after-before)
		}
		if ev := ok(w, watched.Changed); ev.Path != "/" { // once
			t.Errorf("event %v", ev)
		}
		if n := w.count(wire.OpSync); n < 50 {
			t.Errorf("%d syncs", n)
		}
	})
}
