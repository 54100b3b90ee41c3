package core

import (
	"encoding/binary"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

type wireEvent = proto.WatcherEvent

// reply writes a header and, after OK, a body; a body after another code is one of the two exceptions, see
// wire.Encoder.AppendReply.
func (c *Conn) reply(v *Verdict, xid int32, zxid int64, code wire.Code, body wire.Record) {
	c.lastZxid = zxid
	c.write(v, func() {
		// Only a body of more than 2 GB is an error, and MaxOutput is less.
		if body == nil {
			_ = c.out.AppendReply(xid, zxid, code, nil)
		} else {
			_ = c.out.AppendReply(xid, zxid, code, body)
		}
	})
}

// write appends a frame as the verdict of its request wants it.
func (c *Conn) write(v *Verdict, frame func()) {
	mark := len(c.out.B)
	frame()
	if v.Edit != nil {
		edited := v.Edit(append([]byte(nil), c.out.B[mark+4:]...))
		c.out.B = c.out.B[:mark]
		if edited != nil {
			c.out.B = binary.BigEndian.AppendUint32(c.out.B, uint32(len(edited)))
			c.out.B = append(c.out.B, edited...)
		}
	}
	if v.Cut == CutInside {
		c.out.B = c.out.B[:mark+min(max(v.Keep, 0), len(c.out.B)-mark)]
	}
	if v.Hold > 0 {
		c.hold(mark, v.Hold)
	}
	c.sent++
	c.front.sent++
	c.front.wake(c)
}

// hold keeps back what stands behind mark. A second hold while one lasts only makes it longer.
func (c *Conn) hold(mark int, d time.Duration) {
	until := c.front.now.Add(d)
	if c.holdUntil.IsZero() {
		c.held = mark
	}
	if until.After(c.holdUntil) {
		c.holdUntil = until
		c.front.after(until, c)
	}
}

// Release ends what a [Verdict] holds back on the connection, also of requests that have no reply yet.
func (c *Conn) Release() {
	for i := c.head; i < len(c.queue); i++ {
		c.queue[i].verdict.Hold = 0
	}
	if !c.holdUntil.IsZero() {
		c.holdUntil = time.Time{}
		c.front.wake(c)
	}
}

// committed answers the write at the head of the queue with what its transaction came to.
func (c *Conn) committed(now time.Time, t *Txn, results []Result) {
	if c.state >= connClosing || c.head == len(c.queue) || c.queue[c.head].tag != t.Tag {
		if t.Op == wire.OpCloseSession {
			c.cut("session ended") // by a request of an earlier connection
		}
		return
	}
	w := &c.queue[c.head]
	switch {
	case t.Op == wire.OpCreateSession:
		c.joined(now, w)
		return
	case t.Code == wire.CodeSessionMoved:
		c.cut("session moved to another server")
		return
	case t.Code != wire.OK:
		c.answer(w, t.Zxid, t.Code, nil)
	case t.Op == wire.OpMulti:
		c.answer(w, t.Zxid, wire.OK, multiResponse(t, results))
	case t.Op == wire.OpReconfig:
		c.answer(w, t.Zxid, wire.OK, &proto.GetDataResponse{Data: t.Changes[0].Data, Stat: results[0].Stat})
	case t.Op == wire.OpCloseSession:
		c.answer(w, t.Zxid, wire.OK, nil)
		c.cut("session closed")
	default:
		c.answer(w, t.Zxid, wire.OK, response(t.Op, &results[0]))
	}
	c.advance(now)
}

// synced answers the sync at the head of the queue.
func (c *Conn) synced(now time.Time, tag uint64) {
	if c.state != connOpen || c.head == len(c.queue) || c.queue[c.head].tag != tag {
		return
	}
	w := &c.queue[c.head]
	// The path comes back, whatever it is: sync looks at no node. (ZooKeeper returns characters
	// above U+FFFF as two surrogates; no node can have them.)
	path := w.record.(*proto.SyncRequest).Path
	c.answer(w, c.front.state.zxid, wire.OK, &proto.SyncResponse{Path: path})
	c.advance(now)
}

// response is the record that answers one write.
func response(op wire.Op, r *Result) wire.Record {
	switch op {
	case wire.OpCreate:
		return &proto.CreateResponse{Path: r.Path}
	case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		return &proto.Create2Response{Path: r.Path, Stat: r.Stat}
	case wire.OpSetData:
		return &proto.SetDataResponse{Stat: r.Stat}
	case wire.OpSetACL:
		return &proto.SetACLResponse{Stat: r.Stat}
	}
	return nil
}

// multiResponse answers a multi; the header says OK even if it failed.
func multiResponse(t *Txn, results []Result) wire.Record {
	if t.FailedCode != wire.OK {
		return wire.FailMulti(t.Parts, t.Failed, t.FailedCode)
	}
	m := &wire.MultiResponse{Results: make([]wire.MultiResult, len(results))}
	for i := range results {
		m.Results[i] = wire.MultiResult{Type: results[i].Op, Record: response(results[i].Op, &results[i])}
	}
	return m
}
