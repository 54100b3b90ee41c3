package core

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// The first frame of a connection is a ConnectRequest. It goes through the queue as OpCreateSession, and nothing behind it
// is read before it is answered.
//
//	closed without a word:   not a ConnectRequest; a zxid ahead of ours (the client must find another server); not
//	                         serving; read-only, and the client did not say that it accepts that
//	answered with timeout 0: the session to renew is unknown, has ended, or its password is wrong
//	answered:                everything else

func (c *Conn) handshake(now time.Time, frame []byte) {
	req := new(wire.ConnectRequest)
	if wire.Decode(frame, req) != nil {
		c.cut("bad ConnectRequest")
		return
	}
	v := c.incoming(now, req.SessionId, 0, wire.OpCreateSession, frame)
	c.state = connJoining
	w := waiting{op: wire.OpCreateSession, verdict: v, join: req}
	if v.Delay > 0 {
		w.until = now.Add(v.Delay)
		c.front.after(w.until, c)
	}
	c.enqueue(now, w)
}

// join begins a session, or asks for an old one, on behalf of the handshake at the head of the queue.
func (c *Conn) join(now time.Time, w *waiting) {
	f, req := c.front, w.join
	switch {
	case !f.serving:
		c.cut("not serving")
		return
	case f.readOnly && !req.ReadOnly:
		c.cut("read-only server")
		return
	case req.LastZxidSeen > f.state.zxid:
		c.cut("client has seen a later zxid")
		return
	}
	c.timeout = f.cfg.timeout(req.TimeOut)
	w.sent = true
	switch {
	case req.SessionId == 0 && f.readOnly:
		c.joinLocal(now, w)
	case req.SessionId == 0:
		c.adopt(f.newSession())
		f.up.Submit(now, &Request{Session: c.session, Server: f.cfg.ServerID, Tag: w.tag, Op: w.op, Timeout: c.timeout})
	default:
		c.renew(now, w)
	}
}

// newSession makes an id. One that ZooKeeper keeps for containers is left out.
func (f *Front) newSession() int64 {
	id := f.nextSession
	if id == -1<<63 || id == 0 {
		id++
	}
	f.nextSession = id + 1
	return id
}

// adopt makes the connection that of a session. Another that has it is closed, and before anything is known about
// the password: a wrong one costs the live connection all the same.
func (c *Conn) adopt(session int64) {
	if old := c.front.sessions[session]; old != nil {
		old.cut("session came back on another connection")
	}
	c.session = session
	c.front.sessions[session] = c
}

func (c *Conn) renew(now time.Time, w *waiting) {
	f, req, tag := c.front, w.join, w.tag
	if f.readOnly && f.cfg.Version.readOnlyNeedsLocal() {
		if _, global := f.state.sessions[req.SessionId]; global {
			c.cut("global session on a read-only server")
			return
		}
	}
	c.adopt(req.SessionId)
	switch {
	case !bytes.Equal(req.Passwd, password(req.SessionId)):
		c.renewed(now, tag, false)
	case f.local.Touch(now, req.SessionId, c.timeout):
		c.isLocal = true
		c.renewed(now, tag, true)
	default:
		f.up.Renew(now, req.SessionId, c.timeout, tag)
	}
}

// joinLocal begins a session that this read-only server alone knows, and that takes no zxid.
func (c *Conn) joinLocal(now time.Time, w *waiting) {
	f := c.front
	if f.cfg.Version.readOnlyNeedsLocal() && !f.cfg.LocalSessions {
		// A bare header in place of a response, as ZooKeeper does.
		v := w.verdict
		c.pop(w)
		c.reply(&v, wire.XidNone, f.state.zxid, wire.CodeNotReadOnly, nil)
		return
	}
	c.adopt(f.newSession())
	c.isLocal = true
	f.local.Track(now, c.session, c.timeout, f.cfg.ServerID)
	c.joined(now, w)
}

// renewed is the answer to the handshake at the head of the queue.
func (c *Conn) renewed(now time.Time, tag uint64, alive bool) {
	if c.state != connJoining || c.head == len(c.queue) || c.queue[c.head].tag != tag {
		return
	}
	w := &c.queue[c.head]
	if alive {
		c.joined(now, w)
	} else {
		c.refuse(w)
	}
}

// joined answers the handshake: the session is there.
func (c *Conn) joined(now time.Time, w *waiting) {
	resp := &wire.ConnectResponse{ReadOnly: c.front.readOnly}
	resp.TimeOut, resp.SessionId, resp.Passwd = c.timeout, c.session, password(c.session)
	c.state = connOpen
	c.lastOp = wire.OpCreateSession
	c.respond(now, w, resp)
}

// refuse answers the handshake: the session is gone. The client cannot tell why.
func (c *Conn) refuse(w *waiting) {
	resp := &wire.ConnectResponse{ReadOnly: c.front.readOnly}
	resp.Passwd = make([]byte, wire.PasswdLen)
	c.respond(time.Time{}, w, resp)
	c.cut("session refused")
}

func (c *Conn) respond(now time.Time, w *waiting, resp *wire.ConnectResponse) {
	f, v := c.front, w.verdict
	resp.HasReadOnly = w.join.HasReadOnly || f.cfg.Version.alwaysReadOnlyByte()
	c.pop(w)
	if v.Cut == CutAfter {
		c.cut("intercepted")
		return
	}
	c.write(&v, func() { _ = c.out.AppendFrame(resp) })
	if v.Cut == CutReply || v.Cut == CutInside {
		c.cut("intercepted")
	}
	c.advance(now)
}

// password is what renews a session. As in ZooKeeper every server can compute it from the id, and so can anybody else:
// it keeps mistakes out, not attackers.
func password(session int64) []byte {
	p := make([]byte, 0, wire.PasswdLen)
	first := mix(uint64(session) ^ 0x9e3779b97f4a7c15)
	p = binary.BigEndian.AppendUint64(p, first)
	return binary.BigEndian.AppendUint64(p, mix(first+1))
}
