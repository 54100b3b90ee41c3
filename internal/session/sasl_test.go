package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func withSASL(c *Config) { c.SASL = true }

// stepped is what the mechanism answers.
func (r *rig) stepped(response string, done bool) {
	var b []byte
	if response != "" {
		b = []byte(response)
	}
	r.m.Stepped(r.now, r.step.Conn, b, done, nil)
}

// challenge is what the server says to the nth message; "" is a null token.
func (r *rig) challenge(n int32, token string) {
	var resp proto.SetSASLResponse
	if token != "" {
		resp.Token = []byte(token)
	}
	r.reply(n, 0, wire.OK, &resp)
}

// identify is an exchange that succeeds.
func (r *rig) identify() {
	r.Helper()
	r.expect(`sasl ""`)
	r.stepped("hello", false)
	r.wrote("sasl#1")
	r.challenge(1, "who?")
	r.expect(`sasl "who?"`)
	r.stepped("me", true)
	r.wrote("sasl#2")
	r.challenge(2, "")
}

// Before the exchange is over nothing else is sent, however long it takes: no ping, no credential, no watch, no request.
func TestSASLIsAloneOnTheConnection(t *testing.T) {
	r := newRig(t, withSASL, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} }).start()
	r.connect(1)
	r.submit("early", wire.OpSetData)
	r.identify()
	r.wrote("auth#-4")
	r.ok(wire.XidAuth)
	r.expect("CONNECTED new")
	r.wrote("setData#1")
	r.ok(1)
	r.expect("early: ok")
	r.watch("/a", WatchData)
	r.jump(steady)

	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.submit("late", wire.OpSetData)
	r.sleep(tt / 3 * 2 / 3)
	r.wrote()
	r.identify()
	r.wrote("auth#-4", "setWatches#-8")
	r.ok(wire.XidAuth, wire.XidSetWatches)
	r.expect("CONNECTED")
	r.wrote("setData#3")
	if r.step.Host != "10.0.0.1:2181" || r.step.Addr != "10.0.0.1:2181" || r.step.First {
		t.Errorf("%+v", r.step)
	}
}

// The exchange and the replay have two thirds of a timeout together: the session does not know of them.
func TestSASLTakesTooLong(t *testing.T) {
	r := newRig(t, withSASL).start()
	r.connect(1)
	r.expect(`sasl ""`)
	r.sleep(tt*2/3 - 1)
	r.expect()
	r.sleep(1)
	if got := r.see(); got[0] != "hang up" {
		t.Fatalf("%v", got)
	}
	if r.m.cause == nil || !errors.Is(r.m.cause, errTimeout) {
		t.Errorf("cause %v", r.m.cause)
	}
	late := r.step
	r.awake()
	r.connect(1)
	r.expect(`sasl ""`)
	r.m.Stepped(r.now, late.Conn, []byte("hello"), false, nil) // of the old connection
	r.m.Stepped(r.now, late.Conn, nil, false, errors.New("too late"))
	r.expect()
	r.wrote()
	r.stepped("hello", false)
	r.wrote("sasl#1")
	r.stepped("again", false) // nobody has asked
	r.wrote()
}

// A server may not go on and on, nor say anything else in between.
func TestSASLHostileServer(t *testing.T) {
	for name, say := range map[string]func(r *rig){
		"endless challenges": func(r *rig) {
			for n := int32(1); r.m.phase == phaseSASL; n++ {
				if n > 1000 {
					t.Fatal("a thousand challenges")
				}
				r.challenge(n, "more")
				r.see()
				r.stepped("more", false)
				r.pull()
			}
		},
		"a watch event":   func(r *rig) { r.event(wire.EventNodeCreated, "/a") },
		"an early answer": func(r *rig) { r.challenge(2, "x") },
		"a pong":          func(r *rig) { r.pong() },
		"a huge token":    func(r *rig) { r.challenge(1, strings.Repeat("x", maxSASLToken)) },
		"half a token": func(r *rig) {
			r.arrive([]byte("\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"))
		},
		"behind the last": func(r *rig) {
			r.challenge(1, "x")
			r.see()
			r.stepped("bye", true)
			r.pull()
			r.challenge(2, "wait")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, withSASL).start()
			r.connect(1)
			r.see()
			r.stepped("hello", false)
			r.pull()
			say(r)
			r.see()
			if got := fmt.Sprint(r.lines); !strings.Contains(got, "hang up") || strings.Contains(got, "AUTH_FAILED") || r.m.cause == nil {
				t.Errorf("%v: %v", got, r.m.cause)
			}
		})
	}
}

