package differential

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// A comparison that finds nothing proves nothing: here each server is package core, but one has a flaw, which must be
// found, and shrunk to a script that shows it.

// flaw spoils the frames that a server sends on one connection. It gets each without its length, and returns what is sent
// in its place.
type flaw func(frame []byte) [][]byte

// keep is a frame as it is.
func keep(frame []byte) [][]byte { return [][]byte{frame} }

// onCode spoils replies with a code.
func onCode(code wire.Code, spoil func(frame []byte)) func() flaw {
	return func() flaw {
		return func(frame []byte) [][]byte {
			if h, _, err := wire.ReadReplyHeader(frame); err == nil && h.Xid != wire.XidWatch && wire.Code(h.Err) == code {
				spoil(frame)
			}
			return keep(frame)
		}
	}
}

func isEvent(frame []byte, typ wire.EventType) bool {
	h, body, err := wire.ReadReplyHeader(frame)
	return err == nil && h.Xid == wire.XidWatch && len(body) > 4 && wire.EventType(binary.BigEndian.Uint32(body)) == typ
}

var planted = []struct {
	name    string
	flaw    func() flaw // one per connection
	version wire.Version
	steps   int // that the shrunk script has at most
}{
	{name: "another code", steps: 4, flaw: onCode(wire.CodeNotEmpty, func(frame []byte) {
		binary.BigEndian.PutUint32(frame[12:], uint32(0xffffffff&int64(wire.CodeBadVersion)))
	})},
	{name: "a failure that takes no zxid", steps: 3, flaw: onCode(wire.CodeNodeExists, func(frame []byte) {
		binary.BigEndian.PutUint64(frame[4:], binary.BigEndian.Uint64(frame[4:])-1)
	})},
	{name: "no event when children change", steps: 4, flaw: func() flaw {
		return func(frame []byte) [][]byte {
			if isEvent(frame, wire.EventNodeChildrenChanged) {
				return nil
			}
			return keep(frame)
		}
	}},
	{name: "an event twice", steps: 4, flaw: func() flaw {
		return func(frame []byte) [][]byte {
			if isEvent(frame, wire.EventNodeDataChanged) {
				return [][]byte{frame, frame}
			}
			return keep(frame)
		}
	}},
	{name: "an event behind the reply", steps: 4, flaw: func() flaw {
		var late [][]byte
		return func(frame []byte) [][]byte {
			if isEvent(frame, wire.EventNodeCreated) {
				late = append(late, frame)
				return nil
			}
			out := append(keep(frame), late...)
			late = nil
			return out
		}
	}},
	{name: "watch modes of 3.8", version: v(3, 8, 4), steps: 4},
}

func TestPlantedFlawsAreFound(t *testing.T) {
	good := v(3, 9, 4)
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			bad := &coreHost{version: p.version}
			if p.version == (wire.Version{}) {
				bad.version = good
			}
			if p.flaw != nil {
				bad.plant = func(nc net.Conn) net.Conn { return spoil(nc, p.flaw()) }
			}
			c := newContest(&coreHost{version: good}, &coreHost{version: good})
			c.core, c.scripts = bad, c.profile.scriptsOf(30)
			found, err := campaign{first: usualFirst, scripts: 1000}.play(c)
			if err != nil || len(found) == 0 {
				t.Fatalf("not found in %d scripts, %v", c.played, err)
			}
			first, played := found[0], c.played
			small, report := c.shrink(first.script, first.report)
			t.Logf("found by script %d, shrunk by %d more from %d to %d steps:\n%s", first.number, c.played-played, len(first.script), len(small), report)
			if len(small) > p.steps {
				t.Errorf("shrunk to %d steps, want %d at most", len(small), p.steps)
			}
		})
	}
}

// spoiled is a connection of a server with a flaw.
type spoiled struct {
	net.Conn
	flaw    flaw
	pending []byte // of what is to be read
}

func spoil(nc net.Conn, f flaw) net.Conn { return &spoiled{Conn: nc, flaw: f} }

func (s *spoiled) Read(b []byte) (int, error) {
	for len(s.pending) == 0 {
		var head [4]byte
		if _, err := io.ReadFull(s.Conn, head[:]); err != nil {
			return 0, err
		}
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(s.Conn, frame); err != nil {
			return 0, err
		}
		for _, f := range s.flaw(frame) {
			s.pending = append(s.pending, framed(f)...)
		}
	}
	n := copy(b, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}
