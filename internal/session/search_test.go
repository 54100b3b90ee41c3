package session

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// asks lets a search take its course, with everybody giving that answer, and returns whom it has asked.
func (r *rig) search(answer string) (asked []string) {
	r.Helper()
	r.sleep(r.m.search.limit - r.now)
	for r.see(); r.m.search.probe != nil || r.m.search.lookup != nil; r.see() {
		if r.m.search.lookup != nil {
			r.m.Resolved(r.now, r.asked, []netip.Addr{netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.1.2")}, nil)
			continue
		}
		asked = append(asked, r.probed.Addr)
		r.m.Probed(r.now, r.probed, answer)
	}
	return asked
}

func readOnly(c *Config) { c.ReadOnly = true }

// Who was found has time to let us in, more than a server of which nothing is known.
func TestFoundServerHasTime(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), readOnly, func(c *Config) { c.InOrder = true }).start()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.expect("CONNECTED_RO new")
	r.sleep(r.m.search.limit - r.now)
	r.expect("ask 10.0.0.2:1")
	r.m.Probed(r.now, r.probed, rw)
	r.expect2("dial 10.0.0.2:1")
	r.jump(tt / 3)
	r.opened()
	r.hello()
	r.jump(tt / 4)
	r.m.Tick(r.now)
	r.welcome(2)
	r.expect("CONNECTED new")

	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:1")
	if left := r.m.limit - r.now; left >= tt/3 {
		t.Errorf("%v for a server of which nothing is known", left)
	}
}

// Every address of every host is asked but the one that is connected, in rounds that are farther and farther apart.
func TestSearchAsksEverybody(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "zk:1", "10.0.0.3:1"), readOnly).start()
	for r.m.phase == phaseResolve || r.dialed.Addr != "10.0.0.1:1" {
		if r.m.phase == phaseResolve {
			r.resolved("10.0.1.1")
		} else {
			r.closed()
		}
		r.see()
	}
	r.opened()
	r.hello()
	r.grant(1, time.Hour, true)
	r.expect("CONNECTED_RO new")
	limit := 100 * ms
	for range 14 {
		if p := r.m.search.limit - r.now; p < limit/2 || p > limit {
			t.Fatalf("pause %v, want %v to %v", p, limit/2, limit)
		}
		if got := sorted(r.search("ro")); !slices.Equal(got, []string{"10.0.0.3:1", "10.0.1.1:1", "10.0.1.2:1"}) {
			t.Fatalf("asked %v", got)
		}
		for len(r.m.pings) > 0 {
			r.pull()
			r.pong()
		}
		limit = min(2*limit, time.Minute)
	}
}

// upReadOnly's session is local: it is replaced at the server that is found, and its watches and requests go on.
func TestUpgradeOfLocalSession(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.ReadOnly, c.InOrder = true, true }).start()
	r.opened()
	if h := r.hello(); !h.ReadOnly || h.SessionId != 0 {
		t.Fatalf("asks for %v", &h)
	}
	r.grant(7, tt, true)
	r.expect("CONNECTED_RO new")
	w := r.submit("watch", wire.OpGetData, watching("/w", WatchData))
	r.pull()
	r.ok(w.xid)
	slow := r.submit("slow", wire.OpGetData)
	r.pull()
	r.see()
	r.sleep(r.m.search.limit - r.now)
	r.expect("ask 10.0.0.2:1")
	r.m.Probed(r.now, r.probed, rw)
	pinned := r.submit("pinned", wire.OpGetData, func(c *call) { c.Epoch = 1 })
	r.submit("later", wire.OpGetData)
	r.wrote()
	r.expect()
	r.ok(slow.xid)
	r.expect("slow: ok", "hang up", "SUSPENDED", "dial 10.0.0.2:1")
	r.opened()
	if h := r.hello(); h.SessionId != 0 || h.LastZxidSeen != int64(slow.xid) {
		t.Fatalf("asks for %v", &h)
	}
	r.welcome(8)
	r.wrote("setWatches#-8")
	r.ok(wire.XidSetWatches)
	r.expect("CONNECTED new")
	r.wrote(fmt.Sprintf("getData#%d", pinned.xid+1))
	r.expect("pinned: SESSIONEXPIRED")
	r.event(wire.EventNodeDataChanged, "/w")
	r.expect("fire /w: NodeDataChanged")
}

// A session of the ensemble goes on at a read-only server and behind it, without an end.
func TestUpgradeOfSession(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.ReadOnly, c.InOrder = true, true }).start()
	r.connect(1)
	r.expect("CONNECTED new")
	r.jump(sec)
	r.closed()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.expect("SUSPENDED", "dial 10.0.0.1:1", "CONNECTED_RO")
	if got := r.search("null"); !slices.Equal(got, []string{"10.0.0.2:1"}) {
		t.Fatalf("asked %v", got)
	}
	r.sleep(r.m.search.limit - r.now)
	r.expect("ask 10.0.0.2:1")
	r.m.Probed(r.now, r.probed, rw)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.2:1")
	if h := r.connect(1); h.SessionId != 1 {
		t.Fatalf("asks for %v", &h)
	}
	r.expect("CONNECTED")
	r.sleep(3 * sec)
	r.expect() // nobody is asked any more
}

// A server that takes too long is passed over, and so is a look-up.
func TestSearchPassesOver(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1", "zk3:1", "10.0.0.4:1"), func(c *Config) { c.ReadOnly, c.InOrder = true, true }).start()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.see()
	r.sleep(r.m.search.limit - r.now)
	r.expect("ask 10.0.0.2:1")
	late := r.probed
	r.sleep(1200 * ms)
	r.expect("ask no more", "resolve zk3")
	lookup := r.asked
	r.m.Probed(r.now, late, rw)
	r.expect()
	r.sleep(1200 * ms)
	r.expect("ask no more", "ask 10.0.0.4:1")
	r.m.Resolved(r.now, lookup, []netip.Addr{netip.MustParseAddr("10.0.0.9")}, nil)
	r.expect()
	r.closed()
	r.expect("ask no more", "SUSPENDED", "dial 10.0.0.1:1")
	r.m.Probed(r.now, r.probed, rw)
	r.expect()
}

// New hosts are asked.
func TestSearchAfterSetHosts(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.ReadOnly, c.InOrder = true, true }).start()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.see()
	r.sleep(r.m.search.limit - r.now)
	r.expect("ask 10.0.0.2:1")
	r.m.SetHosts(r.now, []string{"10.0.0.1:1", "10.0.0.3:1"})
	r.expect("ask no more")
	if got := r.search("ro"); !slices.Equal(got, []string{"10.0.0.3:1"}) {
		t.Errorf("asked %v", got)
	}
}
