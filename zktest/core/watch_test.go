package core

import (
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func (c *peer) setWatches(op wire.Op, r wire.Record) wire.Code {
	c.w.t.Helper()
	return c.do(op, r, nil)
}

func (c *peer) checkWatches(path string, typ wire.WatcherType) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: path, Type: int32(typ)}, nil)
}

func (c *peer) removeWatches(path string, typ wire.WatcherType) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpRemoveWatches, &proto.RemoveWatchesRequest{Path: path, Type: int32(typ)}, nil)
}

// The table of protocol.md section 8: P is /q/p, Q is /q, and A is the root. One watcher each.
func TestWatchTriggers(t *testing.T) {
	watchers := []struct {
		name string
		set  func(c *peer)
	}{
		{"data P", func(c *peer) { c.get("/q/p", true) }},
		{"exists P", func(c *peer) { c.exists("/q/p", true) }},
		{"child P", func(c *peer) { c.children("/q/p", true) }},
		{"child Q", func(c *peer) { c.children("/q", true) }},
		{"persistent P", func(c *peer) { c.addWatch("/q/p", wire.ModePersistent) }},
		{"persistent Q", func(c *peer) { c.addWatch("/q", wire.ModePersistent) }},
		{"recursive P", func(c *peer) { c.addWatch("/q/p", wire.ModePersistentRecursive) }},
		{"recursive A", func(c *peer) { c.addWatch("/", wire.ModePersistentRecursive) }},
		{"data Q", func(c *peer) { c.get("/q", true) }},
		{"recursive other", func(c *peer) { c.addWatch("/q/pp", wire.ModePersistentRecursive) }},
	}
	const (
		created  = "NodeCreated /q/p"
		deleted  = "NodeDeleted /q/p"
		changed  = "NodeDataChanged /q/p"
		children = "NodeChildrenChanged /q"
	)
	for _, op := range []struct {
		name   string
		before func(c *peer) // the state in which watches are set
		act    func(c *peer)
		want   map[string]string
	}{
		{
			"create", func(c *peer) { c.make("/q") }, func(c *peer) { c.make("/q/p") },
			map[string]string{"exists P": created, "child Q": children, "persistent P": created, "persistent Q": children,
				"recursive P": created, "recursive A": created},
		},
		{
			"delete", func(c *peer) { c.make("/q", "/q/p") }, func(c *peer) { c.delete("/q/p", -1) },
			map[string]string{"data P": deleted, "exists P": deleted, "child P": deleted, "child Q": children,
				"persistent P": deleted, "persistent Q": children, "recursive P": deleted, "recursive A": deleted},
		},
		{
			"set", func(c *peer) { c.make("/q", "/q/p") }, func(c *peer) { c.set("/q/p", "", -1) },
			map[string]string{"data P": changed, "exists P": changed, "persistent P": changed, "recursive P": changed,
				"recursive A": changed},
		},
		{"setACL", func(c *peer) { c.make("/q", "/q/p") }, func(c *peer) { c.setACL("/q/p", openACL, -1) }, nil},
		{"failed", func(c *peer) { c.make("/q", "/q/p") }, func(c *peer) { c.set("/q/p", "", 5) }, nil},
	} {
		for _, v := range []Version{V3_6, V3_8, V3_9} {
			w := newWorld(t, Config{Version: v})
			actor := w.connect()
			op.before(actor)
			peers := make([]*peer, len(watchers))
			for i := range watchers {
				peers[i] = w.connect()
				watchers[i].set(peers[i])
			}
			op.act(actor)
			for i := range watchers {
				is(t, fmt.Sprintf("%v %s: %s", v, op.name, watchers[i].name), peers[i].takeEvents(), op.want[watchers[i].name])
			}
			// A second time only the watches that stay are heard from.
			if op.name == "set" {
				op.act(actor)
				for i := range watchers {
					want := op.want[watchers[i].name]
					if i < 4 || i == 8 {
						want = ""
					}
					is(t, fmt.Sprintf("%v %s again: %s", v, op.name, watchers[i].name), peers[i].takeEvents(), want)
				}
			}
		}
	}
}

