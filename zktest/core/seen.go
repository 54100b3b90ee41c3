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
	ring   []seen
	paths  []byte      // where those in the ring are first kept
	counts [128]uint64 // see countOf
}

// countOf is where an operation is counted.
func countOf(op wire.Op) (i int, ok bool) {
	i = int(op) - int(wire.OpCloseSession) // the least
	return i, op.Known()
}

// seen is a Seen whose path is where the one before it in the same place of the ring had its own.
type seen struct {
	Seen
	path []byte
}

func (s *seen) told() Seen {
	told := s.Seen
	told.Path = string(s.path)
	return told
}

func (l *requestLog) note(s Seen, body []byte) {
	path := leadingPath(s.Op, body)
	path = path[:min(len(path), seenPath)]
	if l.ring == nil {
		l.ring = make([]seen, 0, 32)
	}
	if len(l.ring) < seenKept {
		l.ring = append(l.ring, seen{s, l.keep(path)})
	} else {
		at := &l.ring[(l.number-1)%seenKept]
		at.Seen, at.path = s, append(at.path[:0], path...)
	}
	if i, ok := countOf(s.Op); ok {
		l.counts[i]++
	}
}

// keep copies a path.
func (l *requestLog) keep(path []byte) []byte {
	if cap(l.paths)-len(l.paths) < len(path) {
		l.paths = make([]byte, 0, 8*seenPath)
	}
	at := len(l.paths)
	l.paths = append(l.paths, path...)
	return l.paths[at:len(l.paths):len(l.paths)]
}

// Seen returns the last 1024 requests, handshakes included (as OpCreateSession), the oldest first.
func (f *Front) Seen() []Seen {
	l := &f.requests
	var all []Seen
	for i := range l.ring {
		if len(l.ring) == seenKept {
			i = int(l.number+uint64(i)) % seenKept
		}
		all = append(all, l.ring[i].told())
	}
	return all
}

// Count is how many requests of one kind were received.
func (f *Front) Count(op wire.Op) uint64 {
	if i, ok := countOf(op); ok {
		return f.requests.counts[i]
	}
	return 0
}

// leadingPath is the string in front of a record, for the operations that have one; of a multi that of its first
// operation.
func leadingPath(op wire.Op, body []byte) []byte {
	switch op {
	case wire.OpMulti, wire.OpMultiRead:
		const header = 4 + 1 + 4
		if len(body) < header || body[4] != 0 {
			return nil
		}
		body = body[header:]
	case wire.OpAuth, wire.OpSASL, wire.OpSetWatches, wire.OpSetWatches2, wire.OpPing, wire.OpWhoAmI, wire.OpReconfig,
		wire.OpCreateSession, wire.OpCloseSession:
		return nil
	default:
		if !op.Known() {
			return nil
		}
	}
	if len(body) < 4 {
		return nil
	}
	n := int64(binary.BigEndian.Uint32(body))
	if n > int64(len(body)-4) {
		return nil
	}
	return body[4 : 4+n]
}
