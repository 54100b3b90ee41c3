package zktest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// cutting cuts a client's connection at random moments until stop is called, which returns how often it did.
func cutting(ens servers, seed uint64, most time.Duration, cls ...*zk.Client) (stop func() int) {
	rng := rand.New(rand.NewPCG(seed, 0))
	over, cuts := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-over:
				cuts <- n
				return
			case <-time.After(time.Duration(rng.Int64N(int64(most)))):
				if cl := cls[rng.IntN(len(cls))]; cl.State() == zk.Connected && ens.LoseConnection(cl) {
					n++
				}
			}
		}
	}()
	return func() int {
		close(over)
		return <-cuts
	}
}

// A protected create is carried out once, however often the connection is lost meanwhile. What makes it hard is that the
// client is back, on another server, before the leader has finished with what it sent last.
func testProtectedCreates(t *testing.T, ens servers) {
	const creates, batch, seed = 200, 8, 42
	rng := rand.New(rand.NewPCG(seed, 0))
	cl, reader := ens.Client(t), ens.Client(t)
	for _, mode := range []zk.Mode{zk.Sequential, zk.Sequential | zk.Ephemeral} {
		dir := fmt.Sprintf("/mode-%d", mode)
		got(t, reader.Create(bg, dir, nil)) // cl may still lose the connection for the last cut
		session, paths, cuts := cl.Session(), make(map[string]bool), 0
		for range creates / batch {
			await(t, cl, zk.Connected)
			var made []*future.Future[zk.Created]
			for range batch {
				made = append(made, cl.Create(bg, dir+"/n-", nil, mode, zk.Protected()))
			}
			all := future.Settle(made...)
			// The first cut comes while they are on their way, sometimes another while it is found out what has become of them.
			for _, within := range []time.Duration{3 * time.Millisecond, 100 * time.Millisecond}[:1+rng.IntN(2)] {
				select {
				case <-time.After(time.Duration(rng.Int64N(int64(within)))):
					if ens.LoseConnection(cl) {
						cuts++
					}
				case <-all.Done():
				}
			}
			for _, r := range got(t, all) {
				switch {
				case r.Err != nil:
					t.Errorf("create: %v", r.Err)
				case paths[r.Value.Path]:
					t.Errorf("%s was created twice", r.Value.Path)
				}
				paths[r.Value.Path] = true
			}
		}
		got(t, reader.Sync(bg, dir))
		names := got(t, reader.Children(bg, dir)).Names
		t.Logf("%d creates, %d cuts: %d nodes", creates, cuts, len(names))
		if len(names) != creates {
			t.Errorf("%d nodes of %d creates", len(names), creates)
		}
		for _, name := range names {
			if !paths[dir+"/"+name] || !strings.HasPrefix(name, "_c_") {
				t.Errorf("%s/%s: nobody knows that it was created", dir, name)
			}
		}
		if now := cl.Session(); now.ID != session.ID {
			t.Fatalf("%v, want %v", now, session)
		}
	}
}
