package zktest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// The server that a busy client is on is killed, ten times. Nothing that was acknowledged may be lost, nothing that
// was refused may be there, no future may hang, every watch must do its duty, and the session must not notice.
func TestRealKilledServers(t *testing.T) {
	t.Parallel()
	needs(t, "3.8.4", "servers that keep what they have acknowledged when one is killed that has just joined (ZOOKEEPER-4785)")
	testKilledServers(t, zktest.StartZooKeeper(t, 3))
}

func testKilledServers(t *testing.T, ens servers) {
	const (
		rounds  = 10
		workers = 64
	)
	cl := ens.Client(t, zk.WithSessionTimeout(30*time.Second)) // an election may take a while, on a busy machine
	session := cl.Session()
	log := statesOf(cl)
	var mine []*future.Future[zk.Created]
	for i := range rounds {
		mine = append(mine, cl.Create(bg, fmt.Sprintf("/ephemeral-%d", i), nil, zk.Ephemeral))
	}
	got(t, future.All(mine...))
	l := startLoad(t, cl, workers)

	for round := range rounds {
		l.progress(300)
		victim := serverOf(t, ens, cl)
		role := "a follower"
		if ens.Leader() == victim {
			role = "the leader"
		}
		killed := time.Now()
		ens.Kill(victim)
		_, at := log.await(t, zk.Connected, killed)
		l.progress(1)
		t.Logf("round %d: %s killed, connected again after %v, the next write acknowledged after %v",
			round, role, at.Sub(killed).Round(time.Millisecond), time.Since(killed).Round(time.Millisecond))
		l.calm.Store(true) // or the start of a JVM takes all the time there is
		ens.Restart(victim)
		l.calm.Store(false)
	}
	l.finish()

	log.check(t)
	if slices.Contains(log.seen(), zk.Lost) {
		t.Errorf("the client has given the session up: %v", log.seen())
	}
	if now := cl.Session(); now.ID != session.ID || now.Epoch != session.Epoch {
		t.Errorf("%v, want %v", now, session)
	}
	reader := ens.Client(t)
	l.verify(reader)
	for i := range rounds {
		st := got(t, reader.Exists(bg, fmt.Sprintf("/ephemeral-%d", i)))
		if st == nil || st.EphemeralOwner != session.ID {
			t.Errorf("ephemeral node %d: %+v, want one of session %#x", i, st, session.ID)
		}
	}
}
