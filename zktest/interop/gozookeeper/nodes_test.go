package gozookeeper

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

const timeout = 5 * time.Second // of sessions, where a test does not wait for their end

func TestCreateModes(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		const ttl = time.Hour
		c.make(t, "/m")
		for _, m := range []struct {
			name   string
			create func(path string) (string, error)
			path   string // a regular expression
			owner  int64
		}{
			{"persistent", c.creates(zk.FlagPersistent), `/m/persistent`, 0},
			{"ephemeral", c.creates(zk.FlagEphemeral), `/m/ephemeral`, c.SessionID()},
			{"sequence-", c.creates(zk.FlagSequence), `/m/sequence-0000000002`, 0},
			{"ephemeralsequence-", c.creates(zk.FlagEphemeralSequential), `/m/ephemeralsequence-0000000003`, c.SessionID()},
			{"protected-", func(path string) (string, error) {
				return c.CreateProtectedEphemeralSequential(path, nil, open)
			}, `/m/_c_[0-9a-f]{32}-protected-0000000004`, c.SessionID()},
			{"container", func(path string) (string, error) {
				return c.CreateContainer(path, nil, zk.FlagContainer, open)
			}, `/m/container`, 0},
			{"ttl", func(path string) (string, error) {
				return c.CreateTTL(path, nil, zk.FlagTTL, open, ttl)
			}, `/m/ttl`, 0},
			{"ttlsequence-", func(path string) (string, error) {
				return c.CreateTTL(path, nil, zk.FlagPersistentSequentialWithTTL, open, ttl)
			}, `/m/ttlsequence-0000000007`, 0},
		} {
			path, err := m.create("/m/" + m.name)
			if err != nil {
				t.Errorf("%s: %v", m.name, err)
				continue
			}
			if !regexp.MustCompile("^" + m.path + "$").MatchString(path) {
				t.Errorf("%s: made %s, want %s", m.name, path, m.path)
			}
			exists, stat, err := c.Exists(path)
			must(t, err)
			if !exists || stat.EphemeralOwner != m.owner {
				t.Errorf("%s: exists %t, owned by %#x, want %#x", m.name, exists, stat.EphemeralOwner, m.owner)
			}
		}
	})
}

func (c *client) creates(flags int32) func(path string) (string, error) {
	return func(path string) (string, error) { return c.Create(path, nil, flags, open) }
}

func TestContainerGoesWithItsLastChild(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		_, err := c.CreateContainer("/c", nil, zk.FlagContainer, open)
		must(t, err)
		c.make(t, "/c/child")
		_, _, gone, err := c.ExistsW("/c")
		must(t, err)
		must(t, c.Delete("/c/child", -1))
		wantEvent(t, gone, zk.EventNodeDeleted, "/c")
	})
}

func TestTTLNodeGoesWithTime(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		_, err := c.CreateTTL("/t", nil, zk.FlagTTL, open, 50*time.Millisecond)
		must(t, err)
		if exists, _, gone, err := c.ExistsW("/t"); err != nil {
			t.Fatal(err)
		} else if exists {
			wantEvent(t, gone, zk.EventNodeDeleted, "/t")
		}
		wantExists(t, c, "/t", false)
	})
}

func TestDataAndStat(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		path, err := c.Create("/n", []byte("one"), zk.FlagPersistent, open)
		must(t, err)
		if path != "/n" {
			t.Errorf("made %s", path)
		}
		data, made, err := c.Get("/n")
		must(t, err)
		if string(data) != "one" || made.Version != 0 || made.Czxid == 0 || made.Mzxid != made.Czxid || made.DataLength != 3 {
			t.Errorf("got %q, %+v", data, made)
		}
		stat, err := c.Set("/n", []byte("two, longer"), made.Version)
		must(t, err)
		if stat.Version != 1 || stat.Mzxid <= made.Mzxid || stat.Czxid != made.Czxid || stat.Ctime != made.Ctime || stat.DataLength != 11 {
			t.Errorf("set: %+v, was %+v", stat, made)
		}
		c.make(t, "/n/a", "/n/b")
		names, stat, err := c.Children("/n")
		must(t, err)
		slices.Sort(names)
		if !slices.Equal(names, []string{"a", "b"}) || stat.NumChildren != 2 || stat.Cversion != 2 || stat.Pzxid <= stat.Mzxid {
			t.Errorf("children: %q, %+v", names, stat)
		}
		must(t, c.Delete("/n/a", 0))
		_, stat, err = c.Exists("/n")
		must(t, err)
		if stat.NumChildren != 1 || stat.Cversion != 3 {
			t.Errorf("after a deletion: %+v", stat)
		}
		same, err := c.Sync("/n")
		must(t, err)
		if same != "/n" {
			t.Errorf("sync: %s", same)
		}
	})
}

