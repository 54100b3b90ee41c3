package recipes_test

import (
	"context"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// keepsSessions has a server go on with sessions of the ensemble when it is cut off from it, as those did before 3.7.
func keepsSessions(c *core.Config) { c.Version = core.V3_6 }

// cutOff has the server lose its quorum, or find it again, and waits until the client is connected to it as such.
func cutOff(t *testing.T, cl *zk.Client, s scene, on bool) {
	t.Helper()
	want := zk.Connected
	if on {
		want = zk.ConnectedReadOnly
	}
	there := future.NewPromise[struct{}](cl.Handler().Lane("states"))
	defer cl.OnState(func(c zk.StateChange) {
		if c.To == want {
			there.Complete(struct{}{}, nil)
		}
	})()
	s.do(func(c *core.Server) { c.SetReadOnly(on) })
	get(t, cl, there.Future())
}

// What has to write waits for a server that has a quorum.
func TestRecipesWaitForAQuorum(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t, zk.WithReadOnly())
		put(t, cl, recipes.NewQueue(cl, "/full"), "x")
		put(t, cl, recipes.NewLockingQueue(cl, "/lfull"), "x")
		cutOff(t, cl, s, true)
		all := map[string]future.Outcome{
			"lock":           recipes.NewLock(cl, "/lock").Acquire(ctx),
			"try":            recipes.NewLock(cl, "/try").TryAcquire(ctx),
			"read":           recipes.NewReadLock(cl, "/rw").Acquire(ctx),
			"persistent":     recipes.NewLock(cl, "/p", recipes.NotEphemeral()).Acquire(ctx),
			"election":       recipes.NewElection(cl, "/e").Campaign(ctx),
			"semaphore":      recipes.NewSemaphore(cl, "/s", 1).Acquire(ctx),
			"double barrier": recipes.NewDoubleBarrier(cl, "/d", 1).Enter(ctx),
			"barrier":        recipes.NewBarrier(cl, "/b").Create(ctx),
			"lease":          recipes.NewLease(cl, "/l", time.Minute).Acquire(ctx),
			"multi lease":    recipes.NewMultiLease(cl, "/m", 2, time.Minute).Acquire(ctx),
			"party":          recipes.NewParty(cl, "/party").Join(ctx),
			"counter":        recipes.NewCounter(cl, "/n").Add(ctx, 1),
			"put":            recipes.NewQueue(cl, "/q").Put(ctx, nil),
			"get":            recipes.NewQueue(cl, "/full").Get(ctx),
			"try get":        recipes.NewQueue(cl, "/full").Get(ctx),
			"take":           recipes.NewLockingQueue(cl, "/lfull").Get(ctx),
			"partition":      recipes.NewSetPartitioner(cl, "/sp", []string{"a"}, recipes.WithTimeBoundary(0)).WaitForAcquire(ctx),
		}
		get(t, cl, cl.Get(ctx, "/full"))
		for name, f := range all {
			if f.Ready() {
				t.Errorf("%s does not wait: %v", name, future.Join(f).WaitErr())
			}
		}
		cutOff(t, cl, s, false)
		put(t, cl, recipes.NewQueue(cl, "/full"), "y")
		for name, f := range all {
			if _, err := future.Join(f).WaitContext(soon(t, cl)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}, keepsSessions)
}

// What is released, lost or given up while nobody can write leaves nothing all the same.
func TestNothingIsLeftOfWhatEndsWithoutAQuorum(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t, zk.WithReadOnly()), s.client(t)
		held := get(t, cl, recipes.NewLock(cl, "/held").Acquire(ctx))
		kept := get(t, cl, recipes.NewLock(cl, "/kept", recipes.NotEphemeral()).Acquire(ctx))
		c, cancel := context.WithCancel(ctx)
		for _, path := range []string{"/waits", "/waits2"} {
			get(t, other, recipes.NewLock(other, path).Acquire(ctx))
		}
		one, two := recipes.NewLock(cl, "/waits").Acquire(c), recipes.NewLock(cl, "/waits2", recipes.NotEphemeral()).Acquire(c)
		until(t, other, "/waits", 2)
		until(t, other, "/waits2", 2)
		put(t, cl, recipes.NewLockingQueue(cl, "/lq"), "x")
		item := get(t, cl, recipes.NewLockingQueue(cl, "/lq").Get(ctx))
		party := recipes.NewParty(cl, "/party")
		get(t, cl, party.Join(ctx))
		cutOff(t, cl, s, true)
		ends := []future.Outcome{held.Release(ctx), kept.Release(ctx), item.Release(ctx), party.Leave(ctx)}
		cancel()
		_, _ = one.Wait()
		_, _ = two.Wait()
		get(t, cl, cl.Get(ctx, "/"))
		cutOff(t, cl, s, false)
		for i, f := range ends {
			if _, err := future.Join(f).WaitContext(soon(t, cl)); err != nil {
				t.Errorf("end %d: %v", i, err)
			}
		}
		for path, n := range map[string]int{"/held": 0, "/kept": 0, "/waits": 1, "/waits2": 1, "/lq/taken": 0, "/party": 0} {
			until(t, other, path, n)
		}
	}, keepsSessions)
}
