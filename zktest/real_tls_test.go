package zktest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TLS with a server that wants to know its clients by their certificates.
func TestRealTLS(t *testing.T) {
	t.Parallel()
	needs(t, "3.5.5", "TLS")
	ens := zktest.StartZooKeeper(t, 1, zktest.WithServerTLS(), zktest.WithServerConfig("ssl.clientAuth=need"))
	_, port, err := net.SplitHostPort(ens.SecureAddr(0))
	if err != nil {
		t.Fatal(err)
	}
	byName := "localhost:" + port
	mine := zk.ACL{Perms: zk.PermAll, Scheme: "x509", ID: "CN=client"}
	for name, h := range map[string]handler.Handler{"Pool": handler.NewPool(), "Loop": handler.NewLoop()} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(h.Stop)
			cl, err := zk.Connect(bg, byName, zk.WithHandler(h), zk.WithTLS(ens.ClientTLS()))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { got(t, cl.Close(bg)) })
			path := "/mine-" + name
			got(t, cl.Create(bg, path, nil, zk.ACLs(zk.CreatorACL())))
			if l := got(t, cl.GetACL(bg, path)); len(l.ACL) != 1 || l.ACL[0] != mine {
				t.Errorf("ACL %v", l.ACL)
			}
			got(t, cl.Set(bg, path, nil, 0))
			if answer := got(t, cl.FourLetter(bg, "ruok")); answer != "imok" {
				t.Errorf("ruok: %q", answer)
			}
			fails(t, ens.RootClient(t, zk.WithHandler(h)).Get(bg, path), zk.ErrNoAuth)
		})
	}

	stranger := zktest.NewAuthority(t)
	wrongName := ens.ClientTLS()
	wrongName.ServerName = "elsewhere"
	unknown := &tls.Config{RootCAs: ens.ClientTLS().RootCAs, Certificates: []tls.Certificate{stranger.Issue("client")}}
	for what, c := range map[string]struct {
		addr string
		tls  *tls.Config
		want func(error) bool
	}{
		"wrong name":             {byName, wrongName, func(err error) bool { _, ok := errors.AsType[x509.HostnameError](err); return ok }},
		"unknown authority":      {byName, &tls.Config{RootCAs: stranger.Pool()}, func(err error) bool { _, ok := errors.AsType[x509.UnknownAuthorityError](err); return ok }},
		"no certificate":         {byName, &tls.Config{RootCAs: ens.ClientTLS().RootCAs}, nil},
		"unknown certificate":    {byName, unknown, nil},
		"TLS to a plain port":    {ens.Addr(0), ens.ClientTLS(), nil},
		"plain text to TLS port": {ens.SecureAddr(0), nil, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel() // each lasts as long as its patience
			limited, cancel := context.WithTimeout(bg, 5*time.Second)
			defer cancel()
			var opts []zk.Option
			if c.tls != nil {
				opts = append(opts, zk.WithTLS(c.tls))
			}
			_, err := zk.Connect(limited, c.addr, opts...)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the last attempt") || c.want != nil && !c.want(err) {
				t.Error(err)
			}
		})
	}
}
