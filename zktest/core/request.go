package core

import (
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// frame takes a request on an open connection.
//
//	no whole header                      the connection is closed
//	auth, sasl                           answered ahead of what waits; they do not keep the session alive
//	identity required and not there      -124, and closed
//	operation unknown                    -6 ahead of what waits, zxid -1, and closed
//	all others                           queue.go
func (c *Conn) frame(now time.Time, frame []byte) {
	f := c.front
	h, body, err := wire.ReadRequestHeader(frame)
	if err != nil {
		c.cut("bad request header")
		return
	}
	op := wire.Op(h.Type)
	c.lastOp, c.lastXid = op, h.Xid
	v := c.incoming(now, c.session, h.Xid, op, body)
	if v.Body != nil {
		body = v.Body
	}
	w := waiting{xid: h.Xid, op: op, body: body, ids: slices.Clip(c.ids), verdict: v}
	if v.Delay > 0 {
		w.until = now.Add(v.Delay)
		f.after(w.until, c)
	}
	switch {
	case op == wire.OpAuth || op == wire.OpSASL:
		if v.Delay > 0 {
			c.enqueue(now, w)
		} else {
			c.run(now, &w)
		}
	case !c.identified():
		c.reply(&v, h.Xid, 0, wire.CodeSessionClosedRequireSASLAuth, nil)
		c.cut("identity required")
	case !c.touch(now):
		// The session is ending, and the connection with it.
	case !f.cfg.Version.knows(op) || op == wire.OpNotification || op == wire.OpError || op == wire.OpCreateSession ||
		op == wire.OpCheck: // alone; up to 3.8.4 and 3.9.2 ZooKeeper accepts it and destroys its log
		c.reply(&v, h.Xid, -1, wire.CodeUnimplemented, nil)
		c.cut("unknown operation")
	default:
		c.enqueue(now, w)
	}
}

func (c *Conn) touch(now time.Time) bool {
	if c.isLocal {
		return c.front.local.Touch(now, c.session, c.timeout)
	}
	return c.front.up.Touch(now, c.session, c.timeout)
}

// identified reports whether the connection has an identity of the schemes that the server asks for, if it does.
func (c *Conn) identified() bool {
	want := c.front.cfg.RequireSchemes
	if len(want) == 0 || !c.front.cfg.Version.from(3, 6, 0) {
		return true
	}
	return slices.ContainsFunc(c.ids, func(id data.Id) bool { return slices.Contains(want, id.Scheme) })
}

// local reports whether a read-only server answers the request, which would otherwise go upstream, by itself.
func (c *Conn) local(w *waiting) bool {
	return c.front.readOnly && (w.op.Write() || w.op == wire.OpCloseSession)
}

func (c *Conn) answerLocal(w *waiting) {
	zxid := c.front.state.zxid
	if w.op != wire.OpCloseSession {
		c.answer(w, zxid, wire.CodeNotReadOnly, nil)
		return
	}
	if c.isLocal {
		c.front.local.Remove(c.session)
	}
	c.answer(w, zxid, wire.OK, nil)
	c.cut("session closed")
}
