package zk_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// states returns what listeners of a client are told.
func states(cl *zk.Client) *record[zk.StateChange] {
	r := &record[zk.StateChange]{}
	cl.OnState(r.add)
	return r
}

// path writes changes as one line and checks that each begins where the one before it has ended.
func path(t testing.TB, changes []zk.StateChange) string {
	t.Helper()
	var out []string
	for i, c := range changes {
		if i > 0 && c.From != changes[i-1].To || c.From == c.To {
			t.Errorf("the changes do not fit together: %v", changes)
		}
		out = append(out, c.To.String())
	}
	return strings.Join(out, " ")
}

func TestStatesOfALife(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		log := states(cl)
		if cl.State() != zk.Lost || cl.Session().ID != 0 || cl.Session().Epoch != 0 {
			w.Errorf("before Start: %v, %v", cl.State(), cl.Session())
		}
		s := ok(w, cl.Start(ctx))
		if s.ID == 0 || s.Epoch != 1 || s.Timeout != 10*time.Second || len(s.Password) != wire.PasswdLen || s.Resumed {
			w.Errorf("session %v, password of %d bytes, resumed %v", s, len(s.Password), s.Resumed)
		}
		if again := ok(w, cl.Start(ctx)); again.ID != s.ID {
			w.Errorf("starting twice: %v", again)
		}
		w.srv.Drop(s.ID)
		w.until("a new connection", func() bool { return log.len() == 4 })
		w.srv.Expire(s.ID)
		w.until("a new session", func() bool { return log.len() == 7 })
		ok(w, cl.Close(ctx))
		w.until("closed", func() bool { return log.len() == 8 })
		second := ok(w, cl.Start(ctx))
		w.until("up again", func() bool { return log.len() == 10 })
		if second.Epoch != 3 || cl.State() != zk.Connected {
			w.Errorf("after a restart: %v %v", second, cl.State())
		}
		ok(w, cl.Get(ctx, "/"))
		ok(w, cl.Close(ctx))
		changes := log.all()
		want := "CONNECTING CONNECTED SUSPENDED CONNECTED SUSPENDED LOST CONNECTED CLOSED CONNECTING CONNECTED"
		if got := path(w, changes[:10]); got != want {
			w.Errorf("states %s, want %s", got, want)
		}
		for i, c := range changes[:10] {
			fresh := i == 1 || i == 6 || i == 9
			if c.SessionChanged != fresh || c.Rollback {
				w.Errorf("change %d: %+v", i, c)
			}
			if up := c.To == zk.Connected; up != (c.Server != "") || (c.To == zk.Suspended || c.To == zk.Lost) != (c.Err != nil && c.To != zk.Closed) {
				w.Errorf("change %d: %+v", i, c)
			}
		}
		if c := changes[5]; !errors.Is(c.Err, zk.ErrSessionExpired) || c.Session.ID != s.ID {
			w.Errorf("LOST is about %v: %v", c.Session, c.Err)
		}
		if c := changes[3]; c.Session.ID != s.ID || c.Session.Epoch != 1 {
			w.Errorf("the second connection is about %v", c.Session)
		}
	})
}

// When the servers are gone LOST comes by the clock: one session timeout after the last but one answered
// request was sent, at the latest; and the session is given up after four thirds.
func TestLostByTheClock(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSessionTimeout(9 * time.Second))
		begin := w.h.Now()
		var at record[string]
		cl.OnState(func(c zk.StateChange) {
			at.add(fmt.Sprint(c.To, " ", w.h.Now().Sub(begin).Round(100*time.Millisecond)))
		})
		w.sleep(20 * time.Second) // pings every 3 s: the last two answered ones were sent 15 s and 18 s after the beginning
		watched := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		if cl.Session().ID == 0 {
			w.Error("no session while suspended")
		}
		waiting := cl.Create(ctx, "/n", nil)
		w.await(cl, zk.Lost)
		lost := w.h.Now().Sub(begin)
		if lost < 26*time.Second || lost > 27100*time.Millisecond {
			w.Errorf("LOST after %v, want 18 s + 9 s", lost)
		}
		if _, _, ready := waiting.Poll(); ready {
			w.Error("the session may live yet, so the operation may wait")
		}
		refused(w, waiting, zk.ErrSessionExpired, false)
		refused(w, watched.Changed, zk.ErrSessionExpired, false)
		if gone := w.h.Now().Sub(begin); gone < 29*time.Second || gone > 30100*time.Millisecond {
			w.Errorf("given up after %v, want 18 s + 12 s", gone)
		}
		later := cl.Get(ctx, "/") // waits for the next session
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		ok(w, later)
		if s := cl.Session(); s.Epoch != 2 {
			w.Errorf("session %v", s)
		}
		w.until("three changes", func() bool { return at.len() >= 3 })
	})
}

