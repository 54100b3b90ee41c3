package zk_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

type dialer func(context.Context, string, string) (net.Conn, error)

// overTLS runs a test on the handlers that speak TLS. dial makes what they connect by.
func overTLS(t *testing.T, test func(w *world, ca *zktest.Authority, dial func(dialer))) {
	for name, make := range map[string]func(*testing.T) *world{
		"Pool": func(t *testing.T) *world {
			return poolWorld(t, handler.NewPool(), []zktest.ServerOption{zktest.WithX509()})
		},
		"Loop": func(t *testing.T) *world { return loopWorld(t, []zktest.ServerOption{zktest.WithX509()}) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := make(t)
				test(w, zktest.NewAuthority(t), func(d dialer) {
					switch h := w.h.(type) {
					case *handler.Pool:
						h.Dialer = d
					case *handler.Loop:
						h.Dialer = d
					}
				})
			})
		})
	}
}

func serverTLS(ca *zktest.Authority, hosts ...string) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{ca.Issue("server", hosts...)},
		ClientCAs:    ca.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

func clientTLS(ca *zktest.Authority) *tls.Config {
	return &tls.Config{RootCAs: ca.Pool(), Certificates: []tls.Certificate{ca.Issue("bob")}}
}

// A certificate of our own authority on each side; the client's subject is its identity.
func TestTLS(t *testing.T) {
	overTLS(t, func(w *world, ca *zktest.Authority, dial func(dialer)) {
		dial(w.srv.(*zktest.Server).DialTLS(serverTLS(ca, "127.0.0.1")))
		cl := w.client(zk.WithTLS(clientTLS(ca)))
		bob := zk.ACL{Perms: zk.PermAll, Scheme: "x509", ID: "CN=bob"}
		ok(w, cl.Create(ctx, "/mine", nil, zk.ACLs{bob}))
		ok(w, cl.Create(ctx, "/whose", nil, zk.ACLs(zk.CreatorACL())))
		if l := ok(w, cl.GetACL(ctx, "/whose")); !slices.Equal(l.ACL, []zk.ACL{bob}) {
			w.Errorf("ACL %v", l.ACL)
		}
		w.reconnect(cl)
		ok(w, cl.Get(ctx, "/mine"))
		if answer := ok(w, cl.FourLetter(ctx, "ruok")); answer != "imok" {
			w.Errorf("ruok: %q", answer)
		}
		if answer := ok(w, cl.FourLetterAt(ctx, w.addr, "ruok")); answer != "imok" {
			w.Errorf("ruok: %q", answer)
		}
		other := w.client(zk.WithTLS(&tls.Config{RootCAs: ca.Pool(), Certificates: []tls.Certificate{ca.Issue("eve")}}))
		refused(w, other.Get(ctx, "/mine"), zk.ErrNoAuth, false)
	})
}

