package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A chaos does random things to a machine, plays the servers, sometimes well and sometimes not, and
// checks after every step what must always hold. What is random comes from draw, which returns a
// number below n.
type chaos struct {
	testing.TB
	draw func(n int) int
	m    *Machine
	now  time.Duration

	calls  []*call
	holds  []*Hold
	freed  map[*Hold]bool
	looked *Lookup
	live   uint64 // the connection that was dialed and has not ended; 0: none
	lastUp uint64 // epoch
	closed bool   // DoClosed was seen, and no Start since

	// The server at the other end of the live connection.
	opened    bool
	welcomed  bool
	closing   bool // closeSession was seen
	waiting   []frame
	lastXid   int32
	in        []byte // on its way to the machine
	sessions  map[int64]bool
	nextID    int64
	zxid      int64
	restored  bool // the servers have gone back to a backup, and the client has not said that it knows
	readOnly  bool
	oldServer bool // knows nothing newer than 3.4
}

func newChaos(t testing.TB, draw func(n int) int) *chaos {
	c := &chaos{TB: t, draw: draw, now: time.Hour, freed: map[*Hold]bool{}, sessions: map[int64]bool{}, zxid: 10}
	cfg := Config{
		Hosts: []string{"10.0.0.1:1", "zk2:1", "[::1]:1"}, Timeout: tt, LocalExpiry: []float64{0, 1, 4. / 3}[draw(3)],
		ReadOnly: draw(2) == 0, MaxRequest: 3000, MaxReply: 5000, MaxQueued: 20000,
		Rand: rand.New(rand.NewPCG(uint64(draw(100)), 0)),
	}
	if draw(3) == 0 {
		cfg.Auth = []Credential{{Scheme: "digest", Data: []byte("a:b")}}
	}
	if draw(3) == 0 {
		cfg.Resume = &Info{ID: 1000, Password: passwd(0)}
		c.sessions[1000] = draw(2) == 0
	}
	c.m = NewMachine(cfg)
	return c
}

// legal holds the edges of the state diagram.
var legal = map[State][]State{
	Lost:              {Connecting, Connected, ConnectedReadOnly, AuthFailed, Closed},
	Connecting:        {Connected, ConnectedReadOnly, Lost, AuthFailed, Closed},
	Connected:         {Suspended, AuthFailed, Closed},
	ConnectedReadOnly: {Suspended, AuthFailed, Closed},
	Suspended:         {Connected, ConnectedReadOnly, Lost, AuthFailed, Closed},
	AuthFailed:        {Connecting, Closed},
	Closed:            {Connecting},
}

func (c *chaos) effects() {
	for _, e := range c.m.Effects(nil) {
		if c.closed && e.Kind != DoComplete && e.Kind != DoClosed && e.Kind != DoChange {
			c.Fatalf("effect %d behind DoClosed", e.Kind)
		}
		switch e.Kind {
		case DoComplete:
			if e.Reply.Err == nil != (e.Reply.Replied && e.Reply.Err == nil) && e.Req.Op != wire.OpRemoveWatches {
				c.Fatal("success without a reply")
			}
			if e.Reply.Replied && !e.Reply.Written {
				c.Fatal("answered, but not written")
			}
			e.Req.Call.Complete(nil, &e.Reply)
			if x, ok := e.Req.Call.(*call); ok && x.times != 1 {
				c.Fatalf("%v completed %d times", x.Op, x.times)
			}
		case DoFire:
			f := e.More.(*Fired)
			f.Watch.Call.Fire(nil, f.Event, f.Err)
			if n := f.Watch.Call.(*fired).times; n != 1 {
				c.Fatalf("watch fired %d times", n)
			}
		case DoLost:
			h := e.More.(*Hold)
			h.Call.Lost(nil, h.err)
			if h.times() != 1 || c.freed[h] {
				c.Fatalf("hold lost %d times, released %t", h.times(), c.freed[h])
			}
		case DoChange:
			c.change(e.More.(*Change))
		case DoResolve:
			c.looked = e.More.(*Lookup)
		case DoDial:
			if c.live != 0 {
				c.Fatal("dials while there is a connection")
			}
			c.live = e.More.(*DialTo).Conn
			c.opened, c.welcomed, c.closing, c.waiting, c.in, c.lastXid = false, false, false, nil, nil, 0
			c.readOnly, c.oldServer = c.m.cfg.ReadOnly && c.draw(4) == 3, c.draw(4) == 3
		case DoHangUp:
			if c.live == 0 {
				c.Fatal("hangs up twice")
			}
			c.live = 0
		case DoClosed:
			c.closed = true
			c.allOver()
		}
	}
}

