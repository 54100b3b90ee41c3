package ensemble_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// newReconfigurable is an ensemble whose members anybody may change.
func newReconfigurable(t *testing.T, n int, seed uint64, edit ...func(*ensemble.Config)) *cluster {
	return newCluster(t, n, seed, append(edit, func(cfg *ensemble.Config) { cfg.Reconfig, cfg.SkipACL = true, true })...)
}

func leaving(ids string) *proto.ReconfigRequest {
	return &proto.ReconfigRequest{CurConfigId: -1, LeavingServers: []byte(ids)}
}

func joining(id int64, role string) *proto.ReconfigRequest {
	line := fmt.Sprintf("server.%d=h%d:2888:3888:%s;h%d:2181", id, id, role, id)
	return &proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte(line)}
}

// voters are the ids of those who vote, as all servers that are up know them.
func (c *cluster) voters() string {
	c.t.Helper()
	var views []string
	for _, n := range c.nodes {
		if n.m == nil {
			continue
		}
		ids := ""
		for _, p := range n.m.View().Peers {
			if !p.Observer {
				ids += fmt.Sprint(p.ID)
			}
		}
		views = append(views, ids)
	}
	for _, v := range views {
		is(c.t, "the view of a server", v, views[0])
	}
	return views[0]
}

// A follower that is left out goes on serving, and does not count: those who are left need a quorum of their own, and have
// one.
func TestFollowerLeaves(t *testing.T) {
	c := newReconfigurable(t, 5, 1).start()
	l, a := c.elected(), c.follower()
	b := c.third(l, a)
	cl := a.join(30*time.Second, nil)
	version := l.m.View().Version
	is(t, "the first view is that of the first leader", version, 1<<32)
	r := cl.ask(wire.OpReconfig, leaving(fmt.Sprintf("%d,%d", a.id, b.id)))
	is(t, "reconfig", r.code, wire.OK)
	is(t, "version", l.m.View().Version, r.zxid)
	is(t, "write", cl.ask(wire.OpCreate, create("/a", 0)).code, wire.OK)
	c.same()
	is(t, "the leader stays", c.leader(), l)
	is(t, "voters", len(c.voters()), 3)
	is(t, "it has no vote", a.m.Votes(), false)
	a.kill(true)
	b.kill(true)
	other := l.join(30*time.Second, nil)
	is(t, "write", other.ask(wire.OpCreate, create("/b", 0)).code, wire.OK)
	a.start()
	b.start()
	c.same()
	is(t, "it has no vote", a.m.Votes(), false)
	is(t, "and is let in", other.ask(wire.OpReconfig, joining(a.id, "participant")).code, wire.OK)
	c.same()
	is(t, "voters", len(c.voters()), 4)
	is(t, "it has a vote", a.m.Votes(), true)
}

// A leader that is left out says who leads, and follows.
func TestLeaderLeaves(t *testing.T) {
	for _, role := range []string{"", "observer"} {
		c := newReconfigurable(t, 3, 2).start()
		l := c.elected()
		cl := c.follower().join(30*time.Second, nil)
		is(t, "create", cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral)).code, wire.OK)
		votes := c.sent[ensemble.Notification]
		r, now := leaving(fmt.Sprint(l.id)), ensemble.Following
		if role != "" {
			r, now = joining(l.id, role), ensemble.Observing
		}
		is(t, "reconfig", l.join(30*time.Second, nil).ask(wire.OpReconfig, r).code, wire.OK)
		c.until("another leader", 10*time.Second, func() bool { return c.leader() != nil && c.leader() != l })
		is(t, "elections", c.sent[ensemble.Notification], votes)
		c.same()
		is(t, "role", l.m.Role(), now)
		is(t, "voters", len(c.voters()), 2)
		again := l.join(30*time.Second, cl)
		is(t, "session", again.session, cl.session)
		is(t, "write", again.ask(wire.OpCreate, create("/b", 0)).code, wire.OK)
		is(t, "back", again.ask(wire.OpReconfig, joining(l.id, "participant")).code, wire.OK)
		c.same()
		is(t, "voters", c.voters(), "123")
	}
}

// Observers become followers and the other way round, by leaving the leader and coming back.
func TestRolesChange(t *testing.T) {
	c := newReconfigurable(t, 4, 3)
	c.peers[3].Observer = true
	c.start()
	l, o := c.elected(), c.nodes[3]
	cl := l.join(30*time.Second, nil)
	for _, role := range []string{"participant", "observer", "participant"} {
		is(t, role, cl.ask(wire.OpReconfig, joining(o.id, role)).code, wire.OK)
		c.same()
		is(t, role, o.m.Votes(), role == "participant")
		is(t, role, o.m.Role() == ensemble.Following, role == "participant")
	}
	l.kill(true)
	c.elected()
	is(t, "it has a vote that counts", c.leader(), o)
}

