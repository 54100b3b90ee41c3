package session

import (
	"bytes"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestNewSession(t *testing.T) {
	r := newRig(t)
	if s := r.m.state; s != Lost {
		t.Fatalf("begins as %v", s)
	}
	r.m.Start(r.now)
	r.expect("CONNECTING", "dial 10.0.0.1:2181")
	r.opened()
	h := r.hello()
	if h.SessionId != 0 || !bytes.Equal(h.Passwd, make([]byte, 16)) || h.LastZxidSeen != 0 || h.TimeOut != 12000 {
		t.Fatalf("asks for %v, password %x", &h, h.Passwd)
	}
	if !h.HasReadOnly || h.ReadOnly {
		t.Fatalf("readOnly: present %t, value %t", h.HasReadOnly, h.ReadOnly)
	}
	r.wrote() // nothing may follow before the answer is there
	r.welcome(7)
	r.expect("CONNECTED new")
	c := r.changes[1]
	if c.From != Connecting || c.Addr != "10.0.0.1:2181" || c.Err != nil || c.Rollback {
		t.Errorf("change is %+v", c)
	}
	if i := c.Info; i.ID != 7 || i.Epoch != 1 || i.Timeout != tt || i.Resumed || !bytes.Equal(i.Password, passwd(7)) {
		t.Errorf("session is %+v", i)
	}
	r.m.Start(r.now) // again
	r.expect()
}

func TestReadOnlyIsAskedForAndReported(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ReadOnly = true }).start()
	r.opened()
	if h := r.hello(); !h.ReadOnly {
		t.Fatal("readOnly is not set")
	}
	r.grant(1, tt, true)
	r.expect("CONNECTED_RO new")
}

// Servers before 3.4 answer without the readOnly byte, and some send what nobody asked for.
func TestWelcomeOfAnyLength(t *testing.T) {
	w := wire.ConnectResponse{}
	w.SessionId, w.TimeOut, w.Passwd = 5, 6000, passwd(5)
	short, err := wire.Append(nil, &w)
	if err != nil || len(short) != 36 {
		t.Fatal(len(short), err)
	}
	for _, body := range [][]byte{short, append(short[:36:36], 0), append(short[:36:36], 0, 9, 9)} {
		r := newRig(t).start()
		r.opened()
		r.hello()
		r.arrive(append([]byte{0, 0, 0, byte(len(body))}, body...))
		r.expect("CONNECTED new")
		if r.m.sess.Timeout != 6*sec {
			t.Errorf("timeout is %v", r.m.sess.Timeout)
		}
	}
}

func TestRenewal(t *testing.T) {
	r := up(t)
	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	if c := r.changes[2]; c.Err == nil || c.Info.ID != 1 || c.New {
		t.Errorf("change is %+v", c)
	}
	h := r.connect(1)
	if h.SessionId != 1 || !bytes.Equal(h.Passwd, passwd(1)) {
		t.Errorf("asks for %v, password %x", &h, h.Passwd)
	}
	r.expect("CONNECTED")
	if r.m.sess.Epoch != 1 {
		t.Errorf("epoch is %d", r.m.sess.Epoch)
	}
}

// A renewal may come with another timeout, and all deadlines follow it.
func TestRenewalWithAnotherTimeout(t *testing.T) {
	r := up(t)
	r.closed()
	r.opened()
	r.hello()
	r.grant(1, 6*sec, false)
	r.expect("SUSPENDED", "dial 10.0.0.1:2181", "CONNECTED")
	if d := r.m.NextDeadline() - r.now; d != 2*sec {
		t.Errorf("next deadline in %v", d)
	}
}

func TestRefusedRenewal(t *testing.T) {
	r := up(t, hostList("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"))
	w := r.submit("watch", wire.OpGetData, watching("/a", WatchData))
	r.wrote("getData#1")
	r.ok(1)
	r.closed()
	r.see()
	r.submit("queued", wire.OpSetData)
	r.opened()
	r.hello()
	addr := r.dialed.Addr
	r.refuse()
	r.expect("LOST", "queued: SESSIONEXPIRED", "fire /a: SESSIONEXPIRED", "hang up", "dial "+addr)
	r.submit("later", wire.OpSetData)
	h := r.connect(2)
	if h.SessionId != 0 || !bytes.Equal(h.Passwd, make([]byte, 16)) {
		t.Errorf("asks for %v, password %x", &h, h.Passwd)
	}
	r.expect("CONNECTED new")
	if e := r.m.sess.Epoch; e != 2 {
		t.Errorf("epoch is %d", e)
	}
	if f := w.Watch.Call.(*fired); f.times != 1 || f.err != wire.CodeSessionExpired {
		t.Errorf("watch: %+v", f)
	}
	r.wrote("setData#3")
}

