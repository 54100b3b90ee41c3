package zktest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/cert"
)

// An Authority signs certificates for a test. It is made anew for each test and lives in memory only. What it signs is valid
// from an hour ago for a month.
type Authority struct {
	t testing.TB
	a *cert.Authority
}

// NewAuthority makes an authority that nobody knows yet.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a, err := cert.New()
	if err != nil {
		t.Fatalf("making a certificate authority: %v", err)
	}
	return &Authority{t, a}
}

// Issue makes a key and a certificate of subject "CN=name" for these host names and addresses; a client's needs none.
func (a *Authority) Issue(name string, hosts ...string) tls.Certificate {
	a.t.Helper()
	c, err := a.a.Issue(name, hosts...)
	if err != nil {
		a.t.Fatalf("making a certificate: %v", err)
	}
	return c
}

// Pool is what RootCAs of a client's, and ClientCAs of a server's configuration must be to trust the authority.
func (a *Authority) Pool() *x509.CertPool { return a.a.Pool() }

// ListenTLS returns an address on the loopback interface, 127.0.0.1:port, where clients that speak TLS reach the server,
// until it is closed. cfg needs a certificate; see [Authority.Issue]. If it asks clients for theirs, the subject is their
// identity of scheme x509 with [WithX509]. Each call makes another address.
func (s *Server) ListenTLS(cfg *tls.Config) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.s.ServeTLSListener(l, cfg.Clone()) }() // ends with Close
	return l.Addr().String(), nil
}

// DialTLS returns what connects in memory, whatever the address, where a client that speaks TLS reaches the server; cfg is
// that of [Server.ListenTLS]. It fits handler.System's Dialer.
func (s *Server) DialTLS(cfg *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return s.s.DialMemoryTLS(cfg), nil }
}

// WithX509 makes a server know scheme x509, whose identities are the subjects of clients' certificates (ZooKeeper 3.5:
// authProvider.x509).
func WithX509() ServerOption { return func(c *core.Config) { c.X509 = true } }