// What is wrong is said when Start's time is over, and nothing hangs.
func TestTLSFailures(t *testing.T) {
	type as func(error) bool
	is := func(want error) as { return func(err error) bool { return errors.Is(err, want) } }
	for _, c := range []struct {
		what   string
		server func(ca *zktest.Authority, srv *zktest.Server) dialer
		client func(ca *zktest.Authority) *tls.Config // nil: none
		want   as
		says   string
	}{
		{
			what: "wrong name",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer {
				return srv.DialTLS(serverTLS(ca, "elsewhere", "127.0.0.2"))
			},
			client: clientTLS,
			want:   func(err error) bool { _, ok := errors.AsType[x509.HostnameError](err); return ok },
			says:   "127.0.0.1",
		}, {
			what: "another authority",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer {
				return srv.DialTLS(serverTLS(zktest.NewAuthority(t), "127.0.0.1"))
			},
			client: clientTLS,
			want:   func(err error) bool { _, ok := errors.AsType[x509.UnknownAuthorityError](err); return ok },
			says:   "unknown authority",
		}, {
			what:   "expired",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer { return srv.DialTLS(serverTLS(ca, "127.0.0.1")) },
			client: func(ca *zktest.Authority) *tls.Config {
				cfg := clientTLS(ca)
				cfg.Time = func() time.Time { return time.Now().AddDate(1, 0, 0) }
				return cfg
			},
			want: func(err error) bool {
				e, ok := errors.AsType[x509.CertificateInvalidError](err)
				return ok && e.Reason == x509.Expired
			},
			says: "expired",
		}, {
			what:   "no certificate of ours",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer { return srv.DialTLS(serverTLS(ca, "127.0.0.1")) },
			client: func(ca *zktest.Authority) *tls.Config { return &tls.Config{RootCAs: ca.Pool()} },
			says:   "certificate required",
		}, {
			what:   "ours is another authority's",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer { return srv.DialTLS(serverTLS(ca, "127.0.0.1")) },
			client: func(ca *zktest.Authority) *tls.Config {
				return &tls.Config{RootCAs: ca.Pool(), Certificates: clientTLS(zktest.NewAuthority(t)).Certificates}
			},
			says: "tls: ",
		}, {
			what:   "the server does not speak TLS",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer { return srv.Dial },
			client: clientTLS,
			want:   is(io.EOF),
			says:   "TLS handshake",
		}, {
			what:   "only the server speaks TLS",
			server: func(ca *zktest.Authority, srv *zktest.Server) dialer { return srv.DialTLS(serverTLS(ca, "127.0.0.1")) },
			want:   is(io.EOF),
			says:   "before the server had answered",
		}, {
			what: "only the server speaks TLS, and says so",
			server: func(*zktest.Authority, *zktest.Server) dialer {
				return answering("\x15\x03\x01\x00\x02\x02\x0a")
			},
			want: is(zk.ErrProtocol),
			says: "speaks TLS",
		}, {
			what:   "the server answers in plain text",
			server: func(*zktest.Authority, *zktest.Server) dialer { return answering("HTTP/1.1 400 Bad Request\r\n\r\n") },
			client: clientTLS,
			want:   func(err error) bool { _, ok := errors.AsType[tls.RecordHeaderError](err); return ok },
			says:   "TLS handshake",
		}, {
			what:   "silence",
			server: func(*zktest.Authority, *zktest.Server) dialer { return answering("") },
			client: clientTLS,
			says:   "no answer in time",
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			overTLS(t, func(w *world, ca *zktest.Authority, dial func(dialer)) {
				var opts []zk.Option
				if c.client != nil {
					opts = append(opts, zk.WithTLS(c.client(ca)))
				}
				dial(c.server(ca, w.srv.(*zktest.Server)))
				limited, cancel := w.h.WithTimeout(ctx, 20*time.Second)
				defer cancel()
				err := refused(w, w.unstarted(opts...).Start(limited), context.DeadlineExceeded, false)
				if c.want != nil && !c.want(err) || !strings.Contains(err.Error(), c.says) {
					w.Errorf("%v", err)
				}
			})
		})
	}
}

// answering connects to somebody who says the same to everybody, or nothing.
func answering(text string) dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			if text != "" {
				go io.Copy(io.Discard, there)
				_, _ = io.WriteString(there, text)
			}
			_, _ = io.Copy(io.Discard, there)
		}()
		return here, nil
	}
}

// The name in the connect string counts, for the certificate and for what the server is told, not the address that it
// stands for: here "localhost", on real sockets.
func TestTLSName(t *testing.T) {
	for name, h := range map[string]handler.Handler{"Pool": handler.NewPool(), "Loop": handler.NewLoop()} {
		t.Run(name, func(t *testing.T) {
			defer func() { h.Stop(); <-h.Stopped() }()
			srv, ca := zktest.NewServer(t), zktest.NewAuthority(t)
			var mu sync.Mutex // guards asked
			var asked []string
			cfg := serverTLS(ca, "localhost")
			cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, hello.ServerName)
				return nil, nil
			}
			addr, err := srv.ListenTLS(cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(addr)
			limited, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			cl, err := zk.Connect(limited, "localhost:"+port, zk.WithHandler(h), zk.WithTLS(clientTLS(ca)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { ok(t, cl.Close(ctx)) }()
			if answer := ok(t, cl.FourLetter(limited, "ruok")); answer != "imok" {
				t.Errorf("ruok: %q", answer)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(asked) < 2 || slices.ContainsFunc(asked, func(s string) bool { return s != "localhost" }) {
				t.Errorf("server names %q", asked)
			}
		})
	}
}
