package session

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
)

func TestDriverLife(t *testing.T) {
	d := drive(t)
	d.Driver.Start()
	d.Driver.Start()
	if len(d.conns) != 1 || d.newest().to.Address != "10.0.0.1:2181" || d.newest().to.TLS != nil {
		t.Fatalf("%+v", d.conns)
	}
	d.connect(1)
	if s, info, conn, until := d.State(); s != Connected || info.ID != 1 || conn == 0 || until.Sub(d.Now()) != tt {
		t.Errorf("%v, %+v, %d, %v", s, info, conn, until)
	}
	a := d.submit(wire.OpSetData)
	if f := d.pull(); len(f) != 1 || string(f[0].body) != "body" {
		t.Fatal(f)
	}
	d.reply(1, wire.OK)
	if a.times != 1 || a.got.Err != nil || d.LastZxid() != 1 {
		t.Errorf("%+v, zxid %d", a.got, d.LastZxid())
	}
	var closed []error
	for range 2 {
		d.Close(func(err error) { closed = append(closed, err) })
	}
	d.pull()
	d.reply(2, wire.OK)
	if len(closed) != 2 || closed[0] != nil || !d.newest().closed {
		t.Errorf("closed: %v", closed)
	}
	if n := d.pending(); len(n) != 0 {
		t.Errorf("%d timers", len(n))
	}
	if got := d.log.states(); !slices.Equal(got, []State{Connecting, Connected, Closed}) {
		t.Error(got)
	}
	d.Driver.Start()
	d.connect(2)
	if s, info, _, _ := d.State(); s != Connected || info.Epoch != 2 {
		t.Errorf("%v, %+v", s, info)
	}
}

func TestAbortTellsClosers(t *testing.T) {
	d := driveUp(t)
	a := d.submit(wire.OpSetData)
	var order []string
	d.Close(func(err error) {
		if a.times != 1 {
			t.Error("closed before its requests")
		}
		order = append(order, err.Error())
	})
	d.Abort(errPeer, ErrClosed)
	if !slices.Equal(order, []string{"peer is gone"}) || a.got.Err != ErrClosed {
		t.Errorf("%v, %v", order, a.got.Err)
	}
}

// A dispatcher notes when callbacks are dispatched.
type dispatcher struct {
	future.Executor
	note func()
}

func (l *dispatcher) DispatchAll([]future.Task) bool {
	l.note()
	return true
}

// Callbacks are with their lanes before Close says that all is over.
func TestClosedBehindCallbacks(t *testing.T) {
	d := driveUp(t)
	var order []string
	p := future.NewPromise[int](&dispatcher{note: func() { order = append(order, "callback") }})
	p.Future().OnComplete(func(int, error) {})
	c := &call{}
	c.Request = Request{Op: wire.OpSetData, Call: &promising{c, p}}
	d.Submit(&c.Request)
	d.Close(func(error) { order = append(order, "closed") })
	d.Abort(nil, ErrClosed)
	if !slices.Equal(order, []string{"callback", "closed"}) {
		t.Error(order)
	}
}

type promising struct {
	*call
	p *future.Promise[int]
}

func (c *promising) Complete(b *future.Batch, r *Reply) { c.p.CompleteIn(b, 0, r.Err) }

// restarting does something when it is complete.
type restarting struct {
	*call
	then func()
}

func (c *restarting) Complete(*future.Batch, *Reply) { c.then() }

// Who closes the next life waits for the end of that, and who gives up the last one ends nothing any more.
func TestCloseOfTheNextLife(t *testing.T) {
	d := driveUp(t)
	var order []string
	closes := func(what string) uint64 {
		return d.Close(func(err error) { order = append(order, fmt.Sprint(what, ": ", err)) })
	}
	var first, second uint64
	c := &call{}
	c.Request = Request{Op: wire.OpSetData, Call: &restarting{c, func() { // it is over, and nobody has been told yet
		if life := d.Driver.Start(); life == first {
			t.Error("no other life")
		}
		second = closes("second")
		d.AbortLife(first, errPeer, ErrClosed)
	}}}
	d.Submit(&c.Request)
	first = closes("first")
	d.AbortLife(first, errPeer, ErrClosed)
	if want := []string{"first: peer is gone", "second: <nil>"}; !slices.Equal(order, want) {
		t.Errorf("%q", order) // without a session there is nothing to wait for
	}
	d.Driver.Start()
	d.AbortLife(second, errPeer, ErrClosed)
	if s, _, _, _ := d.State(); s != Connecting {
		t.Error(s)
	}
	d.AbortLife(second+1, errPeer, ErrClosed)
	if s, _, _, _ := d.State(); s != Closed {
		t.Error(s)
	}
}