// Before the first success a refusal is final, after it it is the server's trouble.
func TestSASLRefused(t *testing.T) {
	refusals := map[string]func(r *rig){
		"by the server": func(r *rig) { r.stepped("hello", false); r.pull(); r.reply(1, 0, wire.CodeAuthFailed, nil) },
		"as required": func(r *rig) {
			r.stepped("hello", false)
			r.pull()
			r.reply(1, 0, wire.CodeSessionClosedRequireSASLAuth, nil)
		},
		"by a null token":     func(r *rig) { r.stepped("hello", false); r.pull(); r.challenge(1, "") },
		"by the mechanism":    func(r *rig) { r.m.Stepped(r.now, r.step.Conn, nil, false, errors.New("no ticket")) },
		"for its size":        func(r *rig) { r.stepped(strings.Repeat("x", 2<<20), false) },
		"done at once":        func(r *rig) { r.stepped("", true) },
		"done at once, aloud": func(r *rig) { r.stepped("me", true) },
	}
	for name, refuse := range refusals {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, withSASL).start()
			r.connect(1)
			r.expect(`sasl ""`)
			refuse(r)
			if got := r.see(); len(got) != 3 || got[0] != "hang up" || got[1] != "AUTH_FAILED" {
				t.Errorf("%v", got)
			}

			r = newRig(t, withSASL).start()
			r.connect(1)
			r.identify()
			r.expect("CONNECTED new")
			r.jump(steady)
			r.closed()
			r.connect(1)
			r.see()
			refuse(r)
			if got := r.see(); len(got) != 1 || got[0] != "hang up" {
				t.Fatalf("%v", got)
			}
			r.awake()
			r.connect(1)
			r.identify()
			r.expect("CONNECTED")
		})
	}
}

// A session that was given up is buried by somebody whom the server knows.
func TestSASLBurial(t *testing.T) {
	for _, refused := range []bool{false, true} {
		r := newRig(t, withSASL, func(c *Config) { c.Auth = []Credential{{Scheme: "x"}} }).start()
		r.connect(1)
		r.identify()
		r.ok(wire.XidAuth)
		r.expect("CONNECTED new")
		r.pull()
		r.closed()
		for r.m.bury == nil {
			r.awake()
		}
		r.opened()
		if h := r.hello(); h.SessionId != 1 {
			t.Fatalf("session %d", h.SessionId)
		}
		r.see()
		r.welcome(1)
		r.identify()
		r.wrote("auth#-4", "closeSession#1")
		if refused {
			r.reply(wire.XidAuth, 0, wire.CodeAuthFailed, nil)
		} else {
			r.ok(wire.XidAuth, 1)
		}
		r.expect("hang up", "dial 10.0.0.1:2181")
		r.connect(2)
		r.identify()
		r.ok(wire.XidAuth)
		r.expect("CONNECTED new")
	}
}

// While nobody gets through, rounds are spaced by growing pauses.
func TestSASLPauses(t *testing.T) {
	r := newRig(t, withSASL).start()
	r.connect(1)
	r.identify()
	r.expect("CONNECTED new")
	r.closed()
	for range 5 {
		r.connect(1)
		r.see()
		r.m.Stepped(r.now, r.step.Conn, nil, false, errors.New("no ticket"))
		r.see()
	}
	if r.m.hosts.fails < 5 {
		t.Errorf("%d failed rounds", r.m.hosts.fails)
	}
}

// A server before 3.5 closes the connection where others refuse. One that does so now and then has stumbled.
func TestSASLRefusedWithoutAWord(t *testing.T) {
	r := newRig(t, withSASL).start()
	hungUp := func() []string {
		r.connect(1)
		r.see()
		r.stepped("hello", false)
		r.pull()
		r.closed()
		got := r.see()
		for r.m.phase == phasePause {
			r.awake()
		}
		return got
	}
	for range 2 {
		if got := hungUp(); len(got) > 1 || strings.Contains(fmt.Sprint(got), "AUTH_FAILED") {
			t.Fatalf("%v", got)
		}
	}
	r.closed() // nobody answers: it was a crash
	r.see()
	for r.m.phase == phasePause {
		r.awake()
	}
	for n := range 3 {
		got := hungUp()
		if failed := strings.Contains(fmt.Sprint(got), "AUTH_FAILED"); failed != (n == 2) || strings.Contains(fmt.Sprint(got), "hang up") {
			t.Fatalf("connection %d: %v", n, got)
		}
	}

	r = newRig(t, withSASL).start()
	r.connect(1)
	r.identify()
	r.expect("CONNECTED new")
	r.jump(steady)
	r.closed()
	r.see()
	for range 5 { // what was good is good
		if got := hungUp(); strings.Contains(fmt.Sprint(got), "AUTH_FAILED") {
			t.Fatalf("%v", got)
		}
	}
}
