package session

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Requests before Close are carried out, those behind it are not taken.
func TestClose(t *testing.T) {
	r := up(t)
	r.watch("/a", WatchData)
	r.hold(1)
	r.submit("a", wire.OpSetData)
	r.m.Close()
	r.submit("late", wire.OpSetData)
	r.m.Close()
	r.expect("late: client closed")
	r.wrote("setData#2", "closeSession#3")
	r.ok(2)
	r.expect("a: ok")
	r.ok(3)
	r.expect("hang up", "fire /a: client closed", "hold lost: client closed", "CLOSED", "closed: ok")
	if err := r.changes[2].Err; err != ErrClosed {
		t.Errorf("%v", err)
	}
	if d := r.m.NextDeadline(); d != never {
		t.Errorf("deadline %v", d)
	}
	r.m.Close()
	r.expect("closed: ok")
	r.submit("late", wire.OpSetData)
	r.expect("late: client closed")
}

// Nothing is written behind closeSession: no ping, no sync, no removal of a watch.
func TestNothingBehindClose(t *testing.T) {
	r := up(t).knows()
	w := r.watch("/a", WatchData)
	x := r.submit("x", wire.OpGetData, watching("/b", WatchData))
	r.pull()
	r.m.Cancel(&x.Request, errPeer)
	r.hold(1)
	r.m.Close()
	r.wrote("closeSession#3")
	r.unwatch(w)
	r.ok(x.xid)
	r.sleep(7 * sec)
	r.wrote()
	r.see()
	r.sleep(sec) // but the connection is watched
	r.see()
	if r.m.state != Suspended {
		t.Errorf("%v", r.m.state)
	}
}

// While it waits behind a long queue the connection is kept alive.
func TestPingsWhileClosing(t *testing.T) {
	r := up(t)
	r.submit("x", wire.OpCreate2)
	r.wrote("create2#1")
	r.m.Close()
	r.sleep(4 * sec)
	r.wrote("ping#-2")
	r.ok(1)
	r.wrote("closeSession#2")
}

func TestCloseWithoutSession(t *testing.T) {
	for name, c := range map[string]struct {
		to   func(*rig)
		want []string
	}{
		"off":       {func(r *rig) {}, []string{"CLOSED", "closed: ok"}},
		"dial":      {func(r *rig) { r.start() }, []string{"hang up", "CLOSED", "closed: ok"}},
		"handshake": {func(r *rig) { r.start(); r.opened(); r.hello() }, []string{"hang up", "CLOSED", "closed: ok"}},
		"pause":     {func(r *rig) { r.start(); r.closed(); r.see() }, []string{"CLOSED", "closed: ok"}},
		"resolve":   {func(r *rig) { r.m.hosts.list = []string{"zk:1"}; r.start() }, []string{"CLOSED", "closed: ok"}},
		"expired": {func(r *rig) {
			r.start()
			r.connect(1)
			r.closed()
			r.opened()
			r.hello()
			r.refuse()
			r.see()
		},
			[]string{"hang up", "CLOSED", "closed: ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c.to(r)
			r.m.Close()
			r.expect(c.want...)
		})
	}
}

func TestCloseFailsWhatWaits(t *testing.T) {
	r := newRig(t).start()
	r.submit("a", wire.OpSetData)
	r.m.Close()
	r.expect("hang up", "a: client closed", "CLOSED", "closed: ok")
}

// Close while suspended waits for a server to tell it to.
func TestCloseWhileSuspended(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*rig)
		want   []string
	}{
		"renewed": {func(r *rig) {
			r.welcome(1)
			r.wrote("setData#1", "closeSession#2")
			r.ok(1, 2)
		}, []string{"CONNECTED", "queued: ok", "hang up", "CLOSED", "closed: ok"}},
		"expired":  {func(r *rig) { r.refuse() }, []string{"LOST", "queued: SESSIONEXPIRED", "hang up", "CLOSED", "closed: ok"}},
		"replaced": {func(r *rig) { r.welcome(9) }, []string{"LOST", "queued: SESSIONEXPIRED", "hang up", "CLOSED", "closed: ok"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			r.closed()
			r.see()
			r.submit("queued", wire.OpSetData)
			r.m.Close()
			r.expect()
			r.opened()
			r.hello()
			c.answer(r)
			r.expect(c.want...)
		})
	}
}

// If the connection is lost behind closeSession, it is sent again.
func TestCloseIsSentAgain(t *testing.T) {
	r := up(t)
	r.m.Close()
	r.wrote("closeSession#1")
	r.closed()
	r.expect("SUSPENDED", "dial 10.0.0.1:2181")
	r.connect(1)
	r.expect("CONNECTED")
	r.wrote("closeSession#2")
	r.ok(2)
	r.expect("hang up", "CLOSED", "closed: ok")
}