func (c *chaos) change(s *Change) {
	if !slices.Contains(legal[s.From], s.To) {
		c.Fatalf("from %v to %v", s.From, s.To)
	}
	if s.To.Up() {
		if s.New != (s.Info.Epoch != c.lastUp) || s.Info.Epoch < c.lastUp || s.Info.ID == 0 {
			c.Fatalf("%+v after epoch %d", s, c.lastUp)
		}
		c.lastUp = s.Info.Epoch
		if s.Rollback && !c.restored {
			c.Fatal("a rollback is reported that was none")
		}
		c.restored = c.restored && !s.Rollback
	}
	if s.To == Connecting {
		c.closed = false
	}
}

// allOver: when Close is complete, so is everything else.
func (c *chaos) allOver() {
	for _, x := range c.calls {
		if x.times != 1 {
			c.Fatalf("%v completed %d times before the end", x.Op, x.times)
		}
	}
	for _, h := range c.holds {
		if h.times() == 0 && !c.freed[h] && h.err == nil {
			c.Fatal("a hold outlives the session")
		}
	}
	if c.m.watches.n != 0 || len(c.m.watches.coming) != 0 || c.m.queue.reqs.n != 0 || c.m.sent.n != 0 || c.live != 0 {
		c.Fatalf("left: %d watches, %v to come, %d queued, %d written, connection %d",
			c.m.watches.n, c.m.watches.coming, c.m.queue.reqs.n, c.m.sent.n, c.live)
	}
}

var randomOps = []wire.Op{wire.OpSetData, wire.OpGetData, wire.OpExists, wire.OpGetChildren2, wire.OpCreate2, wire.OpMultiRead, wire.OpAuth, wire.OpSync}

func (c *chaos) submit() {
	x := &call{body: make([]byte, []int{0, 5, 100, 2900, 3500}[c.draw(5)]), elder: c.draw(4) == 0}
	x.Request = Request{Op: randomOps[c.draw(len(randomOps))], Call: x}
	switch c.draw(8) {
	case 7:
		x.Epoch = c.m.sess.Epoch + uint64(c.draw(2))
	case 6:
		x.Conn = c.m.conn - uint64(c.draw(2))
	case 5:
		x.fail = errors.New("bad")
	case 4:
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		x.Ctx = ctx
	}
	path := fmt.Sprintf("/%d", c.draw(3))
	switch x.Op {
	case wire.OpGetData, wire.OpExists:
		x.Watch = &Watch{Path: path, Call: new(fired)}
	case wire.OpGetChildren2:
		x.Watch = &Watch{Path: path, Kind: WatchChild, Call: new(fired)}
	case wire.OpAuth:
		x.body, _ = wire.Append(nil, &proto.AuthPacket{Scheme: "x", Auth: []byte(path)})
	}
	c.calls = append(c.calls, x)
	c.m.Submit(&x.Request)
}

func (c *chaos) someCall() *call {
	if len(c.calls) == 0 {
		return nil
	}
	return c.calls[len(c.calls)-1-c.draw(min(len(c.calls), 20))]
}

// step does one random thing. What brings the connection forward is likely.
func (c *chaos) step() {
	switch k := c.draw(64); {
	case k < 20:
		c.forward()
	case k < 28:
		c.submit()
	case k < 36:
		c.server()
	case k < 40:
		c.pull()
	case k < 43:
		if d := c.m.NextDeadline(); d != never {
			c.now = max(c.now, d)
			c.m.Tick(c.now)
		}
	case k < 46:
		c.now += []time.Duration{0, 1, 10 * ms, 300 * ms, sec, 3 * sec, 9 * sec, 40 * sec}[c.draw(8)]
		c.m.Tick(c.now)
	case k < 49:
		if x := c.someCall(); x != nil {
			c.m.Cancel(&x.Request, context.Canceled)
		}
	case k < 52:
		c.unwatch()
	case k < 55:
		h := &Hold{Call: new(held)}
		if err := c.m.Hold(c.now, h, c.m.sess.Epoch); err == nil {
			c.holds = append(c.holds, h)
			if c.m.HoldErr(c.now, h) != nil {
				c.Fatal("a fresh hold is not held")
			}
		}
	case k < 57:
		if len(c.holds) > 0 {
			if h := c.holds[c.draw(len(c.holds))]; c.m.Release(h) {
				c.freed[h] = true
			}
		}
	case k < 60:
		c.trouble()
	case k < 61:
		c.lookup()
	default:
		switch c.draw(8) {
		case 7:
			c.m.Close()
		case 6:
			c.m.Abort(errPeer, ErrClosed)
		default:
			c.m.Start(c.now)
		}
	}
	c.effects()
	c.check()
}

