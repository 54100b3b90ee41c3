package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// A watch is there when the reply says so, not before and not otherwise.
func TestWatchIsRegisteredByTheReply(t *testing.T) {
	for _, c := range []struct {
		op   wire.Op
		kind WatchKind
		code wire.Code
		want string // in which table, or none
	}{
		{wire.OpGetData, WatchData, wire.OK, "data"},
		{wire.OpGetData, WatchData, wire.CodeNoNode, ""},
		{wire.OpGetData, WatchData, wire.CodeNoAuth, ""},
		{wire.OpExists, WatchData, wire.OK, "data"},
		{wire.OpExists, WatchData, wire.CodeNoNode, "exist"},
		{wire.OpExists, WatchData, wire.CodeNoAuth, ""},
		{wire.OpGetChildren, WatchChild, wire.OK, "child"},
		{wire.OpGetChildren2, WatchChild, wire.OK, "child"},
		{wire.OpGetChildren2, WatchChild, wire.CodeNoNode, ""},
	} {
		t.Run(fmt.Sprintf("%v %v", c.op, c.code), func(t *testing.T) {
			r := up(t)
			x := r.submit("x", c.op, watching("/a", c.kind))
			r.pull()
			if r.m.watches.n != 0 {
				t.Fatal("registered before the reply")
			}
			r.reply(1, 1, c.code, nil)
			r.see()
			r.closed()
			r.connect(1)
			r.see()
			frames := r.pull()
			got := ""
			if len(frames) > 0 {
				w := setWatches(t, frames[0])
				for name, list := range map[string][]string{"data": w.DataWatches, "exist": w.ExistWatches, "child": w.ChildWatches} {
					if len(list) > 0 {
						got += name
					}
				}
			}
			if got != c.want {
				t.Errorf("is in table %q, want %q", got, c.want)
			}
			if x.Watch.Call.(*fired).times != 0 {
				t.Error("fired")
			}
		})
	}
}

func TestLostRequestRegistersNothing(t *testing.T) {
	r := up(t)
	r.submit("x", wire.OpGetData, watching("/a", WatchData))
	r.pull()
	r.closed()
	r.connect(1)
	r.expect("SUSPENDED", "x: CONNECTIONLOSS, written", "dial 10.0.0.1:2181", "CONNECTED")
	r.wrote()
}

// Which events consume which tables.
func TestEventsConsumeWatches(t *testing.T) {
	kinds := []WatchKind{WatchData, WatchExist, WatchChild}
	for _, c := range []struct {
		ev    wire.EventType
		fires [3]bool
	}{
		{wire.EventNodeCreated, [3]bool{true, true, false}},
		{wire.EventNodeDataChanged, [3]bool{true, true, false}},
		{wire.EventNodeDeleted, [3]bool{true, true, true}},
		{wire.EventNodeChildrenChanged, [3]bool{false, false, true}},
		{wire.EventNone, [3]bool{}},
		{wire.EventDataWatchRemoved, [3]bool{}},
		{wire.EventType(99), [3]bool{}},
		{wire.EventType(-2147483648), [3]bool{}},
	} {
		r := up(t)
		var ws []*Watch
		for _, k := range kinds {
			ws = append(ws, r.watch("/a", k), r.watch("/a/b", k))
		}
		r.event(c.ev, "/a")
		r.see()
		for i, k := range kinds {
			f := ws[2*i].Call.(*fired)
			if (f.times == 1) != c.fires[k] || f.times > 1 {
				t.Errorf("%v: table %d fired %d times", c.ev, k, f.times)
			}
			if f.times == 1 && (f.err != nil || f.ev.Type != c.ev || f.ev.Path != "/a" || f.ev.Zxid != -1) {
				t.Errorf("%v: %+v", c.ev, f)
			}
			if ws[2*i+1].Call.(*fired).times != 0 {
				t.Errorf("%v: fired for another path", c.ev)
			}
		}
		before := len(r.lines)
		r.event(c.ev, "/a")
		if r.see(); len(r.lines) != before {
			t.Errorf("%v: fired again", c.ev)
		}
	}
}

// Of several watches on one path all fire, oldest first, and before the reply that shows the change.
func TestOrderOfEvents(t *testing.T) {
	r := up(t)
	for range 3 {
		r.watch("/a", WatchData)
	}
	r.submit("read", wire.OpGetData, watching("/a", WatchData))
	r.pull()
	r.event(wire.EventNodeDataChanged, "/a")
	r.ok(4)
	r.event(wire.EventNodeDeleted, "/a")
	changed := "fire /a: NodeDataChanged"
	r.expect(changed, changed, changed, "read: ok", "fire /a: NodeDeleted")
}

// Whichever of several is given up, and whatever comes behind, the others fire.
func TestOthersFireWhenOneIsGivenUp(t *testing.T) {
	for gone := range 3 {
		r := up(t).knows()
		var ws []*Watch
		for range 3 {
			ws = append(ws, r.watch("/a", WatchData))
		}
		r.unwatch(ws[gone])
		ws = append(ws, r.watch("/a", WatchData))
		r.event(wire.EventNodeDataChanged, "/a")
		r.see()
		for i, w := range ws {
			if n := w.Call.(*fired).times; (n == 1) != (i != gone) {
				t.Errorf("%d given up: %d fired %d times", gone, i, n)
			}
		}
	}
}

func TestWatchesEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end func(*rig)
		err error
	}{
		"expired": {func(r *rig) { r.closed(); r.opened(); r.hello(); r.refuse() }, wire.CodeSessionExpired},
		"aborted": {func(r *rig) { r.m.Abort(nil, ErrClosed) }, ErrClosed},
		"closed":  {func(r *rig) { r.m.Close(); r.pull(); r.ok(r.m.xid) }, ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			var ws []*Watch
			for k := range watchKinds {
				ws = append(ws, r.watch("/a", k), r.watch("/a", k))
			}
			c.end(r)
			r.see()
			for _, w := range ws {
				if f := w.Call.(*fired); f.times != 1 || f.err != c.err {
					t.Errorf("%+v", f)
				}
				if r.unwatch(w) {
					t.Error("still there")
				}
			}
			if r.m.watches.n != 0 {
				t.Errorf("%d left", r.m.watches.n)
			}
		})
	}
}

// A hundred thousand watches on one path, removed in any order, cost no more than on as many paths.
func TestManyWatchesOnOnePath(t *testing.T) {
	var g registry
	g.init()
	ws := make([]*Watch, 100_000)
	began := time.Now()
	for i := range ws {
		ws[i] = &Watch{Path: "/same", Call: new(fired)}
		g.add(ws[i])
	}
	for i := range ws {
		w := ws[(i*7919)%len(ws)]
		if was, last := g.remove(w); !was || last != (i == len(ws)-1) {
			t.Fatalf("%d: was %t, last %t", i, was, last)
		}
	}
	if d := time.Since(began); d > time.Minute { // generous: it takes a tenth of a second, or many minutes
		t.Errorf("took %v", d)
	}
	if g.n != 0 || g.all.next != &g.all || len(g.byPath[WatchData]) != 0 {
		t.Error("something is left")
	}
}
