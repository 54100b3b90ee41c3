package session

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A world is a handler whose clocks stand still, whose timers fire when told, and whose connections
// are played by the test.
type world struct {
	handler.System
	mono, wall time.Duration
	timers     []*fakeTimer
	conns      []*fakeConn
	lookups    []*fakeLookup
	onDial     func(*fakeConn) // called within Dial
}

var epoch = time.Unix(1_000_000, 0)

func (w *world) Now() time.Time           { return epoch.Add(w.mono) }
func (w *world) Wall() time.Time          { return epoch.Add(w.wall) }
func (w *world) Lane(string) handler.Lane { panic("no lanes here") }
func (w *world) pass(d time.Duration)     { w.mono += d; w.wall += d }
func (w *world) newest() *fakeConn        { return w.conns[len(w.conns)-1] }
func (w *world) lookup() *fakeLookup      { return w.lookups[len(w.lookups)-1] }
func (w *world) pending() (n []*fakeTimer) {
	return slices.DeleteFunc(slices.Clone(w.timers), (*fakeTimer).over)
}

type fakeTimer struct {
	at             time.Duration
	task           future.Task
	stopped, fired bool
}

func (t *fakeTimer) Stop() bool {
	was := !t.over()
	t.stopped = true
	return was
}

func (t *fakeTimer) over() bool { return t.stopped || t.fired }

func (w *world) AfterFunc(d time.Duration, t future.Task) handler.Timer {
	x := &fakeTimer{at: w.mono + d, task: t}
	w.timers = append(w.timers, x)
	return x
}

// sleep lets time pass and fires the timers that are due, in order.
func (w *world) sleep(d time.Duration) {
	for end := w.mono + d; ; {
		next := (*fakeTimer)(nil)
		for _, t := range w.pending() {
			if t.at <= end && (next == nil || t.at < next.at) {
				next = t
			}
		}
		if next == nil {
			w.pass(end - w.mono)
			return
		}
		w.pass(max(0, next.at-w.mono))
		next.fired = true
		next.task.Run()
	}
}

type fakeConn struct {
	to     handler.Target
	sink   handler.Sink
	woken  int
	closed bool
}

func (c *fakeConn) Wake()  { c.woken++ }
func (c *fakeConn) Close() { c.closed = true }

func (w *world) Dial(_ context.Context, to handler.Target, s handler.Sink) handler.Conn {
	c := &fakeConn{to: to, sink: s}
	w.conns = append(w.conns, c)
	if w.onDial != nil {
		w.onDial(c)
	}
	return c
}

type fakeLookup struct {
	ctx     context.Context
	host    string
	promise *future.Promise[[]netip.Addr]
}

func (w *world) Resolve(ctx context.Context, host string) *future.Future[[]netip.Addr] {
	l := &fakeLookup{ctx, host, future.NewPromise[[]netip.Addr](nil)}
	w.lookups = append(w.lookups, l)
	return l.promise.Future()
}

// A stateLog notes the changes of state.
type stateLog struct{ changes []Change }

func (l *stateLog) Changed(_ *future.Batch, c Change) { l.changes = append(l.changes, c) }

func (l *stateLog) states() (out []State) {
	for _, c := range l.changes {
		out = append(out, c.To)
	}
	return out
}

// A driven is a driver in a world.
type driven struct {
	testing.TB
	*world
	*Driver
	log *stateLog
}

func drive(t testing.TB, options ...func(*Config)) *driven {
	r := newRig(t, options...) // for its configuration
	w := &world{}
	log := new(stateLog)
	return &driven{t, w, NewDriver(r.m.cfg, Options{Handler: w, Observer: log, MaxInFlight: 1000}), log}
}

// pull returns what is written on the newest connection.
func (d *driven) pull() []frame {
	d.Helper()
	r := rig{TB: d.TB}
	return r.frames(d.newest().sink.Pull(nil))
}

func (d *driven) send(fill func(e *wire.Encoder) error) {
	d.Helper()
	var e wire.Encoder
	if err := fill(&e); err != nil {
		d.Fatal(err)
	}
	if n := d.newest().sink.Received(e.B); n != len(e.B) {
		d.Fatalf("used %d of %d bytes", n, len(e.B))
	}
}

func (d *driven) reply(xid int32, code wire.Code) {
	d.send(func(e *wire.Encoder) error { return e.AppendReply(xid, 1, code, nil) })
}

// connect lets the newest connection become one with a session.
func (d *driven) connect(id int64) {
	d.Helper()
	c := d.newest()
	c.sink.Opened(c)
	c.sink.Pull(nil)
	w := wire.ConnectResponse{HasReadOnly: true}
	w.SessionId, w.TimeOut, w.Passwd = id, int32(tt/ms), passwd(id)
	d.send(func(e *wire.Encoder) error { return e.AppendFrame(&w) })
}

func driveUp(t testing.TB, options ...func(*Config)) *driven {
	d := drive(t, options...)
	d.Driver.Start()
	d.connect(1)
	if s, _, _, _ := d.State(); s != Connected {
		t.Fatal(s)
	}
	return d
}

func (d *driven) submit(op wire.Op, options ...func(*call)) *call {
	c := &call{body: []byte("body")}
	c.Request = Request{Op: op, Call: c}
	for _, o := range options {
		o(c)
	}
	d.Submit(&c.Request)
	return c
}

var errNoHost = errors.New("no such host")
