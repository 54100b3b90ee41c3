package core

import (
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// waiting is a request of a connection between its frame and its reply:
//
//	queued --(delay of the Intercept is over)--> ready --read: answered when it is the first-------------> answered
//	                                               \---write: sent upstream at once, in order --commit---> answered
//
// Writes do not wait for what is in front of them to be answered; reads do, so a session reads what it wrote.
type waiting struct {
	tag     uint64
	xid     int32
	op      wire.Op
	body    []byte
	record  wire.Record // what was sent upstream
	ids     []data.Id   // of the connection when the request came
	until   time.Time   // not before; zero without a delay
	verdict Verdict
	sent    bool // upstream has it
	join    *wire.ConnectRequest
}

// upstream reports whether the request is answered by a commit.
func (w *waiting) upstream() bool {
	return w.verdict.Code == wire.OK && (w.op.Write() || w.op == wire.OpCloseSession || w.op == wire.OpCreateSession)
}

// enqueue takes a request in. Its body is borrowed from the input and copied only if it has to wait.
func (c *Conn) enqueue(now time.Time, w waiting) {
	c.front.lastTag++
	w.tag = c.front.lastTag
	c.queue = append(c.queue, w)
	c.advance(now)
	// The queue is empty again in the ordinary case, or the request is its last.
	if n := len(c.queue); n > c.head {
		if last := &c.queue[n-1]; last.tag == w.tag && !last.sent {
			last.body = slices.Clone(last.body)
		}
	}
}

// advance does all that can be done for the requests in the queue.
func (c *Conn) advance(now time.Time) {
	if c.advancing {
		return
	}
	c.advancing = true
	for c.head < len(c.queue) {
		w := &c.queue[c.head]
		if w.sent || !c.ready(now, w) {
			break
		}
		c.run(now, w) // may answer and pop it, and make w stale
	}
	for i := c.head; i < len(c.queue); i++ {
		w := &c.queue[i]
		if !w.sent && !c.ready(now, w) {
			break
		}
		if !w.sent && w.upstream() && !c.local(w) {
			c.run(now, w)
		}
	}
	c.advancing = false
	c.offer()
}

func (c *Conn) ready(now time.Time, w *waiting) bool { return !now.Before(w.until) }

// run sends a write upstream, or answers a request.
func (c *Conn) run(now time.Time, w *waiting) {
	if w.verdict.Cut == CutBefore {
		c.cut("intercepted")
		return
	}
	switch {
	case w.verdict.Code != wire.OK && w.op == wire.OpCreateSession:
		c.refuse(w)
	case w.verdict.Code != wire.OK:
		zxid := c.front.state.zxid
		if w.verdict.Code == wire.CodeUnimplemented {
			zxid = -1
		}
		c.answer(w, zxid, w.verdict.Code, nil)
	case w.op == wire.OpCreateSession:
		c.join(now, w)
	case w.op == wire.OpAuth:
		c.auth(w)
	case w.op == wire.OpSASL:
		c.sasl(w)
	case c.local(w):
		c.answerLocal(w)
	case w.upstream():
		c.submit(now, w)
	default:
		body, code := c.read(w)
		if c.state == connOpen {
			c.answer(w, c.front.state.zxid, code, body)
		}
	}
}

// submit sends a write upstream. A record that cannot be read fails on the way: from 3.9 at once, before at the price of
// a zxid (but for reconfig). A multi always costs one, unless what cannot be read is an ACL that is null.
func (c *Conn) submit(now time.Time, w *waiting) {
	f := c.front
	record, err := decodeWrite(w.op, w.body)
	free := w.op == wire.OpSync || w.op == wire.OpReconfig || w.op != wire.OpMulti && f.cfg.Version.from(3, 9, 0)
	var body wire.Record
	if m, ok := record.(*wire.MultiRequest); ok && multiFault(f.cfg.Version, m) == nullInACL {
		free, err = true, wire.ErrMalformed
		if !f.cfg.Version.from(3, 9, 0) {
			body = new(wire.MultiResponse)
		}
	}
	if err != nil {
		if record = nil; free {
			c.answer(w, f.state.zxid, wire.CodeMarshallingError, body)
			return
		}
	}
	w.sent, w.body, w.record = true, nil, record
	f.up.Submit(now, &Request{Session: c.session, Server: f.cfg.ServerID, Tag: w.tag, Op: w.op, Record: record, Auth: w.ids})
}

// answer writes the reply of a request, which is the first in the queue if it is in it, and takes it off. A connection that the Intercept cuts gets
// none, or one last.
func (c *Conn) answer(w *waiting, zxid int64, code wire.Code, body wire.Record) {
	v := w.verdict
	xid := w.xid
	if w.op == wire.OpPing {
		xid = wire.XidPing
	}
	c.pop(w)
	if v.Cut == CutAfter {
		c.cut("intercepted")
		return
	}
	c.reply(&v, xid, zxid, code, body)
	if v.Cut == CutReply || v.Cut == CutInside {
		c.cut("intercepted")
	}
}

func (c *Conn) pop(w *waiting) {
	if w.tag == 0 {
		return // never was in the queue
	}
	w.body, w.record, w.ids, w.join = nil, nil, nil, nil
	if c.head++; c.head == len(c.queue) {
		c.queue, c.head = c.queue[:0], 0
	} else if c.head >= 64 && c.head*2 >= len(c.queue) {
		c.queue, c.head = slices.Delete(c.queue, 0, c.head), 0
	}
}
