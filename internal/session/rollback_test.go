package session

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// unwelcome has the next server close without a byte.
func (r *rig) unwelcome() {
	r.opened()
	r.hello()
	r.closed()
	r.see()
}

// seen connects to the cluster, sees a zxid, and loses the session again.
func seen(t *testing.T, zxid int64, hosts ...string) *rig {
	r := newRig(t, hostList(hosts...)).start()
	r.connect(1)
	r.submit("write", wire.OpSetData)
	r.pull()
	r.reply(1, zxid, wire.OK, nil)
	r.closed()
	r.opened()
	r.hello()
	r.refuse()
	r.see()
	if r.m.sess.ID != 0 || r.m.phase != phaseDial {
		t.Fatal("there is a session")
	}
	return r
}

func (r *rig) asks() int64 {
	r.Helper()
	r.opened()
	h := r.hello()
	return h.LastZxidSeen
}

func TestLastZxid(t *testing.T) {
	r := up(t)
	for _, step := range []struct{ zxid, want int64 }{{5, 5}, {3, 5}, {0, 5}, {-1, 5}, {9, 9}} {
		c := r.submit("x", wire.OpGetData)
		r.pull()
		r.reply(c.xid, step.zxid, wire.CodeNoNode, nil)
		if r.m.lastZxid != step.want {
			t.Errorf("after %d it is %d, want %d", step.zxid, r.m.lastZxid, step.want)
		}
	}
	// Events and pings say nothing of what the client has consumed.
	r.send(func(e *wire.Encoder) error { return e.AppendReply(wire.XidWatch, 100, wire.OK, &event1) })
	r.sleep(4 * sec)
	r.wrote("ping#-2")
	r.reply(wire.XidPing, 100, wire.OK, nil)
	if r.m.lastZxid != 9 {
		t.Errorf("it is %d", r.m.lastZxid)
	}
	r.closed()
	if z := r.asks(); z != 9 {
		t.Errorf("asks with %d", z)
	}
}

// A new session keeps lastZxid: what was seen stays seen.
func TestNewSessionKeepsLastZxid(t *testing.T) {
	r := seen(t, 50, "10.0.0.1:1")
	if z := r.asks(); z != 50 {
		t.Errorf("asks with %d", z)
	}
	r.welcome(2)
	r.expect("CONNECTED new")
}

func TestRollback(t *testing.T) {
	for _, c := range []struct {
		name string
		zxid int64 // of the server in the end
		line string
	}{
		{"server has less", 10, "CONNECTED new rollback"},
		{"server has the same", 50, "CONNECTED new"},
		{"server has more", 60, "CONNECTED new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := seen(t, 50, "10.0.0.1:1", "10.0.0.2:1")
			// The server that has just refused the session is no witness, so this round proves nothing.
			for round := range 2 {
				for r.m.phase == phaseDial {
					r.unwelcome()
					if r.m.phase == phaseDial && r.m.lastZxid != 50 {
						t.Fatal("given up before the end of a round")
					}
				}
				if given := r.m.lastZxid == 0; given != (round == 1) {
					t.Fatalf("round %d: given up %t", round, given)
				}
				r.awake()
			}
			if z := r.asks(); z != 0 {
				t.Fatalf("asks with %d", z)
			}
			r.welcome(2)
			r.expect()
			r.wrote("ping#-2")
			r.reply(wire.XidPing, c.zxid, wire.OK, nil)
			r.expect(c.line)
			if r.m.lastZxid != c.zxid {
				t.Errorf("lastZxid is %d", r.m.lastZxid)
			}
			r.reconnect()
			if r.changes[len(r.changes)-1].Rollback {
				t.Error("reported twice")
			}
		})
	}
}

// A server without a quorum that has less has perhaps never had more. It is left for one that knows, or has not less.
func TestReadOnlyServerIsNoRollback(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ReadOnly = true })
	r.m.lastZxid = 50
	r.start()
	r.unwelcome()
	shows := func(zxid int64, readOnly bool) {
		r.awake()
		if z := r.asks(); z != 0 {
			t.Fatalf("asks with %d", z)
		}
		r.grant(1, tt, readOnly)
		r.wrote("ping#-2")
		r.reply(wire.XidPing, zxid, wire.OK, nil)
	}
	shows(49, true)
	r.expect2("hang up")
	shows(50, true)
	r.expect2("CONNECTED_RO new")
	r.closed()
	r.see()
	if z := r.asks(); z != 50 {
		t.Errorf("asks with %d", z)
	}

	r = newRig(t, func(c *Config) { c.ReadOnly = true })
	r.m.lastZxid = 50
	r.start()
	r.unwelcome()
	shows(49, true)
	shows(40, false)
	r.expect2("CONNECTED new rollback")
}

