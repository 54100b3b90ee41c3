package session

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Whatever a server sends costs the connection and nothing else: requests that were written fail in
// doubt, the others go out on the next connection.
func TestHostileFrames(t *testing.T) {
	frame := func(b ...byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	header := func(xid int32, rest ...byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(xid))
		return frame(append(append(b, make([]byte, 12)...), rest...)...)
	}
	cases := map[string][]byte{
		"empty frame":              frame(),
		"negative length":          {0x80, 0, 0, 0},
		"length beyond the limit":  {0, 0x10, 0, 1},
		"largest length":           {0x7f, 0xff, 0xff, 0xff},
		"reply to nothing":         header(99),
		"reply to an earlier one":  header(1),
		"reply to a later one":     header(3),
		"xid zero":                 header(0),
		"unknown negative xid":     header(-3),
		"smallest xid":             header(-1 << 31),
		"pong to nothing":          header(wire.XidPing),
		"auth reply to nothing":    header(wire.XidAuth),
		"setWatches reply":         header(wire.XidSetWatches),
		"event without a body":     header(wire.XidWatch),
		"event with half a body":   header(wire.XidWatch, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 9, '/'),
		"event with negative path": header(wire.XidWatch, 0, 0, 0, 1, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xfe),
	}
	for n := 1; n < wire.ReplyHeaderLen; n++ {
		cases["header cut to "+string('a'+rune(n))] = frame(make([]byte, n)...)
		cases["event header cut to "+string('a'+rune(n))] = frame(append([]byte{0xff, 0xff, 0xff, 0xff}, make([]byte, 12)...)[:n]...)
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			r.submit("done", wire.OpSetData)
			r.pull()
			r.ok(1)
			r.see()
			r.submit("a", wire.OpSetData, watching("/a", WatchData))
			r.submit("b", wire.OpSetData)
			r.wrote("setData#2", "setData#3")
			r.submit("c", wire.OpSetData)
			r.arrive(b)
			r.expect("hang up", "SUSPENDED", "a: CONNECTIONLOSS, written", "b: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
			if r.changes[2].Err == nil {
				t.Error("no reason given")
			}
			r.connect(1)
			r.expect("CONNECTED")
			r.wrote("setData#4")
			r.ok(4)
			r.expect("c: ok")
		})
	}
}

func TestHostileReplay(t *testing.T) {
	for name, say := range map[string]func(*rig){
		"setWatches refused":  func(r *rig) { r.reply(wire.XidSetWatches, 0, wire.CodeMarshallingError, nil) },
		"reply to a request":  func(r *rig) { r.ok(1) },
		"pong to nothing":     func(r *rig) { r.pong() },
		"auth reply too many": func(r *rig) { r.ok(wire.XidAuth) },
	} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			r.submit("w", wire.OpGetData, watching("/a", WatchData))
			r.pull()
			r.ok(1)
			r.see()
			r.closed()
			r.connect(1)
			r.see()
			r.wrote("setWatches#-8")
			say(r)
			r.expect("hang up") // and the round goes on
			r.awake()
			r.connect(1)
			r.wrote("setWatches#-8")
			r.ok(wire.XidSetWatches)
			r.expect("CONNECTED")
		})
	}
}

// The limit is that of the configuration, to the byte, and known before the frame is there.
func TestReplyLimit(t *testing.T) {
	for _, over := range []uint32{0, 1} {
		r := up(t, func(c *Config) { c.MaxReply = 5000 })
		r.arrive(binary.BigEndian.AppendUint32(nil, 5000+over))
		if got := r.m.state == Connected; got != (over == 0) {
			t.Errorf("%d bytes: connected %t", 5000+over, got)
		}
	}
}

// Nothing is allocated for what was announced and has not come.
func TestNoAllocationForAnnouncedLength(t *testing.T) {
	r := up(t, func(c *Config) { c.MaxReply = 1 << 30 })
	b := []byte{0x30, 0, 0, 0, 1, 2, 3}
	if n := testing.AllocsPerRun(100, func() { r.m.Received(r.now, r.m.conn, b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The server says that the session is not its to serve: the next handshake decides. Such an answer
// proves nothing to a holder.
func TestDisownedSession(t *testing.T) {
	for _, code := range []wire.Code{wire.CodeSessionExpired, wire.CodeUnknownSession, wire.CodeSessionMoved} {
		r := up(t)
		r.submit("a", wire.OpSetData)
		r.submit("b", wire.OpSetData)
		r.pull()
		r.reply(1, 9, code, nil)
		r.expect("a: "+code.String(), "hang up", "SUSPENDED", "b: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
	}
}

// A reply that is too long fails the request that it answers, and the others lose a connection.
func TestReplyTooLong(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		head  bool
	}{
		"no xid":      {[]byte{0, 1, 0, 0, 0, 0, 0}, false},
		"its xid":     {[]byte{0, 1, 0, 0, 0, 0, 0, 1}, true},
		"another xid": {[]byte{0, 1, 0, 0, 0, 0, 0, 2}, false},
		"nonsense":    {[]byte("HTTP/1.1 400"), false},
		"negative":    {[]byte{0x80, 1, 0, 0, 0, 0, 0, 1}, false},
	} {
		r := up(t, func(c *Config) { c.MaxReply = 5000 })
		r.submit("a", wire.OpGetData)
		r.submit("b", wire.OpGetData)
		r.pull()
		r.arrive(c.bytes)
		first := "a: CONNECTIONLOSS, written"
		if c.head {
			first = "a: wire: bad frame length 65536: the limit is 5000, written"
		}
		if r.see(); !slices.Contains(r.lines, first) || !slices.Contains(r.lines, "b: CONNECTIONLOSS, written") {
			t.Errorf("%s: %q", name, r.lines)
		}
	}
}