// A connection that says nothing any more is given up, and found out by the clock.
func TestSilentServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSessionTimeout(9 * time.Second))
		log := states(cl)
		begin := w.h.Now()
		silent := func(in *core.Incoming) core.Verdict { return core.Verdict{Hold: time.Hour} }
		w.intercept(silent)
		f := cl.Create(ctx, "/n", nil)
		refused(w, f, zk.ErrConnectionLoss, true)
		if took := w.h.Now().Sub(begin); took < 5*time.Second || took > 6100*time.Millisecond {
			w.Errorf("the connection was given up after %v, want two thirds of 9 s", took)
		}
		w.intercept(nil)
		w.await(cl, zk.Connected)
		w.until("two changes", func() bool { return log.len() >= 2 })
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED" {
			w.Errorf("states %s", got)
		}
	})
}

func TestStatesChannel(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		until, cancel := context.WithCancel(ctx)
		slow, quick := cl.States(until), cl.States(until)
		var all []zk.StateChange
		read := func(ch <-chan zk.StateChange) (c zk.StateChange, open bool) {
			w.Helper()
			got := false
			w.until("a change or the end", func() bool {
				select {
				case c, open = <-ch:
					got = true
				default:
				}
				return got
			})
			return c, open
		}
		next := func(want zk.State) {
			w.Helper()
			for {
				c, _ := read(quick)
				all = append(all, c)
				if c.To == want {
					return
				}
			}
		}
		next(zk.Lost)
		ok(w, cl.Start(ctx))
		next(zk.Connected)
		first := cl.Session()
		w.srv.Expire(first.ID)
		next(zk.Lost)
		next(zk.Connected)
		w.reconnect(cl)
		w.srv.Drop(cl.Session().ID)
		next(zk.Suspended)
		next(zk.Connected)
		late := cl.States(until)
		if c, _ := read(late); c.To != zk.Connected && c.To != zk.Suspended || c.Session.ID != cl.Session().ID {
			w.Errorf("the current state comes first: %+v", c)
		}
		for i, c := range all[1:] {
			if c.From != all[i].To {
				w.Errorf("a quick receiver sees changes that do not fit together: %v", all)
			}
		}
		w.sleep(time.Second)
		// The slow one has missed much, but not the LOST, nor that the session has changed.
		a, _ := read(slow)
		b, _ := read(slow)
		if a.To != zk.Lost || a.From != zk.Lost || a.Session.ID != first.ID {
			w.Errorf("first %+v, want Lost", a)
		}
		if b.To != zk.Connected || b.From != zk.Lost || !b.SessionChanged || b.Session.ID != cl.Session().ID {
			w.Errorf("then %+v, want Connected with a changed session", b)
		}
		cancel()
		for _, ch := range []<-chan zk.StateChange{slow, late} {
			for open := true; open; {
				_, open = read(ch)
			}
		}
		ok(w, cl.Close(ctx))
	})
}

func TestOnStateStop(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		var log record[zk.State]
		stop := cl.OnState(func(c zk.StateChange) { log.add(c.To) })
		w.reconnect(cl)
		before := log.len()
		stop()
		stop()
		w.reconnect(cl)
		if before != 2 || log.len() != before {
			w.Errorf("%d changes, then %d", before, log.len())
		}
	})
}

// A listener that panics: the handler's hook is told, and so is the next listener.
func TestListenerPanics(t *testing.T) {
	var panics record[any]
	hook := handler.WithPanicHook(func(v any, stack []byte) {
		if !strings.Contains(string(stack), "TestListenerPanics") {
			t.Errorf("the stack does not show where: %s", stack)
		}
		panics.add(v)
	})
	bubble(t, func(t *testing.T) {
		w := poolWorld(t, handler.NewPool(hook), nil)
		cl := w.client()
		cl.OnState(func(zk.StateChange) { panic("one") })
		log := states(cl)
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { panic("two") })
		w.reconnect(cl)
		ok(w, cl.Get(ctx, "/"))
		if log.len() != 2 {
			w.Errorf("another listener was told of %v", log.all())
		}
		got := fmt.Sprint(panics.all())
		if strings.Count(got, "one") != 2 || strings.Count(got, "two") != 1 {
			w.Errorf("panics %v", got)
		}
	})
}

// Callbacks that block delay their lanes, and no heartbeat: the session outlives three timeouts.
func TestBlockedCallbacks(t *testing.T) {
	onPool(t, func(w *world) {
		cl, other := w.client(zk.WithSessionTimeout(6*time.Second)), w.client()
		id := cl.Session().ID
		release := make(chan struct{})
		cl.OnState(func(zk.StateChange) { <-release })
		ok(w, cl.ExistsAndWatch(ctx, "/n")).Changed.OnComplete(func(zk.Event, error) { <-release })
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { <-release })
		ok(w, other.Create(ctx, "/n", nil))
		w.srv.Drop(id)
		w.await(cl, zk.Connected)
		var after record[int]
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { after.add(1) })
		w.sleep(18 * time.Second)
		if cl.State() != zk.Connected || cl.Session().ID != id {
			w.Errorf("%v, session %v", cl.State(), cl.Session())
		}
		ok(w, cl.Get(ctx, "/")) // waiting does not need a lane
		if after.len() != 0 {
			w.Error("a callback has overtaken one that blocks")
		}
		close(release)
		w.until("the other callback", func() bool { return after.len() == 1 })
	})
}