// ClickHouse Keeper grants a new session instead of refusing the old one.
func TestAnotherSessionGranted(t *testing.T) {
	r := up(t)
	r.closed()
	r.opened()
	r.hello()
	r.see()
	r.submit("queued", wire.OpSetData)
	r.welcome(9)
	r.expect("LOST", "queued: SESSIONEXPIRED", "CONNECTED new")
	if i := r.m.sess; i.ID != 9 || i.Epoch != 2 {
		t.Errorf("session is %+v", i)
	}
}

// From 3.7 a read-only server refuses with a bare reply header.
func TestRefusalByHeader(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1")).start()
	r.opened()
	r.hello()
	r.reply(wire.XidNone, 5, wire.CodeNotReadOnly, nil)
	if got := r.see(); len(got) != 2 || got[0] != "hang up" || got[1][:4] != "dial" {
		t.Fatal(got)
	}
}

func TestRefusedNewSessionTriesTheNext(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1")).start()
	first := r.dialed.Addr
	r.opened()
	r.hello()
	r.refuse()
	r.see()
	if r.dialed.Addr == first || r.m.state != Connecting {
		t.Errorf("%v, dialed %s again", r.m.state, first)
	}
}

func TestBadWelcomes(t *testing.T) {
	zero := wire.ConnectResponse{HasReadOnly: true}
	zero.TimeOut, zero.Passwd = 4000, passwd(0)
	noID, _ := wire.Append(nil, &zero)
	for name, b := range map[string][]byte{
		"garbage":      []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"session zero": append([]byte{0, 0, 0, byte(len(noID))}, noID...),
		"too short":    {0, 0, 0, 4, 1, 2, 3, 4},
		"empty frame":  {0, 0, 0, 0},
		"negative":     {0xff, 0xff, 0xff, 0xff},
		"oversize":     {0, 0, 0x10, 1}, // one more than 4096: known from the first four bytes
		"null header":  append([]byte{0, 0, 0, 16}, make([]byte, 16)...),
		"long passwd":  {0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1")).start()
			r.opened()
			r.hello()
			r.arrive(b)
			if got := r.see(); len(got) != 2 || got[0] != "hang up" || got[1][:4] != "dial" {
				t.Fatal(got)
			}
			r.connect(1)
			r.expect("CONNECTED new")
		})
	}
}

// Bytes of the handshake may come one by one, and together with what follows.
func TestWelcomeInPieces(t *testing.T) {
	w := wire.ConnectResponse{HasReadOnly: true}
	w.SessionId, w.TimeOut, w.Passwd = 1, 12000, passwd(1)
	var e wire.Encoder
	e.AppendFrame(&w)
	e.AppendEvent(3, &proto.WatcherEvent{Type: 1, State: 3, Path: "/nobody"})
	for cut := range e.B {
		r := newRig(t).start()
		r.opened()
		r.hello()
		r.arrive(e.B[:cut])
		r.arrive(e.B[cut:])
		r.expect("CONNECTED new")
		if len(r.partial) != 0 {
			t.Fatalf("%d bytes left", len(r.partial))
		}
	}
}

// Every credential is sent before anything else, and CONNECTED waits for all answers.
func TestReplayOfCredentials(t *testing.T) {
	creds := func(c *Config) {
		c.Auth = []Credential{{Scheme: "digest", Data: []byte("a:b")}, {Scheme: "x", Data: nil}}
	}
	r := newRig(t, creds).start()
	r.submit("early", wire.OpGetData)
	r.connect(1)
	r.expect()
	got := r.wrote("auth#-4", "auth#-4")
	var p proto.AuthPacket
	if err := wire.Decode(got[0].body, &p); err != nil || p.Scheme != "digest" || string(p.Auth) != "a:b" {
		t.Errorf("%+v, %v", p, err)
	}
	r.ok(wire.XidAuth)
	r.expect()
	r.wrote()
	r.ok(wire.XidAuth)
	r.expect("CONNECTED new")
	r.wrote("getData#1")
}

func TestRequiredCredentialRefused(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "digest"}} }).start()
	r.submit("early", wire.OpGetData)
	r.connect(1)
	r.wrote("auth#-4")
	r.reply(wire.XidAuth, 0, wire.CodeAuthFailed, nil)
	r.expect("hang up", "early: AUTHFAILED", "AUTH_FAILED", "closed: AUTHFAILED")
	r.submit("late", wire.OpGetData)
	r.expect("late: AUTHFAILED")
	r.m.Start(r.now)
	r.expect("CONNECTING", "dial 10.0.0.1:2181")
}

// What was accepted once is tried again: the server may not reach its key server.
func TestAcceptedCredentialRefusedLater(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "sasl"}} }).start()
	r.connect(1)
	r.pull()
	r.ok(wire.XidAuth)
	r.expect("CONNECTED new")
	r.closed()
	r.connect(1)
	r.see()
	r.pull()
	r.reply(wire.XidAuth, 0, wire.CodeAuthFailed, nil)
	r.expect("hang up")
	r.sleep(sec)
	r.expect("dial 10.0.0.1:2181")
	if r.m.state != Suspended {
		t.Errorf("state is %v", r.m.state)
	}
}
