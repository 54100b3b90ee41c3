package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// tt is the session timeout in tests: it can be divided by two, three and four.
const tt = 12 * time.Second

// ms and s make times readable.
const (
	ms  = time.Millisecond
	sec = time.Second
)

// A rig runs a Machine by hand. Every effect becomes a line of text, in order, and what the machine
// writes is cut into frames.
type rig struct {
	testing.TB
	m       *Machine
	now     time.Duration
	lines   []string
	changes []Change
	dialed  *DialTo
	asked   *Lookup
	step    *SASLStep
	probed  *Probe
	partial []byte // of what arrives
}

func newRig(t testing.TB, options ...func(*Config)) *rig {
	cfg := Config{
		Hosts: []string{"10.0.0.1:2181"}, Timeout: tt, LocalExpiry: 4. / 3,
		MaxRequest: 1 << 20, MaxReply: 1 << 20, MaxQueued: 1 << 20,
		Rand: rand.New(rand.NewPCG(1, 2)),
	}
	for _, o := range options {
		o(&cfg)
	}
	return &rig{TB: t, m: NewMachine(cfg), now: time.Hour}
}

func hostList(hs ...string) func(*Config) { return func(c *Config) { c.Hosts = hs } }

// start starts the machine and forgets what it did.
func (r *rig) start() *rig {
	r.m.Start(r.now)
	r.see()
	return r
}

// see runs the effects and returns their lines.
func (r *rig) see() []string {
	from := len(r.lines)
	for {
		effects := r.m.Effects(nil)
		if len(effects) == 0 {
			return r.lines[from:]
		}
		for i := range effects {
			r.run(&effects[i])
		}
	}
}

func (r *rig) say(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *rig) run(e *Effect) {
	switch e.Kind {
	case DoComplete:
		reply := e.reply()
		e.Req.Call.Complete(nil, reply)
		if c, ok := e.Req.Call.(*call); ok && c.name != "" {
			r.say("%s: %s", c.name, outcome(*reply))
		}
	case DoFire:
		f := e.More.(*Fired)
		f.Watch.Call.Fire(nil, f.Event, f.Err)
		if f.Err != nil {
			r.say("fire %s: %v", f.Watch.Path, short(f.Err))
		} else {
			r.say("fire %s: %v", f.Watch.Path, f.Event.Type)
		}
	case DoNotify:
		n := e.More.(*Notice)
		switch {
		case n.Err != nil:
			n.Sub.Call.End(nil, n.Err)
			r.say("end %s: %v", n.Sub.Path, short(n.Err))
		case n.Event.SessionChanged:
			n.Sub.Call.Notify(nil, n.Event)
			r.say("notify %s: %v in a new session", n.Sub.Path, n.Event.Type)
		default:
			n.Sub.Call.Notify(nil, n.Event)
			r.say("notify %s: %v %s", n.Sub.Path, n.Event.Type, n.Event.Path)
		}
	case DoLost:
		h := e.More.(*Hold)
		h.Call.Lost(nil, h.err)
		r.say("hold lost: %v", short(h.err))
	case DoChange:
		c := *e.More.(*Change)
		r.changes = append(r.changes, c)
		line := c.To.String()
		if c.New {
			line += " new"
		}
		if c.Rollback {
			line += " rollback"
		}
		r.say("%s", line)
	case DoResolve:
		r.asked = e.More.(*Lookup)
		r.say("resolve %s", r.asked.Host)
	case DoDial:
		r.dialed = e.More.(*DialTo)
		r.say("dial %s", r.dialed.Addr)
	case DoSASL:
		r.step = e.More.(*SASLStep)
		r.say("sasl %q", r.step.Challenge)
	case DoHangUp:
		r.say("hang up")
	case DoProbe:
		r.probed = e.More.(*Probe)
		r.say("ask %s", r.probed.Addr)
	case DoEndProbe:
		r.say("ask no more")
	case DoClosed:
		r.say("closed: %v", short(e.More.(*Ended).Err))
	}
}

// short names an error in few words.
func short(err error) string {
	var code wire.Code
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &code):
		return code.String()
	}
	return err.Error()
}

