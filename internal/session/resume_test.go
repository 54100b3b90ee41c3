package session

import (
	"bytes"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
)

func resuming(id int64) func(*Config) {
	return func(c *Config) { c.Resume = &Info{ID: id, Password: passwd(id)} }
}

func TestResumeAccepted(t *testing.T) {
	r := newRig(t, resuming(77)).start()
	h := r.connect(77)
	if h.SessionId != 77 || !bytes.Equal(h.Passwd, passwd(77)) {
		t.Errorf("asks for %v", &h)
	}
	r.expect("CONNECTED new")
	if i := r.changes[1].Info; !i.Resumed || i.Epoch != 1 || i.ID != 77 {
		t.Errorf("session is %+v", i)
	}
	r.reconnect()
	if !r.m.sess.Resumed {
		t.Error("forgotten")
	}
}

func TestResumeRefused(t *testing.T) {
	r := newRig(t, resuming(77)).start()
	r.submit("early", wire.OpSetData)
	r.opened()
	r.hello()
	r.refuse()
	r.expect("LOST", "early: SESSIONEXPIRED", "hang up", "dial 10.0.0.1:2181")
	if h := r.connect(78); h.SessionId != 0 {
		t.Errorf("asks for %v", &h)
	}
	r.expect("CONNECTED new")
	if i := r.m.sess; i.Resumed || i.Epoch != 2 {
		t.Errorf("session is %+v", i)
	}
}

// The session to be resumed is not asked for again, once a server has said what becomes of it.
func TestResumeOnlyOnce(t *testing.T) {
	for _, accept := range []bool{true, false} {
		r := newRig(t, resuming(77)).start()
		r.opened()
		r.hello()
		if accept {
			r.welcome(77)
		} else {
			r.refuse()
		}
		r.m.Abort(nil, ErrClosed)
		r.start()
		if h := r.connect(78); h.SessionId != 0 {
			t.Errorf("accepted %t: asks for %v", accept, &h)
		}
		if i := r.m.sess; i.Resumed || i.Epoch != 2 {
			t.Errorf("session is %+v", i)
		}
	}
}

// As long as no server has said anything, every start asks for it, under another epoch.
func TestResumeAfterRestart(t *testing.T) {
	r := newRig(t, resuming(77)).start()
	r.m.Abort(nil, ErrClosed)
	r.start()
	if h := r.connect(77); h.SessionId != 77 {
		t.Errorf("asks for %v", &h)
	}
	if i := r.m.sess; !i.Resumed || i.Epoch != 2 {
		t.Errorf("session is %+v", i)
	}
}

// No server has accepted it, so it cannot be believed in, and there is nothing to be given up either.
func TestResumingIsNoSessionYet(t *testing.T) {
	r := newRig(t, resuming(77))
	r.now = 0
	r.start()
	if err := r.m.Hold(r.now, &Hold{Call: new(held)}, 1); err != wire.CodeSessionExpired {
		t.Errorf("hold: %v", err)
	}
	for range 50 {
		r.closed()
		r.sleep(sec)
	}
	if r.m.state != Connecting || r.m.sess.ID != 77 {
		t.Errorf("%v, session %d", r.m.state, r.m.sess.ID)
	}
	r.connect(77)
	if r.m.state != Connected {
		t.Error("not resumed")
	}
}

// Close while resuming closes the session that was to be resumed.
func TestCloseWhileResuming(t *testing.T) {
	r := newRig(t, resuming(77)).start()
	r.m.Close()
	r.expect()
	r.connect(77)
	r.wrote("closeSession#1")
	r.ok(1)
	r.expect("CONNECTED new", "hang up", "CLOSED", "closed: ok")
}
