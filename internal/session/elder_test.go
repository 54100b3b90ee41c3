package session

import (
	"context"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// An aging call is a create2 or a multi with one in it, and can be made a plain create or multi. Its
// old body is the new one in capitals.
type aging struct {
	*call
	to   wire.Op
	aged int
	saw  string
}

func (a *aging) Age(body []byte) wire.Op {
	a.aged++
	a.saw = string(body)
	copy(body, strings.ToUpper(string(body)))
	return a.to
}

func (r *rig) elder(name string, op, needs, to wire.Op) *aging {
	c := &call{name: name, body: []byte(name)}
	a := &aging{call: c, to: to}
	c.Request = Request{Op: op, Needs: needs, Call: a}
	r.m.Submit(&c.Request)
	return a
}

// A server that does not know create2 closes the connection. On the next one the request is a create,
// at its old place; its number is the old one, too.
func TestAgesOnTheNextConnection(t *testing.T) {
	r := up(t)
	a := r.elder("a", wire.OpCreate2, 0, wire.OpCreate)
	r.submit("b", wire.OpSetData)
	c := r.elder("c", wire.OpCreate2, 0, wire.OpCreate)
	r.wrote("create2#1")
	r.reply(1, -1, wire.CodeUnimplemented, nil)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.expect("CONNECTED")
	got := r.wrote("create#1", "setData#2", "create#3") // known by now
	if string(got[0].body) != "A" || string(got[2].body) != "C" || a.aged != 1 || c.aged != 1 || a.saw != "a" || c.saw != "c" {
		t.Errorf("%q, %q, aged %d and %d times", got[0].body, got[2].body, a.aged, c.aged)
	}
	r.ok(1, 2, 3)
	r.see()
	if a.times != 1 || a.call.got.Err != nil || c.call.got.Err != nil {
		t.Errorf("%+v", a.call.got)
	}
}

// A multi whose parts the server does not know is answered on a connection that lives.
func TestAgesOnTheSameConnection(t *testing.T) {
	r := up(t)
	a := r.elder("a", wire.OpMulti, wire.OpCreate2, wire.OpMulti)
	r.submit("b", wire.OpSetData)
	r.wrote("multi#1")
	r.reply(1, 7, wire.CodeMarshallingError, nil)
	r.expect()
	got := r.wrote("multi#1", "setData#2")
	if string(got[0].body) != "A" {
		t.Errorf("%q", got[0].body)
	}
	r.reply(1, 8, wire.CodeMarshallingError, nil) // the old form has no excuse
	r.see()
	if a.call.got.Err != wire.CodeMarshallingError || a.times != 1 {
		t.Errorf("%+v", a.call.got)
	}
	// Known now: the next one is written the old way at once, and not alone.
	r.elder("d", wire.OpMulti, wire.OpCreate2, wire.OpMulti)
	if got := r.wrote("multi#3"); string(got[0].body) != "D" {
		t.Errorf("%q", got[0].body)
	}
}

func TestDoesNotAge(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		r := up(t)
		a := r.elder("a", wire.OpMulti, wire.OpCreate2, wire.OpMulti)
		r.pull()
		r.m.Cancel(&a.Request, context.Canceled)
		r.reply(1, 7, wire.CodeMarshallingError, nil)
		r.wrote()
		r.see()
		if a.times != 1 || a.aged != 0 {
			t.Errorf("completed %d times, aged %d times", a.times, a.aged)
		}
	})
	t.Run("no older form", func(t *testing.T) {
		r := up(t)
		a := r.elder("a", wire.OpCreateTTL, 0, 0)
		r.pull()
		r.reply(1, -1, wire.CodeUnimplemented, nil)
		r.see()
		if a.times != 1 || a.call.got.Err != wire.CodeUnimplemented {
			t.Errorf("%+v", a.call.got)
		}
		b := r.elder("b", wire.OpCreateTTL, 0, 0)
		r.connect(1)
		r.wrote()
		r.see()
		if b.times != 1 || b.call.got.Err != wire.CodeUnimplemented || b.call.got.Written {
			t.Errorf("%+v", b.call.got)
		}
	})
	t.Run("another error", func(t *testing.T) {
		r := up(t)
		a := r.elder("a", wire.OpCreate2, 0, wire.OpCreate)
		r.pull()
		r.reply(1, 7, wire.CodeMarshallingError, nil)
		r.see()
		if a.times != 1 || a.aged != 0 {
			t.Errorf("completed %d times, aged %d times", a.times, a.aged)
		}
	})
	t.Run("lost", func(t *testing.T) {
		r := up(t)
		a := r.elder("a", wire.OpCreate2, 0, wire.OpCreate)
		r.pull()
		r.closed()
		r.see()
		if a.times != 1 || !a.call.got.MaybeApplied() {
			t.Errorf("%+v", a.call.got)
		}
	})
}

// Pinned to a connection that is closed because of it, it is not written on another one.
func TestPinnedDoesNotOutliveItsConnection(t *testing.T) {
	r := up(t)
	c := &call{name: "a"}
	c.Request = Request{Op: wire.OpCreate2, Conn: r.m.conn, Call: &aging{call: c, to: wire.OpCreate}}
	r.m.Submit(&c.Request)
	r.pull()
	r.reply(1, -1, wire.CodeUnimplemented, nil)
	r.see()
	if c.times != 1 || c.got.Err == nil || c.got.MaybeApplied() {
		t.Errorf("%+v", c.got)
	}
}
