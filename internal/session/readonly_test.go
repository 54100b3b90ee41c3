package session

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// upReadOnly is a rig with a session on a read-only server.
func upReadOnly(t *testing.T) *rig {
	r := newRig(t, func(c *Config) { c.ReadOnly = true }).start()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.see()
	return r
}

// A read-only server refuses writes before it answers the reads in front of them. All have their turn.
func TestRefusalsOvertakeOnReadOnlyServers(t *testing.T) {
	r := upReadOnly(t)
	for _, n := range []string{"a", "c", "f"} {
		r.submit(n, wire.OpGetData)
		if n != "f" {
			r.submit(n+"1", wire.OpSetData)
			r.submit(n+"2", wire.OpDelete)
		}
	}
	r.wrote("getData#1", "setData#2", "delete#3", "getData#4", "setData#5", "delete#6", "getData#7")
	for _, xid := range []int32{3, 2, 5} {
		r.reply(xid, 9, wire.CodeNotReadOnly, nil)
	}
	r.expect()
	r.ok(1)
	r.expect("a: ok", "a1: NOTREADONLY", "a2: NOTREADONLY")
	r.ok(4)
	r.expect("c: ok", "c1: NOTREADONLY")
	r.reply(6, 9, wire.CodeNotReadOnly, nil)
	r.ok(7)
	r.expect("c2: NOTREADONLY", "f: ok")
}
