package ensemble_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/google/go-cmp/cmp"
)

func is[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var anyone = []data.ACL{{Perms: wire.PermAll, Id: data.Id{Scheme: "world", Id: "anyone"}}}

func create(path string, flags wire.CreateFlags) *proto.CreateRequest {
	return &proto.CreateRequest{Path: path, Data: []byte{}, Acl: anyone, Flags: int32(flags)}
}

// same compares all servers that are up, once they had time to apply everything; clients must be quiet.
func (c *cluster) same() {
	c.t.Helper()
	l := c.elected()
	c.run(time.Second)
	for _, n := range c.nodes {
		if n.m == nil {
			continue
		}
		if d := cmp.Diff(l.m.State().Nodes("/"), n.m.State().Nodes("/")); d != "" {
			c.t.Errorf("seed %d: the tree of server %d differs: %s\n%s", c.seed, n.id, d, c.picture())
		}
		if d := cmp.Diff(l.m.State().Sessions(), n.m.State().Sessions()); d != "" {
			c.t.Errorf("seed %d: the sessions of server %d differ: %s\n%s", c.seed, n.id, d, c.picture())
		}
	}
}

func TestEnsembleServes(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 7} {
		c := newCluster(t, size, uint64(size)).start()
		l := c.elected()
		is(t, "the largest id wins", l.id, int64(size))
		is(t, "epoch", l.m.Epoch(), 1)
		var clients []*client
		for _, n := range c.nodes {
			cl := n.join(10*time.Second, nil)
			clients = append(clients, cl)
			r := cl.ask(wire.OpCreate, create("/n", wire.FlagEphemeralSequential))
			is(t, "create", r.code, wire.OK)
			is(t, "epoch of the zxid", r.zxid>>32, 1)
		}
		c.same()
		for _, cl := range clients {
			is(t, "sync", cl.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.OK)
			is(t, "close", cl.ask(wire.OpCloseSession, nil).code, wire.OK)
		}
		c.same()
		is(t, "sessions", len(l.m.State().Sessions()), 0)
	}
}

// A new leader begins an epoch; what was written stays, and sessions go on.
func TestLeaderDies(t *testing.T) {
	c := newCluster(t, 3, 1).start()
	first := c.elected()
	cl := c.nodes[0].join(10*time.Second, nil)
	is(t, "create", cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral)).code, wire.OK)
	first.kill(true)
	second := c.elected()
	is(t, "the follower's client is cut", cl.closed, true)
	is(t, "epoch", second.m.Epoch(), 2)
	again := c.nodes[0].join(10*time.Second, cl)
	is(t, "session", again.session, cl.session)
	r := again.ask(wire.OpCreate, create("/e/x", 0))
	is(t, "the ephemeral is there", r.code, wire.CodeNoChildrenForEphemerals)
	is(t, "epoch of the zxid", r.zxid>>32, 2)
	first.start()
	c.same()
	is(t, "role", first.m.Role(), ensemble.Following)
}
