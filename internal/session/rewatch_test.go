package session

import (
	"context"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// knows tells the machine that the server understands removeWatches.
func (r *rig) knows() *rig {
	r.m.caps.learn(wire.OpRemoveWatches, true)
	return r
}

// unwatch gives a watch up; what becomes of the request is not told.
func (r *rig) unwatch(w *Watch) bool {
	c := &call{}
	c.body, _ = wire.Append(nil, &proto.RemoveWatchesRequest{Path: w.Path, Type: int32(w.Kind.WatcherType())})
	c.Request = Request{Op: wire.OpRemoveWatches, Call: c}
	return r.m.Unwatch(w, &c.Request)
}

// removed says which removeWatches requests follow, as "path type".
func (r *rig) removed(want ...string) {
	r.Helper()
	var got []string
	for _, f := range r.pull() {
		var q proto.RemoveWatchesRequest
		if f.op != wire.OpRemoveWatches {
			continue
		}
		if err := wire.Decode(f.body, &q); err != nil {
			r.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %v", q.Path, wire.WatcherType(q.Type)))
		r.reply(f.xid, 1, wire.CodeNoWatcher, nil)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Fatalf("removed %v, want %v", got, want)
	}
}

func TestUnwatch(t *testing.T) {
	r := up(t).knows()
	d1, d2 := r.watch("/a", WatchData), r.watch("/a", WatchData)
	e := r.watch("/a", WatchExist)
	c := r.watch("/a", WatchChild)
	other := r.watch("/b", WatchChild)
	unwatch := func(w *Watch, want bool) {
		t.Helper()
		if got := r.unwatch(w); got != want {
			t.Errorf("was there: %t, want %t", got, want)
		}
	}
	unwatch(d1, true)
	unwatch(d1, false)
	r.removed()
	unwatch(d2, true) // the server keeps data and exist in one table
	r.removed()
	unwatch(e, true)
	r.removed("/a data")
	unwatch(c, true)
	r.removed("/a children")
	r.event(wire.EventNodeChildrenChanged, "/b")
	r.expect("fire /b: NodeChildrenChanged")
	unwatch(other, false) // has fired: the server has forgotten it
	r.removed()
	r.event(wire.EventNodeDeleted, "/a") // from before the removal
	r.expect()
}

func TestUnwatchWithoutConnection(t *testing.T) {
	r := up(t).knows()
	w := r.watch("/a", WatchData)
	r.closed()
	r.see()
	if !r.unwatch(w) {
		t.Error("was there")
	}
	r.connect(1)
	r.expect("CONNECTED") // with nothing to replay
	r.wrote()
}

// A removal belongs to its connection: the next one has registered nothing.
func TestRemovalIsNotKept(t *testing.T) {
	r := up(t).knows()
	w := r.watch("/a", WatchData)
	r.unwatch(w)
	r.closed()
	r.connect(1)
	r.expect("SUSPENDED", "dial 10.0.0.1:2181", "CONNECTED")
	r.wrote()
}

func TestRemovalOfCancelledIsNotKept(t *testing.T) {
	r := up(t).knows()
	x := r.submit("x", wire.OpGetData, watching("/a", WatchData))
	r.pull()
	r.m.Cancel(&x.Request, context.Canceled)
	r.ok(x.xid)
	r.reconnect()
	r.wrote()
}

func TestCancelledWatchIsRemoved(t *testing.T) {
	r := up(t).knows()
	for i, code := range []wire.Code{wire.OK, wire.CodeNoNode, wire.CodeNoAuth} {
		x := r.submit("x", wire.OpExists, watching("/a", WatchData))
		r.pull()
		r.m.Cancel(&x.Request, context.Canceled)
		r.reply(x.xid, 1, code, nil)
		if i < 2 {
			r.removed("/a data")
		} else {
			r.removed() // there was nothing to remove
		}
	}
	x := r.submit("x", wire.OpGetChildren, watching("/a", WatchChild))
	r.m.Cancel(&x.Request, context.Canceled) // never written
	r.removed()
	if r.m.watches.n != 0 || len(r.m.watches.coming) != 0 {
		t.Errorf("%d watches, %v to come", r.m.watches.n, r.m.watches.coming)
	}
}

func TestCancelledWatchOfTwo(t *testing.T) {
	r := up(t).knows()
	w := r.watch("/a", WatchData)
	x := r.submit("x", wire.OpGetData, watching("/a", WatchData))
	r.pull()
	r.m.Cancel(&x.Request, context.Canceled)
	r.ok(x.xid)
	r.removed()
	r.event(wire.EventNodeDataChanged, "/a")
	r.see()
	if f := w.Call.(*fired); f.times != 1 {
		t.Error("the other one did not fire")
	}
	if f := x.Watch.Call.(*fired); f.times != 0 {
		t.Error("the cancelled one fired")
	}
}

// The server has one watch for all. It must not be removed while a request is on its way that counts
// on it: the removal would come behind that request and take its watch, too.
func TestRemovalWaitsForWhatIsOnItsWay(t *testing.T) {
	t.Run("cancelled, and another is written", func(t *testing.T) {
		r := up(t).knows()
		a := r.submit("a", wire.OpGetData, watching("/a", WatchData))
		b := r.submit("b", wire.OpExists, watching("/a", WatchData))
		r.pull()
		r.m.Cancel(&a.Request, context.Canceled)
		r.ok(a.xid)
		r.removed()
		r.ok(b.xid)
		r.removed()
		r.event(wire.EventNodeDataChanged, "/a")
		r.see()
		if b.Watch.Call.(*fired).times != 1 {
			t.Error("the watch was lost")
		}
	})
	t.Run("unwatched, and another is queued", func(t *testing.T) {
		r := up(t).knows()
		w := r.watch("/a", WatchChild)
		b := r.submit("b", wire.OpGetChildren, watching("/a", WatchChild))
		r.unwatch(w)
		r.removed()
		r.ok(b.xid)
		r.removed()
		if r.m.watches.n != 1 {
			t.Error("no watch")
		}
	})
	for name, end := range map[string]func(*rig, *call){
		"and then fails":                  func(r *rig, b *call) { r.pull(); r.reply(b.xid, 1, wire.CodeNoAuth, nil) },
		"and then is cancelled":           func(r *rig, b *call) { r.m.Cancel(&b.Request, context.Canceled) },
		"and is cancelled and then fails": func(r *rig, b *call) { r.pull(); r.m.Cancel(&b.Request, context.Canceled); r.reply(b.xid, 1, -1, nil) },
		"and is cancelled and succeeds":   func(r *rig, b *call) { r.pull(); r.m.Cancel(&b.Request, context.Canceled); r.ok(b.xid) },
	} {
		t.Run("unwatched, another is queued "+name, func(t *testing.T) {
			r := up(t).knows()
			w := r.watch("/a", WatchData)
			b := r.submit("b", wire.OpGetData, watching("/a", WatchData))
			r.unwatch(w)
			end(r, b)
			r.removed("/a data")
			if len(r.m.watches.coming) != 0 {
				t.Errorf("%v to come", r.m.watches.coming)
			}
		})
	}
	t.Run("the other table does not count", func(t *testing.T) {
		r := up(t).knows()
		w := r.watch("/a", WatchData)
		r.submit("b", wire.OpGetChildren, watching("/a", WatchChild))
		r.unwatch(w)
		r.removed("/a data")
	})
}

// Whatever becomes of requests with watches, in the end none is expected.
func TestNothingIsExpectedForEver(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := up(t).knows()
	r.submit("ended", wire.OpGetData, watching("/a", WatchData), bounded(ctx))
	r.submit("lost", wire.OpGetData, watching("/a", WatchData))
	r.pull()
	r.submit("pinned", wire.OpGetData, watching("/a", WatchData), func(c *call) { c.Conn = r.m.conn })
	r.submit("expired", wire.OpGetData, watching("/a", WatchData))
	r.closed()
	r.opened()
	r.hello()
	r.refuse()
	r.submit("aborted", wire.OpGetData, watching("/a", WatchData))
	r.submit("too long", wire.OpGetData, watching("/a", WatchData), func(c *call) { c.body = make([]byte, 2<<20) })
	r.m.Abort(nil, ErrClosed)
	if n := r.m.watches.coming; len(n) != 0 {
		t.Errorf("%v", n)
	}
}

// A server before 3.5 does not know the request. That costs a connection, once, and the watch stays.
func TestOldServerKeepsWatches(t *testing.T) {
	r := up(t)
	w := r.watch("/a", WatchData)
	r.unwatch(w)
	r.wrote("removeWatches#2")
	r.reply(2, -1, wire.CodeUnimplemented, nil)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.see()
	w = r.watch("/a", WatchData)
	r.unwatch(w)
	r.wrote()
	r.event(wire.EventNodeDataChanged, "/a")
	r.expect()
}