// Whatever else happens to one host of the round speaks against it.
func TestNoDoubtWithoutFullRound(t *testing.T) {
	for name, other := range map[string]func(*rig){
		"cannot be reached": func(r *rig) { r.closed() },
		"does not open":     func(r *rig) { r.jump(30 * sec); r.m.Tick(r.now) },
		"does not answer":   func(r *rig) { r.opened(); r.jump(30 * sec); r.m.Tick(r.now) },
		"says something":    func(r *rig) { r.opened(); r.arrive([]byte{0}); r.closed() },
		"answers nonsense":  func(r *rig) { r.opened(); r.arrive([]byte{0, 0, 0, 0}) },
		"read-only refusal": func(r *rig) { r.opened(); r.reply(0, 5, wire.CodeNotReadOnly, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			r := seen(t, 50, "10.0.0.1:1", "10.0.0.2:1")
			for range 3 {
				other(r)
				r.see()
				for r.m.phase == phaseDial {
					r.unwelcome()
				}
				r.awake()
			}
			if z := r.asks(); z != 50 {
				t.Errorf("asks with %d", z)
			}
		})
	}
}

func TestUnresolvedHostSpeaksAgainstRollback(t *testing.T) {
	for name, fail := range map[string]func(*rig){
		"error":   func(r *rig) { r.resolved() },
		"silence": func(r *rig) { r.jump(30 * sec); r.m.Tick(r.now) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, hostList("10.0.0.1:1", "zk2:1"))
			r.m.lastZxid = 50
			r.start()
			for range 4 {
				for r.m.phase != phasePause {
					if r.m.phase == phaseResolve {
						fail(r)
						r.see()
					} else {
						r.unwelcome()
					}
				}
				r.awake()
			}
			if r.m.lastZxid != 50 {
				t.Error("given up")
			}
		})
	}
}

// With a session to be kept nothing is given up; without it, after the local expiry, it is.
func TestSessionIsKeptBeforeZxidIsGivenUp(t *testing.T) {
	r := newRig(t).start()
	r.connect(1)
	r.submit("write", wire.OpSetData)
	r.pull()
	r.reply(1, 50, wire.OK, nil)
	r.see()
	r.closed()
	lost := r.now
	for r.now < lost+15*sec {
		if r.m.phase == phaseDial {
			if r.opened(); r.m.phase == phaseHandshake {
				if h := r.hello(); h.LastZxidSeen != 50 || h.SessionId != 1 {
					t.Fatalf("asks for %v", &h)
				}
				r.closed()
			}
		}
		r.awake()
	}
	for i := 0; r.m.bury == nil || r.m.lastZxid != 0; i++ {
		if r.m.phase == phaseDial {
			r.unwelcome()
		}
		if r.awake(); i > 10 {
			t.Fatal("zxid is not given up")
		}
	}
	r.opened()
	if h := r.hello(); h.LastZxidSeen != 0 || h.SessionId != 1 {
		t.Fatalf("asks for %v; should bury session 1 with zxid 0", &h)
	}
	r.refuse()
	r.see()
	r.connect(2)
	r.see()
	r.wrote("ping#-2")
	r.reply(wire.XidPing, 3, wire.OK, nil)
	r.expect("CONNECTED new rollback")
}

// A client without any zxid cannot be refused for it.
func TestNoRollbackFromZero(t *testing.T) {
	r := newRig(t).start()
	for range 5 {
		r.unwelcome()
		r.awake()
	}
	r.connect(1)
	r.expect("CONNECTED new")
	r.wrote()
}

// What was found out is reported even when the connection is lost before it is up.
func TestRollbackIsNotForgotten(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} })
	r.m.lastZxid = 50
	r.start()
	r.unwelcome()
	r.awake()
	r.connect(1)
	r.wrote("auth#-4", "ping#-2")
	r.reply(wire.XidPing, 10, wire.OK, nil)
	r.closed()
	r.awake()
	r.connect(1)
	r.pull()
	r.see()
	r.ok(wire.XidAuth)
	r.expect("CONNECTED new rollback")
}