func outcome(p Reply) string {
	s := short(p.Err)
	if p.Written && !p.Replied {
		s += ", written"
	}
	return s
}

// expect says which lines follow.
func (r *rig) expect(want ...string) {
	r.Helper()
	if got := r.see(); !slices.Equal(got, want) {
		r.Fatalf("at %v:\n got: %s\nwant: %s", r.now-time.Hour, strings.Join(got, " | "), strings.Join(want, " | "))
	}
}

// sleep lets time pass, with the ticks that the machine asks for.
func (r *rig) sleep(d time.Duration) {
	r.Helper()
	for until := r.now + d; ; {
		next := r.m.NextDeadline()
		if next > until {
			r.now = until
			return
		}
		if next <= r.now && r.now != until-d {
			r.Fatalf("deadline %v is not after %v", next, r.now)
		}
		r.now = max(r.now, next)
		r.m.Tick(r.now)
	}
}

// jump lets time pass unnoticed.
func (r *rig) jump(d time.Duration) { r.now += d }

// opened lets the machine connect, after its pause if there is one.
func (r *rig) opened() {
	r.Helper()
	if r.m.phase == phasePause {
		r.sleep(r.m.NextDeadline() - r.now)
	}
	r.m.Opened(r.now, r.m.conn)
}

var errPeer = errors.New("peer is gone")

func (r *rig) closed() { r.m.Closed(r.now, r.m.conn, errPeer) }

func (r *rig) resolved(addrs ...string) {
	r.see()
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	var err error
	if len(list) == 0 {
		err = errors.New("no such host")
	}
	r.m.Resolved(r.now, r.asked, list, err)
}

// A frame is what the machine has written.
type frame struct {
	xid  int32
	op   wire.Op
	body []byte
}

func (f frame) String() string { return fmt.Sprintf("%v#%d", f.op, f.xid) }

// pullBytes returns what the machine writes, up to when it has nothing more.
func (r *rig) pullBytes() []byte {
	var all []byte
	for {
		b := r.m.Pull(r.now, r.m.conn, nil)
		if len(b) == 0 {
			return all
		}
		all = append(all, b...)
	}
}

// pull returns the requests that the machine writes.
func (r *rig) pull() []frame {
	r.Helper()
	return r.frames(r.pullBytes())
}

func (r *rig) frames(b []byte) (out []frame) {
	r.Helper()
	for len(b) > 0 {
		f, n, err := wire.Split(b, 0)
		if err != nil || n == 0 {
			r.Fatalf("the machine wrote half a frame: %v", err)
		}
		b = b[n:]
		h, body, err := wire.ReadRequestHeader(f)
		if err != nil {
			r.Fatal(err)
		}
		out = append(out, frame{h.Xid, wire.Op(h.Type), body})
	}
	return out
}

// wrote says which requests the machine writes.
func (r *rig) wrote(want ...string) []frame {
	r.Helper()
	got := r.pull()
	var names []string
	for _, f := range got {
		names = append(names, f.String())
	}
	if !slices.Equal(names, want) {
		r.Fatalf("wrote %v, want %v", names, want)
	}
	return got
}

// hello returns the ConnectRequest that the machine writes.
func (r *rig) hello() wire.ConnectRequest {
	r.Helper()
	f, n, err := wire.Split(r.pullBytes(), 0)
	if err != nil || n == 0 {
		r.Fatalf("no handshake: %v", err)
	}
	var req wire.ConnectRequest
	if err := wire.Decode(f, &req); err != nil {
		r.Fatal(err)
	}
	return req
}

// arrive gives bytes to the machine as a connection does: what was not used is shown again.
func (r *rig) arrive(b []byte) {
	r.partial = append(r.partial, b...)
	n := r.m.Received(r.now, r.m.conn, r.partial)
	r.partial = r.partial[n:]
}

func (r *rig) send(fill func(e *wire.Encoder) error) {
	var e wire.Encoder
	if err := fill(&e); err != nil {
		r.Fatal(err)
	}
	r.arrive(e.B)
}