// forward does what brings the connection forward.
func (c *chaos) forward() {
	switch {
	case c.m.phase == phaseResolve:
		c.lookup()
	case c.m.phase == phasePause:
		c.now = max(c.now, c.m.NextDeadline())
		c.m.Tick(c.now)
	case c.live != 0 && !c.opened:
		c.opened = true
		c.m.Opened(c.now, c.live)
	case len(c.in) > 0:
		c.deliver()
	default:
		c.pull()
		c.server()
	}
}

func (c *chaos) lookup() {
	if c.looked == nil {
		return
	}
	addrs := []netip.Addr{netip.MustParseAddr("::2"), netip.MustParseAddr("10.9.9.9")}[:2-c.draw(3)]
	var err error
	if len(addrs) == 0 {
		err = errors.New("no such host")
	}
	c.m.Resolved(c.now, c.looked, addrs, err)
}

func (c *chaos) unwatch() {
	if x := c.someCall(); x != nil && x.Watch != nil && x.Watch.next != nil {
		u := &call{}
		u.Request = Request{Op: wire.OpRemoveWatches, Call: u}
		c.calls = append(c.calls, u)
		if !c.m.Unwatch(x.Watch, &u.Request) {
			c.Fatal("was registered")
		}
	}
}

// check checks what must hold between steps.
func (c *chaos) check() {
	c.m.Tick(c.now)
	c.effects()
	if d := c.m.NextDeadline(); d <= c.now {
		c.Fatalf("phase %d, %v: a Tick is due again at once", c.m.phase, c.m.state)
	}
	if n := len(c.m.pings); n > 8 {
		c.Fatalf("%d pings", n)
	}
	if n := cap(c.m.queue.enc.B); n > 1<<20 {
		c.Fatalf("%d bytes queued", n)
	}
	if n := len(c.m.proof.pending); n > maxPending {
		c.Fatalf("%d proofs", n)
	}
	if c.m.state.Up() != (c.m.phase == phaseUp) {
		c.Fatalf("%v in phase %d", c.m.state, c.m.phase)
	}
	if c.m.phase >= phaseDial && c.live != c.m.conn {
		c.Fatalf("connection %d is live, %d is meant", c.live, c.m.conn)
	}
}

// pull takes what the machine writes, and reads it as a server does.
func (c *chaos) pull() {
	if c.live == 0 || !c.opened {
		return
	}
	state := c.m.state
	b := c.m.Pull(c.now, c.live, nil)
	for len(b) > 0 {
		f, n, err := wire.Split(b, 4000)
		if err != nil || n == 0 {
			c.Fatalf("half a frame: %v", err)
		}
		b = b[n:]
		if c.closing {
			c.Fatal("a request behind closeSession")
		}
		if !c.welcomed {
			c.hello(f)
			if len(b) > 0 {
				c.Fatal("something behind the handshake")
			}
			return
		}
		h, body, err := wire.ReadRequestHeader(f)
		if err != nil {
			c.Fatal(err)
		}
		q := frame{h.Xid, wire.Op(h.Type), body}
		if h.Xid > 0 {
			if h.Xid <= c.lastXid {
				c.Fatalf("xid %d behind %d", h.Xid, c.lastXid)
			}
			c.lastXid = h.Xid
			if !state.Up() && q.op != wire.OpCloseSession {
				c.Fatalf("%v in state %v", q.op, state)
			}
			if isNewer(q.op) {
				if _, known := c.m.caps.here[q.op]; !known && slices.ContainsFunc(c.waiting, func(f frame) bool { return f.xid > 0 }) {
					c.Fatalf("%v is not alone", q.op)
				}
			}
		}
		c.closing = q.op == wire.OpCloseSession
		c.waiting = append(c.waiting, q)
	}
}

// hello answers the handshake, for good or ill.
func (c *chaos) hello(f []byte) {
	var q wire.ConnectRequest
	if err := wire.Decode(f, &q); err != nil {
		c.Fatal(err)
	}
	if q.LastZxidSeen > c.zxid {
		c.cut()
		return
	}
	c.welcomed = true
	w := wire.ConnectResponse{HasReadOnly: true, ReadOnly: c.readOnly}
	w.Passwd = passwd(0)
	switch c.draw(10) {
	case 9:
		return // silence
	case 8:
		c.sessions[q.SessionId] = false
	}
	if q.SessionId == 0 || c.sessions[q.SessionId] {
		w.SessionId, w.TimeOut = q.SessionId, int32([]time.Duration{tt, 4 * sec}[c.draw(2)]/ms)
	}
	if q.SessionId == 0 {
		c.nextID++
		w.SessionId = c.nextID
		c.sessions[c.nextID] = true
	}
	c.out(func(e *wire.Encoder) error { return e.AppendFrame(&w) })
}

