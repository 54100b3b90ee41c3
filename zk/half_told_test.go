package zk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// halving is a connection that, once it is told to, delivers one event and breaks.
type halving struct {
	net.Conn
	once *atomic.Bool
	rest []byte // was read, and is not delivered
	err  error
}

func (c *halving) Read(b []byte) (int, error) {
	if len(c.rest) == 0 && c.err == nil {
		buf := make([]byte, 64<<10)
		n, err := c.Conn.Read(buf)
		c.rest, c.err = buf[:n], err
		if end := firstEvent(c.rest); end > 0 && c.once.CompareAndSwap(true, false) {
			c.rest, c.err = c.rest[:end], errBroken
			c.Conn.Close()
		}
	}
	if len(c.rest) == 0 {
		return 0, c.err
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// firstEvent returns where the first event in whole frames ends.
func firstEvent(b []byte) int {
	for at := 0; len(b)-at >= 8; {
		end := at + 4 + int(binary.BigEndian.Uint32(b[at:]))
		if end > len(b) {
			return 0
		}
		if int32(binary.BigEndian.Uint32(b[at+4:])) == wire.XidWatch {
			return end
		}
		at = end
	}
	return 0
}

// The connection breaks between two events of one transaction. Servers from 3.9 on say in the first which transaction it
// was; whoever took that for what he has seen would never be told of the second.
func TestHalfToldTransaction(t *testing.T) {
	for _, v := range subscribing {
		t.Run(v.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				srv, pool := zktest.NewServer(t, version(v)), handler.NewPool()
				var once atomic.Bool
				w := newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, nil)
				other := srv.Client(t)
				pool.Dialer = func(c context.Context, network, address string) (net.Conn, error) {
					nc, err := srv.Dial(c, network, address)
					return &halving{Conn: nc, once: &once}, err
				}
				cl := w.client()
				paths := []string{"/a", "/b", "/c"}
				for _, p := range paths {
					ok(t, other.Create(ctx, p, nil))
				}
				for range 20 {
					ok(t, cl.Sync(ctx, "/"))
					var changed []*future.Future[zk.Event]
					for _, p := range paths {
						changed = append(changed, ok(t, cl.GetAndWatch(ctx, p)).Changed)
					}
					log := states(cl)
					once.Store(true)
					tx := other.Txn()
					for _, p := range paths {
						tx.Set(p, nil, zk.AnyVersion)
					}
					ok(t, tx.Commit(ctx))
					for i, f := range changed {
						if ev := ok(t, f); ev.Path != paths[i] || ev.Type != zk.NodeDataChanged {
							t.Errorf("event %+v", ev)
						}
					}
					w.until("connected again", func() bool { return log.len() == 2 })
					if once.Load() {
						t.Fatal("nothing was cut")
					}
				}
			})
		})
	}
}

// Sessions that end one after the other leave neither connections nor goroutines.
func TestExpiredSessionsLeaveNothing(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		conns := func() (n int) {
			w.srv.Do(func(s *core.Server) { n = len(s.Conns()) })
			return n
		}
		before := runtime.NumGoroutine()
		for range 50 {
			old := cl.Session()
			pending := cl.Set(ctx, "/", nil, zk.AnyVersion)
			w.srv.Expire(old.ID)
			if err := pending.WaitErr(); err != nil && !errors.Is(err, zk.ErrConnectionLoss) && !errors.Is(err, zk.ErrSessionExpired) {
				w.Error(err)
			}
			w.until("a new session", func() bool { return cl.Session().Epoch > old.Epoch && cl.State() == zk.Connected })
		}
		w.until("one connection", func() bool { return conns() == 1 })
		w.until("as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	})
}
