package session

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// hold registers a hold of session n.
func (r *rig) hold(n uint64) (*Hold, error) {
	h := &Hold{Call: new(held)}
	return h, r.m.Hold(r.now, h, n)
}

func (h *Hold) times() int { return h.Call.(*held).times }

// serve answers everything that is written, after a while.
func (r *rig) serve(takes time.Duration, code wire.Code) (ops []wire.Op) {
	for _, f := range r.pull() {
		ops = append(ops, f.op)
		r.jump(takes)
		if f.op == wire.OpPing {
			r.pong()
		} else {
			r.reply(f.xid, 1, code, nil)
		}
	}
	return ops
}

// A held session is proved by a sync every quarter of the timeout, which takes the place of the ping.
func TestHeldSessionIsProved(t *testing.T) {
	r := up(t)
	r.now -= steady
	h, err := r.hold(1)
	if err != nil {
		t.Fatal(err)
	}
	syncs, last := 0, r.now
	for end := r.now + 10*time.Minute; r.now < end; {
		r.awake()
		for _, op := range r.serve(100*ms, wire.OK) {
			if op != wire.OpSync {
				t.Fatalf("%v", op)
			}
			syncs++
			if d := r.now - 100*ms - last; d != 3*sec {
				t.Fatalf("%v between syncs", d)
			}
			last = r.now - 100*ms
		}
		if err := r.m.HoldErr(r.now, h); err != nil {
			t.Fatalf("%v: %v", r.now, err)
		}
	}
	if syncs < 190 || h.times() != 0 {
		t.Errorf("%d syncs, lost %d times", syncs, h.times())
	}
	if !r.m.Release(h) || r.m.Release(h) {
		t.Error("release")
	}
	r.sleep(3 * sec)
	r.wrote() // nobody holds anything
}

// The hold ends one timeout after the newest confirmed sync: not the answered one, but the one before.
func TestHoldEndsInTime(t *testing.T) {
	r := up(t)
	r.now -= steady
	h, _ := r.hold(1)
	start := r.now
	for range 2 { // syncs at 3 s and 6 s
		r.sleep(3 * sec)
		r.serve(0, wire.OK)
	}
	r.sleep(3 * sec)
	r.wrote("sync#3") // at 9 s, never answered
	r.sleep(6*sec - 1)
	r.wrote() // one at a time
	if d := r.now - start; d != 15*sec-1 || h.times() != 0 || r.m.HoldErr(r.now, h) != nil {
		t.Fatalf("at %v: lost %d times, %v", d, h.times(), r.m.HoldErr(r.now, h))
	}
	if err := r.m.HoldErr(r.now+1, h); err != wire.CodeSessionExpired { // needs no Tick
		t.Errorf("%v", err)
	}
	if h.times() != 0 {
		t.Error("told too early")
	}
	r.sleep(1)
	r.see()
	if h.times() != 1 || r.m.HoldErr(r.now, h) != wire.CodeSessionExpired {
		t.Errorf("lost %d times", h.times())
	}
	if r.m.Release(h) {
		t.Error("released what was lost")
	}
}

// Answers to pings and reads, and refusals that need no leader, keep the connection but not the hold.
func TestHoldEndsWithoutConfirmation(t *testing.T) {
	for name, code := range map[string]wire.Code{"not read-only": wire.CodeNotReadOnly, "throttled": wire.CodeThrottledOp,
		"unreadable": wire.CodeMarshallingError, "switched off": wire.CodeUnimplemented, "unknown": -500} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			r.now -= steady
			h, _ := r.hold(1)
			start, syncs := r.now, 0
			for h.times() == 0 {
				if r.now > start+time.Minute {
					t.Fatal("held for ever")
				}
				r.awake()
				syncs += len(r.serve(0, code))
				r.submit("read", wire.OpGetData)
				r.pull()
				r.ok(r.m.xid)
				r.see()
			}
			if d := r.now - start; d != 12*sec {
				t.Errorf("after %v", d)
			}
			if r.m.state != Connected {
				t.Errorf("state is %v", r.m.state)
			}
			if syncs > 4 {
				t.Errorf("%d syncs: one is asked as fast as it is refused", syncs)
			}
		})
	}
}