// Who closes what has just ended by itself is told of no error: that is for those who closed before.
func TestCloseBehindTheEnd(t *testing.T) {
	d := driveUp(t)
	var order []string
	closes := func(what string) uint64 {
		return d.Close(func(err error) { order = append(order, fmt.Sprint(what, ": ", err)) })
	}
	c := &call{}
	c.Request = Request{Op: wire.OpSetData, Call: &restarting{c, func() { closes("late") }}}
	d.Submit(&c.Request)
	first := closes("first")
	d.AbortLife(first, errPeer, ErrClosed)
	if want := []string{"first: peer is gone", "late: <nil>"}; !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
	if s, _, _, _ := d.State(); s != Closed {
		t.Error(s)
	}
}

// Opened may come before Dial has returned, and so may everything else.
func TestConnectionFasterThanDial(t *testing.T) {
	d := drive(t)
	d.onDial = func(c *fakeConn) { c.sink.Opened(c) }
	d.Driver.Start()
	if c := d.newest(); c.woken == 0 || len(c.sink.Pull(nil)) == 0 {
		t.Error("no handshake")
	}
	d = drive(t, hostList("10.0.0.1:1", "10.0.0.2:1"))
	d.onDial = func(c *fakeConn) { c.sink.Closed(errPeer) }
	d.Driver.Start()
	if len(d.conns) != 2 || d.conns[0].to == d.conns[1].to {
		t.Errorf("%d connections", len(d.conns))
	}
}

func TestHangUpWhileDialing(t *testing.T) {
	d := drive(t)
	d.Driver.Start()
	d.sleep(2 * sec)
	c := d.conns[0]
	if !c.closed || len(d.conns) < 2 {
		t.Errorf("closed %t, %d connections", c.closed, len(d.conns))
	}
	c.sink.Opened(c) // too late
	if c.woken != 0 || len(c.sink.Pull(nil)) != 0 {
		t.Error("a stale connection is used")
	}
	d.connect(1)
	c.sink.Opened(c)
	d.newest().woken = 0
	d.submit(wire.OpSetData)
	if c.woken != 0 || d.newest().woken != 1 {
		t.Error("the wrong connection is woken")
	}
	c.sink.Closed(errPeer)
	if d.newest().closed {
		t.Error("the wrong connection was closed")
	}
}

// The connection before was not closed by us, and is still known when the new one opens.
func TestReconnectFasterThanDial(t *testing.T) {
	d := driveUp(t)
	d.sleep(sec)
	d.onDial = func(c *fakeConn) { c.sink.Opened(c) }
	d.conns[0].sink.Closed(errPeer)
	if len(d.conns) != 2 || d.conns[1].woken != 1 {
		t.Error("the handshake waits")
	}
}

// Whatever makes something to write wakes the connection.
func TestWaking(t *testing.T) {
	d := drive(t, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} })
	d.Driver.Start()
	d.submit(wire.OpSetData)
	c := d.newest()
	woken := func(what string) {
		t.Helper()
		if c.woken != 1 {
			t.Errorf("%s: woken %d times", what, c.woken)
		}
		c.woken = 0
	}
	c.sink.Opened(c)
	woken("handshake")
	c.sink.Pull(nil)
	w := wire.ConnectResponse{HasReadOnly: true}
	w.SessionId, w.TimeOut = 1, int32(tt/ms)
	d.send(func(e *wire.Encoder) error { return e.AppendFrame(&w) })
	woken("replay")
	d.pull()
	d.reply(wire.XidAuth, wire.OK)
	woken("queued request")
	d.pull()
	d.reply(1, wire.OK)
	d.submit(wire.OpSetData)
	woken("request")
	d.pull()
	d.sleep(4 * sec)
	woken("ping")
	d.pull()
	d.submit(wire.OpCreate2)
	c.woken = 0
	d.pull() // has to wait
	d.reply(2, wire.OK)
	woken("lone request")
}