// What is refused, and in which order.
func TestReconfigRefused(t *testing.T) {
	slow := false
	c := newReconfigurable(t, 3, 4, func(cfg *ensemble.Config) {
		cfg.SyncDelay = func() time.Duration {
			if slow {
				return time.Second
			}
			return 0
		}
	}).start()
	l := c.elected()
	cl := l.join(30*time.Second, nil)
	for _, tt := range []struct {
		r    proto.ReconfigRequest
		want wire.Code
	}{
		{proto.ReconfigRequest{CurConfigId: 7, LeavingServers: []byte("x")}, wire.CodeBadVersion},
		{proto.ReconfigRequest{CurConfigId: -1, LeavingServers: []byte("x")}, wire.CodeMarshallingError},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.x=h:1:2;h:3")}, wire.CodeMarshallingError},
		{proto.ReconfigRequest{CurConfigId: -1, LeavingServers: []byte("1,2,3")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.9=h:1:2")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.9=h:1;h:3")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.8=10.0.0.1:1:2;h:3,server.9=10.0.0.1:2:5;h:6")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.8=10.0.0.1:1:2;h:3,server.9=10.0.0.1:4:5;h:3")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, JoiningServers: []byte("server.7=10.0.0.1:1:2;h:3,server.8=127.0.0.1:20001:5;0.0.0.0:3,server.9=x:1:2;0.0.0.0:3,server.6=x:3:1;y:3")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, NewMembers: []byte("server.9=h:1:2:observer;h:3")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, NewMembers: []byte("nonsense=1")}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, NewMembers: []byte{}}, wire.CodeBadArguments},
		{proto.ReconfigRequest{CurConfigId: -1, NewMembers: []byte("server.8=h:1:2;h:3,server.9=h:4:5;h:6")}, wire.CodeNewConfigNoQuorum},
	} {
		is(t, fmt.Sprintf("%+v", tt.r), cl.ask(wire.OpReconfig, &tt.r).code, tt.want)
	}
	slow = true
	cl.send(wire.OpReconfig, leaving("1"))
	cl.send(wire.OpReconfig, leaving("2"))
	c.run(20 * time.Second)
	is(t, "the first", cl.reply().code, wire.OK)
	is(t, "the second", cl.reply().code, wire.CodeReconfigInProgress)
	is(t, "voters", c.voters(), "23")
}

// A change that was written by a minority is gone with it, and the members are those of before.
func TestReconfigIsTakenBack(t *testing.T) {
	c := newReconfigurable(t, 5, 5).start()
	l, a := c.elected(), c.follower()
	cl := l.join(30*time.Second, nil)
	for _, n := range c.nodes {
		if n != l && n != a {
			c.stall(l.id, n.id, true)
			c.stall(n.id, l.id, true)
			c.stall(a.id, n.id, true)
			c.stall(n.id, a.id, true)
		}
	}
	cl.send(wire.OpReconfig, &proto.ReconfigRequest{CurConfigId: -1, NewMembers: fmt.Appendf(nil,
		"server.%d=h%d:1:2;h%d:3,server.%d=h%d:1:2;h%d:3", l.id, l.id, l.id, a.id, a.id, a.id)})
	c.until("another leader", time.Minute, func() bool { return c.leader() != nil && c.leader() != l })
	is(t, "no answer", cl.reply() == nil, true)
	other := c.leader().join(30*time.Second, nil)
	is(t, "write", other.ask(wire.OpCreate, create("/a", 0)).code, wire.OK)
	for _, n := range c.nodes {
		c.isolate(n.id, false)
	}
	c.same()
	is(t, "voters", c.voters(), "12345")
}

// A follower that has become an observer and does not know it yet does not count for the next change: it would come back as
// an observer, never write that change, and nobody could be elected any more.
func TestReconfigCountsNoObserver(t *testing.T) {
	c := newReconfigurable(t, 5, 6).start()
	l, n := c.elected(), c.follower()
	cl := l.join(30*time.Second, nil)
	c.stall(l.id, n.id, true)
	is(t, "it observes", cl.ask(wire.OpReconfig, joining(n.id, "observer")).code, wire.OK)
	both := fmt.Sprintf("server.%d=h%d:1:2;h%d:3,server.%d=h%d:1:2;h%d:3", l.id, l.id, l.id, n.id, n.id, n.id)
	r := &proto.ReconfigRequest{CurConfigId: -1, NewMembers: []byte(both)}
	is(t, "it is not synced as a follower", cl.ask(wire.OpReconfig, r).code, wire.CodeNewConfigNoQuorum)
	c.stall(l.id, n.id, false)
	c.same()
	is(t, "role", n.m.Role(), ensemble.Observing)
}
