package session

import (
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// greetedByElder has a server before 3.4 grant the session: its handshake has no byte for read-only servers.
func (r *rig) greetedByElder(id int64) {
	r.Helper()
	r.opened()
	r.hello()
	r.see()
	r.send(func(e *wire.Encoder) error {
		w := wire.ConnectResponse{}
		w.SessionId, w.TimeOut, w.Passwd = id, int32(tt.Milliseconds()), passwd(id)
		return e.AppendFrame(&w)
	})
}

// Such a server drops what it does not know without a word: it is not tried out.
func TestServerBefore34(t *testing.T) {
	r := newRig(t).start()
	r.greetedByElder(1)
	r.expect("CONNECTED new")
	create := r.elder("create", wire.OpCreate2, 0, wire.OpCreate)
	r.submit("get", wire.OpGetData)
	r.submit("multi", wire.OpMulti)
	r.submit("count", wire.OpGetAllChildrenNumber)
	r.submit("set", wire.OpSetData)
	r.wrote("create#1", "getData#2", "setData#5")
	r.expect("multi: UNIMPLEMENTED", "count: UNIMPLEMENTED")
	r.ok(1, 2, 5)
	r.expect("get: ok", "set: ok")
	if create.times != 1 || create.call.got.Err != nil {
		t.Errorf("%+v", create.call.got)
	}
	r.submit("multi", wire.OpMulti) // with nothing beside it that others might not know
	r.submit("get", wire.OpGetData)
	r.wrote("getData#7")
	r.expect("multi: UNIMPLEMENTED")
	r.ok(7)
	r.expect("get: ok")

	// It is a fact of the connection, not of the address: servers are replaced.
	r.jump(steady)
	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.expect("CONNECTED")
	r.submit("multi", wire.OpMulti)
	r.wrote("multi#8")
	r.ok(8)
	r.expect("multi: ok")
	r.elder("create", wire.OpCreate2, 0, wire.OpCreate)
	r.wrote("create2#9")
}

func TestServerBefore34HasNoSASL(t *testing.T) {
	r := newRig(t, withSASL).start()
	r.greetedByElder(1)
	if got := r.see(); len(got) != 3 || got[0] != "hang up" || got[1] != "AUTH_FAILED" {
		t.Errorf("%v", got)
	}
}

// What is known of servers is not remembered for ever, where they come back with other addresses.
func TestServersAreForgotten(t *testing.T) {
	var c capabilities
	for i := range 10 * maxKnown {
		c.meet(fmt.Sprint(i))
		c.learn(wire.OpCreate2, i%2 == 0)
		if c.lacks(wire.OpCreate2) != (i%2 == 1) {
			t.Fatalf("server %d", i)
		}
		if len(c.byAddr) > maxKnown {
			t.Fatalf("%d servers are remembered", len(c.byAddr))
		}
	}
}
