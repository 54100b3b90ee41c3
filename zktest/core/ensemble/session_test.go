package ensemble_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

func (c *cluster) follower() *node {
	for _, n := range c.nodes {
		if n.m != nil && n.m.Role() == ensemble.Following {
			return n
		}
	}
	c.t.Fatal("no follower")
	return nil
}

// third is the server that is neither.
func (c *cluster) third(a, b *node) *node {
	for _, n := range c.nodes {
		if n != a && n != b {
			return n
		}
	}
	return nil
}

// pinging pings until the connection ends.
func (cl *client) pinging(every time.Duration) {
	c := cl.n.c
	c.at(c.now.Add(every), func() {
		if !cl.closed {
			cl.send(wire.OpPing, nil)
			cl.pinging(every)
		}
	})
}

func (n *node) has(path string) bool {
	_, ok := n.m.State().Node(path)
	return ok
}

func (c *cluster) gone(what string, l *node, path string) time.Duration {
	c.t.Helper()
	from := c.now
	c.until(what, time.Minute, func() bool { return !l.has(path) })
	return c.now.Sub(from)
}

func between(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s after %v, want %v to %v", what, got, low, high)
	}
}

const tick = 2 * time.Second // of the default configuration

// A session lives as long as its client pings any server, and ends a timeout after that, late by up to a tick for the
// grain of expiry and half a tick for the way of the touches to the leader.
func TestSessionExpires(t *testing.T) {
	c := newCluster(t, 3, 1).start()
	l := c.elected()
	for _, n := range []*node{l, c.follower()} {
		cl := n.join(4*time.Second, nil)
		is(t, "create", cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral)).code, wire.OK)
		cl.pinging(time.Second)
		c.run(2 * time.Minute)
		is(t, "it lives", l.has("/e"), true)
		cl.hangUp()
		between(t, "expired", c.gone("the session ends", l, "/e"), 3*time.Second, 4*time.Second+tick+tick/2+100*time.Millisecond)
		c.same()
	}
}

// safety.md 1: a follower that is cut off answers pings and reads until the sync limit, while the leader ends the session.
func TestFollowerCutOff(t *testing.T) {
	c := newCluster(t, 3, 2).start()
	l, n := c.elected(), c.follower()
	cl := n.join(4*time.Second, nil)
	cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral))
	cl.pinging(time.Second)
	c.run(10*time.Second + 300*time.Millisecond)
	c.isolate(n.id, true)
	from := c.now
	between(t, "expired", c.gone("the session ends", l, "/e"), 2*time.Second, 4*time.Second+tick+tick/2)
	for cl.reply() != nil {
	}
	r := cl.ask(wire.OpExists, &proto.ExistsRequest{Path: "/e"})
	is(t, "the follower still shows it", r.code, wire.OK)
	c.until("the follower gives up", 20*time.Second, func() bool { return cl.closed })
	between(t, "gave up", c.now.Sub(from), 5*tick-tick/2, 5*tick+time.Second)
	pings := 0
	for r := cl.reply(); r != nil; r = cl.reply() {
		if r.xid == wire.XidPing {
			pings++
		}
	}
	is(t, "pings were answered", pings >= 3, true)
	c.isolate(n.id, false)
	c.same()
	refused := n.join(4*time.Second, cl)
	is(t, "the session is gone", refused.session, 0)
}

// A session is renewed by the leader, be it silent.
func TestRenewalWaitsForLeader(t *testing.T) {
	c := newCluster(t, 3, 3).start()
	l, n := c.elected(), c.follower()
	cl := n.join(30*time.Second, nil)
	cl.hangUp()
	l.pause()
	again := n.connect(30*time.Second, cl)
	c.run(3 * time.Second)
	is(t, "no answer", len(again.in) == 0 && !again.closed, true)
	l.resume()
	c.run(time.Second)
	session, _ := again.joined()
	is(t, "renewed", session, cl.session)

	l.pause()
	last := n.connect(30*time.Second, again)
	from := c.now
	c.until("the follower gives up", time.Minute, func() bool { return last.closed })
	between(t, "gave up", c.now.Sub(from), 5*tick-tick/2, 5*tick+tick/2)
	is(t, "no answer", len(last.in), 0)
	c.until("another leader", time.Minute, func() bool { return c.leader() != nil && c.leader() != l })
	l.resume()
	c.same()
	is(t, "renewed", n.join(30*time.Second, again).session, cl.session)
}

