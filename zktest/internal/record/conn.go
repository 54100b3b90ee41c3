package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// A conn is one connection. The side that sends first is the client.
type conn struct {
	client  string
	session int64
	up      direction
	down    direction
	pending map[int32]pending // requests without an answer, by xid
}

type pending struct {
	arrow int
	op    wire.Op
	path  string
}

// An answered write is one that a server has answered. Its answer may still be lost.
type answered struct {
	reply int // arrow
	lostWrite
}

// A direction is the frames of one direction: those that were sent and have not arrived yet.
type direction struct {
	first   bool // a frame has been seen
	sending []byte
	coming  int // bytes that have arrived and belong to no whole frame
	flying  []flight
}

type flight struct{ arrow, size int }

func (r *Recorder) conn(e handler.Event) *conn {
	c := r.conns[e.Label]
	if c == nil {
		c = &conn{pending: make(map[int32]pending)}
		r.conns[e.Label] = c
	}
	return c
}

func (c *conn) side(sender string) *direction {
	if sender == c.client {
		return &c.up
	}
	return &c.down
}

// maxTraced is the longest frame that is put together.
const maxTraced = 64 << 20

func (c *conn) sent(r *Recorder, e handler.Event) {
	if c.client == "" {
		c.client = e.Node
	}
	d := c.side(e.Node)
	d.sending = append(d.sending, e.Data...)
	for {
		frame, n, err := wire.Split(d.sending, maxTraced)
		if err != nil || n == 0 {
			return
		}
		a := picture.Arrow{From: e.Node, To: e.Peer, Sent: e.At, SentStep: e.Step, Lost: true, Bytes: append([]byte(nil), frame...)}
		i := len(r.run.Arrows)
		if d == &c.up {
			c.request(r, &a, frame, i)
		} else {
			c.reply(r, &a, frame, i)
		}
		d.first = true
		r.run.Arrows = append(r.run.Arrows, a)
		d.flying = append(d.flying, flight{i, n})
		d.sending = append(d.sending[:0], d.sending[n:]...)
	}
}

func (c *conn) arrived(r *Recorder, e handler.Event) {
	d := c.side(e.Peer)
	d.coming += len(e.Data)
	for len(d.flying) > 0 && d.coming >= d.flying[0].size {
		d.coming -= d.flying[0].size
		a := &r.run.Arrows[d.flying[0].arrow]
		a.Lost, a.Arrived, a.ArrivedStep = false, e.At, e.Step
		d.flying = d.flying[1:]
	}
}

func (c *conn) write(r *Recorder, p pending) lostWrite {
	return lostWrite{p.arrow, p.op, c.session, p.path, r.run.Arrows[p.arrow].Sent}
}

func (c *conn) request(r *Recorder, a *picture.Arrow, frame []byte, index int) {
	a.Kind = picture.Request
	if !c.up.first {
		req := new(wire.ConnectRequest)
		a.Label = "connect"
		if wire.Decode(frame, req) == nil {
			c.session = req.SessionId
			a.Detail = fmt.Sprintf("session %#x, timeout %v, has seen zxid %#x", req.SessionId, time.Duration(req.TimeOut)*time.Millisecond, req.LastZxidSeen)
			if req.SessionId != 0 {
				a.Label = fmt.Sprintf("reconnect %#x", req.SessionId)
			}
		}
		c.pending[0] = pending{arrow: index}
		return
	}
	h, body, err := wire.ReadRequestHeader(frame)
	if err != nil {
		a.Label = "?"
		return
	}
	op := wire.Op(h.Type)
	a.Label = op.String()
	a.Quiet = op == wire.OpPing
	asked := pending{arrow: index, op: op}
	a.Detail = fmt.Sprintf("xid %d", h.Xid)
	if rec := op.NewRequest(); rec != nil && wire.Decode(body, rec) == nil {
		a.Detail += "\n" + describe(rec)
		if p := pathOf(rec); p != "" {
			a.Label += " " + short(p)
			a.Subject = p
			if op != wire.OpMulti { // of which servers tell another path
				asked.path = p
			}
		}
	}
	c.pending[h.Xid] = asked
}

func (c *conn) reply(r *Recorder, a *picture.Arrow, frame []byte, index int) {
	a.Kind = picture.Reply
	if !c.down.first {
		a.Label = "connected"
		if resp, err := wire.DecodeConnectResponse(frame); err == nil {
			a.Detail = fmt.Sprintf("session %#x, timeout %v", resp.SessionId, time.Duration(resp.TimeOut)*time.Millisecond)
			c.session = resp.SessionId
			if resp.Expired() {
				a.Label = "session expired"
			}
		}
		delete(c.pending, 0)
		return
	}
	h, body, err := wire.ReadReplyHeader(frame)
	if err != nil {
		a.Label = "?"
		return
	}
	if h.Xid == wire.XidWatch {
		a.Kind = picture.Notification
		ev := new(proto.WatcherEvent)
		if wire.Decode(body, ev) == nil {
			a.Label = fmt.Sprintf("%v %s", wire.EventType(ev.Type), short(ev.Path))
			a.Subject = ev.Path
		}
		a.Detail = fmt.Sprintf("zxid %#x", h.Zxid)
		return
	}
	asked, known := c.pending[h.Xid]
	if !known {
		a.Label = fmt.Sprintf("reply to %d", h.Xid)
		return
	}
	delete(c.pending, h.Xid)
	if asked.op.Write() {
		r.answered = append(r.answered, answered{index, c.write(r, asked)})
	}
	req := &r.run.Arrows[asked.arrow]
	a.Quiet, a.Subject = req.Quiet, req.Subject
	a.Detail = fmt.Sprintf("xid %d, zxid %#x", h.Xid, h.Zxid)
	if code := wire.Code(h.Err); code != wire.OK {
		a.Label = fmt.Sprintf("%v: %v", asked.op, code.String())
		return
	}
	a.Label = asked.op.String() + " ok"
	if words, detail := result(asked.op, body); detail != "" {
		a.Label = strings.TrimSpace(a.Label + " " + words)
		a.Detail += "\n" + detail
	}
}

// pathOf is the path in a record, or the first of several, if it has one.
func pathOf(rec wire.Record) string {
	switch r := rec.(type) {
	case interface{ GetPath() string }:
		return r.GetPath()
	case *proto.GetEphemeralsRequest:
		return r.PrefixPath
	case *wire.MultiRequest:
		if len(r.Ops) > 0 {
			return pathOf(r.Ops[0].Record)
		}
	}
	return ""
}

// maxDetail is how much of a record is shown. It may hold the data of nodes.
const maxDetail = 300

func describe(rec wire.Record) string {
	text := strings.TrimPrefix(fmt.Sprintf("%+v", rec), "&")
	if m, ok := rec.(*wire.MultiRequest); ok {
		var ops []string
		for _, op := range m.Ops {
			ops = append(ops, fmt.Sprintf("%v %s", op.Op, describe(op.Record)))
		}
		text = strings.Join(ops, "\n")
	}
	if len(text) > maxDetail {
		text = text[:maxDetail] + "..."
	}
	return text
}
