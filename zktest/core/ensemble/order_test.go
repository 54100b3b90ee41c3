package ensemble_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// sim.md 9: a session that comes to another server is renewed before what it wrote through the first one is there, and
// only sync waits for it.
func TestRenewalOvertakesWrites(t *testing.T) {
	c := newCluster(t, 3, 1, func(cfg *ensemble.Config) {
		cfg.SyncDelay = func() time.Duration { return 100 * time.Millisecond }
	}).start()
	l, a := c.elected(), c.follower()
	b := c.third(l, a)
	first := a.join(10*time.Second, nil)
	first.send(wire.OpCreate, create("/mine", wire.FlagEphemeral))
	c.run(10 * time.Millisecond)
	first.hangUp()
	second := b.join(10*time.Second, first)
	is(t, "renewed", second.session, first.session)
	is(t, "not there yet", second.ask(wire.OpExists, &proto.ExistsRequest{Path: "/mine"}).code, wire.CodeNoNode)
	is(t, "sync", second.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.OK)
	is(t, "there", second.ask(wire.OpExists, &proto.ExistsRequest{Path: "/mine"}).code, wire.OK)
}

// Sync flushes the way from the leader: it waits behind what is committed and not yet applied here.
func TestSyncOnLaggingFollower(t *testing.T) {
	var lag time.Duration
	c := newCluster(t, 3, 2, func(cfg *ensemble.Config) {
		cfg.ApplyDelay = func() time.Duration {
			if cfg.ServerID == 1 {
				return lag
			}
			return 0
		}
	}).start()
	l := c.elected()
	w, r := l.join(30*time.Second, nil), c.nodes[0].join(30*time.Second, nil)
	lag = 3 * time.Second
	reply := w.ask(wire.OpCreate, create("/n", 0))
	c.run(100 * time.Millisecond)
	stale := r.ask(wire.OpExists, &proto.ExistsRequest{Path: "/n"})
	is(t, "stale", stale.code, wire.CodeNoNode)
	is(t, "own zxid", stale.zxid, reply.zxid-1)
	late := c.nodes[0].connect(30*time.Second, w)
	c.run(0)
	is(t, "who has seen more is refused", late.closed && len(late.in) == 0, true)
	from := c.now
	is(t, "sync", r.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.OK)
	between(t, "synced", c.now.Sub(from), 2*time.Second, 3*time.Second)
	is(t, "there", r.ask(wire.OpExists, &proto.ExistsRequest{Path: "/n"}).code, wire.OK)

	c.stall(l.id, 1, true)
	r.send(wire.OpSync, &proto.SyncRequest{Path: "/"})
	r.send(wire.OpPing, nil)
	c.run(5 * time.Second)
	is(t, "nothing while the way is stalled", r.reply() == nil, true)
	is(t, "pings wait, too", r.closed, false)
	c.stall(l.id, 1, false)
	c.run(100 * time.Millisecond)
	is(t, "sync", r.reply() != nil && r.reply().xid == wire.XidPing, true)
}

// A sync waits for what was proposed before it.
func TestSyncWaitsForProposals(t *testing.T) {
	c := newCluster(t, 3, 3, func(cfg *ensemble.Config) {
		cfg.SyncDelay = func() time.Duration { return time.Second }
	}).start()
	l := c.elected()
	for _, n := range []*node{l, c.follower()} {
		w, r := l.join(30*time.Second, nil), n.join(30*time.Second, nil)
		w.send(wire.OpCreate, create("/n", wire.FlagPersistentSequential))
		c.run(100 * time.Millisecond)
		from := c.now
		is(t, "sync", r.ask(wire.OpSync, &proto.SyncRequest{Path: "/"}).code, wire.OK)
		between(t, "synced", c.now.Sub(from), 800*time.Millisecond, time.Second)
		c.run(time.Second)
		is(t, "written", w.reply() != nil, true)
	}
}

// What nobody but the leader has written is lost with it, and truncated when it comes back.
func TestProposalIsLost(t *testing.T) {
	c := newCluster(t, 3, 4).start()
	old := c.elected()
	cl := old.join(30*time.Second, nil)
	cl.ask(wire.OpCreate, create("/before", 0))
	c.run(time.Second)
	c.lose(old.id, true)
	cl.send(wire.OpCreate, create("/lost", 0))
	c.run(time.Second)
	is(t, "no reply", cl.reply() == nil, true)
	old.kill(false)
	c.lose(old.id, false)
	l := c.elected()
	is(t, "session", l.join(30*time.Second, cl).ask(wire.OpCreate, create("/after", 0)).code, wire.OK)
	old.start()
	c.same()
	is(t, "before", old.has("/before"), true)
	is(t, "lost", old.has("/lost"), false)
	is(t, "after", old.has("/after"), true)
}

// What a server has written that decides the next election is kept, though nobody was ever told.
func TestProposalIsKept(t *testing.T) {
	c := newCluster(t, 3, 5).start()
	old := c.elected()
	n := c.follower()
	cl := old.join(30*time.Second, nil)
	for _, from := range c.nodes {
		if from != old {
			c.stall(from.id, old.id, true) // proposals arrive, acknowledgements do not
		}
	}
	cl.send(wire.OpCreate, create("/kept", 0))
	c.run(time.Second)
	is(t, "no reply", cl.reply() == nil, true)
	is(t, "not yet", n.has("/kept"), false)
	old.kill(true)
	c.elected()
	is(t, "kept", n.has("/kept"), true)
}

// A write that takes long keeps the next ones waiting, which then go together.
func TestWritesGoTogether(t *testing.T) {
	c := newCluster(t, 3, 6, func(cfg *ensemble.Config) {
		cfg.SyncDelay = func() time.Duration { return 50 * time.Millisecond }
	}).start()
	l := c.elected()
	cl := l.join(30*time.Second, nil)
	before := c.sent[ensemble.Ack]
	from := c.now
	for range 100 {
		cl.send(wire.OpCreate, create("/n", wire.FlagPersistentSequential))
	}
	c.until("the last one is answered", time.Minute, func() bool {
		for r := cl.reply(); r != nil; r = cl.reply() {
			if r.xid == cl.xid {
				return true
			}
		}
		return false
	})
	between(t, "written", c.now.Sub(from), 100*time.Millisecond, 200*time.Millisecond)
	is(t, "few acknowledgements", c.sent[ensemble.Ack]-before <= 6, true)
}
