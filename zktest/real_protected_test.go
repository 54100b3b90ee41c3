package zktest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// cutting cuts a client's connection at random moments until stop is called, which returns how often it did.
func cutting(ens *zktest.Ensemble, seed uint64, most time.Duration, cls ...*zk.Client) (stop func() int) {
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

// A protected create is carried out once, however often the connection is lost meanwhile. An unprotected one says when
// it cannot know.
func testProtectedCreates(t *testing.T, ens *zktest.Ensemble) {
	const creates, window, seed = 200, 8, 42
	cl, reader := ens.Client(t), ens.Client(t)
	for _, mode := range []zk.Mode{zk.Sequential, zk.Sequential | zk.Ephemeral} {
		dir := fmt.Sprintf("/mode-%d", mode)
		got(t, cl.Create(bg, dir, nil))
		session := cl.Session()
		stop := cutting(ens, seed, 30*time.Millisecond, cl)
		paths, failed := make(map[string]bool), 0
		var pending []*future.Future[zk.Created]
		for i := 0; i < creates || len(pending) > 0; i++ {
			if i < creates {
				pending = append(pending, cl.Create(bg, dir+"/n-", fmt.Append(nil, i), mode, zk.Protected()))
				if len(pending) < window {
					continue
				}
			}
			made, err := ended(t, pending[0])
			pending = pending[1:]
			switch {
			case err == nil && paths[made.Path]:
				t.Errorf("%s was created twice", made.Path)
			case err == nil:
				paths[made.Path] = true
			default:
				failed++
				if !errors.Is(err, zk.ErrConnectionLoss) || !zk.MaybeApplied(err) {
					t.Errorf("create: %v", err)
				}
			}
		}
		cuts := stop()
		await(t, cl, zk.Connected)
		got(t, cl.Sync(bg, dir))
		got(t, reader.Sync(bg, dir))
		names := got(t, reader.Children(bg, dir)).Names
		t.Logf("%d creates, %d cuts: %d nodes, %d creates failed", creates, cuts, len(names), failed)
		if failed > 0 || len(names) != creates {
			t.Errorf("%d nodes of %d creates, of which %d failed", len(names), creates, failed)
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