func TestWatchesAreASet(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	a.make("/a")
	for range 5 {
		b.get("/a", true)
		b.exists("/a", true)
		b.children("/a", true)
	}
	a.set("/a", "1", -1)
	a.set("/a", "2", -1)
	is(t, "one event for two changes", b.takeEvents(), "NodeDataChanged /a")
	b.get("/a", true)
	a.delete("/a", -1)
	is(t, "one NodeDeleted for two tables", b.takeEvents(), "NodeDeleted /a")
	is(t, "both are spent", len(w.s.Watches()), 0)
	a.make("/a", "/a/b")
	is(t, "a new node brings no watch back", b.takeEvents(), "")
}

func TestNoWatchOnFailedRead(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.get("/a", true)
	c.children("/a", true)
	is(t, "missing", len(w.s.Watches()), 0)
	c.exists("/a", true)
	is(t, "exists watches what is missing", len(w.s.Watches()), 1)
	c.make("/b")
	c.setACL("/b", nobody, -1)
	c.get("/b", true)
	c.children("/b", true)
	c.exists("/b", true)
	is(t, "not readable", len(w.s.Watches()), 1)
}

// Events of a transaction come in order, and before its reply.
func TestEventsBeforeReply(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/p")
	c.children("/p", true)
	c.exists("/p/x", true)
	c.addWatch("/p", wire.ModePersistentRecursive)
	a, _ := c.multi(opCreate("/p/x"), opSet("/p", "", -1), opDelete("/p/x", -1))
	is(t, "code", a.code, wire.OK)
	is(t, "came first", len(c.events), 4)
	// A node made and deleted within a multi fires its exists watch as created.
	is(t, "events", c.takeEvents(), "NodeCreated /p/x, NodeChildrenChanged /p, NodeDataChanged /p, NodeDeleted /p/x")
}

func TestEventZxid(t *testing.T) {
	for v, want := range map[Version]int64{V3_8: -1, V3_9: 4} {
		w := newWorld(t, Config{Version: v})
		a, b := w.connect(), w.connect()
		a.make("/a")
		b.get("/a", true)
		a.set("/a", "", -1)
		h, _, _ := wire.ReadReplyHeader(b.frame())
		is(t, v.String(), h.Zxid, want)
		b.setWatches(wire.OpSetWatches, &proto.SetWatches{DataWatches: []string{"/none"}})
	}
}

func TestWatchesDieWithTheConnection(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	b.exists("/a", true)
	b.addWatch("/", wire.ModePersistentRecursive)
	b.hangUp()
	is(t, "gone", len(w.s.Watches()), 0)
	b = b.resume()
	a.make("/a")
	is(t, "not with the session", b.takeEvents(), "")
}

// protocol.md 9.1.
func TestSetWatches(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect() // 1
	c.make("/old")   // 2
	c.make("/kids", "/changed")
	base := w.s.Zxid()
	c.set("/changed", "", -1)
	c.make("/kids/new")
	b := w.connect()
	request := func(zxid int64) *proto.SetWatches {
		return &proto.SetWatches{
			RelativeZxid: zxid,
			DataWatches:  []string{"/old", "/changed", "/missing"},
			ExistWatches: []string{"/old", "/never"},
			ChildWatches: []string{"/old", "/kids", "/missing"},
		}
	}
	is(t, "code", b.setWatches(wire.OpSetWatches, request(base)), wire.OK)
	is(t, "events, before the reply", b.takeEvents(),
		"NodeDataChanged /changed, NodeDeleted /missing, NodeCreated /old, NodeChildrenChanged /kids, NodeDeleted /missing")
	watches := ""
	for _, x := range w.s.Watches() {
		watches += fmt.Sprint(x.Path, " ", x.Child, ", ")
	}
	is(t, "watches left", watches, "/never false, /old false, /old true, ")

	d := w.connect()
	d.setWatches(wire.OpSetWatches, request(0))
	is(t, "zxid 0 fires all that there is", d.takeEvents(), "NodeDataChanged /old, NodeDataChanged /changed, NodeDeleted /missing, "+
		"NodeCreated /old, NodeChildrenChanged /old, NodeChildrenChanged /kids, NodeDeleted /missing")
	e := w.connect()
	e.setWatches(wire.OpSetWatches, request(1<<60))
	is(t, "a zxid ahead fires nothing but what is missing or there", e.takeEvents(), "NodeDeleted /missing, NodeCreated /old, NodeDeleted /missing")
}

