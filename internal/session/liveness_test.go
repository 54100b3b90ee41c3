package session

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

func TestPings(t *testing.T) {
	r := up(t)
	r.now -= steady
	r.sleep(4*sec - 1)
	r.wrote()
	r.sleep(1)
	r.wrote("ping#-2")
	r.pong()
	r.sleep(2 * sec)
	c := r.submit("x", wire.OpGetData) // whatever is written takes the place of a ping
	r.pull()
	r.ok(c.xid)
	r.see()
	r.sleep(4*sec - 1)
	r.wrote()
	r.sleep(1)
	r.wrote("ping#-2")
}

// As long as pings are answered, nothing happens.
func TestIdleForLong(t *testing.T) {
	r := up(t)
	for range 1000 {
		r.awake()
		if f := r.pull(); len(f) == 1 && f[0].op == wire.OpPing {
			r.jump(50 * ms)
			r.pong()
		}
	}
	if len(r.changes) != 2 || len(r.m.pings) > 1 {
		t.Errorf("%v", r.lines)
	}
}

func TestReadTimeout(t *testing.T) {
	r := up(t)
	c := r.submit("x", wire.OpGetData)
	r.pull()
	r.ok(c.xid)
	r.submit("y", wire.OpGetData)
	r.pull()
	r.sleep(8*sec - 1)
	r.expect("x: ok")
	r.sleep(1)
	r.expect("hang up", "SUSPENDED", "y: CONNECTIONLOSS, written", "dial 10.0.0.1:2181")
	if err := r.changes[2].Err; !errors.Is(err, errTimeout) {
		t.Errorf("because of %v", err)
	}
}

// Bytes alone are no answers: a server that only trickles is given up, too.
func TestTrickle(t *testing.T) {
	r := up(t)
	r.now -= steady
	began := r.now
	r.arrive([]byte{0, 0, 0x10, 0})
	for r.m.state == Connected {
		r.sleep(sec)
		r.pull()
		r.arrive([]byte{0})
	}
	if d := r.now - began; d > tt {
		t.Errorf("for %v", d)
	}
}

// A request that is never answered ends the connection, although pings are.
func TestForgottenRequest(t *testing.T) {
	r := up(t)
	r.submit("x", wire.OpGetData)
	r.pull()
	sent := r.now
	for r.m.state == Connected {
		r.awake()
		for _, f := range r.pull() {
			if f.op == wire.OpPing {
				r.pong()
			}
		}
	}
	if d := r.now - sent; d != tt {
		t.Errorf("after %v, want %v", d, tt)
	}
	r.expect()
	if l := r.lines[len(r.lines)-2]; l != "x: CONNECTIONLOSS, written" {
		t.Errorf("%v", r.lines)
	}
}

// Under load without a pause for a ping, answers keep the connection.
func TestBusyWithoutPings(t *testing.T) {
	r := up(t)
	for range 1000 {
		c := r.submit("x", wire.OpGetData)
		r.pull()
		r.jump(100 * ms)
		r.ok(c.xid)
	}
	r.see()
	if len(r.changes) != 2 {
		t.Error(r.lines)
	}
}

// state of the session over time: what is told when nothing is answered any more.
//
//	answered: 0 s and 4 s; so LOST at 0 + 12 s, and given up at 0 + 16 s.
func silent(t *testing.T, options ...func(*Config)) (r *rig, start time.Duration) {
	r = newRig(t, options...).start()
	r.connect(1)
	r.see()
	start = r.now
	r.sleep(4 * sec)
	r.wrote("ping#-2")
	r.pong()
	r.sleep(8*sec - 1)
	r.expect()
	return r, start
}

func TestLostInTime(t *testing.T) {
	r, start := silent(t)
	r.sleep(1)
	if r.now-start != 12*sec {
		t.Fatal(r.now - start)
	}
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:2181", "LOST")
	err := r.changes[3].Err
	if !errors.Is(err, wire.CodeSessionExpired) || r.changes[3].Info.ID != 1 {
		t.Errorf("%+v", r.changes[3])
	}
}