// The session may live longer than we believe: Close goes on until a server has said so, or Abort.
func TestCloseAndGiveUp(t *testing.T) {
	t.Run("buried", func(t *testing.T) {
		r := up(t)
		r.closed()
		r.submit("queued", wire.OpSetData)
		r.m.Close()
		r.see()
		r.jump(20 * sec)
		r.m.Tick(r.now)
		r.submit("late", wire.OpSetData)
		if got := r.see(); got[0] != "LOST" && got[1] != "LOST" {
			t.Fatal(got)
		}
		r.connect(1)
		r.see()
		r.wrote("closeSession#1")
		r.ok(1)
		r.expect("hang up", "CLOSED", "closed: ok")
	})
	t.Run("gone", func(t *testing.T) {
		r := givenUp(t)
		r.m.Close()
		r.expect()
		r.opened()
		r.hello()
		r.refuse()
		r.expect("hang up", "CLOSED", "closed: ok")
	})
	t.Run("replaced", func(t *testing.T) {
		r := givenUp(t)
		r.m.Close()
		r.connect(7)
		r.expect("hang up", "CLOSED", "closed: ok")
	})
	t.Run("aborted", func(t *testing.T) {
		r := givenUp(t)
		r.submit("x", wire.OpSetData)
		r.m.Close()
		r.sleep(time.Hour)
		r.see()
		may := errors.New("may live")
		r.m.Abort(may, ErrClosed)
		if got := r.see(); got[len(got)-1] != "closed: may live" || got[len(got)-3] != "x: client closed" {
			t.Error(got)
		}
	})
	t.Run("during burial", func(t *testing.T) {
		r := givenUp(t)
		r.connect(1)
		r.wrote("closeSession#1")
		r.m.Close()
		r.wrote()
		r.expect()
		r.ok(1)
		r.expect("hang up", "CLOSED", "closed: ok")
	})
}

// Everything ends before DoClosed, in every phase.
func TestAbort(t *testing.T) {
	phases := map[string]func(*rig){
		"dial":      func(r *rig) { r.closed() },
		"pause":     func(r *rig) { r.closed(); r.see(); r.closed() },
		"handshake": func(r *rig) { r.closed(); r.opened(); r.hello() },
		"replay":    func(r *rig) { r.reconnect() },
		"up":        func(r *rig) {},
		"lost":      func(r *rig) { r.closed(); r.jump(13 * sec); r.m.Tick(r.now) },
		"burial":    func(r *rig) { r.jump(time.Hour); r.m.Tick(r.now); r.connect(1) },
	}
	for name, to := range phases {
		t.Run(name, func(t *testing.T) {
			r := up(t)
			w := r.watch("/a", WatchData)
			h, _ := r.hold(1)
			written := r.submit("written", wire.OpSetData)
			r.pull()
			conn := r.m.conn
			to(r)
			queued := r.submit("queued", wire.OpSetData)
			r.see()
			r.m.Abort(errPeer, ErrClosed)
			got := r.see()
			if len(got) < 3 || got[len(got)-1] != "closed: peer is gone" || got[len(got)-2] != "CLOSED" {
				t.Fatal(got)
			}
			if f := w.Call.(*fired); f.times != 1 || h.times() != 1 || written.times != 1 || queued.times != 1 {
				t.Errorf("watch %d, hold %d, written %d, queued %d", f.times, h.times(), written.times, queued.times)
			}
			if p := written.got; !p.MaybeApplied() || p.Conn != conn || p.Epoch != 1 {
				t.Errorf("written: %+v", p)
			}
			if queued.got.Written {
				t.Error("was not written")
			}
			// And a new life, with another session and another epoch.
			r.start()
			if hello := r.connect(2); hello.SessionId != 0 {
				t.Errorf("asks for %v", &hello)
			}
			r.see()
			if r.m.state != Connected || r.m.sess.Epoch != 2 {
				t.Errorf("%v, epoch %d", r.m.state, r.m.sess.Epoch)
			}
			r.submit("again", wire.OpSetData)
			f := r.pull()
			if len(f) != 1 {
				t.Fatal(f)
			}
			r.ok(f[0].xid)
			r.expect("again: ok")
		})
	}
}

func TestAbortWhenOff(t *testing.T) {
	r := newRig(t)
	r.m.Abort(errPeer, ErrClosed)
	r.expect("CLOSED", "closed: peer is gone")
}
