package core

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func length(n int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// A frame that is empty, negative or too long closes the connection, with or without a session, and without a word.
func TestBadFrames(t *testing.T) {
	for _, b := range [][]byte{length(0), length(-1), length(-1 << 31), length(0x100000), length(1<<31 - 1), append(length(4), 1, 2, 3, 4)} {
		for _, session := range []bool{true, false} {
			w := newWorld(t, Config{})
			c := w.open()
			if session {
				c.handshake(newSession(0))
			}
			c.write(b)
			is(t, fmt.Sprintf("% x, session %t: closed", b, session), c.closed, true)
			is(t, "nothing said", len(c.in), 0)
		}
	}
	w := newWorld(t, Config{})
	c := w.connect()
	value := bytes.Repeat([]byte("x"), wire.DefaultMaxRequest-8-(4+2+4+4+4+5+4+6+4+4))
	is(t, "the longest frame", c.do(wire.OpCreate, &proto.CreateRequest{Path: "/a", Data: value, Acl: openACL}, nil), wire.OK)
	c.send(wire.OpSetData, &proto.SetDataRequest{Path: "/a", Data: append(value, make([]byte, 100)...)})
	is(t, "one byte more", c.closed, true)
	w = newWorld(t, Config{MaxFrame: 100})
	c = w.connect()
	c.send(wire.OpSetData, &proto.SetDataRequest{Path: "/a", Data: make([]byte, 100)})
	is(t, "own limit", c.closed, true)
}

// A record that ends early is MARSHALLINGERROR, and the connection goes on.
func TestTruncatedRecords(t *testing.T) {
	w := newWorld(t, Config{ExtendedTypes: true})
	c := w.connect()
	records := map[wire.Op]wire.Record{
		wire.OpCreate:    createRequest("/a", "x", 0),
		wire.OpCreateTTL: &proto.CreateTTLRequest{Path: "/a", Acl: openACL, Flags: 5, Ttl: 1},
		wire.OpDelete:    &proto.DeleteRequest{Path: "/a"}, wire.OpSetData: &proto.SetDataRequest{Path: "/a"},
		wire.OpExists: &proto.ExistsRequest{Path: "/a"}, wire.OpGetACL: &proto.GetACLRequest{Path: "/a"},
		wire.OpSetWatches: &proto.SetWatches{ChildWatches: []string{"/a"}}, wire.OpAddWatch: &proto.AddWatchRequest{Path: "/a"},
		wire.OpMulti: &wire.MultiRequest{Ops: []wire.MultiOp{opCreate("/m")}}, wire.OpMultiRead: &wire.MultiRequest{Ops: []wire.MultiOp{opGet("/")}},
		wire.OpSync: &proto.SyncRequest{Path: "/"}, wire.OpCheckWatches: &proto.CheckWatchesRequest{Path: "/"},
		wire.OpGetEphemerals: &proto.GetEphemeralsRequest{PrefixPath: "/"}, wire.OpReconfig: &proto.ReconfigRequest{},
	}
	for op, record := range records {
		whole, _ := wire.Append(nil, record)
		for n := range whole {
			var e wire.Encoder
			mark := e.BeginFrame()
			e.B = append(append(e.B, length(int32(n)+1)...), length(int32(op))...)
			e.B = append(e.B, whole[:n]...)
			_ = e.EndFrame(mark, 0)
			c.write(e.B)
			a := c.reply()
			if a == nil || a.xid != int32(n)+1 || a.code != wire.CodeMarshallingError {
				t.Fatalf("%v cut to %d of %d: %+v (closed %t)", op, n, len(whole), a, c.closed)
			}
		}
	}
	is(t, "nothing was made", len(w.s.State().Nodes("/")), 4)
}

func TestNullPaths(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	for _, op := range []wire.Op{wire.OpGetData, wire.OpExists, wire.OpCreate, wire.OpDelete, wire.OpSetACL, wire.OpAddWatch} {
		body, _ := wire.Append(nil, op.NewRequest())
		copy(body, length(-1)) // in place of the length 0 of an empty path
		b := append(length(int32(8+len(body))), length(5)...)
		b = append(append(b, length(int32(op))...), body...)
		c.write(b)
		is(t, op.String(), c.reply().code, wire.CodeMarshallingError)
	}
}

func TestTrailingBytesAreIgnored(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	b := requestFrame(5, wire.OpExists, &proto.ExistsRequest{Path: "/"})
	b = append(b, "more"...)
	copy(b, length(int32(len(b)-4)))
	c.write(b)
	is(t, "code", c.reply().code, wire.OK)
}

func TestXidsAreEchoed(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	for _, xid := range []int32{1, 0, -1 << 31, 1<<31 - 1, -5, 1} {
		c.write(requestFrame(xid, wire.OpSync, &proto.SyncRequest{}))
		is(t, "echo", c.reply().xid, xid)
		c.write(requestFrame(xid, wire.OpPing, nil))
		is(t, "ping is always -2", c.reply().xid, wire.XidPing)
	}
	c.write(requestFrame(wire.XidSetWatches, wire.OpSetWatches, &proto.SetWatches{}))
	is(t, "setWatches", c.reply().xid, wire.XidSetWatches)
}

// An unknown operation is answered -6 with zxid -1, and closes; what is behind it is lost.
func TestUnknownOperations(t *testing.T) {
	for _, op := range []wire.Op{0, -1, -10, 10, 23, 99, 108, 1 << 30, wire.OpCheck} {
		w := newWorld(t, Config{})
		c := w.connect()
		c.write(append(requestFrame(3, op, nil), requestFrame(4, wire.OpPing, nil)...))
		a := c.reply()
		is(t, op.String(), a.code, wire.CodeUnimplemented)
		is(t, "zxid", a.zxid, -1)
		is(t, "xid", a.xid, 3)
		is(t, "closed", c.closed, true)
		is(t, "nothing more", len(c.in), 0)
		is(t, "no zxid", w.s.Zxid(), 1)
	}
	for _, x := range []struct {
		op   wire.Op
		v, w Version // last without, first with
	}{
		{wire.OpCreate2, V3_4, V(3, 5, 0)}, {wire.OpCreateContainer, V(3, 5, 0), V(3, 5, 1)}, {wire.OpCreateTTL, V(3, 5, 2), V(3, 5, 3)},
		{wire.OpMultiRead, V3_5, V(3, 6, 0)}, {wire.OpAddWatch, V3_5, V(3, 6, 0)}, {wire.OpWhoAmI, V3_6, V(3, 7, 0)},
	} {
		for _, v := range []Version{x.v, x.w} {
			c := newWorld(t, Config{Version: v}).connect()
			is(t, fmt.Sprint(x.op, " on ", v), c.ask(x.op, x.op.NewRequest()).code == wire.CodeUnimplemented && c.closed, v == x.v)
		}
	}
}

// Input may come in any pieces.
func TestPieces(t *testing.T) {
	var script []byte
	script = append(script, connectFrame(newSession(0))...)
	for i := range int32(20) {
		script = append(script, requestFrame(i+1, wire.OpCreate, createRequest("/s", strings.Repeat("x", int(i)*30), wire.FlagPersistentSequential))...)
	}
	var want []byte
	for _, size := range []int{len(script), 1, 2, 3, 7, 100} {
		w := newWorld(t, Config{})
		c := w.open()
		for rest := script; len(rest) > 0; {
			n := min(size, len(rest))
			c.write(rest[:n])
			rest = rest[n:]
		}
		if want == nil {
			want = c.in
		}
		if !bytes.Equal(c.in, want) {
			t.Errorf("pieces of %d: another answer", size)
		}
	}
}

// A client that does not read is no longer read from, until it does.
func TestBackPressure(t *testing.T) {
	w := newWorld(t, Config{MaxOutput: 1 << 20})
	c := w.connect()
	c.create("/big", strings.Repeat("x", 100_000), 0)
	c.deaf = true
	for i := range int32(50) {
		c.write(requestFrame(100+i, wire.OpGetData, &proto.GetDataRequest{Path: "/big"}))
	}
	is(t, "stalled", c.conn.Stalled(), true)
	if n := c.conn.Pending(); n > 1<<19 {
		t.Errorf("%d bytes wait", n)
	}
	if len(c.out) == 0 {
		t.Error("all was taken")
	}
	c.deaf = false
	c.w.s.wake(c.conn)
	w.pump()
	for i := range int32(50) {
		if a := c.reply(); a == nil || a.xid != 100+i {
			t.Fatalf("reply %d: %+v", i, a)
		}
	}
}

// One that does not read its events is cut.
func TestTooManyEvents(t *testing.T) {
	w := newWorld(t, Config{MaxOutput: 1000})
	a, b := w.connect(), w.connect()
	b.addWatch("/", wire.ModePersistentRecursive)
	b.deaf = true
	for i := range 100 {
		a.make(fmt.Sprint("/", i))
	}
	is(t, "closing", b.conn.Closing(), true)
	is(t, "why", b.conn.Why(), "too many events wait")
	if n := b.conn.Pending(); n > 1100 {
		t.Errorf("%d bytes wait", n)
	}
	is(t, "watches", len(w.s.Watches()), 0)
}

// A closed connection is forgotten, whoever closes it and however often.
func TestClosedConnections(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.exists("/a", true)
	conn := c.conn
	c.hangUp()
	conn.Closed(w.now)
	is(t, "input goes nowhere", conn.Received(w.now, []byte("abcd")), 4)
	is(t, "output is gone", len(conn.Pull(nil)), 0)
	w.connect().make("/a")
	is(t, "connections", len(w.s.Conns()), 1)
	is(t, "watches", len(w.s.Watches()), 0)
}

// A connection is in Woken once, however much happens to it.
func TestWoken(t *testing.T) {
	s := New(Config{}, epoch)
	c := s.Open(epoch, netip.AddrPort{})
	is(t, "nothing happened", len(s.Woken(nil)), 0)
	c.Received(epoch, connectFrame(newSession(0)))
	c.Received(epoch, append(requestFrame(1, wire.OpPing, nil), requestFrame(1, wire.OpPing, nil)...))
	woken := s.Woken(nil)
	is(t, "once", len(woken) == 1 && woken[0] == c, true)
	is(t, "and forgotten", len(s.Woken(nil)), 0)
	c.Received(epoch, requestFrame(1, wire.OpPing, nil))
	is(t, "until it happens again", len(s.Woken(woken)), 2)
	is(t, "pulled", len(c.Pull(nil)), 4+37+3*(4+wire.ReplyHeaderLen))
	is(t, "number", c.ID(), 1)
}