// LOST and giving up come in time also while one long attempt to connect is going on.
func TestLostWhileConnecting(t *testing.T) {
	r := newRig(t).start()
	r.connect(1)
	r.see()
	shook := r.now
	r.jump(3 * sec)
	r.m.hosts.fails = 10
	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	r.sleep(7 * sec)
	r.closed()
	r.awake() // dials again, at 11 s at the latest and for eight seconds
	r.sleep(shook + 12*sec - 1 - r.now)
	r.see()
	if r.m.phase != phaseDial || r.m.state != Suspended {
		t.Fatalf("phase %d, %v", r.m.phase, r.m.state)
	}
	r.sleep(1)
	r.expect("LOST")
	r.sleep(4*sec - 1)
	r.expect()
	if r.m.bury != nil {
		t.Fatal("too early")
	}
	r.sleep(1)
	if r.m.bury == nil || r.m.phase != phaseDial {
		t.Errorf("phase %d, to bury: %v", r.m.phase, r.m.bury)
	}
}

// Between LOST and giving up the session can still be continued.
func TestLostThenResumed(t *testing.T) {
	r, _ := silent(t)
	w := &Watch{Path: "/a", Call: new(fired)}
	r.m.watches.add(w)
	r.sleep(1)
	r.submit("queued", wire.OpSetData)
	r.see()
	r.sleep(3 * sec)
	r.connect(1)
	r.see()
	r.wrote("setWatches#-8")
	r.ok(wire.XidSetWatches)
	r.expect("CONNECTED")
	if c := r.changes[len(r.changes)-1]; c.From != Lost || c.New || c.Info.Epoch != 1 {
		t.Errorf("%+v", c)
	}
	r.wrote("setData#1")
	if w.Call.(*fired).times != 0 {
		t.Error("watch ended")
	}
}

// Given up, the session is buried when a server still has it, and only then there is a new one.
func TestGivenUpThenBuried(t *testing.T) {
	r, start := silent(t)
	w := &Watch{Path: "/a", Call: new(fired)}
	r.m.watches.add(w)
	r.submit("queued", wire.OpSetData)
	r.sleep(1)
	r.see()
	r.sleep(4*sec - 1)
	r.see()
	if w.Call.(*fired).times != 0 {
		t.Fatal("too early")
	}
	r.sleep(1)
	if r.now-start != 16*sec {
		t.Fatal(r.now - start)
	}
	if got := r.see(); len(got) < 2 || got[0] != "queued: SESSIONEXPIRED" || got[1] != "fire /a: SESSIONEXPIRED" {
		t.Fatal(got)
	}
	r.submit("next", wire.OpSetData)
	h := r.connect(1)
	if h.SessionId != 1 || h.Passwd[0] != 1 {
		t.Errorf("asks for %v", &h)
	}
	r.see()
	r.wrote("closeSession#1")
	r.ok(1)
	r.expect("hang up", "dial 10.0.0.1:2181")
	if h := r.connect(2); h.SessionId != 0 {
		t.Errorf("asks for %v", &h)
	}
	r.expect("CONNECTED new")
	r.wrote("setData#2")
	if r.m.bury != nil || r.m.sess.Epoch != 2 {
		t.Errorf("bury %v, epoch %d", r.m.bury, r.m.sess.Epoch)
	}
}

// given up is a machine that has given up session 1 and is connecting.
func givenUp(t *testing.T) *rig {
	r := up(t)
	r.jump(time.Hour)
	r.m.Tick(r.now)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:2181", "LOST")
	if r.m.bury == nil || r.m.sess.ID != 0 {
		t.Fatal("not given up")
	}
	return r
}

func TestBurialOfTheDead(t *testing.T) {
	r := givenUp(t)
	r.opened()
	r.hello()
	r.refuse()
	r.expect("hang up", "dial 10.0.0.1:2181")
	if h := r.connect(2); h.SessionId != 0 {
		t.Errorf("asks for %v", &h)
	}
	r.expect("CONNECTED new")
}

func TestBurialAnsweredWithAnotherSession(t *testing.T) {
	r := givenUp(t)
	r.connect(5)
	r.expect("CONNECTED new")
	if r.m.sess.ID != 5 || r.m.bury != nil {
		t.Errorf("%+v", r.m.sess)
	}
}

func TestBurialIsTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(*rig){
		"lost":    func(r *rig) { r.closed() },
		"silence": func(r *rig) { r.sleep(8 * sec) },
		"hostile": func(r *rig) { r.ok(99) },
		"event":   func(r *rig) { r.event(wire.EventNodeCreated, "/a") },
	} {
		t.Run(name, func(t *testing.T) {
			r := givenUp(t)
			r.connect(1)
			r.wrote("closeSession#1")
			fail(r)
			if h := r.connect(1); h.SessionId != 1 {
				t.Errorf("asks for %v", &h)
			}
		})
	}
}

