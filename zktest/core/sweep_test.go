package core

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func (c *peer) makeKind(path string, kind Kind, ttl time.Duration) {
	c.w.t.Helper()
	var code wire.Code
	if kind == TTL {
		code = c.do(wire.OpCreateTTL, &proto.CreateTTLRequest{Path: path, Acl: openACL, Flags: 5, Ttl: ttl.Milliseconds()}, nil)
	} else {
		code = c.do(wire.OpCreateContainer, createRequest(path, "", wire.FlagContainer), nil)
	}
	if code != wire.OK {
		c.w.t.Fatal(code)
	}
}

// keep keeps sessions alive while time passes.
func (w *world) pass(d time.Duration, alive ...*peer) {
	w.t.Helper()
	for d > 0 {
		step := min(d, 5*time.Second)
		w.advance(step)
		d -= step
		for _, c := range alive {
			c.do(wire.OpPing, nil, nil)
		}
	}
}

func (w *world) has(path string) bool {
	_, ok := w.s.State().Node(path)
	return ok
}

// A container goes at the first sweep after its last child; one never used stays.
func TestContainerSweep(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.makeKind("/c", Container, 0)
	c.makeKind("/unused", Container, 0)
	c.make("/c/kid")
	w.pass(120*time.Second, c)
	is(t, "with a child it stays", w.has("/c"), true)
	c.delete("/c/kid", -1)
	c.exists("/c", true)
	zxid := w.s.Zxid()
	w.pass(59*time.Second, c)
	is(t, "not before the sweep", w.has("/c"), true)
	w.pass(2*time.Second, c)
	is(t, "gone", w.has("/c"), false)
	is(t, "a zxid", w.s.Zxid(), zxid+1)
	is(t, "watches fire", c.takeEvents(), "NodeDeleted /c")
	w.pass(200*time.Second, c)
	is(t, "never used", w.has("/unused"), true)
}

func TestNeverUsedContainers(t *testing.T) {
	for v, gone := range map[Version]bool{V3_9: true, V3_5: false} {
		w := newWorld(t, Config{Version: v, MaxNeverUsed: 90 * time.Second})
		c := w.connect()
		c.makeKind("/c", Container, 0)
		w.pass(61*time.Second, c)
		is(t, "young", w.has("/c"), true)
		w.pass(60*time.Second, c)
		is(t, v.String(), !w.has("/c"), gone)
	}
}

// A TTL node goes when it has no children and was not written for longer than its time.
func TestTTLSweep(t *testing.T) {
	w := newWorld(t, Config{ExtendedTypes: true, SweepInterval: time.Second})
	c := w.connect()
	c.makeKind("/ttl", TTL, 10*time.Second)
	c.makeKind("/parent", TTL, time.Second)
	c.make("/parent/kid")
	w.pass(9*time.Second, c)
	c.set("/ttl", "written", -1)
	w.pass(9*time.Second, c)
	is(t, "a write refreshes", w.has("/ttl"), true)
	w.pass(1*time.Second, c)
	is(t, "exactly its time is not longer", w.has("/ttl"), true)
	w.pass(1*time.Second, c)
	is(t, "gone", w.has("/ttl"), false)
	is(t, "a child prevents it", w.has("/parent"), true)
	c.delete("/parent/kid", -1)
	w.pass(2*time.Second, c)
	is(t, "no longer", w.has("/parent"), false)
}

// A sweep keeps its rhythm over a gap, and an idle server waits for nothing.
func TestSweepTimes(t *testing.T) {
	w := newWorld(t, Config{})
	_, ok := w.s.NextDeadline()
	is(t, "nothing to wait for", ok, false)
	c := w.connectFor(40 * time.Second)
	c.makeKind("/c", Container, 0)
	c.make("/c/kid")
	c.delete("/c/kid", -1)
	c.hangUp()
	w.s.ExpireSession(w.now, c.session)
	w.s.Tick(w.now.Add(10 * time.Second)) // the handshake timer
	at, ok := w.s.NextDeadline()
	is(t, "there is a sweep", ok, true)
	is(t, "the sweep", at, epoch.Add(time.Minute))
	w.now = epoch.Add(150 * time.Second)
	w.s.Tick(w.now)
	is(t, "gone", w.has("/c"), false)
	is(t, "next", w.s.nextSweep, epoch.Add(180*time.Second))
	_, ok = w.s.NextDeadline()
	is(t, "nothing left", ok, false)
}

// What is swept at one time goes in order of path, parents that become empty at a later sweep.
func TestSweepOrder(t *testing.T) {
	w := newWorld(t, Config{SweepInterval: time.Second})
	c := w.connect()
	for _, path := range []string{"/b", "/a", "/a/inner"} {
		c.makeKind(path, Container, 0)
		c.make(path + "/kid")
		c.delete(path+"/kid", -1)
	}
	c.addWatch("/", wire.ModePersistentRecursive)
	w.pass(time.Second, c)
	is(t, "first", c.takeEvents(), "NodeDeleted /a/inner, NodeDeleted /b")
	w.pass(time.Second, c)
	is(t, "then", c.takeEvents(), "NodeDeleted /a")
}
