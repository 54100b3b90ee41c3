package core

import (
	"bytes"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// The bytes of a first handshake, as in protocol.md section 2: 45 with the readOnly byte and 44 without, 37 and 36 back.
func TestHandshakeBytes(t *testing.T) {
	for _, hasReadOnly := range []bool{true, false} {
		w := newWorld(t, Config{ServerID: 5})
		c := w.open()
		r := newSession(10 * time.Second)
		r.HasReadOnly = hasReadOnly
		c.write(connectFrame(r))
		frame := c.frame()
		want := 36
		if hasReadOnly {
			want = 37
		}
		is(t, "length", len(frame), want)
		resp, err := wire.DecodeConnectResponse(frame)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "protocol version", resp.ProtocolVersion, 0)
		is(t, "timeout", resp.TimeOut, 10_000)
		is(t, "read-only byte", resp.HasReadOnly, hasReadOnly)
		is(t, "read-only", resp.ReadOnly, false)
		is(t, "server id in session id", resp.SessionId>>56, 5)
		is(t, "time in session id", resp.SessionId&(1<<56-1), epoch.UnixMilli()<<24>>8&(1<<56-1))
		is(t, "passwd length", len(resp.Passwd), wire.PasswdLen)
		is(t, "zxid", w.s.Zxid(), 1)
	}
}

func TestHandshakeAlwaysReadOnlyByte(t *testing.T) {
	for v, want := range map[Version]bool{V(3, 8, 4): false, V(3, 9, 0): true, V(3, 9, 2): true, V(3, 9, 3): false} {
		w := newWorld(t, Config{Version: v})
		r := newSession(time.Second)
		r.HasReadOnly = false
		is(t, v.String(), w.open().handshake(r).HasReadOnly, want)
	}
}

func TestTimeoutIsClamped(t *testing.T) {
	w := newWorld(t, Config{}) // tick 2 s: 4 s to 40 s
	for _, c := range []struct{ ask, get int32 }{{0, 4000}, {-5, 4000}, {1, 4000}, {4001, 4001}, {39_999, 39_999}, {40_001, 40_000}, {1 << 30, 40_000}} {
		r := newSession(0)
		r.TimeOut = c.ask
		is(t, "timeout", w.open().handshake(r).TimeOut, c.get)
	}
	w = newWorld(t, Config{MinSessionTimeout: time.Second, MaxSessionTimeout: 3 * time.Second})
	is(t, "own minimum", w.open().handshake(newSession(0)).TimeOut, 1000)
	is(t, "own maximum", w.open().handshake(newSession(time.Hour)).TimeOut, 3000)
}

func TestHandshakeOddities(t *testing.T) {
	w := newWorld(t, Config{})
	r := newSession(10 * time.Second)
	r.ProtocolVersion, r.Passwd = 77, nil
	resp := w.open().handshake(r)
	is(t, "any protocol version, null passwd", resp.SessionId != 0, true)
	is(t, "protocol version", resp.ProtocolVersion, 0)

	c := w.open()
	c.write([]byte{0, 0, 0, 3, 1, 2, 3})
	is(t, "short ConnectRequest closes", c.closed, true)
	is(t, "without a word", len(c.in), 0)

	a, b := w.connect(), w.connect()
	is(t, "ids count up", b.session, a.session+1)
}

// What is sent right behind the handshake is kept until the session is there.
func TestPipelinedHandshake(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.open()
	b := connectFrame(newSession(10 * time.Second))
	b = append(b, requestFrame(7, wire.OpPing, nil)...)
	for _, x := range b {
		c.write([]byte{x})
	}
	is(t, "handshake", len(c.frame()), 37)
	is(t, "ping", c.reply().xid, wire.XidPing)
}

func TestRefusedForZxid(t *testing.T) {
	w := newWorld(t, Config{})
	w.connect() // zxid 1
	for seen, accepted := range map[int64]bool{1: true, 2: false, 1 << 40: false} {
		w := newWorld(t, Config{})
		w.connect()
		c := w.open()
		r := newSession(10 * time.Second)
		r.LastZxidSeen = seen
		is(t, "accepted", c.handshake(r) != nil, accepted)
		is(t, "closed", c.closed, !accepted)
	}
}

func TestRenewal(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.connect()
	a.create("/e", "", wire.FlagEphemeral)
	a.hangUp()
	zxid := w.s.Zxid()

	b := w.open()
	r := newSession(20 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	resp := b.handshake(r)
	is(t, "session", resp.SessionId, a.session)
	is(t, "passwd", bytes.Equal(resp.Passwd, a.passwd), true)
	is(t, "new timeout", resp.TimeOut, 20_000)
	is(t, "renewal takes no zxid", w.s.Zxid(), zxid)
	is(t, "ephemeral is still its own", b.stat("/e").EphemeralOwner, a.session)

	// A second connection takes the session over and the first one is closed, with nothing said.
	c := b.resume()
	is(t, "first connection closed", b.closed, true)
	is(t, "silently", len(b.in), 0)
	is(t, "second is served", c.do(wire.OpPing, nil, nil), wire.OK)
}

func TestRefusedRenewal(t *testing.T) {
	for name, change := range map[string]func(*wire.ConnectRequest){
		"unknown session": func(r *wire.ConnectRequest) { r.SessionId++ },
		"wrong passwd":    func(r *wire.ConnectRequest) { r.Passwd[3]++ },
		"null passwd":     func(r *wire.ConnectRequest) { r.Passwd = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a := w.connect()
			r := newSession(10 * time.Second)
			r.SessionId, r.Passwd = a.session, bytes.Clone(a.passwd)
			change(r)
			b := w.open()
			resp := b.handshake(r)
			is(t, "expired", resp.Expired(), true)
			is(t, "timeout", resp.TimeOut, 0)
			is(t, "session", resp.SessionId, 0)
			is(t, "zero passwd", bytes.Equal(resp.Passwd, make([]byte, 16)), true)
			is(t, "closed", b.closed, true)
			// Whoever names the session kicks its connection, whatever the password; the session survives.
			is(t, "old connection closed", a.closed, r.SessionId == a.session)
			if r.SessionId == a.session {
				is(t, "session survives", a.resume().do(wire.OpPing, nil, nil), wire.OK)
			}
		})
	}
}