func TestSetWatches2(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a")
	b := w.connect()
	is(t, "code", b.setWatches(wire.OpSetWatches2, &proto.SetWatches2{
		DataWatches: []string{}, ExistWatches: []string{}, ChildWatches: []string{"/"},
		PersistentWatches: []string{"/a", "/x"}, PersistentRecursiveWatches: []string{"/r"},
	}), wire.OK)
	is(t, "nothing is made up for watches that stay", b.takeEvents(), "NodeChildrenChanged /")
	c.make("/x", "/r", "/r/s")
	c.delete("/a", -1)
	is(t, "they work", b.takeEvents(), "NodeCreated /x, NodeCreated /r, NodeCreated /r/s, NodeDeleted /a")
}

// A list that is null is stumbled over when its turn comes: what stands in front of it is done.
func TestSetWatchesWithANullList(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	code := c.setWatches(wire.OpSetWatches, &proto.SetWatches{DataWatches: []string{"/missing"}, ChildWatches: []string{"/missing"}})
	is(t, "code", code, wire.CodeMarshallingError)
	is(t, "events", c.takeEvents(), "NodeDeleted /missing")
}

func TestEventsAreFiltered(t *testing.T) {
	for _, x := range []struct {
		cfg      Config
		filtered bool
	}{
		{Config{Version: V3_9}, true}, {Config{Version: V3_8}, true}, {Config{Version: V(3, 8, 3)}, false},
		{Config{Version: V(3, 9, 1)}, false}, {Config{Version: V(3, 8, 0), FilterEvents: true}, true},
	} {
		w := newWorld(t, x.cfg)
		a, b := w.connect(), w.connect()
		a.auth("digest", "a:a")
		a.make("/a", "/a/kid", "/p")
		b.get("/a", true)
		b.children("/a", true)
		b.addWatch("/p", wire.ModePersistent)
		a.setACL("/a", privateACL("a:a"), -1)
		a.setACL("/p", privateACL("a:a"), -1)
		a.set("/a", "", -1)
		a.delete("/a/kid", -1)
		a.set("/p", "", -1)
		want := "NodeDataChanged /a, NodeChildrenChanged /a, NodeDataChanged /p"
		if x.filtered {
			want = ""
		}
		is(t, fmt.Sprint(x.cfg.Version), b.takeEvents(), want)
		is(t, "one-shot watches are spent all the same", len(w.s.Watches()), 2)
		b.setWatches(wire.OpSetWatches, &proto.SetWatches{DataWatches: []string{"/a"}})
		is(t, "setWatches does not filter", b.takeEvents(), "NodeDataChanged /a")
		// A deleted node's own ACL counts.
		a.delete("/p", -1)
		is(t, "delete", b.takeEvents() == "", x.filtered)
		b.auth("digest", "a:a")
		a.make("/p")
		a.setACL("/p", privateACL("a:a"), -1)
		a.set("/p", "", -1)
		is(t, "with the right", b.takeEvents() != "", true)
	}
}

// The order in which connections are woken, and with it everything else, does not depend on maps.
func TestWatchTableBookkeeping(t *testing.T) {
	w := newWorld(t, Config{})
	var peers []*peer
	for range 5 {
		peers = append(peers, w.connect())
	}
	check := func(want int) {
		t.Helper()
		total, deep := 0, 0
		for _, table := range []*watchTable{w.s.data, w.s.child} {
			total += len(table.index)
			deep += table.deep
			for path, list := range table.paths {
				for i, entry := range list {
					if entry.slot != i || entry.path != path || entry.conn.watches[entry.own] != entry {
						t.Errorf("entry %+v is not where it says", entry)
					}
				}
			}
		}
		is(t, "watches", total, want)
		if want == 0 {
			is(t, "recursive", deep, 0)
			is(t, "paths", len(w.s.data.paths)+len(w.s.child.paths), 0)
		}
	}
	for i, p := range peers {
		p.addWatch("/x", wire.ModePersistentRecursive)
		p.addWatch("/x", wire.ModePersistent)
		p.exists("/x", true)
		p.exists(fmt.Sprint("/", i), true)
	}
	check(15)
	peers[2].hangUp()
	check(12)
	peers[0].make("/x", "/0", "/4")
	check(10)
	peers[1].removeWatches("/x", wire.WatcherAny)
	check(8)
	for _, i := range []int{4, 0, 1, 3} {
		peers[i].hangUp()
	}
	check(0)
}