// A new leader knows nothing of who was heard from: every session begins anew with it.
func TestNewLeaderTouchesSessions(t *testing.T) {
	c := newCluster(t, 3, 4).start()
	l, n := c.elected(), c.follower()
	cl := n.join(10*time.Second, nil)
	cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral))
	cl.hangUp()
	c.run(9 * time.Second)
	l.kill(true)
	l = c.elected()
	between(t, "expired", c.gone("the session ends", l, "/e"), 10*time.Second, 10*time.Second+tick+time.Second)
}

// A session belongs to the server that its client came to last; after an election to the first that it writes through.
func TestSessionMoves(t *testing.T) {
	c := newCluster(t, 3, 5).start()
	l, a := c.elected(), c.follower()
	b := c.third(l, a)
	old := a.join(10*time.Second, nil)
	now := b.join(10*time.Second, old)
	is(t, "reads go on", old.ask(wire.OpExists, &proto.ExistsRequest{Path: "/"}).code, wire.OK)
	old.send(wire.OpCreate, create("/old", 0))
	c.run(time.Second)
	is(t, "a write ends the connection", old.closed, true)
	is(t, "create", now.ask(wire.OpCreate, create("/new", 0)).code, wire.OK)
	c.same()
	is(t, "not created", l.has("/old"), false)

	l.kill(true)
	l = c.elected()
	again := b.join(10*time.Second, now)
	is(t, "create", again.ask(wire.OpCreate, create("/newer", 0)).code, wire.OK)
	is(t, "close", again.ask(wire.OpCloseSession, nil).code, wire.OK)
	is(t, "sessions", len(l.m.State().Sessions()), 0)
}

// Sessions and data outlive the death of everybody.
func TestEverybodyRestarts(t *testing.T) {
	c := newCluster(t, 3, 6).start()
	c.elected()
	cl := c.nodes[0].join(10*time.Second, nil)
	cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral))
	for _, n := range c.nodes {
		n.kill(false)
	}
	c.run(time.Minute)
	for _, n := range c.nodes {
		n.start()
	}
	l := c.elected()
	is(t, "epoch", l.m.Epoch(), 2)
	again := c.nodes[1].join(10*time.Second, cl)
	is(t, "session", again.session, cl.session)
	is(t, "ephemeral", again.ask(wire.OpExists, &proto.ExistsRequest{Path: "/e"}).code, wire.OK)
}

// The end of a session comes from its leader only.
func TestExpireSession(t *testing.T) {
	c := newCluster(t, 3, 7).start()
	l, n := c.elected(), c.follower()
	cl := n.join(10*time.Second, nil)
	n.do(func() { is(t, "a follower cannot", n.m.ExpireSession(c.now, cl.session), false) })
	l.do(func() { is(t, "the leader can", l.m.ExpireSession(c.now, cl.session), true) })
	l.do(func() { is(t, "once", l.m.ExpireSession(c.now, cl.session), false) })
	c.run(time.Second)
	is(t, "cut", cl.closed, true)
	is(t, "refused", n.join(10*time.Second, cl).session, 0)
}

// A session that begins is heard of by all: each learner tells the leader with its next ping.
func TestNewSessionIsTouched(t *testing.T) {
	c := newCluster(t, 3, 8).start()
	l := c.elected()
	told := 0
	c.watch = func(_, _ int64, m *ensemble.Message) bool {
		if m.Type == ensemble.Ping {
			told += len(m.Touched)
		}
		return true
	}
	l.join(10*time.Second, nil)
	c.run(tick)
	is(t, "told", told, 2)
}

// A server that has restarted does not take an answer to its former self for its own.
func TestTagsOfFormerSelf(t *testing.T) {
	slow := false
	c := newCluster(t, 3, 9, func(cfg *ensemble.Config) {
		cfg.SyncDelay = func() time.Duration {
			if slow && cfg.ServerID != 1 {
				return 2 * time.Second
			}
			return 0
		}
	}).start()
	c.elected()
	n := c.nodes[0]
	cl := n.join(30*time.Second, nil)
	slow = true
	cl.send(wire.OpCreate, create("/x", 0))
	c.run(10 * time.Millisecond)
	n.kill(true)
	n.start()
	c.elected()
	again := n.join(30*time.Second, cl)
	r := again.ask(wire.OpDelete, &proto.DeleteRequest{Path: "/x", Version: 7})
	is(t, "delete", r.code, wire.CodeBadVersion)
}
