package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

func TestRequestsAreWrittenAndAnsweredInOrder(t *testing.T) {
	r := newRig(t).start()
	r.submit("a", wire.OpGetData)
	r.connect(1)
	r.expect("CONNECTED new")
	r.submit("b", wire.OpSetData)
	r.submit("c", wire.OpDelete)
	for i, f := range r.wrote("getData#1", "setData#2", "delete#3") {
		if string(f.body) != string("abc"[i]) {
			t.Errorf("body %q", f.body)
		}
	}
	r.ok(1)
	r.reply(2, 70, wire.CodeBadVersion, nil)
	r.expect("a: ok", "b: BADVERSION")
	r.submit("d", wire.OpGetData)
	r.ok(3)
	r.wrote("getData#4")
	r.ok(4)
	r.expect("c: ok", "d: ok")
}

func TestReply(t *testing.T) {
	r := up(t)
	c := r.submit("a", wire.OpGetData)
	r.pull()
	r.send(func(e *wire.Encoder) error {
		mark := e.BeginFrame()
		e.B = binary.BigEndian.AppendUint32(e.B, 1)
		e.B = binary.BigEndian.AppendUint64(e.B, 99)
		e.B = binary.BigEndian.AppendUint32(e.B, 0)
		e.B = append(e.B, "the body"...)
		return e.EndFrame(mark, 0)
	})
	r.see()
	p := c.got
	if p.Err != nil || string(p.Body) != "the body" || p.Zxid != 99 || p.Xid != 1 || !p.Written || !p.Replied ||
		p.Epoch != 1 || p.Conn != r.m.conn || p.MaybeApplied() {
		t.Errorf("%+v", p)
	}
}

func TestConnectionLoss(t *testing.T) {
	r := up(t)
	a := r.submit("a", wire.OpSetData)
	r.submit("b", wire.OpSetData)
	r.wrote("setData#1", "setData#2")
	conn := r.m.conn
	r.submit("c", wire.OpSetData)
	r.submit("d", wire.OpSetData)
	r.closed()
	r.expect("SUSPENDED", "a: CONNECTIONLOSS, written", "b: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
	if p := a.got; !p.MaybeApplied() || p.Conn != conn || p.Epoch != 1 {
		t.Errorf("%+v", p)
	}
	r.submit("e", wire.OpSetData)
	r.connect(1)
	r.expect("CONNECTED")
	r.wrote("setData#3", "setData#4", "setData#5")
	r.ok(3, 4, 5)
	r.expect("c: ok", "d: ok", "e: ok")
}

func TestEncodeFailure(t *testing.T) {
	r := up(t)
	bad := errors.New("bad value")
	r.submit("a", wire.OpSetData)
	r.submit("b", wire.OpSetData, func(c *call) { c.fail = bad })
	r.submit("c", wire.OpSetData, watching("/c", WatchData), func(c *call) { c.fail = bad })
	r.submit("d", wire.OpSetData)
	r.expect("b: bad value", "c: bad value")
	got := r.wrote("setData#1", "setData#4")
	if string(got[1].body) != "d" {
		t.Errorf("body %q", got[1].body)
	}
	r.ok(1, 4)
	r.expect("a: ok", "d: ok")
}

func TestFrameTooLong(t *testing.T) {
	r := up(t, func(c *Config) { c.MaxRequest = 100 })
	fits := func(n int) func(*call) { return func(c *call) { c.body = make([]byte, n) } }
	r.submit("longest", wire.OpSetData, fits(92))
	long := r.submit("too long", wire.OpSetData, fits(93))
	r.see()
	var e *wire.FrameError
	if !errors.As(long.got.Err, &e) || e.Max != 100 || long.got.Written {
		t.Errorf("%+v", long.got)
	}
	if got := r.wrote("setData#1"); len(got[0].body) != 92 {
		t.Errorf("%d bytes", len(got[0].body))
	}
}

func TestMaxQueued(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxQueued = 60 }).start()
	a := r.submit("a", wire.OpSetData, func(c *call) { c.body = make([]byte, 18) }) // 30 bytes
	r.submit("b", wire.OpSetData, func(c *call) { c.body = make([]byte, 18) })
	r.submit("c", wire.OpSetData)
	r.expect("c: too many requests in flight")
	r.m.Cancel(&a.Request, context.Canceled)
	r.submit("d", wire.OpSetData) // there is room again
	r.expect("a: context canceled")
	r.connect(1)
	r.see()
	r.wrote("setData#2", "setData#3")
	r.submit("e", wire.OpSetData)
	r.expect()
}

