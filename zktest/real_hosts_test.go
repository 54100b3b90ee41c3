package zktest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A client is sent from server to server while it writes. Nothing fails, and it stays one session.
func TestRealSetHosts(t *testing.T) {
	t.Parallel()
	ens := zktest.StartZooKeeper(t, 3)
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	cl, err := zk.Connect(ctx, ens.Addr(0)+ens.Chroot(t), zk.WithSessionTimeout(6*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { got(t, cl.Close(ctx)) }()
	session, log := cl.Session(), statesOf(cl)
	got(t, cl.Create(ctx, "/mine", nil, zk.Ephemeral))
	writes := 0
	for i := range 12 {
		if err := cl.SetHosts(ens.Addr((i + 1) % 3)); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); writes++ {
			got(t, cl.Set(ctx, "/mine", nil, int32(writes)))
		}
	}
	t.Logf("%d writes in 12 moves", writes)
	if now := cl.Session(); now.ID != session.ID || slices.Contains(log.seen(), zk.Lost) || len(log.seen()) < 2*12 {
		t.Errorf("%v, want %v; states %v", now, session, log.seen())
	}
	if st := got(t, cl.Exists(ctx, "/mine")); st == nil || int(st.Version) != writes || st.EphemeralOwner != session.ID {
		t.Errorf("%+v after %d writes", st, writes)
	}
}

// The ensemble loses its quorum and gets it back: reads go on meanwhile, and then everything.
func TestRealReadOnly(t *testing.T) {
	t.Parallel()
	needs(t, "3.4", "read-only servers")
	ens := zktest.StartZooKeeper(t, 3, zktest.WithJVM("-Dreadonlymode.enabled=true"),
		zktest.WithServerConfig("localSessionsEnabled=true", "localSessionsUpgradingEnabled=true"))
	timeout := 4 * time.Second // the session has to be over before a read-only server gives the client another
	if !since(ens, "3.5") {
		timeout = 20 * time.Second // these go on with the session, which then has to outlive two elections
	}
	cl := ens.Client(t, zk.WithReadOnly(), zk.WithSessionTimeout(timeout))
	got(t, cl.Create(bg, "/a", []byte("x")))
	log := statesOf(cl)
	ens.Kill(0)
	ens.Kill(1)
	eventually(t, "read-only", func() bool { return cl.State() == zk.ConnectedReadOnly })
	if n := got(t, cl.Get(bg, "/a")); string(n.Data) != "x" {
		t.Errorf("read %q", n.Data)
	}
	if err := cl.Set(bg, "/a", nil, zk.AnyVersion).WaitErr(); !errors.Is(err, zk.ErrNotReadOnly) || zk.MaybeApplied(err) {
		t.Errorf("set: %v", err)
	}
	before := len(log.seen())
	begun := time.Now()
	ens.Restart(0)
	eventually(t, "connected", func() bool { return cl.State() == zk.Connected })
	t.Logf("a quorum again: connected after %v; states %v", time.Since(begun).Round(time.Millisecond), log.seen())
	if slices.Contains(log.seen()[before:], zk.Lost) {
		t.Errorf("states %v", log.seen()[before:])
	}
	got(t, cl.Set(bg, "/a", nil, zk.AnyVersion))
}
