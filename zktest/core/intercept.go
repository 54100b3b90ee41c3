package core

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Intercept is asked about every request when its frame arrives, before it has any effect, and says what becomes of it.
// It is asked about handshakes too, as OpCreateSession. It may call nothing of the server but the methods of Incoming.
type Intercept func(*Incoming) Verdict

// Incoming is a request as a hook sees it.
type Incoming struct {
	Time    time.Time
	Number  uint64 // counts the requests of the server from 1
	Conn    *Conn
	Session int64 // of a handshake: the session asked for, 0 for a new one
	Xid     int32
	Op      wire.Op
	Path    string // the path in front of the record, if it has one; of a multi the first
	Body    []byte // the record, valid during the call
}

// Decode reads the record; nil if the operation has none. The error is a *wire.DecodeError.
func (r *Incoming) Decode() (wire.Record, error) {
	record := r.Op.NewRequest()
	if record == nil {
		return nil, nil
	}
	return record, wire.Decode(r.Body, record)
}

// Verdict is what becomes of a request. The zero Verdict lets it pass. The fields combine, in this order.
type Verdict struct {
	// Delay holds the request back, and all of its connection that come after it.
	Delay time.Duration
	// Body, if not nil, takes the place of the record. (A handshake keeps its own.)
	Body []byte
	// Code, if not OK, is the answer, and the request has no effect. A handshake answered so is refused as if the
	// session had expired.
	Code wire.Code
	// Cut closes the connection.
	Cut Cut
	// Keep is how many bytes of the reply are sent before CutInside; the first four are its length.
	Keep int
	// Edit, if set, gets the reply (header and body, no length) and returns what is sent in its place; nil for
	// nothing at all.
	Edit func(reply []byte) []byte
	// Hold keeps the reply back, and everything that the server sends on the connection after it. The request has had
	// its effect. [Conn.Release] ends it early.
	Hold time.Duration
}

// Cut says when a connection is closed.
type Cut uint8

// Moments to close a connection. CutBefore and CutAfter look the same to the client: connection loss.
const (
	NoCut     Cut = iota
	CutBefore     // the request has no effect
	CutAfter      // it has, but there is no reply
	CutReply      // after the reply
	CutInside     // in the middle of the reply, behind Verdict.Keep bytes
)

// Pass is the verdict that changes nothing.
var Pass = Verdict{}

// incoming tells the hooks of a request and returns the verdict.
func (c *Conn) incoming(now time.Time, session int64, xid int32, op wire.Op, body []byte) Verdict {
	f := c.front
	f.received++
	c.received++
	r := &f.requests
	r.number++
	if !f.cfg.ForgetRequests {
		r.note(Seen{Number: r.number, Time: now, Conn: c.id, Session: session, Xid: xid, Op: op}, body)
	}
	if f.cfg.Intercept == nil && f.cfg.OnRequest == nil {
		return Pass
	}
	in := &Incoming{Time: now, Number: r.number, Conn: c, Session: session, Xid: xid, Op: op, Path: string(leadingPath(op, body)), Body: body}
	var v Verdict
	if f.cfg.Intercept != nil {
		v = f.cfg.Intercept(in)
	}
	if f.cfg.OnRequest != nil {
		f.cfg.OnRequest(in)
	}
	return v
}

// SetIntercept replaces Config.Intercept; nil removes it.
func (f *Front) SetIntercept(i Intercept) { f.cfg.Intercept = i }