func TestTLS(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"", "zk1"}, {"other", "other"}} {
		d := drive(t, hostList("zk1:2281"))
		config := &tls.Config{ServerName: c.name}
		d.opt.TLS = config
		d.Driver.Start()
		d.lookup().promise.Complete([]netip.Addr{netip.MustParseAddr("10.1.1.1")}, nil)
		to := d.newest().to
		if to.Address != "10.1.1.1:2281" || to.TLS == nil || to.TLS.ServerName != c.want || config.ServerName != c.name {
			t.Errorf("%+v, server name %q", to, to.TLS.ServerName)
		}
	}
}

func TestLookups(t *testing.T) {
	d := drive(t, hostList("zk1:1", "zk2:1"))
	d.Driver.Start()
	first := d.lookup()
	first.promise.Complete(nil, errNoHost)
	second := d.lookup()
	if first.host == second.host {
		t.Fatal("asked again")
	}
	d.sleep(1200 * ms) // no answer
	d.sleep(sec)
	if second.ctx.Err() == nil || d.lookup().ctx.Err() != nil {
		t.Error("an old look-up goes on, or a new one does not")
	}
	d.Close(func(error) {})
	if d.lookup().ctx.Err() == nil {
		t.Error("the look-up outlives the driver")
	}
}

// There is one timer, for the earliest deadline, however often deadlines change.
func TestOneTimer(t *testing.T) {
	d := driveUp(t)
	for range 50 {
		for range 20 {
			d.submit(wire.OpSetData)
			for _, f := range d.pull() {
				d.reply(f.xid, wire.OK)
			}
		}
		d.sleep(sec)
		h := &Hold{Call: new(held)}
		if err := d.Hold(h, 1); err != nil {
			t.Fatal(err)
		}
		d.Release(h)
		if n := len(d.pending()); n != 1 {
			t.Fatalf("%d timers", n)
		}
	}
	if n := len(d.timers); n > 300 {
		t.Errorf("%d timers were made", n)
	}
}

// A timer that could not be stopped any more goes off besides the new one, and there is one again.
func TestLateTimer(t *testing.T) {
	d := driveUp(t)
	for range 10 {
		old := d.pending()[0]
		h := &Hold{Call: new(held)}
		d.sleep(sec)
		d.Hold(h, 1) // an earlier deadline
		for _, f := range d.pull() {
			d.reply(f.xid, wire.OK)
		}
		old.task.Run()
		d.Release(h)
		for _, tm := range d.pending() {
			tm.fired = true
			tm.task.Run()
		}
		if n := len(d.pending()); n != 1 {
			t.Fatalf("%d timers", n)
		}
	}
}

// With nobody but the timers at work everything happens in time.
func TestDeadlinesByTimers(t *testing.T) {
	d := driveUp(t)
	h := &Hold{Call: new(held)}
	if err := d.Hold(h, 1); err != nil {
		t.Fatal(err)
	}
	d.sleep(12*sec - 1)
	if h.times() != 0 || d.HoldErr(h) != nil {
		t.Error("too early")
	}
	d.sleep(1)
	if h.times() != 1 || d.HoldErr(h) == nil {
		t.Error("too late")
	}
	d.sleep(4 * sec)
	if got := d.log.states(); !slices.Equal(got, []State{Connecting, Connected, Suspended, Lost}) {
		t.Error(got)
	}
	if _, info, _, until := d.State(); info.ID != 0 || !until.IsZero() {
		t.Errorf("%+v, %v", info, until)
	}
}

// A computer that slept: the monotonic clock has stood still, no timer has fired, and input waits.
func TestSleep(t *testing.T) {
	d := driveUp(t)
	h := &Hold{Call: new(held)}
	d.Hold(h, 1)
	a := d.submit(wire.OpSetData)
	d.pull()
	d.wall += time.Hour
	if d.HoldErr(h) == nil {
		t.Error("still held")
	}
	d.newest().sink.Received([]byte{0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0})
	if !a.got.MaybeApplied() || h.times() != 1 {
		t.Errorf("%+v, lost %d times", a.got, h.times())
	}
	if s, _, _, _ := d.State(); s != Lost {
		t.Error(s)
	}
}