// Writes prove as well as syncs do, and take their place.
func TestWritesProve(t *testing.T) {
	r := up(t)
	h, _ := r.hold(1)
	for range 100 {
		c := r.submit("w", wire.OpSetData)
		for _, f := range r.pull() {
			if f.op == wire.OpSync {
				t.Fatal("sync")
			}
		}
		r.jump(50 * ms)
		r.reply(c.xid, 1, wire.CodeBadVersion, nil) // the leader says so
		r.sleep(2 * sec)
	}
	if h.times() != 0 || r.m.HoldErr(r.now, h) != nil {
		t.Error("lost")
	}
}

// A session that has been idle, pings apart, can be held as soon as a write shows that the pings have
// reached the leader.
func TestHoldAfterIdleness(t *testing.T) {
	r := up(t)
	r.now -= steady
	for range 100 {
		r.awake()
		r.serve(10*ms, wire.OK)
	}
	if _, err := r.hold(1); err != wire.CodeSessionExpired {
		t.Fatalf("with pings only: %v", err)
	}
	r.jump(sec)
	c := r.submit("create", wire.OpCreate)
	r.pull()
	r.jump(10 * ms)
	r.ok(c.xid)
	h, err := r.hold(1)
	if err != nil {
		t.Fatalf("after a write: %v", err)
	}
	if left := r.m.owned() - r.now; left < tt*5/12-100*ms || left > tt*3/4 {
		t.Errorf("for %v", left)
	}
	for range 100 {
		r.awake()
		r.serve(10*ms, wire.OK)
	}
	if h.times() != 0 {
		t.Error("lost")
	}
}

// A handshake is proof: the leader has said that the session lives. That of a read-only server is none.
func TestHandshakeProves(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		r := up(t, func(c *Config) { c.ReadOnly = readOnly })
		r.now -= steady
		h, _ := r.hold(1)
		start := r.now
		r.sleep(2 * sec)
		r.closed()
		r.opened()
		r.hello()
		shook := r.now
		r.jump(100 * ms)
		r.grant(1, tt, readOnly)
		if readOnly {
			r.expect("SUSPENDED", "dial 10.0.0.1:2181", "CONNECTED_RO")
		} else {
			r.expect("SUSPENDED", "dial 10.0.0.1:2181", "CONNECTED")
		}
		want := shook
		if readOnly {
			want = start
		}
		if d := r.m.owned(); d != want+tt {
			t.Errorf("read-only %t: owned until %v after the start, want %v", readOnly, d-start, want+tt-start)
		}
		for h.times() == 0 && r.now < start+time.Hour {
			r.awake()
			for _, op := range r.serve(0, wire.OK) {
				if readOnly && op == wire.OpSync {
					t.Fatal("a sync to a read-only server")
				}
			}
		}
		if lost := h.times() == 1; lost != readOnly {
			t.Errorf("read-only %t: lost %t", readOnly, lost)
		}
	}
}

// A sync that was lost with its connection does not keep the next one from being sent.
func TestSyncIsLost(t *testing.T) {
	r := up(t)
	r.now -= steady
	h, _ := r.hold(1)
	r.sleep(3 * sec)
	r.wrote("sync#1")
	r.reconnect()
	r.sleep(3 * sec)
	r.wrote("sync#2")
	r.sleep(3*sec - 1)
	r.ok(2)
	r.sleep(1)
	r.reconnect() // and one that was not written belongs to its connection
	r.wrote()
	if h.times() != 0 {
		t.Error("lost")
	}
}

