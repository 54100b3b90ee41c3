package core

import (
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// protocol.md 9.7: up to 3.8 the last mode on a path wins; from 3.9 they live side by side.
func TestModesOnOnePath(t *testing.T) {
	data := func(c *peer) { c.get("/a", true) }
	pers := func(c *peer) { c.addWatch("/a", wire.ModePersistent) }
	rec := func(c *peer) { c.addWatch("/a", wire.ModePersistentRecursive) }
	for _, x := range []struct {
		name     string
		set      []func(c *peer)
		old, now int // events for three sets and one child create
	}{
		{"data", []func(c *peer){data}, 1, 1},
		{"persistent", []func(c *peer){pers}, 4, 4},
		{"persistent, then data", []func(c *peer){pers, data}, 2, 4}, // old: one-shot data half, child half lives
		{"data, then persistent", []func(c *peer){data, pers}, 4, 4},
		{"persistent, then recursive", []func(c *peer){pers, rec}, 4, 5}, // old: no child events; now: both, and no repeats
		{"recursive", []func(c *peer){rec}, 4, 4},
		{"recursive, then data", []func(c *peer){rec, data}, 1, 4},
	} {
		for _, v := range []Version{V3_8, V3_9} {
			w := newWorld(t, Config{Version: v})
			a, b := w.connect(), w.connect()
			a.make("/a")
			for _, set := range x.set {
				set(b)
			}
			for range 3 {
				a.set("/a", "", -1)
			}
			a.make("/a/b")
			b.takeEventsInto()
			want := x.now
			if v == V3_8 {
				want = x.old
			}
			is(t, fmt.Sprint(v, " ", x.name), len(b.events), want)
		}
	}
}

func (c *peer) takeEventsInto() {
	for c.reply() != nil {
	}
}

func TestCheckAndRemoveWatches(t *testing.T) {
	w := newWorld(t, Config{})
	c, other := w.connect(), w.connect()
	c.make("/a")
	types := []wire.WatcherType{wire.WatcherChildren, wire.WatcherData, wire.WatcherAny, wire.WatcherPersistent, wire.WatcherPersistentRecursive}
	row := func(ask func(string, wire.WatcherType) wire.Code) (s string) {
		for _, typ := range types {
			if ask("/a", typ) == wire.OK {
				s += "+"
			} else {
				s += "-"
			}
		}
		return s
	}
	sets := map[string]func(){
		"data":       func() { c.get("/a", true) },
		"child":      func() { c.children("/a", true) },
		"persistent": func() { c.addWatch("/a", wire.ModePersistent) },
		"recursive":  func() { c.addWatch("/a", wire.ModePersistentRecursive) },
	}
	// children, data, any, persistent, recursive
	for name, want := range map[string]string{"data": "-++--", "child": "+-+--", "persistent": "--++-", "recursive": "--+-+"} {
		sets[name]()
		is(t, "check "+name, row(c.checkWatches), want)
		is(t, "check of another connection", row(other.checkWatches), "-----")
		for i, typ := range types {
			is(t, fmt.Sprintf("remove %v of another connection", typ), other.removeWatches("/a", typ), wire.CodeNoWatcher)
			is(t, fmt.Sprintf("remove %v from %s", typ, name), c.removeWatches("/a", typ) == wire.OK, want[i] == '+')
			c.removeWatches("/a", wire.WatcherAny)
			sets[name]()
		}
		c.removeWatches("/a", wire.WatcherAny)
		is(t, name+" is gone", len(w.s.Watches()), 0)
	}
	// Removing one mode leaves the others.
	for _, set := range sets {
		set()
	}
	is(t, "all", row(c.checkWatches), "+++++")
	c.removeWatches("/a", wire.WatcherPersistent)
	is(t, "without persistent", row(c.checkWatches), "+++-+")
	c.removeWatches("/a", wire.WatcherData)
	is(t, "without data", row(c.checkWatches), "+-+-+")
	c.set("/a", "", -1)
	is(t, "recursive still works", c.takeEvents(), "NodeDataChanged /a")
	for _, typ := range []wire.WatcherType{0, 6, -1} {
		is(t, "bad type", c.checkWatches("/a", typ), wire.CodeMarshallingError)
		is(t, "bad type", c.removeWatches("/a", typ), wire.CodeMarshallingError)
	}
	is(t, "bad mode", c.addWatch("/a", 2), wire.CodeMarshallingError)
	is(t, "any path", c.addWatch("no path", wire.ModePersistentRecursive), wire.OK)
}

// protocol.md 9.8, before 3.9.
func TestCheckAndRemoveWatchesBefore39(t *testing.T) {
	w := newWorld(t, Config{Version: V3_8})
	c, other := w.connect(), w.connect()
	c.make("/a")
	c.addWatch("/a", wire.ModePersistent)
	is(t, "another connection's watch will do", other.checkWatches("/a", wire.WatcherAny), wire.OK)
	c.exists("", true)
	is(t, `but "" has none`, c.checkWatches("", wire.WatcherAny), wire.CodeNoWatcher)
	is(t, "but cannot be removed", other.removeWatches("/a", wire.WatcherAny), wire.CodeNoWatcher)
	is(t, "type 4", c.checkWatches("/a", wire.WatcherPersistent), wire.CodeMarshallingError)
	is(t, "half of a persistent watch", c.removeWatches("/a", wire.WatcherData), wire.OK)
	c.set("/a", "", -1)
	is(t, "is gone", c.takeEvents(), "")
	c.make("/a/b")
	is(t, "the other is not", c.takeEvents(), "NodeChildrenChanged /a")

	w = newWorld(t, Config{Version: V3_5})
	c, other = w.connect(), w.connect()
	c.exists("/a", true)
	is(t, "3.5 looks at the own ones", other.checkWatches("/a", wire.WatcherAny), wire.CodeNoWatcher)
	is(t, "3.5 own", c.checkWatches("/a", wire.WatcherData), wire.OK)
}
