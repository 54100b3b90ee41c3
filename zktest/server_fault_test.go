package zktest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// inABubble runs a test on a server and one client, in virtual time.
func inABubble(t *testing.T, test func(t *testing.T, srv *zktest.Server, cl *zk.Client), opts ...zk.Option) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.NewServer(t)
		test(t, srv, srv.Client(t, append([]zk.Option{zk.WithSessionTimeout(10 * time.Second)}, opts...)...))
	})
}

// once lets the verdict strike the next create.
func once(v core.Verdict) core.Intercept {
	struck := false
	return func(in *core.Incoming) core.Verdict {
		if struck || in.Op.String() != "create2" && in.Op.String() != "create" {
			return core.Pass
		}
		struck = true
		return v
	}
}

func TestServerIntercepts(t *testing.T) {
	for _, x := range []struct {
		name    string
		v       core.Verdict
		err     error
		applied bool
		takes   time.Duration
	}{
		{"throttled", core.Verdict{Code: zk.ErrThrottled}, zk.ErrThrottled, false, 0},
		{"cut before", core.Verdict{Cut: core.CutBefore}, zk.ErrConnectionLoss, false, 0},
		{"cut after", core.Verdict{Cut: core.CutAfter}, zk.ErrConnectionLoss, true, 0},
		{"cut inside the reply", core.Verdict{Cut: core.CutInside, Keep: 10}, zk.ErrConnectionLoss, true, 0},
		{"delayed", core.Verdict{Delay: 2 * time.Second}, nil, true, 2 * time.Second},
		{"reply held back", core.Verdict{Hold: 2 * time.Second}, nil, true, 2 * time.Second},
	} {
		t.Run(x.name, func(t *testing.T) {
			inABubble(t, func(t *testing.T, srv *zktest.Server, cl *zk.Client) {
				srv.Intercept(once(x.v))
				begun := time.Now()
				if _, err := ended(t, cl.Create(bg, "/a", []byte("x"))); !errors.Is(err, x.err) {
					t.Errorf("error %v, want %v", err, x.err)
				}
				if took := time.Since(begun); x.takes > 0 && took != x.takes {
					t.Errorf("it took %v", took)
				}
				if applied := len(srv.Nodes("/a")) == 1; applied != x.applied {
					t.Errorf("applied: %v", applied)
				}
			})
		})
	}
}

// A paused server is silence; the client finds that out and its session outlives it.
func TestServerPauses(t *testing.T) {
	inABubble(t, func(t *testing.T, srv *zktest.Server, cl *zk.Client) {
		id, log, begun := cl.Session().ID, statesOf(cl), time.Now()
		srv.Pause()
		log.await(t, zk.Suspended, begun)
		if took := time.Since(begun); took > 7*time.Second {
			t.Errorf("a silent server was noticed after %v", took)
		}
		srv.Resume()
		log.await(t, zk.Connected, begun)
		if cl.Session().ID != id {
			t.Error("another session")
		}
	})
}

func TestServerRefuses(t *testing.T) {
	inABubble(t, func(t *testing.T, srv *zktest.Server, cl *zk.Client) {
		id, log, begun := cl.Session().ID, statesOf(cl), time.Now().Add(-1) // in a bubble no time passes
		srv.SetServing(false)
		log.await(t, zk.Suspended, begun)
		time.Sleep(2 * time.Second)
		if len(log.seen()) != 1 {
			t.Errorf("states %v", log.seen())
		}
		srv.SetServing(true)
		log.await(t, zk.Connected, begun)
		if cl.Session().ID != id {
			t.Error("another session")
		}
	})
}

func TestServerReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.NewServer(t, func(c *core.Config) { c.ReadOnlyMode, c.LocalSessions = true, true })
		srv.SetReadOnly(true)
		cl := srv.Client(t, zk.WithReadOnly())
		if cl.State() != zk.ConnectedReadOnly {
			t.Errorf("state %v", cl.State())
		}
		fails(t, cl.Create(bg, "/a", nil), zk.ErrNotReadOnly)
		srv.SetReadOnly(false)
		await(t, cl, zk.Connected)
		got(t, cl.Create(bg, "/a", nil))
	})
}

func TestServerWiped(t *testing.T) {
	inABubble(t, func(t *testing.T, srv *zktest.Server, cl *zk.Client) {
		got(t, cl.Create(bg, "/a", nil))
		seen := cl.LastZxid()
		srv.Wipe()
		fresh := srv.Client(t)
		if got(t, fresh.Exists(bg, "/a")) != nil || fresh.LastZxid() >= seen {
			t.Errorf("wiped, and zxid %#x after %#x", fresh.LastZxid(), seen)
		}
	})
}

func TestServerTells(t *testing.T) {
	inABubble(t, func(t *testing.T, srv *zktest.Server, cl *zk.Client) {
		got(t, cl.Create(bg, "/a", []byte("x"), zk.Ephemeral))
		got(t, cl.GetAndWatch(bg, "/a"))
		id := cl.Session().ID
		if all := srv.Sessions(); len(all) != 1 || all[0].ID != id || all[0].Timeout != 10*time.Second || len(all[0].Ephemerals) != 1 {
			t.Errorf("sessions %+v", all)
		}
		if all := srv.Watches(); len(all) != 1 || all[0].Session != id || all[0].Path != "/a" || !all[0].Standard {
			t.Errorf("watches %+v", all)
		}
		var ops []string
		for _, r := range srv.Requests() {
			ops = append(ops, r.Op.String())
		}
		if len(ops) < 3 || ops[0] != "createSession" || ops[len(ops)-1] != "getData" {
			t.Errorf("requests %v", ops)
		}
	})
}
