package ensemble_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// A leader that nobody answers steps down after the sync limit, and its clients are cut.
func TestLeaderWithoutQuorum(t *testing.T) {
	c := newCluster(t, 3, 1).start()
	old := c.elected()
	cl := old.join(30*time.Second, nil)
	c.isolate(old.id, true)
	from := c.now
	c.until("another leader", time.Minute, func() bool { return c.leader() != nil && c.leader() != old })
	c.until("the leader steps down", time.Minute, func() bool { return cl.closed })
	between(t, "stepped down", c.now.Sub(from), 5*tick-tick, 7*tick)
	is(t, "role", old.m.Role(), ensemble.Looking)
	refused := old.connect(time.Second, nil)
	c.run(0)
	is(t, "no clients", refused.closed, true)
	c.isolate(old.id, false)
	c.same()
	is(t, "role", old.m.Role(), ensemble.Following)
}

// Killing the leader costs an election: the wait for better votes and little else.
func TestElectionIsQuick(t *testing.T) {
	for seed := range uint64(20) {
		c := newCluster(t, 5, seed).start()
		c.elected().kill(true)
		from := c.now
		c.elected()
		between(t, "elected", c.now.Sub(from), 200*time.Millisecond, 700*time.Millisecond)
	}
}

// Without a quorum a server serves reads, if it is told to, after two seconds or a tick.
func TestReadOnlyMode(t *testing.T) {
	c := newCluster(t, 3, 2, func(cfg *ensemble.Config) { cfg.ReadOnlyMode, cfg.LocalSessions = true, true }).start()
	l := c.elected()
	w := l.join(30*time.Second, nil)
	w.ask(wire.OpCreate, create("/n", 0))
	c.run(time.Second)
	n := c.follower()
	for _, other := range c.nodes {
		if other != n {
			other.kill(true)
		}
	}
	c.run(time.Second)
	is(t, "looking", n.m.Role(), ensemble.Looking)
	c.run(1100 * time.Millisecond)
	is(t, "read-only", n.m.Role(), ensemble.ReadOnly)
	cl := n.join(30*time.Second, nil)
	is(t, "it is not for those who did not ask", cl.closed, true)
	cl = n.openReadOnly(30 * time.Second)
	is(t, "read", cl.ask(wire.OpExists, &proto.ExistsRequest{Path: "/n"}).code, wire.OK)
	is(t, "write", cl.ask(wire.OpCreate, create("/m", 0)).code, wire.CodeNotReadOnly)
	is(t, "sync", cl.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.CodeNotReadOnly)
	for _, other := range c.nodes {
		if other != n {
			other.start()
		}
	}
	c.elected()
	is(t, "cut", cl.closed, true)
	c.same()
}

// An observer serves as the others do, and has no say.
func TestObserver(t *testing.T) {
	c := newCluster(t, 4, 3)
	c.peers[3].Observer = true
	c.start()
	l, o := c.elected(), c.nodes[3]
	is(t, "the largest id does not lead", l.id, 3)
	is(t, "role", o.m.Role(), ensemble.Observing)
	cl := o.join(10*time.Second, nil)
	is(t, "create", cl.ask(wire.OpCreate, create("/e", wire.FlagEphemeral)).code, wire.OK)
	is(t, "sync", cl.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.OK)
	c.same()
	l.kill(true)
	l = c.elected()
	is(t, "leader", l.id, 2)
	again := o.join(10*time.Second, cl)
	is(t, "session", again.session, cl.session)
	is(t, "create", again.ask(wire.OpCreate, create("/f", wire.FlagEphemeral)).code, wire.OK)
	l.kill(true)
	c.run(time.Minute)
	is(t, "two of four are no quorum of three", c.leader() == nil, true)
	is(t, "the observer looks", o.m.Serving(), false)
	l.start()
	c.same()
	o.kill(true)
	o.start()
	c.same()
}

