package session

import (
	"context"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A request newer than every server goes out alone, once per address.
func TestNewRequestGoesAlone(t *testing.T) {
	r := up(t)
	for _, n := range "ab" {
		r.submit(string(n), wire.OpSetData)
	}
	r.submit("c", wire.OpCreate2)
	r.submit("d", wire.OpSetData)
	r.submit("e", wire.OpCreate2)
	r.wrote("setData#1", "setData#2")
	r.ok(1)
	r.wrote()
	r.ok(2)
	r.wrote("create2#3")
	r.submit("f", wire.OpSetData)
	r.wrote()
	r.reply(3, 5, wire.CodeNodeExists, nil)
	r.wrote("setData#4", "create2#5", "setData#6") // now it is known
	r.submit("g", wire.OpCreateTTL)                // this one is not
	r.wrote()
	r.ok(4, 5, 6)
	r.wrote("createTTL#7")
}

func TestUnknownToTheServer(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpCreate2)
	r.submit("b", wire.OpSetData)
	r.wrote("create2#1")
	r.reply(1, -1, wire.CodeUnimplemented, nil)
	// The server hangs up now. b must not be written to it.
	r.expect("a: UNIMPLEMENTED", "hang up", "SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.submit("c", wire.OpCreate2)
	r.see()
	r.wrote("setData#2")
	r.expect("c: UNIMPLEMENTED") // without asking
	if r.lines[len(r.lines)-1] != "c: UNIMPLEMENTED" {
		t.Error(r.lines)
	}
}

// Each address is asked for itself.
func TestCapabilitiesAreOfAnAddress(t *testing.T) {
	r := up(t, hostList("10.0.0.1:1", "10.0.0.2:1"))
	r.submit("a", wire.OpCreate2)
	r.wrote("create2#1")
	r.ok(1)
	first := r.dialed.Addr
	r.jump(sec)
	r.closed()
	r.see()
	if r.dialed.Addr == first {
		t.Fatal("same address")
	}
	r.connect(1)
	r.see()
	r.submit("b", wire.OpSetData)
	r.submit("c", wire.OpCreate2)
	r.wrote("setData#2")
	r.ok(2)
	r.wrote("create2#3")
	r.reply(3, -1, wire.CodeUnimplemented, nil)
	r.see()
	if r.dialed.Addr != first {
		r.closed()
		r.awake()
	}
	for r.dialed.Addr != first {
		r.closed()
		r.awake()
	}
	r.connect(1)
	r.see()
	r.submit("d", wire.OpSetData)
	r.submit("e", wire.OpCreate2)
	r.wrote("setData#4", "create2#5") // the first one still understands it
}

// UNIMPLEMENTED with a zxid says that a feature is switched off: the request was understood, and the
// connection lives.
func TestFeatureSwitchedOff(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpCreateTTL)
	r.wrote("createTTL#1")
	r.reply(1, 50, wire.CodeUnimplemented, nil)
	r.submit("b", wire.OpCreateTTL)
	r.expect("a: UNIMPLEMENTED")
	r.wrote("createTTL#2")
}

// UNIMPLEMENTED overtakes replies: those will not come any more, though the requests were carried out.
func TestUnimplementedOvertakes(t *testing.T) {
	r := up(t)
	r.submit("known", wire.OpCreate2)
	r.pull()
	r.ok(1)
	r.see()
	for _, n := range "ab" {
		r.submit(string(n), wire.OpSetData)
	}
	r.submit("c", wire.OpCreate2) // the server was replaced by an older one
	r.submit("d", wire.OpSetData)
	r.wrote("setData#2", "setData#3", "create2#4", "setData#5")
	r.submit("queued", wire.OpSetData)
	r.reply(4, -1, wire.CodeUnimplemented, nil)
	r.expect("c: UNIMPLEMENTED", "hang up", "SUSPENDED", "a: CONNECTIONLOSS, written", "b: CONNECTIONLOSS, written",
		"d: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
	r.connect(1)
	r.see()
	r.wrote("setData#6")
	r.submit("e", wire.OpCreate2)
	r.wrote()
	r.expect("e: UNIMPLEMENTED")
}

// Even a cancelled request that is alone holds the others until its answer.
func TestCancelledSoloRequest(t *testing.T) {
	r := up(t)
	a := r.submit("a", wire.OpCreate2)
	r.submit("b", wire.OpSetData)
	r.wrote("create2#1")
	r.m.Cancel(&a.Request, context.Canceled)
	r.wrote()
	r.ok(1)
	r.wrote("setData#2")
	c := r.submit("c", wire.OpMultiRead)
	d := r.submit("d", wire.OpSetData)
	r.m.Cancel(&c.Request, context.Canceled) // never written
	r.wrote("setData#4")
	r.ok(2, 4)
	r.see()
	if d.got.Err != nil {
		t.Error(d.got.Err)
	}
}

// A connection that is lost with a lone request leaves nothing behind.
func TestLoneRequestLost(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpCreate2)
	r.wrote("create2#1")
	r.submit("b", wire.OpSetData)
	r.submit("c", wire.OpCreate2)
	r.reconnect()
	r.wrote("setData#2")
	r.ok(2)
	r.wrote("create2#3")
}

func addAuth(scheme, data string) func(*call) {
	return func(c *call) {
		c.body, _ = wire.Append(nil, &proto.AuthPacket{Scheme: scheme, Auth: []byte(data)})
	}
}

func TestAddAuth(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpSetData)
	r.submit("auth", wire.OpAuth, addAuth("digest", "u:p"))
	r.submit("b", wire.OpSetData)
	r.wrote("setData#1")
	r.ok(1)
	r.wrote("auth#-4")
	r.reply(wire.XidAuth, 0, wire.OK, nil)
	r.expect("a: ok", "auth: ok")
	r.wrote("setData#2")
	// The same once more is one credential.
	r.submit("again", wire.OpAuth, addAuth("digest", "u:p"))
	r.ok(2)
	r.wrote("auth#-4")
	r.ok(wire.XidAuth)
	r.see()
	r.closed()
	r.connect(1)
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	got := r.wrote("auth#-4")
	var p proto.AuthPacket
	if err := wire.Decode(got[0].body, &p); err != nil || p.Scheme != "digest" || string(p.Auth) != "u:p" {
		t.Errorf("%+v, %v", p, err)
	}
	r.ok(wire.XidAuth)
	r.expect("CONNECTED")
}

// A refusal fails that call only: requests behind it are not written to a connection that the server
// closes, and later connections do not repeat it.
func TestAddAuthRefused(t *testing.T) {
	r := up(t)
	r.submit("auth", wire.OpAuth, addAuth("digest", "u:p"))
	r.submit("b", wire.OpSetData)
	r.wrote("auth#-4")
	r.reply(wire.XidAuth, 0, wire.CodeAuthFailed, nil)
	r.wrote()
	r.expect("auth: AUTHFAILED", "hang up", "SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.expect("CONNECTED")
	r.wrote("setData#1")
}

func TestAddAuthLost(t *testing.T) {
	r := up(t)
	a := r.submit("auth", wire.OpAuth, addAuth("digest", "u:p"))
	r.wrote("auth#-4")
	r.closed()
	r.connect(1)
	r.see()
	r.wrote()
	if !a.got.MaybeApplied() {
		t.Errorf("%+v", a.got)
	}
}

func TestAuthReplyToNothing(t *testing.T) {
	r := up(t)
	r.submit("a", wire.OpCreate2) // is alone, but no credential
	r.pull()
	r.ok(wire.XidAuth)
	r.expect("hang up", "SUSPENDED", "a: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
}
