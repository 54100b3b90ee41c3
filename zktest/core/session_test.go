package core

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A session ends at the first tick after its timeout.
func TestExpiry(t *testing.T) {
	w := newWorld(t, Config{}) // tick 2 s
	a, watcher := w.connect(), w.connectFor(40*time.Second)
	a.create("/e", "", wire.FlagEphemeral)
	watcher.exists("/e", true)
	w.advance(1900 * time.Millisecond)
	a.do(wire.OpPing, nil, nil) // touched at 1.9 s: 11.9 s is past the tick at 10 s, so it ends at 12 s
	zxid := w.s.Zxid()
	w.advance(12*time.Second - 1900*time.Millisecond - time.Millisecond)
	is(t, "alive", a.closed, false)
	w.advance(time.Millisecond)
	is(t, "closed", a.closed, true)
	is(t, "without a word", len(a.in), 0)
	is(t, "one zxid", w.s.Zxid(), zxid+1)
	is(t, "watcher hears of it", watcher.takeEvents(), "NodeDeleted /e")
	is(t, "sessions", len(w.s.State().Sessions()), 1)

	r := newSession(10 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	is(t, "cannot be renewed", w.open().handshake(r).Expired(), true)
}

// Between timeout and timeout plus one tick, wherever between ticks it was last heard of.
func TestExpiryRounding(t *testing.T) {
	for _, at := range []time.Duration{0, 1, 499 * time.Millisecond, 500 * time.Millisecond, 999 * time.Millisecond} {
		w := newWorld(t, Config{TickTime: 500 * time.Millisecond})
		c := w.connectFor(4 * time.Second)
		w.advance(at)
		c.do(wire.OpPing, nil, nil)
		touched := w.now
		for !c.closed {
			w.advance(10 * time.Millisecond)
		}
		if d := w.now.Sub(touched); d < 4*time.Second || d > 4500*time.Millisecond+10*time.Millisecond {
			t.Errorf("touched at %v: ended after %v", at, d)
		}
	}
}

// Every request touches the session, but auth and sasl do not.
func TestWhatTouches(t *testing.T) {
	for op, touches := range map[wire.Op]bool{wire.OpPing: true, wire.OpGetData: true, wire.OpCreate: true, wire.OpAuth: false, wire.OpSASL: false} {
		w := newWorld(t, Config{})
		c := w.connect()
		for range 4 {
			w.advance(5 * time.Second)
			if !c.closed {
				c.write(requestFrame(1, op, map[wire.Op]wire.Record{
					wire.OpAuth: &proto.AuthPacket{Scheme: "ip"}, wire.OpSASL: &proto.GetSASLRequest{Token: []byte{}},
				}[op]))
			}
		}
		is(t, op.String(), !c.closed, touches)
	}
}

// An ephemeral outlives its connection, and a renewed session keeps it.
func TestEphemeralsSurviveReconnection(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.connect()
	a.create("/e", "", wire.FlagEphemeral)
	a.hangUp()
	w.advance(9 * time.Second)
	b := a.resume()
	w.advance(9 * time.Second)
	is(t, "still there", b.stat("/e").EphemeralOwner, a.session)
	b.hangUp()
	w.advance(12 * time.Second)
	c := w.connect()
	_, code := c.exists("/e", false)
	is(t, "gone at last", code, wire.CodeNoNode)
}

// A renewal with a shorter timeout takes effect at once.
func TestShorterTimeoutOnRenewal(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.connectFor(40 * time.Second)
	r := newSession(4 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	b := w.open()
	is(t, "timeout", b.handshake(r).TimeOut, 4000)
	w.advance(6 * time.Second)
	is(t, "expired", b.closed, true)
}

// closeSession: its ephemerals go in one transaction, then the reply, then the end; what was behind it is dropped.
func TestCloseSession(t *testing.T) {
	w := newWorld(t, Config{})
	a, watcher := w.connect(), w.connect()
	a.make("/p", "/keep")
	for i := range 6 {
		a.create(fmt.Sprint("/p/e", i), "", wire.FlagEphemeral)
	}
	watcher.children("/p", true)
	watcher.addWatch("/p", wire.ModePersistentRecursive)
	a.exists("/p/e0", true)
	zxid := w.s.Zxid()
	b := requestFrame(90, wire.OpCloseSession, nil)
	b = append(b, requestFrame(91, wire.OpCreate, createRequest("/late", "", 0))...)
	a.write(b)
	reply := a.reply()
	is(t, "own event first", fmt.Sprint(a.events), "[NodeDeleted /p/e0]")
	is(t, "reply", reply.xid, 90)
	is(t, "code", reply.code, wire.OK)
	is(t, "zxid", reply.zxid, zxid+1)
	is(t, "nothing behind it", len(a.in), 0)
	is(t, "closed", a.closed, true)
	is(t, "one zxid for all", w.s.Zxid(), zxid+1)
	watcher.takeEventsInto()
	deleted := 0
	for _, e := range watcher.events {
		if e.typ == wire.EventNodeDeleted {
			deleted++
		}
	}
	is(t, "a deletion for each", deleted, 6)
	is(t, "the child watch fires once", len(watcher.events), 7)
	_, code := watcher.exists("/late", false)
	is(t, "what was pipelined is dropped", code, wire.CodeNoNode)
	watcher.stat("/keep")
	st := watcher.stat("/p")
	is(t, "children", st.NumChildren, 0)
	is(t, "cversion", st.Cversion, 12)
	is(t, "pzxid", st.Pzxid, zxid+1)
}

// The order in which ephemerals go is not that of their creation.
func TestEphemeralsGoInAnyOrder(t *testing.T) {
	w := newWorld(t, Config{Seed: 3})
	watcher := w.connectFor(40 * time.Second)
	watcher.addWatch("/", wire.ModePersistentRecursive)
	orders := make(map[string]bool)
	for range 5 {
		a := w.connect()
		var paths []string
		for i := range 6 {
			path := fmt.Sprint("/e", i)
			a.create(path, "", wire.FlagEphemeral)
			paths = append(paths, path)
		}
		watcher.takeEvents()
		var all []string
		ephemerals := a.ephemerals("/")
		slices.Sort(ephemerals)
		is(t, "getEphemerals", fmt.Sprint(ephemerals), fmt.Sprint(paths))
		a.do(wire.OpCloseSession, nil, nil)
		watcher.takeEventsInto()
		for _, e := range watcher.events {
			all = append(all, e.path)
		}
		watcher.events = nil
		orders[fmt.Sprint(all)] = true
	}
	if len(orders) < 4 {
		t.Errorf("only %d orders in 5 sessions", len(orders))
	}
}

func (c *peer) ephemerals(prefix string) []string {
	c.w.t.Helper()
	var resp proto.GetEphemeralsResponse
	if code := c.do(wire.OpGetEphemerals, &proto.GetEphemeralsRequest{PrefixPath: prefix}, &resp); code != wire.OK {
		c.w.t.Fatal(code)
	}
	return resp.Ephemerals
}

// The prefix is a string, not a path, and only the own session counts.
func TestGetEphemerals(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	a.make("/a")
	a.create("/a/x", "", wire.FlagEphemeral)
	a.create("/ab", "", wire.FlagEphemeral)
	b.create("/a/b", "", wire.FlagEphemeral)
	for prefix, want := range map[string]int{"": 2, "/": 2, " / ": 2, "\t": 2, "\x00/": 2, "/a": 2, "/a/": 1, "/ab": 1, "/b": 0, "a": 0} {
		is(t, prefix, len(a.ephemerals(prefix)), want)
	}
	is(t, "of another session", fmt.Sprint(b.ephemerals("/")), "[/a/b]")
}

func TestExpireAndDropSession(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	a.create("/e", "", wire.FlagEphemeral)
	b.exists("/e", true)
	is(t, "drop", w.s.DropSession(a.session), true)
	w.pump()
	is(t, "connection is gone", a.closed, true)
	is(t, "drop without a connection", w.s.DropSession(a.session), false)
	is(t, "session is not", b.takeEvents(), "")
	a = a.resume()
	is(t, "expire", w.s.ExpireSession(w.now, a.session), true)
	w.pump()
	is(t, "connection is closed", a.closed, true)
	is(t, "without a word", len(a.in), 0)
	is(t, "ephemerals are gone", b.takeEvents(), "NodeDeleted /e")
	is(t, "expire again", w.s.ExpireSession(w.now, a.session), false)
	is(t, "unknown", w.s.ExpireSession(w.now, 12345), false)
	w.s.DropAll()
	w.pump()
	is(t, "all dropped", b.closed, true)
}

// A client that watches its own ephemeral hears nothing of its own expiry.
func TestExpiredClientHearsNothing(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.connect()
	a.create("/e", "", wire.FlagEphemeral)
	a.exists("/e", true)
	w.advance(time.Minute)
	is(t, "closed", a.closed, true)
	is(t, "silently", len(a.in), 0)
}

func TestTracker(t *testing.T) {
	tr := NewTracker(epoch, time.Second)
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	_, ok := tr.Next()
	is(t, "nothing to wait for", ok, false)
	for id := range int64(5) {
		tr.Track(at(0), 10-id, 2500, 1) // all end at 3 s
	}
	tr.Remove(8)
	tr.SetClosing(7)
	is(t, "touch", tr.Touch(at(1000), 9, 2500), true) // 4 s
	is(t, "touch unknown", tr.Touch(at(0), 99, 2500), false)
	is(t, "touch closing", tr.Touch(at(0), 7, 2500), false)
	next, _ := tr.Next()
	is(t, "next", next, at(3000))
	is(t, "too early", fmt.Sprint(tr.Expired(at(2999))), "[]")
	is(t, "in order of id", fmt.Sprint(tr.Expired(at(3000))), "[6 10]")
	is(t, "they are closing", tr.Touch(at(3000), 6, 9000), false)
	is(t, "once", fmt.Sprint(tr.Expired(at(3000))), "[]")
	next, _ = tr.Next()
	is(t, "the touched one", next, at(4000))
	is(t, "late call", fmt.Sprint(tr.Expired(at(60_000))), "[9]")
	tr.Remove(9)
	tr.Remove(9)
	_, ok = tr.Next()
	is(t, "nothing left", ok, false)
}
