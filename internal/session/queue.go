package session

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// A queue holds the requests that were not written yet, and their bytes, back to back.
type queue struct {
	reqs  ring
	enc   wire.Encoder // the bytes of reqs start at head
	head  int
	dead  int // bytes of requests that are abandoned
	skips int // and how many those are

	special int // requests that must be looked at when their turn has come; see inspect
}

const (
	// compactBytes of abandoned requests are kept before they are swept, when nothing is being written.
	compactBytes = 64 << 10
	// keepBytes is how much of an empty buffer's capacity is kept.
	keepBytes = 256 << 10
)

// push appends r. It fails, and changes nothing, if the body cannot be encoded or is longer than max.
func (q *queue) push(r *Request, max int) error {
	mark := q.enc.BeginRequest(r.xid, r.Op)
	if err := r.Call.Encode(&q.enc); err != nil {
		q.enc.B = q.enc.B[:mark]
		return err
	}
	if err := q.enc.EndFrame(mark, max); err != nil {
		return err
	}
	r.size = int32(len(q.enc.B) - mark)
	r.state = reqQueued
	if r.special = r.inspect(); r.special {
		q.special++
	}
	q.reqs.push(r)
	return nil
}

// inspect reports whether there may be a reason not to write the request, or not as it is, when its turn has come.
func (r *Request) inspect() bool {
	return r.canCancel || r.Epoch != 0 || r.Conn != 0 || r.Watch != nil || r.Op == wire.OpAuth || isNewer(r.needs())
}

// plain reports whether everything may be written as it is.
func (q *queue) plain() bool { return q.special == 0 && q.skips == 0 }

// takeAll moves the requests to l, as written, and appends their bytes to buf.
func (q *queue) takeAll(l *line, at time.Duration, buf []byte) []byte {
	l.take(&q.reqs, at)
	buf = append(buf, q.enc.B[q.head:]...)
	q.empty()
	return buf
}

// bytes returns how many bytes are waiting.
func (q *queue) bytes() int { return len(q.enc.B) - q.head - q.dead }

// first returns the oldest request, skipping abandoned ones, or nil.
func (q *queue) first() *Request {
	for q.reqs.n > 0 {
		r := q.reqs.at(0)
		if r.state != reqAbandoned {
			return r
		}
		q.dead -= int(r.size)
		q.skips--
		q.drop()
	}
	return nil
}

// shift removes the oldest request and appends its bytes to buf.
func (q *queue) shift(buf []byte) []byte {
	buf = append(buf, q.enc.B[q.head:q.head+int(q.reqs.at(0).size)]...)
	q.drop()
	return buf
}

// drop removes the oldest request.
func (q *queue) drop() {
	r := q.reqs.pop()
	q.head += int(r.size)
	if r.special {
		q.special--
	}
	if q.reqs.n == 0 {
		q.empty()
	} else if q.head >= compactBytes && 2*q.head >= len(q.enc.B) {
		q.enc.B = q.enc.B[:copy(q.enc.B, q.enc.B[q.head:])] // else a queue that is never empty would grow for ever
		q.head = 0
	}
}

// empty forgets the bytes of the requests, of which none is left.
func (q *queue) empty() {
	q.head, q.dead, q.skips, q.special = 0, 0, 0, 0
	q.enc.B = emptied(q.enc.B)
}

// emptied returns b without its content, to be filled again, or nil if it has become too large to keep.
func emptied(b []byte) []byte {
	if cap(b) > keepBytes {
		return nil
	}
	return b[:0]
}

// pinned returns the requests that may be written on that connection only.
func (q *queue) pinned(conn uint64) (out []*Request) {
	for i := range q.reqs.n {
		if r := q.reqs.at(i); r.Conn == conn {
			out = append(out, r)
		}
	}
	return out
}

// abandon leaves r's bytes to be skipped. Those of a long outage full of timeouts are swept.
func (q *queue) abandon(r *Request) {
	r.state = reqAbandoned
	q.dead += int(r.size)
	q.skips++
	if q.dead < compactBytes || 2*q.dead < len(q.enc.B)-q.head {
		return
	}
	old := q.enc.B[q.head:]
	live := make([]byte, 0, len(old)-q.dead)
	var reqs ring
	for q.reqs.n > 0 {
		r := q.reqs.pop()
		if r.state != reqAbandoned {
			live = append(live, old[:r.size]...)
			reqs.push(r)
		} else if r.special {
			q.special--
		}
		old = old[r.size:]
	}
	q.enc.B, q.head, q.dead, q.skips, q.reqs = live, 0, 0, 0, reqs
}