// A learner is brought up to date by what is missing, or a snapshot; what it knows alone is truncated.
func TestWaysToSynchronize(t *testing.T) {
	c := newCluster(t, 3, 4, func(cfg *ensemble.Config) { cfg.CommitLogCount, cfg.SnapCount = 10, 15 }).start()
	l, n := c.elected(), c.follower()
	cl := l.join(30*time.Second, nil)
	write := func(count int) {
		t.Helper()
		for range count {
			is(t, "create", cl.ask(wire.OpCreate, create("/n", wire.FlagPersistentSequential)).code, wire.OK)
		}
	}
	ways := func(what string, want ensemble.Type) {
		t.Helper()
		before := [3]int{c.sent[ensemble.Diff], c.sent[ensemble.Trunc], c.sent[ensemble.Snap]}
		n.start()
		c.same()
		for i, typ := range []ensemble.Type{ensemble.Diff, ensemble.Trunc, ensemble.Snap} {
			is(t, what+" "+typ.String(), c.sent[typ]-before[i] > 0, typ == want)
		}
	}
	lost := func(path string) { // n comes back with a proposal that it alone has
		t.Helper()
		n = l
		c.lose(n.id, true)
		cl.send(wire.OpCreate, create(path, 0))
		c.run(time.Second)
		n.kill(false)
		c.lose(n.id, false)
		l = c.elected()
		cl = l.join(30*time.Second, cl)
	}
	write(3)
	n.kill(true)
	write(5)
	ways("a few missing", ensemble.Diff)
	n.kill(true)
	write(40)
	ways("many missing", ensemble.Snap)
	is(t, "the log is cut", len(l.disk.Log()) < 30, true)
	n.kill(true)
	ways("nothing missing", ensemble.Diff)

	for len(l.disk.Log()) != 24 {
		write(1)
	}
	lost("/lost")
	is(t, "as long as a log gets", len(n.disk.Log()), 25)
	write(1)
	ways("one too many", ensemble.Trunc)
	is(t, "lost", n.has("/lost"), false)

	// The first transaction of its epoch: nothing is cut across epochs.
	lost("/gone")
	is(t, "second epoch", n.disk.Zxid(), 2<<32+2)
	n.start()
	c.same()
	lost("/gone")
	is(t, "third epoch", n.disk.Zxid(), 3<<32+1)
	write(1)
	ways("one too many", ensemble.Snap)
	is(t, "gone", n.has("/gone"), false)
}

// A message that is lost is a connection that is lost.
func TestLostMessages(t *testing.T) {
	c := newCluster(t, 3, 5).start()
	l, n := c.elected(), c.follower()
	cl := l.join(30*time.Second, nil)
	c.link(l.id, n.id).lose = true
	cl.ask(wire.OpCreate, create("/n", 0))
	c.run(100 * time.Millisecond)
	c.link(l.id, n.id).lose = false
	c.run(5 * time.Second)
	is(t, "the follower has noticed", n.m.Why(), "a message of the leader is missing")
	c.same()
	is(t, "it is there", n.has("/n"), true)
}

// A server that was stopped for a while looks at what has arrived before it blames others for their silence.
func TestPause(t *testing.T) {
	c := newCluster(t, 3, 6).start()
	l, n := c.elected(), c.follower()
	n.pause()
	c.run(8 * time.Second)
	n.resume()
	c.run(time.Minute)
	is(t, "the follower goes on", n.m.Why(), "started")
	l.pause()
	c.run(8 * time.Second)
	l.resume()
	c.run(time.Minute)
	is(t, "the leader goes on", c.leader() == l && l.m.Epoch() == 1, true)
}

// A history that an epoch began without is not taken up again, though it is longer.
func TestEpochBeatsZxid(t *testing.T) {
	c := newCluster(t, 3, 8).start()
	old := c.elected()
	cl := old.join(30*time.Second, nil)
	c.run(time.Second)
	c.lose(old.id, true)
	cl.send(wire.OpCreate, create("/lost", 0))
	c.run(time.Second)
	old.kill(false)
	c.lose(old.id, false)
	second := c.elected()
	other := c.third(old, second)
	second.kill(true)
	other.kill(true)
	old.start()
	other.start()
	is(t, "leader", c.elected(), other)
	c.same()
	is(t, "lost", old.has("/lost"), false)
}

// Containers are swept, by the leader.
func TestSweep(t *testing.T) {
	c := newCluster(t, 3, 7).start()
	l := c.elected()
	cl := c.follower().join(10*time.Second, nil)
	cl.pinging(time.Second)
	cl.ask(wire.OpCreateContainer, create("/c", wire.FlagContainer))
	cl.ask(wire.OpCreate, create("/c/x", 0))
	cl.ask(wire.OpDelete, &proto.DeleteRequest{Path: "/c/x", Version: -1})
	is(t, "there", l.has("/c"), true)
	c.run(61 * time.Second)
	is(t, "swept", l.has("/c"), false)
	c.same()
}
