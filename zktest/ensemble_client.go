package zktest

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

const (
	// connectPatience is how long connecting and housekeeping may take before a test has failed.
	connectPatience = 30 * time.Second
	// closePatience is how long closing a client waits for a server: at the end of a test there may be none.
	closePatience = 5 * time.Second
)

// An attached client is one that has proxies of its own.
type attached struct{ ways []*proxy.Proxy } // by server

// Client returns a client that is connected, and is closed when t ends. It lives in a chroot that belongs to t: all
// clients of one t share it, those of another, such as a subtest, do not see it. It is made when t asks for its first
// client and removed, with all that is in it, when t ends. Connecting may take 30 s.
//
// t may be another test than the one that the ensemble was started for, and is the one that fails here.
func (e *Ensemble) Client(t testing.TB, opts ...zk.Option) *zk.Client {
	t.Helper()
	return e.client(t, e.Chroot(t), (*java.Server).DirectAddr, opts)
}

// RootClient is [Ensemble.Client] without a chroot. What it creates stays until the ensemble ends.
func (e *Ensemble) RootClient(t testing.TB, opts ...zk.Option) *zk.Client {
	t.Helper()
	return e.client(t, "", (*java.Server).DirectAddr, opts)
}

// SecureClient is [Ensemble.Client] over TLS, with a certificate that the servers accept. The ensemble must have been
// started with [WithServerTLS].
func (e *Ensemble) SecureClient(t testing.TB, opts ...zk.Option) *zk.Client {
	t.Helper()
	tls := e.e.ClientTLS()
	if tls == nil {
		t.Fatal("SecureClient: the ensemble was not started WithServerTLS")
	}
	opts = append([]zk.Option{zk.WithTLS(tls)}, opts...)
	return e.client(t, e.Chroot(t), (*java.Server).SecureAddr, opts)
}

func (e *Ensemble) client(t testing.TB, chroot string, target func(*java.Server) string, opts []zk.Option) *zk.Client {
	t.Helper()
	a, addrs := &attached{}, make([]string, e.Len())
	for i := range e.Len() {
		p, err := proxy.Start(proxy.Config{Target: target(e.e.Server(i))})
		if err != nil {
			t.Fatalf("a proxy for the client: %v", err)
		}
		t.Cleanup(func() { _ = p.Close() })
		a.ways = append(a.ways, p)
		addrs[i] = p.Addr()
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectPatience)
	defer cancel()
	cl, err := zk.Connect(ctx, strings.Join(addrs, ",")+chroot, opts...)
	if err != nil {
		t.Fatalf("connecting to ZooKeeper: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients[cl] = a
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Logf("closing a client: %v", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.clients, cl)
	})
	return cl
}

// Chroot returns the path that is the root of t's clients, as in "/TestLock-5c8f0a1b". It is there when Chroot returns.
func (e *Ensemble) Chroot(t testing.TB) string {
	t.Helper()
	e.mu.Lock()
	path, known := e.chroots[t]
	if !known {
		path = fmt.Sprintf("/%s-%08x", strings.Map(plain, t.Name()), rand.Uint32())
		e.chroots[t] = path
	}
	e.mu.Unlock()
	if known {
		return path
	}
	err := e.asSuper(func(ctx context.Context, cl *zk.Client) error {
		return cl.EnsurePath(ctx, path, zk.OpenACL()...).WaitErr()
	})
	if err != nil {
		t.Fatalf("making the chroot %s: %v", path, err)
	}
	t.Cleanup(func() {
		e.mu.Lock()
		delete(e.chroots, t)
		over := e.closed || e.t == t // then it ends with the servers, who may be dead by now
		e.mu.Unlock()
		if over {
			return
		}
		err := e.asSuper(func(ctx context.Context, cl *zk.Client) error { return cl.DeleteAll(ctx, path).WaitErr() })
		if err != nil {
			t.Errorf("removing the chroot %s: %v", path, err)
		}
	})
	return path
}

// plain maps what a test may be called to what a node is better called.
func plain(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.':
		return r
	}
	return '-'
}

// asSuper calls f with a client for which access control lists do not count.
func (e *Ensemble) asSuper(f func(context.Context, *zk.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectPatience)
	defer cancel()
	cl, err := zk.Connect(ctx, e.ConnectString(), zk.WithAuth("digest", []byte("super:"+e.e.Config().SuperPassword)))
	if err != nil {
		return err
	}
	if err := f(ctx, cl); err != nil {
		_ = cl.Close(ctx).WaitErr()
		return err
	}
	return cl.Close(ctx).WaitErr()
}

// SecureAddr returns the address where server i speaks TLS, host:port, or "" if the ensemble was not started
// [WithServerTLS]. Its certificate is for localhost and 127.0.0.1. It cannot fail.
func (e *Ensemble) SecureAddr(i int) string { return e.e.Server(i).SecureAddr() }

// ClientTLS returns a configuration that trusts the servers and that they trust, with a certificate of "CN=client"; nil if
// the ensemble was not started [WithServerTLS]. It cannot fail.
func (e *Ensemble) ClientTLS() *tls.Config { return e.e.ClientTLS() }
