package zktest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// No server says anything for longer than the client believes in its session. It reports Lost, gives the session up,
// and buries it as soon as it can: by the time that there is a new one, nothing of the old one is left.
func TestRealSilence(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 3)
	for _, tt := range returns {
		t.Run(tt.name, func(t *testing.T) { testSilence(t, ens, tt.back, 3*time.Second) })
	}
}

var returns = []struct {
	name string
	back func(ens servers, server int)
}{
	// The servers know how long it was, and most likely end the session themselves.
	{"Resumed", func(ens servers, i int) { ens.Resume(i) }},
	// To them the session is as good as new.
	{"Restarted", func(ens servers, i int) {
		ens.Kill(i)
		ens.Restart(i)
	}},
}

func testSilence(t *testing.T, ens servers, back func(ens servers, server int), timeout time.Duration) {
	cl := ens.Client(t, zk.WithSessionTimeout(timeout))
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	watch := got(t, cl.GetAndWatch(bg, "/mine")).Changed
	old, log, begun := cl.Session(), statesOf(cl), time.Now()

	for i := range ens.Len() {
		ens.Pause(i)
	}
	waiting := cl.Create(bg, "/waiting", nil)
	_, suspended := log.await(t, zk.Suspended, begun)
	_, lost := log.await(t, zk.Lost, begun)
	fails(t, watch, zk.ErrSessionExpired) // the session is given up
	given := time.Since(begun)
	if _, err := ended(t, waiting); !errors.Is(err, zk.ErrConnectionLoss) && !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("a create meanwhile: %v", err)
	}
	for i := range ens.Len() {
		back(ens, i)
	}
	up, at := log.await(t, zk.Connected, begun)
	t.Logf("suspended after %v, lost after %v, given up after %v; a new session after %v", suspended.Sub(begun).Round(time.Millisecond),
		lost.Sub(begun).Round(time.Millisecond), given.Round(time.Millisecond), at.Sub(begun).Round(time.Millisecond))

	got(t, cl.Sync(bg, "/"))
	if st := got(t, cl.Exists(bg, "/mine")); st != nil {
		t.Errorf("the old session lives: %+v", st)
	}
	if !up.SessionChanged || up.Session.ID == old.ID || up.Rollback {
		t.Errorf("%v: %v after %v, session changed %v, rollback %v", up, up.Session, old, up.SessionChanged, up.Rollback)
	}
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	log.check(t)
	ens.Ready()
}

func TestRealNoQuorum(t *testing.T) {
	t.Parallel()
	needs(t, "3.4", "read-only servers")
	testNoQuorum(t, zktest.StartZooKeeper(t, 3, zktest.WithJVM("-Dreadonlymode.enabled=true"),
		zktest.WithServerConfig("localSessionsEnabled=true", "localSessionsUpgradingEnabled=true")))
}

// Two of three servers are killed. Operations wait or fail with their context, and when there is a quorum again the same
// session goes on.
func testNoQuorum(t *testing.T, ens servers) {
	cl := ens.Client(t, zk.WithSessionTimeout(30*time.Second))
	got(t, cl.Create(bg, "/mine", nil, zk.Ephemeral))
	move(t, ens, cl, func(i int) bool { return i == 2 }) // who is left must know of the node
	got(t, cl.Sync(bg, "/"))
	session, log, begun := cl.Session(), statesOf(cl), time.Now()
	chroot := ens.Chroot(t)

	ens.Kill(0)
	ens.Kill(1)
	eventually(t, "the third server knows that it is alone", func() bool { return strings.Contains(ens.FourLetter(2, "srvr"), "Mode: read-only") })
	await(t, cl, zk.Suspended)
	short, cancel := context.WithTimeout(bg, 300*time.Millisecond)
	defer cancel()
	_, err := ended(t, cl.Set(short, "/mine", nil, zk.AnyVersion))
	if !errors.Is(err, context.DeadlineExceeded) || zk.MaybeApplied(err) {
		t.Errorf("a set with a short context: %v", err)
	}
	waiting := cl.Create(bg, "/waiting", nil)

	// Who is content with reading can read.
	reader, err := zk.Connect(bg, ens.ConnectString()+chroot, zk.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	if reader.State() != zk.ConnectedReadOnly {
		t.Errorf("state %v", reader.State())
	}
	if st := got(t, reader.Exists(bg, "/mine")); st == nil || st.EphemeralOwner != session.ID {
		t.Errorf("read from a server without a quorum: %+v", st)
	}
	_, err = ended(t, reader.Set(bg, "/mine", nil, zk.AnyVersion))
	if !errors.Is(err, zk.ErrNotReadOnly) || zk.MaybeApplied(err) {
		t.Errorf("a write to a server without a quorum: %v", err)
	}

	lock := recipes.NewLock(reader, "/lock").Acquire(bg)

	if _, err, ready := waiting.Poll(); ready {
		t.Errorf("without a quorum a create has ended: %v", err)
	}
	ens.Restart(0)
	ens.Restart(1)
	got(t, waiting)
	t.Logf("a create waited for %v", time.Since(begun).Round(time.Millisecond))
	if now := cl.Session(); now.ID != session.ID || slices.Contains(log.seen(), zk.Lost) {
		t.Errorf("%v, want %v; states %v", now, session, log.seen())
	}
	got(t, cl.Sync(bg, "/"))
	if n := got(t, cl.Get(bg, "/mine")); n.EphemeralOwner != session.ID || n.Version != 0 {
		t.Errorf("ephemeral node: %+v", n.Stat)
	}
	log.check(t)

	held := got(t, lock) // it has waited for a quorum
	got(t, held.Txn().Commit(bg))
	got(t, held.Release(bg))
	if reader.State() != zk.Connected {
		t.Errorf("state %v", reader.State())
	}
	got(t, reader.Close(bg))
}