func TestErrors(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		c.make(t, "/n", "/n/child")
		_, err := c.Create("/e", nil, zk.FlagEphemeral, open)
		must(t, err)

		_, err = c.Create("/n", nil, zk.FlagPersistent, open)
		wantErr(t, "creating what is there", err, zk.ErrNodeExists)
		_, err = c.Create("/none/n", nil, zk.FlagPersistent, open)
		wantErr(t, "creating without a parent", err, zk.ErrNoNode)
		_, err = c.Create("/e/n", nil, zk.FlagPersistent, open)
		wantErr(t, "creating below an ephemeral node", err, zk.ErrNoChildrenForEphemerals)
		_, err = c.Create("/x", nil, zk.FlagPersistent, nil)
		wantErr(t, "creating without an ACL", err, zk.ErrInvalidACL)
		_, err = c.Create("/x", nil, zk.FlagPersistent, zk.AuthACL(zk.PermAll))
		wantErr(t, "creating for the authenticated, unauthenticated", err, zk.ErrInvalidACL)
		_, _, err = c.Get("/none")
		wantErr(t, "reading what is not there", err, zk.ErrNoNode)
		_, _, err = c.Children("/none")
		wantErr(t, "listing what is not there", err, zk.ErrNoNode)
		_, err = c.Set("/none", nil, -1)
		wantErr(t, "setting what is not there", err, zk.ErrNoNode)
		_, err = c.Set("/n", nil, 7)
		wantErr(t, "setting another version", err, zk.ErrBadVersion)
		wantErr(t, "deleting another version", c.Delete("/n/child", 7), zk.ErrBadVersion)
		wantErr(t, "deleting a parent", c.Delete("/n", -1), zk.ErrNotEmpty)
		wantErr(t, "deleting what is not there", c.Delete("/none", -1), zk.ErrNoNode)
		_, _, err = c.GetACL("/none")
		wantErr(t, "the ACL of what is not there", err, zk.ErrNoNode)
		_, err = c.SetACL("/n", open, 7)
		wantErr(t, "setting another version's ACL", err, zk.ErrBadVersion)
		_, err = c.IncrementalReconfig(nil, []string{"1"}, -1)
		wantErr(t, "reconfig, which is off", err, zk.ErrReconfigDisabled)
	})
}

// A reply may be much longer than a request.
func TestManyLongNames(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		c.make(t, "/long")
		var names []string
		for i := range 2000 {
			names = append(names, fmt.Sprintf("%s-%04d", strings.Repeat("x", 1000), i))
		}
		for some := range slices.Chunk(names, 500) {
			var ops []any
			for _, name := range some {
				ops = append(ops, &zk.CreateRequest{Path: "/long/" + name, Acl: open})
			}
			_, err := c.Multi(ops...)
			must(t, err)
		}
		got, _, err := c.Children("/long")
		must(t, err)
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("%d names are not the %d created", len(got), len(names))
		}
	})
}

func TestLargeData(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c := connect(t, addr, timeout)
		data := bytes.Repeat([]byte("0123456789abcdef"), 60<<10)
		_, err := c.Create("/large", data, zk.FlagPersistent, open)
		must(t, err)
		got, _, err := c.Get("/large")
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes are not the %d written", len(got), len(data))
		}
	})
}
