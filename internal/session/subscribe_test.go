package session

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// subCall is the call of an addWatch request, and what its subscription is told.
type subCall struct {
	call
	sub Sub
}

func (c *subCall) Sub() *Sub                   { return &c.sub }
func (c *subCall) Notify(*future.Batch, Event) {}
func (c *subCall) End(*future.Batch, error)    {}
func (c *subCall) Encode(e *wire.Encoder) error {
	return e.Encode(&proto.AddWatchRequest{Path: c.sub.Path, Mode: int32(c.sub.needs())})
}

// subscribing submits an addWatch request.
func (r *rig) subscribing(path string, deep bool) *subCall {
	c := &subCall{sub: Sub{Path: path, Recursive: deep}}
	c.sub.Call = c
	c.Request = Request{Op: wire.OpAddWatch, Call: c}
	r.m.Submit(&c.Request)
	return c
}

// subscribe makes a subscription.
func (r *rig) subscribe(path string, deep bool) *Sub {
	r.Helper()
	c := r.subscribing(path, deep)
	r.pull()
	r.reply(c.xid, 1, wire.OK, nil)
	r.see()
	return &c.sub
}

// requested checks what the frames ask of watches, as "op path mode", and answers them.
func (r *rig) requested(want ...string) {
	r.Helper()
	var got []string
	for _, f := range r.pull() {
		switch f.op {
		case wire.OpAddWatch:
			var q proto.AddWatchRequest
			if err := wire.Decode(f.body, &q); err != nil {
				r.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%v %s %v", f.op, q.Path, wire.WatchMode(q.Mode)))
		case wire.OpRemoveWatches:
			var q proto.RemoveWatchesRequest
			if err := wire.Decode(f.body, &q); err != nil {
				r.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%v %s %v", f.op, q.Path, wire.WatcherType(q.Type)))
		case wire.OpGetData, wire.OpGetChildren:
			got = append(got, fmt.Sprintf("%v watch=%d", f.op, f.body[len(f.body)-1]))
		default:
			got = append(got, f.String())
		}
		r.reply(f.xid, 1, wire.OK, nil)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Fatalf("asked for %q, want %q", got, want)
	}
}

// subscribable is a rig whose server knows what subscriptions need.
func subscribable(t testing.TB) *rig {
	r := up(t).knows()
	r.m.caps.learn(wire.OpAddWatch, true)
	return r
}

// reading submits a read with a watch.
func (r *rig) reading(op wire.Op, path string, kind WatchKind) *call {
	c := &call{}
	c.body, _ = wire.Append(nil, &proto.GetDataRequest{Path: path, Watch: true})
	c.Request = Request{Op: op, Call: c, Watch: &Watch{Path: path, Kind: kind, Call: &fired{}}}
	r.m.Submit(&c.Request)
	return c
}

// The server has one mode for all who subscribe to a path, and is told when that changes.
func TestOneModeForAll(t *testing.T) {
	r := subscribable(t)
	one := r.subscribing("/a", false)
	r.requested("addWatch /a persistent")
	deep := r.subscribing("/a", true)
	other := r.subscribing("/a", false) // behind one that is recursive
	r.requested("addWatch /a persistent recursive", "addWatch /a persistent recursive")
	unsubscribe := func(c *subCall) {
		c.Request = Request{Op: wire.OpRemoveWatches, Call: &call{}}
		r.m.Unsubscribe(&c.sub, &c.Request)
	}
	unsubscribe(deep)
	r.requested("addWatch /a persistent", "removeWatches /a persistent recursive")
	r.m.Unsubscribe(&one.sub, &Request{Op: wire.OpRemoveWatches, Call: &call{}})
	r.requested()
	if r.m.Unsubscribe(&one.sub, &Request{Op: wire.OpRemoveWatches, Call: &call{}}) {
		t.Error("it had gone")
	}
	unsubscribe(other)
	if n := len(r.m.posts.byPath); n != 0 {
		t.Errorf("%d posts are left", n)
	}
}

// A read asks for no watch where events will do, and waits while nobody knows whether they will.
func TestReadsUnderSubscription(t *testing.T) {
	r := subscribable(t)
	c := r.subscribing("/a", false)
	r.pull()
	r.reading(wire.OpGetData, "/a", WatchData)
	r.reading(wire.OpGetData, "/b", WatchData)
	r.requested() // the first waits, and so does what comes behind it
	r.reply(c.xid, 1, wire.OK, nil)
	r.requested("getData watch=0", "getData watch=1")
	r.subscribe("/c", true)
	r.reading(wire.OpGetData, "/c", WatchData)
	r.reading(wire.OpGetChildren, "/c", WatchChild)
	r.requested("getData watch=0", "getChildren watch=1")
}

func TestRefusedSubscriptionHoldsNobodyUp(t *testing.T) {
	r := subscribable(t)
	c := r.subscribing("/a", false)
	r.pull()
	r.reading(wire.OpGetData, "/a", WatchData)
	r.reply(c.xid, 1, wire.CodeMarshallingError, nil)
	r.requested("getData watch=1")
	if n := len(r.m.posts.byPath); n != 0 {
		t.Errorf("%d posts are left", n)
	}
}

func TestCancelledSubscriptionIsRemoved(t *testing.T) {
	r := subscribable(t)
	c := r.subscribing("/a", true)
	r.pull()
	r.m.Cancel(&c.Request, context.Canceled)
	r.reply(c.xid, 1, wire.OK, nil)
	r.requested("removeWatches /a any")
	d := r.subscribing("/a", true)
	r.m.Cancel(&d.Request, context.Canceled) // never written
	r.requested()
	if n := len(r.m.posts.byPath); n != 0 {
		t.Errorf("%d posts are left", n)
	}
}

// What stays comes behind one-shot watches; but those for children, which the recursive mode removes, behind that.
func TestReplayOfSubscriptions(t *testing.T) {
	r := subscribable(t)
	r.subscribe("/deep", true)
	r.subscribe("/one", false)
	r.watch("/deep", WatchData)
	r.watch("/deep", WatchChild)
	r.watch("/one", WatchChild)
	r.closed()
	r.connect(1)
	r.see()
	frames := r.pull()
	if len(frames) != 2 || frames[0].op != wire.OpSetWatches2 || frames[1].op != wire.OpSetWatches {
		t.Fatalf("%v", frames)
	}
	var q proto.SetWatches2
	if err := wire.Decode(frames[0].body, &q); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(q.DataWatches, q.ExistWatches, q.ChildWatches, q.PersistentWatches, q.PersistentRecursiveWatches)
	if got != "[/deep] [] [/one] [/one] [/deep]" {
		t.Error(got)
	}
	if w := setWatches(t, frames[1]); fmt.Sprint(w.ChildWatches) != "[/deep]" {
		t.Errorf("%+v", w)
	}
	r.reply(wire.XidSetWatches, 1, wire.OK, nil)
	r.event(wire.EventNodeDataChanged, "/deep") // before the Resync: it says so anyway
	r.expect("fire /deep: NodeDataChanged")
	r.reply(wire.XidSetWatches, 1, wire.OK, nil)
	r.expect("CONNECTED", "notify /deep: Resync /deep", "notify /one: Resync /one")
	r.event(wire.EventNodeDataChanged, "/deep")
	r.expect("notify /deep: NodeDataChanged /deep")
}

// A server that does not know subscriptions ends them, and not the client.
func TestReplayOnOldServer(t *testing.T) {
	r := subscribable(t)
	r.subscribe("/a", false)
	r.watch("/b", WatchData)
	r.closed()
	r.connect(1)
	r.see()
	if f := r.pull(); len(f) != 1 || f[0].op != wire.OpSetWatches2 {
		t.Fatalf("%v", f)
	}
	r.reply(wire.XidSetWatches, -1, wire.CodeUnimplemented, nil)
	r.see()
	r.sleep(tt)
	r.connect(1)
	r.see()
	r.wrote("setWatches#-8")
	r.reply(wire.XidSetWatches, 1, wire.OK, nil)
	if got := fmt.Sprint(r.see()); !strings.Contains(got, "end /a: UNIMPLEMENTED") {
		t.Error(got)
	}
}

// 100,000 subscriptions and as many watches go out in requests that are not too long.
func TestReplayOfMany(t *testing.T) {
	r := subscribable(t)
	const n = 100_000
	for i := range n {
		path := fmt.Sprintf("/a-node-with-a-name/%d", i)
		p := r.m.posts.at(path)
		r.m.posts.add(p, &Sub{Path: path, Recursive: i%2 == 0, Call: &subCall{}})
		r.m.watches.add(&Watch{Path: path, Kind: WatchKind(i % 3), Call: &fired{}})
	}
	r.closed()
	r.connect(1)
	r.see()
	total := 0
	for _, f := range r.pull() {
		if len(f.body) > chunkBytes+chunkHeader {
			t.Errorf("a request of %d bytes", len(f.body))
		}
		var q proto.SetWatches2
		if f.op == wire.OpSetWatches {
			w := setWatches(t, f)
			q.DataWatches, q.ExistWatches, q.ChildWatches = w.DataWatches, w.ExistWatches, w.ChildWatches
		} else if err := wire.Decode(f.body, &q); err != nil {
			t.Fatal(err)
		}
		for _, l := range [][]string{q.DataWatches, q.ExistWatches, q.ChildWatches, q.PersistentWatches, q.PersistentRecursiveWatches} {
			total += len(l)
		}
	}
	if total != 2*n {
		t.Errorf("%d watches were set, want %d", total, 2*n)
	}
}

// Paths that no server sends cost no time and no memory.
func TestHostileEvents(t *testing.T) {
	r := subscribable(t)
	r.subscribe("/", true)
	r.subscribe("/a", true)
	r.see()
	for _, path := range []string{"", "a", "//", strings.Repeat("/", 1<<18), strings.Repeat("/a", 1<<18), strings.Repeat("a", 1<<18)} {
		for _, typ := range []wire.EventType{wire.EventNodeCreated, wire.EventNodeChildrenChanged, wire.EventResync, 0, 99} {
			r.event(typ, path)
		}
	}
	for _, line := range r.see() {
		if strings.Contains(line, "Resync") {
			t.Error("a server has sent a Resync")
		}
	}
}
