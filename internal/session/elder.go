package session

import (
	"slices"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// An Elder is a Call that an older operation can do as well. When a server does not know what the
// request needs, the request keeps its place in the order and is written again in the old way.
type Elder interface {
	// Age rewrites the body in place for a server that does not know r.Needs, or else r.Op, and returns
	// the operation that it is the body of; 0 if there is none. It is called under the lock.
	Age(body []byte) wire.Op
}

// needs returns the operation that a server must know to understand r.
func (r *Request) needs() wire.Op {
	if r.Needs != 0 {
		return r.Needs
	}
	return r.Op
}

// age makes r, the first in the queue, understandable for the connected server, if it can be.
func (m *Machine) age(r *Request) {
	if !m.caps.lacks(r.needs()) {
		return
	}
	if e, ok := r.Call.(Elder); ok {
		frame := m.queue.enc.B[m.queue.head:][:r.size]
		if op := e.Age(frame[4+wire.RequestHeaderLen:]); op != 0 {
			r.Op, r.Needs = op, 0
			putOp(frame, op)
		}
	}
}

// ages reports whether the answer says that the server does not know what r needs, and whether r, whose frame
// is given, is in the queue again because of that.
func (m *Machine) ages(r *Request, frame []byte, h proto.ReplyHeader) (unknown, again bool) {
	unknown = unknownOp(h) || r.Needs != 0 && wire.Code(h.Err) == wire.CodeMarshallingError
	if !unknown || r.state != reqWritten {
		return unknown, false
	}
	if s := degrades(r); s != nil { // on the next connection it is known what to do
		m.posts.at(s.Path).written--
		s.written = false
		m.queue.unshift(r, frame)
		return true, true
	}
	e, ok := r.Call.(Elder)
	if !ok {
		return true, false
	}
	op := e.Age(frame[4+wire.RequestHeaderLen:])
	if op == 0 {
		return true, false
	}
	r.Op, r.Needs = op, 0
	putOp(frame, op)
	m.queue.unshift(r, frame)
	return true, true
}

// putOp changes the operation in a frame's header.
func putOp(frame []byte, op wire.Op) {
	frame[8], frame[9], frame[10], frame[11] = byte(op>>24), byte(op>>16), byte(op>>8), byte(op)
}

// unshift puts r and its frame in front of everything else.
func (q *queue) unshift(r *Request, frame []byte) {
	q.enc.B = slices.Insert(q.enc.B, q.head, frame...)
	r.state, r.special = reqQueued, true
	q.special++
	q.reqs.unshift(r)
}

// enqueueFirst is enqueue for a request of the machine's own that goes before everything else in the queue.
func (m *Machine) enqueueFirst(r *Request, body wire.Record) {
	m.submitted++
	r.order = m.submitted
	m.xid = wire.NextXid(m.xid)
	r.xid = m.xid
	var e wire.Encoder
	if err := e.AppendRequest(r.xid, r.Op, body, 0); err != nil {
		panic(err) // records of our own making always encode
	}
	r.size = int32(len(e.B))
	m.queue.unshift(r, e.B)
}

// unshift puts r in front of the oldest request.
func (q *ring) unshift(r *Request) {
	if q.n == len(q.slots) {
		q.resize(max(minRing, 2*q.n))
	}
	q.head = (q.head - 1) & (len(q.slots) - 1)
	q.slots[q.head] = r
	q.n++
}
