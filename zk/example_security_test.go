package zk_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

func ExampleWithSASL() {
	srv := zktest.Start(zktest.WithSASLUsers(map[string]string{"bob": "swordfish"}))
	defer srv.Close()
	ctx := context.Background()

	cl, err := zk.Connect(ctx, srv.Addr(), zk.WithSASL(zk.DigestMD5("bob", "swordfish")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cl.Close(ctx)
	_, _ = cl.Create(ctx, "/mine", nil, zk.ACLs(zk.CreatorACL())).Wait()
	l, _ := cl.GetACL(ctx, "/mine").Wait()
	fmt.Println(l.ACL[0].Scheme, l.ACL[0].ID)

	_, err = zk.Connect(ctx, srv.Addr(), zk.WithSASL(zk.DigestMD5("bob", "guess")))
	fmt.Println(errors.Is(err, zk.ErrAuthFailed))
	// Output:
	// sasl bob
	// true
}

// A server that speaks TLS, with certificates that live in memory.
func TestTLSExampleOfTheDocs(t *testing.T) {
	srv, ca := zktest.NewServer(t, zktest.WithX509()), zktest.NewAuthority(t)
	addr, err := srv.ListenTLS(&tls.Config{
		Certificates: []tls.Certificate{ca.Issue("server", "localhost", "127.0.0.1")},
		ClientCAs:    ca.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	cl, err := zk.Connect(ctx, addr, zk.WithTLS(&tls.Config{RootCAs: ca.Pool(), Certificates: []tls.Certificate{ca.Issue("worker")}}))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close(ctx)
	ok(t, cl.Create(ctx, "/mine", nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "x509", ID: "CN=worker"}}))
	ok(t, cl.Get(ctx, "/mine"))
}
