package java

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestFromEnvironment(t *testing.T) {
	for _, name := range []string{"ZOOKEEPER_CLUSTER_SIZE", "ZOOKEEPER_PORT_OFFSET", "ZOOKEEPER_OBSERVER_START_ID", "ZOOKEEPER_LOCAL_SESSION_RO", "ZOOKEEPER_JAAS_AUTH"} {
		t.Setenv(name, "")
	}
	c, err := Config{}.FromEnvironment()
	if err != nil || c.Servers != 0 || c.PortOffset != 0 || c.ObserversFrom != 0 || c.JAAS != "" || c.Lines != nil {
		t.Errorf("nothing set: %+v, %v", c, err)
	}
	t.Setenv("ZOOKEEPER_CLUSTER_SIZE", "5")
	t.Setenv("ZOOKEEPER_PORT_OFFSET", "20000")
	t.Setenv("ZOOKEEPER_OBSERVER_START_ID", "-1")
	t.Setenv("ZOOKEEPER_LOCAL_SESSION_RO", "1")
	t.Setenv("ZOOKEEPER_JAAS_AUTH", "digest")
	c, err = Config{Lines: []string{"a=b"}}.FromEnvironment()
	must(t, err)
	if c.Servers != 5 || c.PortOffset != 20000 || c.ObserversFrom != 0 || !strings.Contains(c.JAAS, "jaasuser") ||
		!slices.Contains(c.Lines, "localSessionsEnabled=true") || c.Lines[len(c.Lines)-1] != "a=b" || len(c.JVM) != 1 {
		t.Errorf("all set: %+v", c)
	}
	if c, err = (Config{Servers: 1}).FromEnvironment(); err != nil || c.Servers != 1 {
		t.Errorf("the caller's number of servers: %+v, %v", c, err)
	}
	t.Setenv("ZOOKEEPER_JAAS_AUTH", "gssapi")
	if _, err = (Config{}).FromEnvironment(); err == nil {
		t.Error("gssapi: no error")
	}
	t.Setenv("ZOOKEEPER_PORT_OFFSET", "many")
	if _, err = (Config{}).FromEnvironment(); err == nil {
		t.Error("a port offset that is no number: no error")
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"ten servers":     {Servers: 10},
		"negative":        {Servers: -1},
		"only observers":  {Servers: 3, ObserversFrom: 1},
		"negative tick":   {TickTime: -1},
		"tick below 1 ms": {TickTime: 1},
	} {
		if _, err := c.complete(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// ZooKeeper's own example of the digest scheme.
func TestDigest(t *testing.T) {
	if got, want := Digest("super", "test"), "super:D/InIHSb7yEEbrWz8b9l71RjZJU="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReserveKeepsBlocksApart(t *testing.T) {
	taken := make(map[int]bool)
	for range 3 {
		blocks, err := reserve(3, 0)
		must(t, err)
		for _, b := range blocks {
			defer b.release()
			if taken[b.first] {
				t.Errorf("block %d twice", b.first)
			}
			taken[b.first] = true
		}
	}
	first := slices.Min(slices.Collect(maps.Keys(taken)))
	blocks, err := reserve(1, first)
	must(t, err)
	defer blocks[0].release()
	if taken[blocks[0].first] || blocks[0].first < first {
		t.Errorf("offset %d gave block %d", first, blocks[0].first)
	}
	if _, err := reserve(1, 65530); err == nil {
		t.Error("ports above 65535: no error")
	}
}

func TestIntroduce(t *testing.T) {
	e, err := assemble(Config{Servers: 2, Partitionable: true})
	must(t, err)
	defer e.Close()
	linked := make(chan struct{})
	close(linked)
	rewrite := e.introduce(e.servers[0], e.servers[1], linked)
	greeting := func(version int64, addr string) []byte {
		b := binary.BigEndian.AppendUint64(nil, uint64(version))
		b = binary.BigEndian.AppendUint64(b, 1)
		return append(appendString(b, addr), "more"...)
	}
	own, back := e.servers[0].ports.addr(electionPort), e.peers[pair{2, 1}].election.Addr()
	for name, c := range map[string]struct{ in, want []byte }{
		"one address":   {greeting(-65536, own), greeting(-65536, back)},
		"several":       {greeting(-65535, own+"|[::1]:1"), greeting(-65535, back+"|[::1]:1")},
		"before 3.5":    {[]byte{0, 0, 0, 0, 0, 0, 0, 1}, []byte{0, 0, 0, 0, 0, 0, 0, 1}},
		"other version": {greeting(-3, own), greeting(-3, own)},
		"truncated":     {greeting(-65536, own)[:30], greeting(-65536, own)[:30]},
	} {
		if got := rewrite(slices.Clone(c.in)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}
