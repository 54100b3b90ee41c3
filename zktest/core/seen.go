package core

import (
	"encoding/binary"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// seenKept is how many requests the record of them holds.
const seenKept = 1024

// seenPath bounds what is kept of one path, in bytes.
const seenPath = 256

// Seen is a request that was received, for tests that ask what their client did.
type Seen struct {
	Number  uint64 // counts the requests of the server from 1
	Time    time.Time
	Conn    uint64 // Conn.ID
	Session int64
	Xid     int32
	Op      wire.Op
	Path    string // cut at 256 bytes
}

// requestLog is the last requests and a count of all by operation.
type requestLog struct {
	number uint64
	ring   []Seen
	counts map[wire.Op]uint64
}

func (l *requestLog) note(s Seen, body []byte) {
	l.number++
	s.Number = l.number
	s.Path = leadingPath(s.Op, body)
	if len(s.Path) > seenPath {
		s.Path = s.Path[:seenPath]
	}
	if len(l.ring) < seenKept {
		l.ring = append(l.ring, s)
	} else {
		l.ring[(l.number-1)%seenKept] = s
	}
	if l.counts == nil {
		l.counts = make(map[wire.Op]uint64)
	}
	if s.Op.Known() { // or a client could fill the map
		l.counts[s.Op]++
	}
}

// Seen returns the last 1024 requests, handshakes included (as OpCreateSession), the oldest first.
func (f *Front) Seen() []Seen {
	l := &f.requests
	if len(l.ring) < seenKept {
		return append([]Seen(nil), l.ring...)
	}
	at := l.number % seenKept
	return append(append([]Seen(nil), l.ring[at:]...), l.ring[:at]...)
}

// Count is how many requests of one kind were received.
func (f *Front) Count(op wire.Op) uint64 { return f.requests.counts[op] }

// leadingPath is the string in front of a record, for the operations that have one; of a multi that of its first
// operation.
func leadingPath(op wire.Op, body []byte) string {
	switch op {
	case wire.OpMulti, wire.OpMultiRead:
		const header = 4 + 1 + 4
		if len(body) < header || body[4] != 0 {
			return ""
		}
		body = body[header:]
	case wire.OpAuth, wire.OpSASL, wire.OpSetWatches, wire.OpSetWatches2, wire.OpPing, wire.OpWhoAmI, wire.OpReconfig,
		wire.OpCreateSession, wire.OpCloseSession:
		return ""
	default:
		if !op.Known() {
			return ""
		}
	}
	if len(body) < 4 {
		return ""
	}
	n := int64(binary.BigEndian.Uint32(body))
	if n > int64(len(body)-4) {
		return ""
	}
	return string(body[4 : 4+n])
}
