package zktest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// The connection of a busy client is cut, twenty times.
func testLostConnections(t *testing.T, ens servers) {
	needsServers(t, ens, "3.4", "transactions")
	const cuts = 20
	cl := ens.Client(t)
	session, log := cl.Session(), statesOf(cl)
	l := startLoad(t, cl, 16)
	var longest time.Duration
	for range cuts {
		l.progress(50)
		begun := time.Now()
		if !ens.LoseConnection(cl) {
			t.Error("no connection to lose")
		}
		_, at := log.await(t, zk.Connected, begun)
		longest = max(longest, at.Sub(begun))
	}
	l.progress(50)
	l.finish()
	t.Logf("connected again after %v at most", longest.Round(time.Millisecond))

	log.check(t)
	want := cuts
	if !since(ens, "3.5") { // A server that is asked for create2 closes the connection; the client tries each one once.
		tried := log.unimplemented()
		if want += tried; tried > ens.Len() {
			t.Errorf("%d connections lost by asking %d servers", tried, ens.Len())
		}
	}
	if !slices.Equal(log.seen(), slices.Repeat([]zk.State{zk.Suspended, zk.Connected}, want)) {
		t.Errorf("states %v, want Suspended and Connected %d times", log.seen(), want)
	}
	if now := cl.Session(); now.ID != session.ID {
		t.Errorf("%v, want %v", now, session)
	}
	l.verify(ens.Client(t))
}

// unimplemented counts the connections that ended because the server did not understand the client.
func (l *stateLog) unimplemented() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.changes {
		if errors.Is(c.Err, zk.ErrUnimplemented) {
			n++
		}
	}
	return n
}

// A session is ended on the servers.
func testExpiredSession(t *testing.T, ens servers) {
	cl, witness := ens.Client(t), ens.Client(t)
	got(t, cl.Create(bg, "/kept", nil))
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	got(t, witness.Sync(bg, "/"))
	seen := got(t, witness.ExistsAndWatch(bg, "/mine"))
	if seen.Value == nil {
		t.Fatal("the ephemeral node is not there")
	}
	old, log, begun := cl.Session(), statesOf(cl), time.Now()
	pinned := cl.Pinned(old)
	got(t, pinned.Get(bg, "/kept"))
	watches := []*future.Future[zk.Event]{
		got(t, cl.GetAndWatch(bg, "/kept")).Changed,
		got(t, cl.ExistsAndWatch(bg, "/none")).Changed,
		got(t, cl.ChildrenAndWatch(bg, "/kept")).Changed, // not of "/": the session's end changes that
	}

	ens.ExpireSession(cl)

	for _, w := range watches {
		fails(t, w, zk.ErrSessionExpired)
	}
	lost, at := log.await(t, zk.Lost, begun)
	if lost.Session.ID != old.ID {
		t.Errorf("lost %v, want %v", lost.Session, old)
	}
	up, _ := log.await(t, zk.Connected, at)
	if fresh := cl.Session(); fresh.ID == old.ID || fresh.ID == 0 || fresh.Epoch != old.Epoch+1 {
		t.Errorf("%v after %v", fresh, old)
	}
	if !up.SessionChanged {
		t.Errorf("%v without SessionChanged", up)
	}
	if ev := got(t, seen.Changed); ev.Type != zk.NodeDeleted || ev.Path != "/mine" {
		t.Errorf("the witness saw %v", ev)
	}
	if st := got(t, cl.Exists(bg, "/mine")); st != nil {
		t.Errorf("the old session's ephemeral node is there: %+v", st)
	}
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	got(t, cl.Get(bg, "/kept"))

	_, err := ended(t, pinned.Set(bg, "/kept", []byte("x"), zk.AnyVersion))
	if !errors.Is(err, zk.ErrSessionExpired) || zk.MaybeApplied(err) {
		t.Errorf("a write pinned to the old session: %v", err)
	}
	if n := got(t, cl.Get(bg, "/kept")); n.Version != 0 {
		t.Error("a write pinned to the old session was carried out in the new one")
	}
	log.check(t)
	if n := len(slices.DeleteFunc(log.seen(), func(s zk.State) bool { return s != zk.Lost })); n != 1 {
		t.Errorf("states %v, want Lost once", log.seen())
	}
}
