package gozookeeper

import (
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

func TestDigestAuth(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		owner, other := connect(t, addr, timeout), connect(t, addr, timeout)
		must(t, owner.AddAuth("digest", []byte("ann:secret")))
		acl := append(zk.DigestACL(zk.PermAll, "ann", "secret"), zk.WorldACL(zk.PermCreate)...)
		_, err := owner.Create("/n", []byte("private"), zk.FlagPersistent, acl)
		must(t, err)

		_, _, err = other.Get("/n")
		wantErr(t, "reading without READ", err, zk.ErrNoAuth)
		_, err = other.Set("/n", nil, -1)
		wantErr(t, "setting without WRITE", err, zk.ErrNoAuth)
		_, err = other.SetACL("/n", open, -1)
		wantErr(t, "setting the ACL without ADMIN", err, zk.ErrNoAuth)
		other.make(t, "/n/child")
		wantErr(t, "deleting without DELETE of the parent", other.Delete("/n/child", -1), zk.ErrNoAuth)

		must(t, other.AddAuth("digest", []byte("ann:guess")))
		_, _, err = other.Get("/n")
		wantErr(t, "reading with a wrong password", err, zk.ErrNoAuth)
		must(t, other.AddAuth("digest", []byte("ann:secret")))
		data, _, err := other.Get("/n")
		must(t, err)
		if string(data) != "private" {
			t.Errorf("got %q", data)
		}
	})
}

func TestACLs(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		must(t, c.AddAuth("digest", []byte("ann:secret")))
		_, err := c.Create("/n", nil, zk.FlagPersistent, zk.AuthACL(zk.PermAll))
		must(t, err)
		acl, stat, err := c.GetACL("/n")
		must(t, err)
		if want := zk.DigestACL(zk.PermAll, "ann", "secret"); len(acl) != 1 || acl[0] != want[0] || stat.Aversion != 0 {
			t.Errorf("ACL %+v, version %d, want %+v", acl, stat.Aversion, want)
		}
		stat, err = c.SetACL("/n", []zk.ACL{{Perms: zk.PermRead, Scheme: "ip", ID: "127.0.0.1"}}, 0)
		must(t, err)
		if stat.Aversion != 1 {
			t.Errorf("version %d", stat.Aversion)
		}
		_, _, err = c.Get("/n")
		must(t, err)
		_, err = c.Set("/n", nil, -1)
		wantErr(t, "setting what this address may only read", err, zk.ErrNoAuth)

		super := connect(t, addr, timeout)
		must(t, super.AddAuth("digest", []byte(server.SuperLogin)))
		_, err = super.Set("/n", nil, -1)
		must(t, err)
	})
}

func TestAuthSurvivesReconnect(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		must(t, c.AddAuth("digest", []byte("ann:secret")))
		_, err := c.Create("/n", nil, zk.FlagPersistent, zk.DigestACL(zk.PermAll, "ann", "secret"))
		must(t, err)
		c.reconnect(t)
		_, _, err = c.Get("/n")
		must(t, err)
	})
}