// A server that refuses to close it, for want of a credential, must not keep us from a new one.
func TestBurialRefused(t *testing.T) {
	r := givenUp(t)
	r.connect(1)
	r.pull()
	r.reply(1, 0, wire.CodeSessionClosedRequireSASLAuth, nil)
	if h := r.connect(2); h.SessionId != 0 {
		t.Errorf("asks for %v", &h)
	}
}

// When the session is given up in the middle of asking for it, the question is put anew.
func TestGivenUpDuringHandshake(t *testing.T) {
	for name, to := range map[string]func(*rig){
		"handshake": func(r *rig) { r.opened(); r.hello() },
		"dial":      func(*rig) {},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := silent(t)
			r.sleep(1)
			r.see()
			for r.m.gone()-r.now > 600*ms {
				r.sleep(300 * ms)
			}
			r.see()
			if r.m.phase != phaseDial {
				r.awake()
			}
			to(r)
			r.sleep(r.m.gone() - r.now)
			r.see()
			r.opened()
			if h := r.hello(); h.SessionId != 1 || r.m.bury == nil {
				t.Errorf("asks for %v", &h)
			}
			r.welcome(1)
			r.wrote("closeSession#1")
		})
	}
}

// Never given up if the user does not want it.
func TestNoLocalExpiry(t *testing.T) {
	r := up(t, func(c *Config) { c.LocalExpiry = 0 })
	r.jump(10 * time.Hour)
	r.m.Tick(r.now)
	r.expect("hang up", "SUSPENDED", "dial 10.0.0.1:2181", "LOST")
	if h := r.connect(1); h.SessionId != 1 {
		t.Errorf("asks for %v", &h)
	}
	r.expect("CONNECTED")
}

// A factor below one makes no sense: LOST comes before.
func TestLocalExpiryBelowOne(t *testing.T) {
	r := up(t, func(c *Config) { c.LocalExpiry = 0.1 })
	r.closed()
	for r.m.state == Suspended {
		r.awake()
	}
	if r.m.sess.ID != 0 || r.now-r.m.shook < tt {
		t.Errorf("after %v, session %d", r.now-r.m.shook, r.m.sess.ID)
	}
}

// After a pause of the process, deadlines come before input: what lies in the socket is stale.
func TestPauseBeatsInput(t *testing.T) {
	for name, event := range map[string]func(*rig, uint64){
		"reply":  func(r *rig, c uint64) { r.ok(1) },
		"pull":   func(r *rig, c uint64) { r.pull() },
		"closed": func(r *rig, c uint64) { r.m.Closed(r.now, c, errPeer) },
	} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			h := &Hold{Call: new(held)}
			if err := r.m.Hold(r.now, h, 1); err != nil {
				t.Fatal(err)
			}
			r.submit("x", wire.OpSetData)
			r.pull()
			r.jump(20 * sec)
			event(r, r.m.conn)
			r.expect("hang up", "SUSPENDED", "x: CONNECTIONLOSS, written", "dial 10.0.0.1:2181", "hold lost: SESSIONEXPIRED", "LOST")
		})
	}
}

// A session that never came up is given up as well, though there was no belief to be ended.
func TestSessionThatNeverCameUp(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} }).start()
	r.connect(1)
	r.see()
	shook := r.now
	r.sleep(16*sec - 1)
	if r.m.state != Connecting || r.m.sess.ID == 0 {
		t.Errorf("%v, session %d", r.m.state, r.m.sess.ID)
	}
	for r.m.sess.ID != 0 {
		r.awake()
		if r.now-shook > 16*sec {
			t.Fatal("kept for ever")
		}
	}
	if r.now-shook != 16*sec || r.m.bury == nil {
		t.Errorf("after %v", r.now-shook)
	}
	if r.m.state != Lost {
		t.Errorf("%v", r.m.state)
	}
}

// The session is given up while its watches are being replayed: that connection belongs to it.
func TestGivenUpDuringReplay(t *testing.T) {
	r := up(t, func(c *Config) { c.LocalExpiry = 1 })
	r.watch("/a", WatchData)
	r.m.hosts.fails = 10 // patience is at its longest
	r.closed()
	r.opened()
	r.hello()
	shook := r.now
	r.sleep(7 * sec)
	r.see()
	r.welcome(1)
	r.wrote("setWatches#-8")
	r.expect()
	r.sleep(shook + tt - r.now)
	r.expect("LOST", "fire /a: SESSIONEXPIRED", "hang up", "dial 10.0.0.1:2181")
	if h := r.connect(1); h.SessionId != 1 {
		t.Errorf("asks for %v", &h)
	}
	r.wrote("closeSession#1")
}