func TestNoSessionInTime(t *testing.T) {
	w := newWorld(t, Config{})
	idle, busy := w.open(), w.connect()
	w.advance(9999 * time.Millisecond)
	is(t, "still open", idle.closed, false)
	busy.do(wire.OpPing, nil, nil)
	w.advance(time.Millisecond)
	is(t, "closed", idle.closed, true)
	is(t, "one with a session is not", busy.closed, false)
}

func TestNotServing(t *testing.T) {
	w := newWorld(t, Config{Whitelist: []string{"*"}})
	a := w.connect()
	w.s.SetServing(false)
	w.pump()
	is(t, "connections dropped", a.closed, true)
	b := w.open()
	is(t, "no answer", b.handshake(newSession(time.Second)) == nil, true)
	is(t, "closed", b.closed, true)
	is(t, "isro", w.word("isro"), "null")
	is(t, "ruok", w.word("ruok"), "imok")
	is(t, "srvr", w.word("srvr"), "This ZooKeeper instance is not currently serving requests\n")
	w.s.SetServing(true)
	is(t, "the session is still there", a.resume().do(wire.OpPing, nil, nil), wire.OK)
}

func TestTooManyConnections(t *testing.T) {
	w := newWorld(t, Config{MaxConnsPerAddr: 2})
	a := w.connect()
	w.connect()
	c := w.open()
	is(t, "third is closed", c.closed, true)
	a.hangUp()
	w.connect() // there is room again
	is(t, "connections", len(w.s.Conns()), 2)
}

func TestReadOnly(t *testing.T) {
	w := newWorld(t, Config{LocalSessions: true, ReadOnlyMode: true})
	a := w.connect()
	a.make("/a")
	zxid := w.s.Zxid()
	w.s.SetReadOnly(true)
	w.pump()
	is(t, "connections dropped", a.closed, true)
	is(t, "isro", w.word("isro"), "ro")

	refused := w.open()
	is(t, "a client that does not accept it is closed", refused.handshake(newSession(time.Second)) == nil, true)
	r := newSession(10 * time.Second)
	r.ReadOnly = true
	c := w.open()
	resp := c.handshake(r)
	is(t, "read-only", resp.ReadOnly, true)
	is(t, "local session takes no zxid", w.s.Zxid(), zxid)
	_, code := c.exists("/a", false)
	is(t, "reads work", code, wire.OK)
	for _, op := range []wire.Op{wire.OpCreate, wire.OpDelete, wire.OpSetData, wire.OpSetACL, wire.OpMulti, wire.OpSync, wire.OpCreate2, wire.OpReconfig} {
		is(t, op.String(), c.do(op, op.NewRequest(), nil), wire.CodeNotReadOnly)
	}
	renewed := w.open()
	r.SessionId, r.Passwd = a.session, a.passwd
	is(t, "a global session is not renewed", renewed.handshake(r) == nil, true)
	local := c.resumeReadOnly()
	is(t, "a local one is", local.session, c.session)
	is(t, "close", local.do(wire.OpCloseSession, nil, nil), wire.OK)
	is(t, "closed", local.closed, true)

	idle := w.open()
	r = newSession(10 * time.Second)
	r.ReadOnly = true
	idle.handshake(r)
	w.advance(12 * time.Second)
	is(t, "a local session expires", idle.closed, true)

	kept := w.open()
	kept.handshake(r)
	w.s.SetReadOnly(false)
	w.pump()
	is(t, "isro", w.word("isro"), "rw")
	w.s.SetReadOnly(true)
	again := w.open()
	r.SessionId, r.Passwd = kept.session, kept.passwd
	is(t, "local sessions end with the mode", again.handshake(r).Expired() && again.closed, true)
}

// From 3.7 a read-only server needs local sessions; without them it answers with a bare header.
func TestReadOnlyWithoutLocalSessions(t *testing.T) {
	for v, refused := range map[Version]bool{V3_6: false, V3_7: true, V3_9: true} {
		w := newWorld(t, Config{Version: v})
		w.s.SetReadOnly(true)
		c := w.open()
		r := newSession(time.Second)
		r.ReadOnly = true
		c.write(connectFrame(r))
		frame := c.frame()
		_, err := wire.DecodeConnectResponse(frame)
		is(t, v.String(), err == error(wire.CodeNotReadOnly), refused)
		is(t, v.String()+" bare header", len(frame) == wire.ReplyHeaderLen, refused)
	}
}

func (c *peer) resumeReadOnly() *peer {
	c.w.t.Helper()
	again := c.w.open()
	r := newSession(10 * time.Second)
	r.ReadOnly, r.SessionId, r.Passwd = true, c.session, c.passwd
	if again.handshake(r) == nil {
		c.w.t.Fatal("not resumed")
	}
	return again
}

// word asks a four-letter word.
func (w *world) word(word string) string {
	w.t.Helper()
	c := w.open()
	c.write([]byte(word))
	if !c.closed {
		w.t.Errorf("%s: connection stays open", word)
	}
	return string(c.in)
}
