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

// Who has not asked for it does not use a server without a quorum.
func TestReadOnlyServerIsPassedOver(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.InOrder = true }).start()
	r.opened()
	if h := r.hello(); h.ReadOnly {
		t.Fatal("it asks for one")
	}
	r.grant(1, tt, true)
	r.expect("hang up", "dial 10.0.0.2:1")
}

// What a read-only server says of a session proves nothing: neither its end nor, for long, its life.
func TestReadOnlyServerSaysNothingOfSessions(t *testing.T) {
	r := newRig(t, hostList("10.0.0.1:1", "10.0.0.2:1"), func(c *Config) { c.ReadOnly, c.InOrder = true, true }).start()
	r.connect(1)
	r.expect("CONNECTED new")
	start := r.now
	r.closed()
	r.see()
	r.opened()
	r.hello()
	r.grant(0, 0, true) // "expired"
	r.expect("hang up")
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.expect("dial 10.0.0.1:1", "CONNECTED_RO")
	for r.now < start+tt-ms {
		r.sleep(min(100*ms, start+tt-ms-r.now))
		for len(r.m.pings) > 0 {
			r.pull()
			r.pong()
		}
	}
	r.m.endSearch()
	r.see()
	if r.m.state != ConnectedReadOnly {
		t.Fatalf("state %v before the timeout", r.m.state)
	}
	r.sleep(ms)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:1", "LOST")
	// It is not continued there, since nobody believes in it, but is kept, and renewed where that means something.
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.expect("hang up", "dial 10.0.0.2:1")
	r.connect(1)
	r.expect("CONNECTED")
}

// A session that was given up is buried at the first server that can. Until then there is another one.
func TestReadOnlyServerCannotBury(t *testing.T) {
	for name, refuse := range map[string]func(*rig){
		"renews":      func(r *rig) { r.grant(1, tt, true) },
		"knows it":    func(r *rig) { r.closed() },
		"says it not": func(r *rig) { r.grant(0, 0, true) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *Config) { c.ReadOnly = true }).start()
			r.connect(1)
			r.closed()
			r.sleep(tt * 3 / 2)
			r.see()
			if r.m.state != Lost || r.m.bury == nil {
				t.Fatalf("state %v, to bury %v", r.m.state, r.m.bury)
			}
			for i := 0; r.m.state == Lost; i++ {
				if i > 10 {
					t.Fatal("no session")
				}
				if r.m.phase == phasePause {
					r.awake()
				}
				r.opened()
				if h := r.hello(); h.SessionId == 1 {
					refuse(r)
				} else {
					r.grant(7, tt, true)
				}
			}
			r.expect2("CONNECTED_RO new")
			if r.m.bury == nil {
				t.Fatal("forgotten")
			}
			r.jump(sec)
			r.closed()
			r.opened()
			r.hello()
			r.welcome(8) // by a server with a quorum, which must not grant one before the burial
			r.opened()
			if h := r.hello(); h.SessionId != 1 {
				t.Fatalf("asks for %v, and should bury", &h)
			}
			r.welcome(1)
			r.wrote("closeSession#1")
			r.ok(1)
			r.see()
			if h := r.connect(9); h.SessionId != 0 {
				t.Fatalf("asks for %v", &h)
			}
			r.expect("CONNECTED new")
		})
	}
}

// expect2 says what comes last.
func (r *rig) expect2(want string) {
	r.Helper()
	if got := r.see(); len(got) == 0 || got[len(got)-1] != want {
		r.Fatalf("got %v, want %s in the end", got, want)
	}
}

// A session to be resumed is not given up because of what a read-only server says.
func TestResumeAtReadOnlyServer(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ReadOnly, c.Resume = true, &Info{ID: 5, Password: passwd(5)} }).start()
	r.opened()
	r.hello()
	r.grant(0, 0, true)
	r.expect("hang up")
	r.opened()
	r.hello()
	r.grant(5, tt, true)
	r.expect("dial 10.0.0.1:2181", "CONNECTED_RO new")
	r.jump(sec)
	r.closed()
	r.opened()
	r.hello()
	r.refuse()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181", "LOST", "hang up", "dial 10.0.0.1:2181")
}

// The end of a local session needs no server but its own.
func TestCloseOfLocalSession(t *testing.T) {
	r := upReadOnly(t)
	r.m.Close()
	r.wrote("closeSession#1")
	r.closed()
	r.expect("SUSPENDED", "CLOSED", "closed: ok")
	r = upReadOnly(t)
	r.closed()
	r.see()
	r.m.Close()
	r.expect("CLOSED", "closed: ok")
}

// A read-only server carries closeSession out, and nobody else hears of it.
func TestCloseAtReadOnlyServer(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ReadOnly = true }).start()
	r.connect(1)
	r.closed()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.see()
	r.m.Close()
	r.wrote("closeSession#1")
	r.ok(1)
	r.expect("hang up", "CLOSED", "closed: NOTREADONLY")
}
