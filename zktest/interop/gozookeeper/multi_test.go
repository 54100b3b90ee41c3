package gozookeeper

import (
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

func TestMulti(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		c.make(t, "/n", "/n/old")
		res, err := c.Multi(
			&zk.CheckVersionRequest{Path: "/n", Version: 0},
			&zk.CreateRequest{Path: "/n/s-", Data: []byte("x"), Flags: zk.FlagSequence, Acl: open},
			&zk.SetDataRequest{Path: "/n", Data: []byte("new"), Version: 0},
			&zk.DeleteRequest{Path: "/n/old", Version: -1},
		)
		must(t, err)
		if len(res) != 4 || res[1].String != "/n/s-0000000001" || res[2].Stat == nil || res[2].Stat.Version != 1 {
			t.Errorf("results: %+v", res)
		}
		data, stat, err := c.Get("/n")
		must(t, err)
		if string(data) != "new" || stat.NumChildren != 1 {
			t.Errorf("afterwards: %q, %+v", data, stat)
		}
	})
}

func TestMultiFails(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		c.make(t, "/n")
		res, err := c.Multi(
			&zk.CreateRequest{Path: "/made", Acl: open},
			&zk.CheckVersionRequest{Path: "/n", Version: 9},
			&zk.DeleteRequest{Path: "/n", Version: -1},
		)
		wantErr(t, "the transaction", err, zk.ErrBadVersion)
		if len(res) != 3 {
			t.Fatalf("%d results", len(res))
		}
		if res[0].Error != nil {
			t.Errorf("what came before: %v", res[0].Error)
		}
		wantErr(t, "the check", res[1].Error, zk.ErrBadVersion)
		// It is RUNTIMEINCONSISTENCY, for which go-zookeeper has no name.
		if e := res[2].Error; e == nil || errors.Is(e, zk.ErrBadVersion) {
			t.Errorf("what came after: %v", e)
		}
		wantExists(t, c, "/made", false)
		wantExists(t, c, "/n", true)
	})
}