func TestPullsAreBounded(t *testing.T) {
	r := up(t)
	var want []byte
	for i := range 100 {
		body := bytes.Repeat([]byte{byte(i)}, 10<<10)
		r.submit("x", wire.OpSetData, func(c *call) { c.body = body })
		want = append(want, body[0])
	}
	pulls := 0
	var all []byte
	for {
		b := r.m.Pull(r.now, r.m.conn, nil)
		if len(b) == 0 {
			break
		}
		if len(b) > 266<<10+24 {
			t.Fatalf("%d bytes at once", len(b))
		}
		pulls++
		all = append(all, b...)
	}
	if pulls < 4 {
		t.Errorf("%d pulls", pulls)
	}
	var got []byte
	for _, f := range r.frames(all) {
		got = append(got, f.body[0])
	}
	if !bytes.Equal(got, want) {
		t.Error("wrong order")
	}
}

// Pull appends: what is in the buffer stays.
func TestPullAppends(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpSetData)
	b := r.m.Pull(r.now, r.m.conn, []byte("head"))
	if string(b[:4]) != "head" || len(r.frames(b[4:])) != 1 {
		t.Errorf("%q", b)
	}
}

func TestXidWraps(t *testing.T) {
	r := up(t)
	r.m.xid = math.MaxInt32 - 1
	for _, n := range "abc" {
		r.submit(string(n), wire.OpSetData)
	}
	r.wrote("setData#2147483647", "setData#1", "setData#2")
	r.ok(math.MaxInt32, 1, 2)
	r.expect("a: ok", "b: ok", "c: ok")
}

func TestUnknownCode(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpSetData)
	r.submit("b", wire.OpSetData)
	r.pull()
	r.reply(1, 4, wire.Code(-777), nil)
	r.reply(2, 4, wire.Code(42), nil)
	r.expect("a: code -777", "b: code 42")
}

func TestNothingIsAcceptedWhenOff(t *testing.T) {
	r := newRig(t)
	r.submit("a", wire.OpSetData)
	r.expect("a: client closed")
	r.start()
	r.m.Abort(nil, ErrClosed)
	r.submit("b", wire.OpSetData)
	r.expect("hang up", "CLOSED", "closed: ok", "b: client closed")
}

func TestPinnedToEpoch(t *testing.T) {
	pin := func(n uint64) func(*call) { return func(c *call) { c.Epoch = n } }
	r := newRig(t).start()
	r.submit("none yet", wire.OpSetData, pin(1))
	r.expect("none yet: SESSIONEXPIRED")
	r.connect(1)
	r.see()
	r.submit("a", wire.OpSetData, pin(1))
	r.submit("b", wire.OpSetData, pin(2))
	r.submit("c", wire.OpSetData, pin(0))
	r.expect("b: SESSIONEXPIRED")
	r.wrote("setData#1", "setData#2")
	r.closed()
	r.see()
	r.submit("waits", wire.OpSetData, pin(1))
	r.connect(1)
	r.see()
	r.wrote("setData#3") // the same session on another connection
	r.closed()
	r.see()
	d := r.submit("d", wire.OpSetData, pin(1))
	r.opened()
	r.hello()
	r.see()
	r.refuse()
	r.expect("LOST", "d: SESSIONEXPIRED", "hang up", "dial 10.0.0.1:2181")
	if d.got.Written {
		t.Error("never written")
	}
	r.submit("e", wire.OpSetData, pin(1))
	r.expect("e: SESSIONEXPIRED")
	r.connect(2)
	r.submit("f", wire.OpSetData, pin(1))
	r.submit("g", wire.OpSetData, pin(2))
	r.expect("CONNECTED new", "f: SESSIONEXPIRED")
	r.wrote("setData#5")
}

func TestPinnedToConnection(t *testing.T) {
	pin := func(n uint64) func(*call) { return func(c *call) { c.Conn = n } }
	r := up(t)
	conn := r.m.conn
	r.submit("a", wire.OpSetData, pin(conn))
	r.wrote("setData#1")
	r.submit("b", wire.OpSetData, pin(conn))
	c := r.submit("c", wire.OpSetData)
	r.closed() // b is not left waiting for a connection that does not come back
	r.expect("SUSPENDED", "a: CONNECTIONLOSS, written", "b: CONNECTIONLOSS", "dial 10.0.0.1:2181")
	r.submit("d", wire.OpSetData, pin(conn))
	r.expect("d: CONNECTIONLOSS")
	r.connect(1)
	r.see()
	r.wrote(fmt.Sprintf("setData#%d", c.xid))
	r.submit("e", wire.OpSetData, pin(conn))
	r.submit("f", wire.OpSetData, pin(r.m.conn))
	r.expect("e: CONNECTIONLOSS")
	r.wrote("setData#4")
}
