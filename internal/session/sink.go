package session

import (
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// sink is the driver's end of one connection. Events of a connection that the machine has given up
// carry an old number, by which it knows them.
type sink struct {
	d    *Driver
	conn uint64

	lull time.Duration // what Coalesce answers; the reader's
}

func (s *sink) Opened(c handler.Conn) {
	d := s.d
	d.mu.Lock()
	if s.conn == d.m.conn {
		d.conn = c
	}
	d.m.Opened(d.now(), s.conn)
	d.flush()
}

func (s *sink) Pull(buf []byte) []byte {
	d := s.d
	d.mu.Lock()
	if !d.m.hasOutput() { // as behind every write: that takes neither the time nor a look at the deadlines
		d.mu.Unlock()
		return buf
	}
	buf = d.m.Pull(d.now(), s.conn, buf)
	d.flush()
	return buf
}

func (s *sink) Received(b []byte) (used int) {
	d := s.d
	d.mu.Lock()
	now := d.now()
	used = d.m.Received(now, s.conn, b)
	s.lull = d.m.lull(now)
	d.flush()
	return used
}

// Coalesce makes a sink a [handler.Coalescer].
func (s *sink) Coalesce() time.Duration { return s.lull }

func (s *sink) Closed(err error) {
	d := s.d
	d.mu.Lock()
	if d.exchange != nil && d.exchange.conn == s.conn {
		d.exchange.end()
	}
	d.m.Closed(d.now(), s.conn, err)
	d.flush()
}
