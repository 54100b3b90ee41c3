package zktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

const jaasUsers = `Server {
	org.apache.zookeeper.server.auth.DigestLoginModule required
	user_super="root"
	user_bob="swordfish"
	user_anna="pässwörd";
};
`

// DIGEST-MD5 on a server that, from 3.7 on, answers nobody else: on every handler, across connections and sessions.
func TestRealSASLDigestMD5(t *testing.T) {
	t.Parallel()
	needs(t, "3.4", "SASL")
	ens := zktest.StartZooKeeper(t, 1, zktest.WithJAAS(jaasUsers), zktest.WithJVM("-Dzookeeper.fips-mode=false", "-Dfile.encoding=UTF-8",
		"-Dzookeeper.sessionRequireClientSASLAuth=true", "-Dzookeeper.enforce.auth.enabled=true", "-Dzookeeper.enforce.auth.schemes=sasl"))
	bob := zk.WithSASL(zk.DigestMD5("bob", "swordfish"))
	connect := func(t *testing.T, opts ...zk.Option) *zk.Client {
		cl, err := zk.Connect(bg, ens.ConnectString(), opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { got(t, cl.Close(bg)) })
		return cl
	}
	for name, h := range map[string]handler.Handler{"Pool": handler.NewPool(), "Loop": handler.NewLoop()} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(h.Stop)
			cl := connect(t, bob, zk.WithHandler(h), zk.WithSessionTimeout(2*time.Second))
			path := "/mine-" + name
			got(t, cl.Create(bg, path, nil, zk.ACLs{zk.SASLACL("bob", zk.PermAll)}))
			w := got(t, cl.GetAndWatch(bg, path))
			before := cl.Session()
			if !ens.LoseConnection(cl) {
				t.Fatal("there was no connection to lose")
			}
			eventually(t, "a write", func() bool { // the first may be lost with the connection
				_, err := ended(t, cl.Set(bg, path, nil, zk.AnyVersion))
				return err == nil
			})
			if ev := got(t, w.Changed); ev.Type != zk.NodeDataChanged || cl.Session().ID != before.ID {
				t.Errorf("%v in %v", ev, cl.Session())
			}
			anna := connect(t, zk.WithSASL(zk.DigestMD5("anna", "pässwörd")), zk.WithHandler(h))
			fails(t, anna.Get(bg, path), zk.ErrNoAuth)
			super := connect(t, zk.WithSASL(zk.DigestMD5("super", "root")), zk.WithHandler(h))
			got(t, super.Get(bg, path))
		})
	}
	// Of a user whom it does not know every ZooKeeper expects the password of whoever has logged in last: nobody's it must be.
	for name, mech := range map[string]zk.SASL{"password": zk.DigestMD5("bob", "sword"), "user": zk.DigestMD5("eve", "nobody's")} {
		if _, err := zk.Connect(bg, ens.ConnectString(), zk.WithSASL(mech)); !errors.Is(err, zk.ErrAuthFailed) {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
	if !since(ens, "3.7") { // these answer anybody, or do not know enforce.auth.schemes
		return
	}
	cl, err := zk.New(ens.ConnectString())
	if err != nil {
		t.Fatal(err)
	}
	got(t, cl.Start(bg))
	if _, err := ended(t, cl.Get(bg, "/")); err == nil {
		t.Error("who did not say who it is was answered")
	}
	limited, cancel := context.WithTimeout(bg, time.Second)
	defer cancel()
	_ = cl.Close(limited).WaitErr()
}

// A server without a JAAS file says yes to everything.
func TestRealSASLOfAServerWithout(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 1)
	if _, err := zk.Connect(bg, ens.ConnectString(), zk.WithSASL(zk.DigestMD5("bob", "swordfish"))); !errors.Is(err, zk.ErrAuthFailed) {
		t.Error(err)
	}
}
