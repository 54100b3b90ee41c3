package zktest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// Three clients hand a lock over while their connections are cut. The resource that it guards sees tokens grow and
// never two holders, and nothing is left behind.
func testLock(t *testing.T, ens servers) {
	const contenders, handovers = 3, 30
	cls := make([]*zk.Client, contenders)
	for i := range cls {
		cls[i] = ens.Client(t)
	}
	holding := holdersOf(t)
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	stop := cutting(ens, 7, 60*time.Millisecond, cls...)
	var all sync.WaitGroup
	for i, cl := range cls {
		all.Go(func() {
			lock := recipes.NewLock(cl, "/lock", recipes.WithIdentifier(fmt.Sprint("holder ", i)))
			for {
				held, err := lock.Acquire(ctx).WaitContext(ctx)
				if err != nil {
					t.Errorf("holder %d: %v", i, err)
					return
				}
				over := holding.enter(fmt.Sprint("holder ", i), held) > handovers

				// The lock is used: what is done under it is refused once it is lost.
				tx := held.Txn()
				tx.Check("/", zk.AnyVersion)
				err = tx.Commit(ctx).WaitErr()

				holding.leave(held, err == nil)
				if err := held.Release(ctx).WaitErr(); err != nil {
					t.Errorf("holder %d: release: %v", i, err)
				}
				if over {
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d times held, %d cuts, %d uses failed", holding.count(), stop(), holding.lost)
	for _, cl := range cls {
		await(t, cl, zk.Connected)
	}
	eventually(t, "no contender's node is left", func() bool {
		got(t, cls[0].Sync(bg, "/lock"))
		return len(got(t, cls[0].Children(bg, "/lock")).Names) == 0
	})
}

// Who was idle for longer than his session lasts without a proof can take a lock all the same.
func testLockAfterIdleness(t *testing.T, ens servers) {
	cl := ens.Client(t, zk.WithSessionTimeout(time.Second))
	session := cl.Session()
	eventually(t, "nothing proves the session any more", func() bool { return cl.Session().Deadline.IsZero() })
	held := got(t, recipes.NewLock(cl, "/lock").Acquire(bg))
	if now := cl.Session(); held.Err() != nil || now.ID != session.ID {
		t.Errorf("held: %v; %v, want %v", held.Err(), now, session)
	}
	got(t, held.Release(bg))
}
