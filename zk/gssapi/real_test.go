package gssapi_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zk/gssapi"
	"github.com/gazoo-go/gazoo/zktest"
)

const (
	aes256 = "aes256-cts-hmac-sha1-96"
	aes128 = "aes128-cts-hmac-sha1-96"
)

// patience is how long anything may take before a test has failed.
const patience = 60 * time.Second

// A realKerberos is a KDC and a ZooKeeper that answers nobody whom it does not know.
type realKerberos struct {
	*kdc
	ens     *zktest.Ensemble
	connect string
	keytabs map[string]string
}

func startKerberos(t *testing.T) *realKerberos {
	k := startKDC(t)
	server := k.principal("zookeeper/localhost", aes256)
	r := &realKerberos{kdc: k, keytabs: map[string]string{"bob": k.principal("bob", aes256), "ann": k.principal("ann", aes128)}}
	r.ens = zktest.StartZooKeeper(t, 1, zktest.WithJAAS(`Server {
	com.sun.security.auth.module.Krb5LoginModule required
	useKeyTab=true
	keyTab="`+server+`"
	storeKey=true
	useTicketCache=false
	principal="zookeeper/localhost@`+realm+`";
};
`), zktest.WithJVM("-Djava.security.krb5.conf="+k.conf, "-Dzookeeper.sessionRequireClientSASLAuth=true",
		"-Dzookeeper.enforce.auth.enabled=true", "-Dzookeeper.enforce.auth.schemes=sasl"))
	_, port, err := net.SplitHostPort(r.ens.Addr(0))
	if err != nil {
		t.Fatal(err)
	}
	r.connect = "localhost:" + port
	return r
}