func (c *chaos) out(fill func(*wire.Encoder) error) {
	var e wire.Encoder
	if err := fill(&e); err != nil {
		c.Fatal(err)
	}
	c.in = append(c.in, e.B...)
}

var randomCodes = []wire.Code{wire.OK, wire.OK, wire.OK, wire.OK, wire.CodeNoNode, wire.CodeNotReadOnly, wire.CodeUnimplemented,
	wire.CodeAuthFailed, wire.CodeSessionExpired, -999}

// server answers the oldest request, or sends an event.
func (c *chaos) server() {
	if c.live == 0 || len(c.waiting) == 0 || c.draw(6) == 5 {
		if c.live != 0 && c.welcomed {
			ev := proto.WatcherEvent{Type: int32(1 + c.draw(5)), State: 3, Path: fmt.Sprintf("/%d", c.draw(3))}
			c.out(func(e *wire.Encoder) error { return e.AppendEvent(-1, &ev) })
		}
		return
	}
	q := c.waiting[0]
	c.waiting = c.waiting[1:]
	if n := len(c.waiting); n > 0 && c.draw(20) == 19 {
		q = c.waiting[c.draw(n)] // what it does not know overtakes everything, and is the end
		c.waiting = nil
		c.out(func(e *wire.Encoder) error { return e.AppendReply(q.xid, -1, wire.CodeUnimplemented, nil) })
		return
	}
	zxid, code := c.zxid, wire.OK
	if c.draw(5) == 4 && q.op != wire.OpPing {
		code = randomCodes[c.draw(len(randomCodes))]
	}
	if isNewer(q.op) && c.oldServer {
		zxid, code = -1, wire.CodeUnimplemented
	}
	if isWrite(q.op) {
		c.zxid++
		zxid = c.zxid
	}
	c.out(func(e *wire.Encoder) error { return e.AppendReply(q.xid, zxid, code, nil) })
	if q.op == wire.OpCloseSession {
		c.sessions = map[int64]bool{}
	}
}

// deliver gives the machine some of what the server has sent.
func (c *chaos) deliver() {
	if c.live == 0 || !c.opened || len(c.in) == 0 {
		return
	}
	n := len(c.in)
	if c.draw(3) == 2 {
		n = 1 + c.draw(n)
	}
	conn := c.live
	used := c.m.Received(c.now, conn, c.in[:n:n])
	if used > n {
		c.Fatalf("used %d of %d", used, n)
	}
	c.effects()
	if c.live == conn {
		c.in = c.in[used:]
	}
}

// trouble is what happens to connections.
func (c *chaos) trouble() {
	switch c.draw(4) {
	case 0:
		c.cut()
	case 3:
		if c.draw(4) == 3 {
			c.cut()
			c.zxid, c.restored = 5, true
		}
	case 1: // of a connection long gone
		old := c.m.conn - 1 - uint64(c.draw(3))
		c.m.Opened(c.now, old)
		c.m.Received(c.now, old, []byte{0, 0, 0, 1, 2})
		c.m.Pull(c.now, old, nil)
		c.m.Closed(c.now, old, errPeer)
	case 2:
		if c.live != 0 && c.opened {
			b := make([]byte, 4+c.draw(40))
			for i := range b {
				b[i] = byte(c.draw(256))
			}
			if c.draw(2) == 0 { // a frame of the right length, at least
				b[0], b[1], b[2], b[3] = 0, 0, 0, byte(len(b)-4)
			}
			c.in = append(c.in, b...)
		}
	}
}

// cut ends the connection.
func (c *chaos) cut() {
	if conn := c.live; conn != 0 {
		c.live = 0
		c.m.Closed(c.now, conn, errPeer)
		c.effects()
	}
}

// finish ends the machine and checks that nothing is left.
func (c *chaos) finish() {
	c.m.Abort(nil, ErrClosed)
	c.effects()
	if !c.closed {
		c.Fatal("not closed")
	}
	c.allOver()
	for _, x := range c.calls {
		if x.Watch == nil {
			continue
		}
		if n := x.Watch.Call.(*fired).times; n > 1 || x.Watch.next != nil {
			c.Fatalf("watch fired %d times", n)
		}
	}
}
