package core

import (
	"bytes"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// on makes a verdict for one kind of request.
func (w *world) on(op wire.Op, v Verdict) {
	w.s.SetIntercept(func(in *Incoming) Verdict {
		if in.Op == op {
			return v
		}
		return Pass
	})
}

func TestInterceptSees(t *testing.T) {
	w := newWorld(t, Config{})
	var ins []Incoming
	w.s.SetIntercept(func(in *Incoming) Verdict {
		saved := *in
		saved.Body = bytes.Clone(in.Body)
		ins = append(ins, saved)
		return Pass
	})
	c := w.connect()
	w.now = w.now.Add(time.Second)
	c.set("/a", "x", 3)
	is(t, "requests", len(ins), 2)
	is(t, "handshake", ins[0].Op, wire.OpCreateSession)
	in := ins[1]
	is(t, "op", in.Op, wire.OpSetData)
	is(t, "path", in.Path, "/a")
	is(t, "session", in.Session, c.session)
	is(t, "xid", in.Xid, 1)
	is(t, "number", in.Number, 2)
	is(t, "time", in.Time, w.now)
	is(t, "conn", in.Conn, c.conn)
	r, err := in.Decode()
	if err != nil || r.(*proto.SetDataRequest).Version != 3 {
		t.Errorf("record %v, %v", r, err)
	}
	if r, err := (&Incoming{Op: wire.OpPing}).Decode(); r != nil || err != nil {
		t.Errorf("ping has a record: %v, %v", r, err)
	}
	if _, err := (&Incoming{Op: wire.OpCreate}).Decode(); err == nil {
		t.Error("no error for a record that is not there")
	}
}

// The two outcomes of connection loss: not applied, and applied.
func TestInterceptCuts(t *testing.T) {
	for _, x := range []struct {
		cut            Cut
		applied, reply bool
	}{{CutBefore, false, false}, {CutAfter, true, false}, {CutReply, true, true}} {
		for _, op := range []wire.Op{wire.OpCreate, wire.OpSync, wire.OpPing, wire.OpCloseSession, wire.OpAuth} {
			w := newWorld(t, Config{})
			c := w.connect()
			w.on(op, Verdict{Cut: x.cut})
			var body wire.Record
			switch op {
			case wire.OpCreate:
				body = createRequest("/a", "", 0)
			case wire.OpSync:
				body = &proto.SyncRequest{}
			case wire.OpAuth:
				body = &proto.AuthPacket{Scheme: "ip"}
			}
			c.send(op, body)
			is(t, op.String()+" closed", c.closed, true)
			is(t, op.String()+" replied", c.reply() != nil, x.reply)
			_, made := w.s.State().Node("/a")
			is(t, op.String()+" applied", made, x.applied && op == wire.OpCreate)
			is(t, op.String()+" session lives", len(w.s.State().Sessions()) == 1, op != wire.OpCloseSession || !x.applied)
		}
	}
}

func TestInterceptCutsHandshake(t *testing.T) {
	for cut, sessions := range map[Cut]int{CutBefore: 0, CutAfter: 1, CutReply: 1} {
		w := newWorld(t, Config{})
		w.on(wire.OpCreateSession, Verdict{Cut: cut})
		c := w.open()
		resp := c.handshake(newSession(0))
		is(t, "response", resp != nil, cut == CutReply)
		is(t, "closed", c.closed, true)
		is(t, "sessions", len(w.s.State().Sessions()), sessions)
	}
	w := newWorld(t, Config{})
	w.on(wire.OpCreateSession, Verdict{Code: wire.CodeSessionExpired})
	is(t, "refused", w.open().handshake(newSession(0)).Expired(), true)
}

func TestInterceptAnswers(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	w.on(wire.OpCreate, Verdict{Code: wire.CodeThrottledOp})
	_, code := c.create("/a", "", 0)
	is(t, "code", code, wire.CodeThrottledOp)
	is(t, "no effect", w.s.Zxid(), 1)
	w.on(wire.OpGetData, Verdict{Code: wire.CodeAuthFailed, Cut: CutReply})
	_, _, code = c.get("/", true)
	is(t, "read", code, wire.CodeAuthFailed)
	is(t, "no watch", len(w.s.Watches()), 0)
	is(t, "and the end", c.closed, true)
}

func TestInterceptReplaces(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	other, _ := wire.Append(nil, createRequest("/other", "", 0))
	w.on(wire.OpCreate, Verdict{Body: other})
	path, _ := c.create("/a", "", 0)
	is(t, "record replaced", path, "/other")

	w.on(wire.OpExists, Verdict{Edit: func(reply []byte) []byte {
		return append(reply[:12:12], 0xff, 0xff, 0xff, 0x9b) // -101
	}})
	_, code := c.exists("/", false)
	is(t, "reply replaced", code, wire.CodeNoNode)
	w.on(wire.OpExists, Verdict{Edit: func([]byte) []byte { return nil }})
	c.send(wire.OpExists, &proto.ExistsRequest{Path: "/"})
	is(t, "reply swallowed", c.reply() == nil && !c.closed, true)
	is(t, "the next one is there", c.do(wire.OpPing, nil, nil), wire.OK)
}

// A delayed request holds up its connection, not others, and has no effect before its time.
func TestInterceptDelays(t *testing.T) {
	w := newWorld(t, Config{})
	c, other := w.connect(), w.connect()
	w.on(wire.OpCreate, Verdict{Delay: 3 * time.Second})
	c.send(wire.OpCreate, createRequest("/a", "", 0))
	c.send(wire.OpExists, &proto.ExistsRequest{Path: "/a"})
	is(t, "auth overtakes", c.auth("digest", "a:a"), wire.OK)
	w.advance(2999 * time.Millisecond)
	is(t, "nothing yet", c.reply() == nil, true)
	_, code := other.exists("/a", false)
	is(t, "no effect yet", code, wire.CodeNoNode)
	w.advance(time.Millisecond)
	is(t, "create", c.reply().code, wire.OK)
	is(t, "what waited behind it sees it", c.reply().code, wire.OK)

	// A handshake that is not answered for a while: accepted, then silence.
	w.on(wire.OpCreateSession, Verdict{Delay: 30 * time.Second})
	late := w.open()
	late.write(connectFrame(newSession(0)))
	w.advance(29 * time.Second)
	is(t, "silence", len(late.in) == 0 && !late.closed, true)
	w.advance(time.Second)
	is(t, "answered", len(late.frame()), 37)

	// Auth can be delayed as well, and then keeps its place.
	c = other
	w.on(wire.OpAuth, Verdict{Delay: time.Second})
	c.write(requestFrame(-4, wire.OpAuth, &proto.AuthPacket{Scheme: "ip"}))
	c.write(requestFrame(8, wire.OpPing, nil))
	is(t, "waits", c.reply() == nil, true)
}

// Hold keeps the reply back after the effect, and all that comes behind it, events too.
func TestInterceptHolds(t *testing.T) {
	w := newWorld(t, Config{})
	c, other := w.connect(), w.connect()
	c.addWatch("/", wire.ModePersistentRecursive)
	w.on(wire.OpSetData, Verdict{Hold: 2 * time.Second})
	c.send(wire.OpPing, nil)
	c.send(wire.OpSetData, &proto.SetDataRequest{Path: "/", Version: -1})
	other.make("/b")
	c.send(wire.OpPing, nil)
	is(t, "ping in front", c.reply().xid, wire.XidPing)
	is(t, "own event is in front of the reply", c.reply() == nil && len(c.events) == 1, true)
	is(t, "not a byte of the rest", len(c.in), 0)
	is(t, "it has taken effect", other.stat("/").Version, 1)
	w.advance(2 * time.Second)
	is(t, "reply", c.reply().code, wire.OK)
	is(t, "ping behind it", c.reply().xid, wire.XidPing)
	is(t, "event between", len(c.events), 2)
}

// Release ends a Hold early, also of a reply that is yet to come.
func TestRelease(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	w.on(wire.OpPing, Verdict{Hold: time.Hour})
	c.send(wire.OpPing, nil)
	is(t, "held", c.reply() == nil, true)
	c.conn.Release()
	w.advance(0)
	is(t, "released", c.reply().xid, wire.XidPing)

	w.on(wire.OpPing, Verdict{Delay: time.Second, Hold: time.Hour})
	c.send(wire.OpPing, nil)
	c.conn.Release()
	w.advance(time.Second)
	is(t, "never held", c.reply().xid, wire.XidPing)
}

// A connection that closes while something of it is held or delayed says the rest first, or is forgotten.
func TestInterceptAndClose(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	w.on(wire.OpCloseSession, Verdict{Hold: time.Second})
	c.send(wire.OpCloseSession, nil)
	is(t, "held", c.closed || len(c.in) > 0, false)
	w.advance(time.Second)
	is(t, "then said", c.reply().code, wire.OK)
	is(t, "and closed", c.closed, true)

	c = w.connect()
	w.on(wire.OpCreate, Verdict{Delay: time.Second})
	c.send(wire.OpCreate, createRequest("/a", "", 0))
	c.hangUp()
	w.advance(2 * time.Second)
	_, made := w.s.State().Node("/a")
	is(t, "a delayed request dies with its connection", made, false)
}

// Delays are bounded in memory: no more is taken than may wait.
func TestDelayedRequestsAreBounded(t *testing.T) {
	w := newWorld(t, Config{MaxOutstanding: 10})
	c := w.connect()
	w.on(wire.OpPing, Verdict{Delay: time.Second})
	for range 50 {
		c.write(requestFrame(0, wire.OpPing, nil))
	}
	is(t, "queued", len(c.conn.queue), 10)
	is(t, "stalled", c.conn.Stalled(), true)
	w.advance(time.Minute)
	replies := 0
	for c.reply() != nil {
		replies++
	}
	is(t, "all are answered in the end", replies, 50)
}

// A reply that is cut short: the request has had its effect, and no byte more than asked for is sent.
func TestInterceptCutsInside(t *testing.T) {
	for _, keep := range []int{-1, 0, 3, 4, 19, 1000} {
		w := newWorld(t, Config{})
		c := w.connect()
		w.on(wire.OpCreate, Verdict{Cut: CutInside, Keep: keep})
		c.conn.Received(w.now, requestFrame(1, wire.OpCreate, createRequest("/a", "", 0)))
		sent := c.conn.Pull(nil)
		if whole := 4 + 16 + 4 + len("/a"); len(sent) != min(max(keep, 0), whole) {
			t.Errorf("keep %d: %d bytes of %d", keep, len(sent), whole)
		}
		is(t, "closing", c.conn.Closing(), true)
		_, made := w.s.State().Node("/a")
		is(t, "applied", made, true)
	}
}