func TestOverload(t *testing.T) {
	d := driveUp(t)
	d.opt.MaxInFlight = 3
	var all []*call
	for range 5 {
		all = append(all, d.submit(wire.OpSetData))
	}
	for i, c := range all {
		if over := c.times == 1 && c.got.Err == ErrOverloaded && !c.got.Written; over != (i >= 3) {
			t.Errorf("%d: %+v", i, c.got)
		}
	}
	if d.InFlight() != 5 {
		t.Errorf("%d in flight", d.InFlight())
	}
	d.pull()
	d.reply(1, wire.OK)
	if c := d.submit(wire.OpSetData); c.got.Err != ErrOverloaded {
		t.Error("there is a credit although nobody has settled")
	}
	for range 4 {
		d.Settled()
	}
	if c := d.submit(wire.OpSetData); c.times != 0 {
		t.Error(c.got.Err)
	}
}

// A callback that comes back into the driver finds it unlocked, and what it does comes behind.
func TestReentrance(t *testing.T) {
	d := driveUp(t)
	var inner *call
	a := &call{}
	outer := &reentrant{call: a, then: func() {
		inner = d.submit(wire.OpSetData, func(c *call) { c.fail = errors.New("bad") })
		if inner.times != 0 {
			t.Error("completed inline")
		}
		d.Close(func(error) {})
		d.State()
	}}
	a.Request = Request{Op: wire.OpSetData, Call: outer}
	d.Submit(&a.Request)
	d.pull()
	d.reply(1, wire.OK)
	if inner == nil || inner.times != 1 {
		t.Error("not completed")
	}
}

type reentrant struct {
	*call
	then func()
}

func (r *reentrant) Complete(b *future.Batch, p *Reply) {
	r.call.Complete(b, p)
	r.then()
}

// What a reply contains is valid also for whoever runs the effect while the connection reads on.
func TestBodiesOutliveTheBuffer(t *testing.T) {
	d := driveUp(t)
	reply := func(xid int32, body string) {
		var e wire.Encoder
		e.AppendReply(xid, 1, wire.OK, nil)
		e.B[3] += byte(len(body))
		b := append(e.B, body...)
		d.newest().sink.Received(b)
		clear(b) // the connection uses its buffer again
	}
	b, c := &call{}, &call{}
	b.Request = Request{Op: wire.OpGetData, Call: b}
	c.Request = Request{Op: wire.OpGetData, Call: c}
	a := &call{}
	a.Request = Request{Op: wire.OpGetData, Call: &reentrant{call: a, then: func() {
		reply(2, "two") // arrives while somebody else runs the effects
		reply(3, "")
	}}}
	d.Submit(&a.Request)
	d.Submit(&b.Request)
	d.Submit(&c.Request)
	d.pull()
	reply(1, "one")
	if !bytes.Equal(a.got.Body, []byte("one")) || !bytes.Equal(b.got.Body, []byte("two")) || c.got.Body == nil {
		t.Errorf("%q, %q, %q", a.got.Body, b.got.Body, c.got.Body)
	}
}

// Handlers need not be used: a logger and a handler's own connections are enough.
func TestDriverNeedsNoLogger(t *testing.T) {
	r := newRig(t)
	d := NewDriver(r.m.cfg, Options{Handler: handler.NewPool(), Observer: new(stateLog), MaxInFlight: 1})
	d.Abort(nil, ErrClosed)
	if d.opt.Log == nil {
		t.Error("no logger")
	}
}

func TestUnwatchThroughDriver(t *testing.T) {
	d := driveUp(t)
	c := d.submit(wire.OpGetData, watching("/a", WatchData))
	d.pull()
	d.reply(1, wire.OK)
	u := &call{}
	u.Request = Request{Op: wire.OpRemoveWatches, Call: u, Ctx: context.Background()}
	if !d.Unwatch(c.Watch, &u.Request) || u.times != 0 {
		t.Error("was there")
	}
	d.pull()
	d.reply(2, wire.OK)
	v := &call{}
	v.Request = Request{Op: wire.OpRemoveWatches, Call: v}
	if d.Unwatch(c.Watch, &v.Request) || u.times != 1 || v.times != 1 || v.got.Err != nil || d.InFlight() != 3 {
		t.Errorf("%+v, %+v, %d in flight", u.got, v.got, d.InFlight())
	}
}