// A new session of a read-only server is proved by nothing: neither by what proved the last one nor
// by the client's being young.
func TestReadOnlySessionIsNotProved(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ReadOnly = true })
	r.now = 0
	r.start()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	if _, err := r.hold(1); err != wire.CodeSessionExpired {
		t.Errorf("first session: %v", err)
	}
	r.sleep(sec)
	r.reconnect() // with a quorum
	if _, err := r.hold(1); err != nil {
		t.Errorf("with a quorum: %v", err)
	}
	r.closed()
	r.opened()
	r.hello()
	r.refuse()
	r.opened()
	r.hello()
	r.grant(2, tt, true)
	if _, err := r.hold(2); err != wire.CodeSessionExpired {
		t.Errorf("next session: %v", err)
	}
}

// What a read-only server answers proves nothing, whatever it is.
func TestReadOnlyServerProvesNothing(t *testing.T) {
	r := up(t)
	h, _ := r.hold(1)
	start := r.m.shook
	r.closed()
	r.opened()
	r.hello()
	r.grant(1, tt, true)
	r.see()
	for h.times() == 0 && r.now < start+time.Hour {
		r.submit("w", wire.OpSetData)
		r.serve(0, wire.OK)
		r.sleep(sec)
		r.see()
	}
	if end := r.now - start; end < tt || end > tt+sec {
		t.Errorf("held for %v", end)
	}
}

func TestHoldsEndWithTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		end func(*rig)
		err error
	}{
		"expired": {func(r *rig) { r.closed(); r.opened(); r.hello(); r.refuse() }, wire.CodeSessionExpired},
		"closed":  {func(r *rig) { r.m.Close(); r.pull(); r.ok(r.m.xid) }, ErrClosed},
		"aborted": {func(r *rig) { r.m.Abort(nil, ErrClosed) }, ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			h1, _ := r.hold(1)
			h2, _ := r.hold(1)
			h3, _ := r.hold(1)
			r.m.Release(h2)
			c.end(r)
			r.see()
			if h1.times() != 1 || h2.times() != 0 || h3.times() != 1 {
				t.Errorf("lost %d, %d, %d times", h1.times(), h2.times(), h3.times())
			}
			if err := r.m.HoldErr(r.now, h1); err != c.err {
				t.Errorf("%v", err)
			}
			if err := r.m.HoldErr(r.now, h2); err == nil {
				t.Error("a released hold lives on in another session")
			}
		})
	}
}

func TestHoldOfNothing(t *testing.T) {
	r := newRig(t)
	if _, err := r.hold(0); err != ErrClosed {
		t.Errorf("off: %v", err)
	}
	r.start()
	if _, err := r.hold(0); err != wire.CodeSessionExpired {
		t.Errorf("no session: %v", err)
	}
	r.connect(1)
	if _, err := r.hold(2); err != wire.CodeSessionExpired {
		t.Errorf("wrong session: %v", err)
	}
	r.jump(tt) // and no Tick
	if h, err := r.hold(1); err != wire.CodeSessionExpired || h.times() != 0 {
		t.Errorf("too late: %v, told %d times", err, h.times())
	}
	r.see()
}

// Lost is lost, also when the session is continued.
func TestLostHoldStaysLost(t *testing.T) {
	r := up(t)
	h, _ := r.hold(1)
	r.closed()
	r.jump(13 * sec)
	r.m.Tick(r.now)
	r.see()
	if h.times() != 1 {
		t.Fatal("not lost")
	}
	r.connect(1)
	r.see()
	if r.m.state != Connected || r.m.HoldErr(r.now, h) == nil {
		t.Errorf("%v, %v", r.m.state, r.m.HoldErr(r.now, h))
	}
	if _, err := r.hold(1); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

// A hold ends on time also while the session has not come up again.
func TestHoldEndsWhileConnecting(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} }).start()
	r.connect(1)
	r.see()
	h, err := r.hold(1)
	if err != nil {
		t.Fatal(err)
	}
	start := r.m.shook
	for h.times() == 0 && r.now < start+time.Hour {
		r.awake()
	}
	if d := r.now - start; d != tt {
		t.Errorf("after %v", d)
	}
}