// welcome grants a session.
func (r *rig) welcome(id int64) { r.grant(id, tt, false) }

func (r *rig) grant(id int64, timeout time.Duration, readOnly bool) {
	w := wire.ConnectResponse{ReadOnly: readOnly, HasReadOnly: true}
	w.SessionId, w.TimeOut, w.Passwd = id, int32(timeout.Milliseconds()), passwd(id)
	r.send(func(e *wire.Encoder) error { return e.AppendFrame(&w) })
}

// refuse says that the session has expired.
func (r *rig) refuse() { r.grant(0, 0, false) }

func passwd(id int64) []byte {
	p := make([]byte, wire.PasswdLen)
	p[0] = byte(id)
	return p
}

func (r *rig) reply(xid int32, zxid int64, code wire.Code, body wire.Record) {
	r.send(func(e *wire.Encoder) error {
		if body == nil {
			return e.AppendReply(xid, zxid, code, nil)
		}
		return e.AppendReply(xid, zxid, code, body)
	})
}

func (r *rig) ok(xids ...int32) {
	for _, x := range xids {
		r.reply(x, int64(x), wire.OK, nil)
	}
}

func (r *rig) pong() { r.reply(wire.XidPing, 0, wire.OK, nil) }

func (r *rig) event(t wire.EventType, path string) {
	r.send(func(e *wire.Encoder) error {
		return e.AppendEvent(-1, &proto.WatcherEvent{Type: int32(t), State: int32(wire.StateSyncConnected), Path: path})
	})
}

// connect goes from dialing to a granted session.
func (r *rig) connect(id int64) wire.ConnectRequest {
	r.Helper()
	r.opened()
	h := r.hello()
	r.welcome(id)
	return h
}

// up starts the machine and connects it; the session is number 1, and the connection has lasted long
// enough for the next one to come without a pause.
func up(t testing.TB, options ...func(*Config)) *rig {
	t.Helper()
	r := newRig(t, options...).start()
	r.connect(1)
	r.expect("CONNECTED new")
	r.jump(steady)
	return r
}

// reconnect loses the connection and gets the same session on the next.
func (r *rig) reconnect() {
	r.Helper()
	r.closed()
	r.connect(r.m.sess.ID)
	r.see()
}

// awake sleeps up to the next deadline.
func (r *rig) awake() {
	r.Helper()
	r.sleep(r.m.NextDeadline() - r.now)
	r.see()
}

// A call is what a test submits.
type call struct {
	Request
	name  string
	body  []byte
	fail  error // of Encode
	elder bool  // is a create for servers that do not know its operation
	times int   // completed
	got   Reply
}

func (c *call) Encode(e *wire.Encoder) error {
	e.B = append(e.B, c.body...)
	return c.fail
}

func (c *call) Age([]byte) wire.Op {
	if c.elder {
		return wire.OpCreate
	}
	return 0
}

func (c *call) Complete(_ *future.Batch, p *Reply) {
	c.times++
	c.got = *p
	c.got.Body = slices.Clone(p.Body)
}

// submit submits a request; its lines are "name: outcome".
func (r *rig) submit(name string, op wire.Op, options ...func(*call)) *call {
	c := &call{name: name, body: []byte(name)}
	c.Request = Request{Op: op, Call: c}
	for _, o := range options {
		o(c)
	}
	r.m.Submit(&c.Request)
	return c
}

// A fired notes the end of a watch.
type fired struct {
	times int
	ev    Event
	err   error
}

func (f *fired) Fire(_ *future.Batch, ev Event, err error) { f.times, f.ev, f.err = f.times+1, ev, err }

func watching(path string, kind WatchKind) func(*call) {
	return func(c *call) { c.Watch = &Watch{Path: path, Kind: kind, Call: new(fired)} }
}

// A held notes the end of a hold.
type held struct{ times int }

func (h *held) Lost(*future.Batch, error) { h.times++ }

var event1 = proto.WatcherEvent{Type: int32(wire.EventNodeCreated), State: int32(wire.StateSyncConnected), Path: "/nobody"}