func (r *realKerberos) mechanism(t *testing.T, source gssapi.Source, opts ...gssapi.Option) zk.SASL {
	t.Helper()
	mech, err := gssapi.New(source, append([]gssapi.Option{gssapi.WithConfigFile(r.conf)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return mech
}

func (r *realKerberos) dial(t *testing.T, source gssapi.Source, opts ...zk.Option) (*zk.Client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return zk.Connect(ctx, r.connect, append([]zk.Option{zk.WithSASL(r.mechanism(t, source))}, opts...)...)
}

func (r *realKerberos) client(t *testing.T, source gssapi.Source, opts ...zk.Option) *zk.Client {
	t.Helper()
	cl, err := r.dial(t, source, opts...)
	if err != nil {
		t.Fatalf("%v\nthe server logged:\n%s", err, r.ens.Log(0, 40))
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Error("closing:", err)
		}
	})
	return cl
}

func TestRealKerberos(t *testing.T) {
	r := startKerberos(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	for name, h := range map[string]handler.Handler{"Pool": handler.NewPool(), "Loop": handler.NewLoop()} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(h.Stop)
			bob := r.client(t, gssapi.Keytab("bob@"+realm, r.keytabs["bob"]), zk.WithHandler(h))
			path := "/mine-" + name
			if err := bob.Create(ctx, path, nil, zk.ACLs{zk.SASLACL("bob@"+realm, zk.PermAll)}).WaitErr(); err != nil {
				t.Fatal(err)
			}
			if err := bob.Get(ctx, path).WaitErr(); err != nil {
				t.Error(err)
			}
			// The default realm, the other encryption type, and a cache.
			ann := r.client(t, gssapi.Keytab("ann", r.keytabs["ann"]), zk.WithHandler(h))
			if err := ann.Get(ctx, path).WaitErr(); !errors.Is(err, zk.ErrNoAuth) {
				t.Error(err)
			}
			cached := r.client(t, gssapi.CCache("FILE:"+r.login("bob", r.keytabs["bob"])), zk.WithHandler(h))
			if err := cached.Get(ctx, path).WaitErr(); err != nil {
				t.Error(err)
			}
			// Every connection.
			before := bob.Session().ID
			if !r.ens.LoseConnection(bob) {
				t.Fatal("there was no connection to lose")
			}
			err := bob.Set(ctx, path, nil, zk.AnyVersion).WaitErr()
			for errors.Is(err, zk.ErrConnectionLoss) { // what is written before the client notices is lost with the connection
				err = bob.Set(ctx, path, nil, zk.AnyVersion).WaitErr()
			}
			if err != nil || bob.Session().ID != before {
				t.Errorf("%v, %v", err, bob.Session())
			}
		})
	}

	t.Run("refused", func(t *testing.T) {
		stranger := r.principal("stranger", aes256)
		empty, half := r.file("empty", ""), r.file("half", "")
		whole, err := os.ReadFile(r.login("ann", r.keytabs["ann"]))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(half, whole[:len(whole)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		for what, source := range map[string]gssapi.Source{
			"no such file":     gssapi.Keytab("bob", filepath.Join(r.dir, "none")),
			"empty keytab":     gssapi.Keytab("bob", empty),
			"no such user":     gssapi.Keytab("eve", r.keytabs["bob"]),
			"another's key":    gssapi.Keytab("ann", stranger),
			"no such cache":    gssapi.CCache(filepath.Join(r.dir, "none")),
			"empty cache":      gssapi.CCache(empty),
			"half a cache":     gssapi.CCache(half),
			"no cache at all":  gssapi.CCache(r.conf),
			"no principal":     gssapi.Keytab("", r.keytabs["bob"]),
			"no keytab at all": gssapi.Keytab("bob", r.conf),
		} {
			_, err := r.dial(t, source)
			if !errors.Is(err, zk.ErrAuthFailed) {
				t.Errorf("%s: %v", what, err)
			}
			t.Log(what+":", err)
		}
		// The server's principal is of another host.
		_, err = zk.Connect(ctx, r.connect, zk.WithSASL(r.mechanism(t, gssapi.Keytab("bob", r.keytabs["bob"]),
			gssapi.WithHostname(func(context.Context, string) (string, error) { return "elsewhere", nil }))))
		if !errors.Is(err, zk.ErrAuthFailed) || !strings.Contains(err.Error(), "zookeeper/elsewhere") {
			t.Error(err)
		}
		// The ticket is for somebody else, who is not there: the server cannot read it.
		r.principal("zookeeper/other", aes256)
		_, err = zk.Connect(ctx, r.connect, zk.WithSASL(r.mechanism(t, gssapi.Keytab("bob", r.keytabs["bob"]),
			gssapi.WithHostname(func(context.Context, string) (string, error) { return "other", nil }))))
		if !errors.Is(err, zk.ErrAuthFailed) {
			t.Error(err)
		}
		t.Log(err)
	})

	// While there is no KDC, connections fail and are tried again.
	t.Run("KDC down", func(t *testing.T) {
		cl := r.client(t, gssapi.Keytab("bob", r.keytabs["bob"]), zk.WithSessionTimeout(30*time.Second))
		id := cl.Session().ID
		r.stop()
		if _, err := r.dial(t, gssapi.Keytab("bob", r.keytabs["bob"])); !errors.Is(err, zk.ErrAuthFailed) {
			t.Error(err)
		}
		if !r.ens.LoseConnection(cl) {
			t.Fatal("there was no connection to lose")
		}
		for cl.State() != zk.Suspended {
			if ctx.Err() != nil {
				t.Fatal(ctx.Err())
			}
			time.Sleep(time.Millisecond)
		}
		waiting := cl.Exists(ctx, "/")
		r.start()
		if err := waiting.WaitErr(); err != nil || cl.Session().ID != id {
			t.Errorf("%v, %v", err, cl.Session())
		}
	})
}

func TestBadOptions(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(conf, []byte("[libdefaults]\n default_realm = X\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := gssapi.Keytab("bob", "x")
	with := gssapi.WithConfigFile(conf)
	if _, err := gssapi.New(good, with); err != nil {
		t.Error(err)
	}
	for what, f := range map[string]func() (zk.SASL, error){
		"no source":   func() (zk.SASL, error) { return gssapi.New(nil, with) },
		"no option":   func() (zk.SASL, error) { return gssapi.New(good, with, nil) },
		"no config":   func() (zk.SASL, error) { return gssapi.New(good, gssapi.WithConfigFile(conf+"x")) },
		"bad service": func() (zk.SASL, error) { return gssapi.New(good, with, gssapi.WithService("a/b")) },
		"no function": func() (zk.SASL, error) { return gssapi.New(good, with, gssapi.WithHostname(nil)) },
	} {
		if _, err := f(); err == nil {
			t.Error(what)
		}
	}
}