func TestResume(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		s := ok(w, cl.Start(ctx))
		ok(w, cl.Create(ctx, "/e", nil, zk.Ephemeral))
		// The client is lost without a word, as a process that crashes.
		heir := w.unstarted(zk.WithSession(s))
		log := states(heir)
		got := ok(w, heir.Start(ctx))
		if got.ID != s.ID || !got.Resumed || !slices.Equal(got.Password, s.Password) {
			w.Errorf("resumed %v as %v, Resumed %v", s, got, got.Resumed)
		}
		if st := ok(w, heir.Exists(ctx, "/e")); st == nil || st.EphemeralOwner != s.ID {
			w.Errorf("the ephemeral node is %+v", st)
		}
		w.until("two changes", func() bool { return log.len() >= 2 })
		ok(w, heir.Close(ctx))
		// Now it is gone: the next heir gets a session of its own, and learns that on the way.
		late := w.unstarted(zk.WithSession(s))
		log = states(late)
		got = ok(w, late.Start(ctx))
		if got.ID == s.ID || got.Resumed {
			w.Errorf("resumed %v as %v, Resumed %v", s, got, got.Resumed)
		}
		w.until("three changes", func() bool { return log.len() >= 3 })
		if got := path(w, log.all()); got != "CONNECTING LOST CONNECTED" {
			w.Errorf("states %s", got)
		}
		if st := ok(w, late.Exists(ctx, "/e")); st != nil {
			w.Errorf("the ephemeral node is %+v", st)
		}
		ok(w, late.Close(ctx))
		ok(w, cl.Close(ctx))
	})
}

func TestResumeWithWrongPassword(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		s := cl.Session()
		s.Password[0]++ // its own copy
		log := states(cl)
		thief := w.client(zk.WithSession(s))
		if got := thief.Session(); got.ID == s.ID || got.Resumed {
			w.Errorf("resumed %v", got)
		}
		// A server cuts a session's connection before it looks at the password: the owner has to come back.
		w.until("two changes", func() bool { return log.len() >= 2 })
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED" {
			w.Errorf("states %s", got)
		}
		ok(w, cl.Exists(ctx, "/"))
	})
}

// Sessions and changes can be printed: the password is not among what is shown.
func TestPasswordIsNotShown(t *testing.T) {
	s := zk.Session{ID: 0x1234, Password: []byte("swordfish-secret"), Epoch: 7, Timeout: time.Second}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, &s, zk.StateChange{Session: s}, []zk.Session{s}} {
			got := fmt.Sprintf(format, v)
			if strings.Contains(got, "swordfish") || strings.Contains(got, fmt.Sprintf("%x", "swordfish")) || strings.Contains(got, "115 119 111") {
				t.Errorf("%s of %T: %s", format, v, got)
			}
		}
	}
	if got := s.String(); got != "session 0x1234 (epoch 7, timeout 1s)" {
		t.Errorf("%s", got)
	}
}

func TestReadOnly(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithReadOnly())
		log := states(cl)
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(true) })
		w.await(cl, zk.ConnectedReadOnly)
		ok(w, cl.Get(ctx, "/"))
		refused(w, cl.Create(ctx, "/a", nil), zk.ErrNotReadOnly, false)
		refused(w, cl.Sync(ctx, "/"), zk.ErrNotReadOnly, false)
		if !cl.Session().Deadline.IsZero() && cl.Session().Deadline.After(w.h.Now().Add(10*time.Second)) {
			w.Errorf("a read-only server proves nothing, and the deadline is %v away", cl.Session().Deadline.Sub(w.h.Now()))
		}
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(false) })
		w.await(cl, zk.Connected)
		ok(w, cl.Create(ctx, "/a", nil))
		w.until("four changes", func() bool { return log.len() >= 4 })
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED_RO SUSPENDED CONNECTED" {
			w.Errorf("states %s", got)
		}
	}, version(core.V3_6))
}

// The servers were restored from a backup, or wiped: they have less than the client has seen.
func TestRollback(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := zktest.NewServer(t)
		second := zktest.NewServer(t)
		srv := first
		pool := handler.NewPool()
		pool.Dialer = func(c context.Context, network, address string) (conn net.Conn, err error) {
			return srv.Dial(c, network, address)
		}
		w := newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: first, sleep: time.Sleep}, nil)
		cl := w.client(zk.WithSessionTimeout(4 * time.Second))
		for range 10 {
			ok(w, cl.Set(ctx, "/", nil, zk.AnyVersion))
		}
		log := states(cl)
		srv = second
		first.Do(func(s *core.Server) { s.DropAll() })
		w.until("a session with the other", func() bool { return cl.Session().Epoch == 2 && cl.State() == zk.Connected })
		changes := log.all()
		if got := path(w, changes); got != "SUSPENDED LOST CONNECTED" {
			w.Errorf("states %s", got)
		}
		if last := changes[len(changes)-1]; !last.Rollback || !last.SessionChanged {
			w.Errorf("%+v", last)
		}
		ok(w, cl.Set(ctx, "/", nil, 0))
	})
}
