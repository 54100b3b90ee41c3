package zk_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A client on a read-only server asks the others over TLS, too, whether they have a quorum.
func TestReadWriteServerIsFoundOverTLS(t *testing.T) {
	overTLS(t, func(w *world, ca *zktest.Authority, dial func(dialer)) {
		readOnly := zktest.NewServer(w, func(c *core.Config) { c.ReadOnlyMode, c.LocalSessions = true, true })
		readOnly.SetReadOnly(true)
		there := map[string]dialer{
			"127.0.0.1:2181": readOnly.DialTLS(serverTLS(ca, "127.0.0.1")),
			"127.0.0.2:2181": w.srv.(*zktest.Server).DialTLS(serverTLS(ca, "127.0.0.2")),
		}
		var cut atomic.Bool
		cut.Store(true)
		dial(func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "127.0.0.2:2181" && cut.Load() {
				return nil, errors.New("cut off")
			}
			return there[address](ctx, network, address)
		})
		cl := w.connect("127.0.0.1:2181,127.0.0.2:2181", zk.WithTLS(clientTLS(ca)), zk.WithReadOnly())
		if cl.State() != zk.ConnectedReadOnly {
			w.Errorf("state %v", cl.State())
		}
		cut.Store(false)
		w.await(cl, zk.Connected)
		ok(w, cl.Create(ctx, "/a", nil))
	})
}

// A simulated world has no TLS: a client that is told to use it connects without, and asks without.
func TestReadWriteServerIsFoundInAWorldWithoutTLS(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := deterministicWorld(t, nil)
		other, err := zktest.InWorld(w.det.Node("other"), ":2181", func(c *core.Config) { c.ReadOnlyMode, c.LocalSessions = true, true })
		if err != nil {
			t.Fatal(err)
		}
		other.Do(func(s *core.Server) { s.SetReadOnly(true) })
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		cl := w.connect("other:2181,server:2181", zk.WithTLS(&tls.Config{MinVersion: tls.VersionTLS13}), zk.WithReadOnly())
		if cl.State() != zk.ConnectedReadOnly {
			t.Errorf("state %v", cl.State())
		}
		if answer := ok(w, cl.FourLetterAt(ctx, "other:2181", "isro")); answer != "ro" {
			t.Errorf("isro: %q", answer)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		w.await(cl, zk.Connected)
		ok(w, cl.Create(ctx, "/a", nil))
	})
}

// A Dialer of one's own makes every connection, the four-letter words' included, from the address in the connect string.
func TestDialer(t *testing.T) {
	for _, kind := range worlds[:3] { // a simulated world has a network of its own
		t.Run(kind.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := kind.make(t, nil)
				var log record[string]
				var system *handler.System
				switch h := w.h.(type) {
				case *handler.Pool:
					system = &h.System
				case *handler.Loop:
					system = &h.System
				}
				inner, fails := system.Dialer, true
				system.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
					log.add(network + " " + address)
					if fails {
						fails = false
						return nil, errors.New("the first one fails")
					}
					return inner(ctx, network, address)
				}
				cl := w.connect("127.0.0.1:1234", zk.WithSessionTimeout(4*time.Second))
				ok(w, cl.FourLetter(ctx, "ruok"))
				if got := log.all(); len(got) != 3 || got[0] != "tcp 127.0.0.1:1234" || got[1] != got[0] || got[2] != got[0] {
					w.Errorf("dialed %q", got)
				}
			})
		})
	}
}
