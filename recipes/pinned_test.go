package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// replaced ends a client's session and waits until it has another.
func replaced(t *testing.T, cl *zk.Client, s scene) {
	t.Helper()
	old := cl.Session()
	s.expire(old.ID)
	for now := old; now.Epoch == old.Epoch || now.ID == 0; now = cl.Session() {
		_ = cl.Sync(ctx, "/").WaitErr()
	}
}

// expired wants a future to fail because its session has ended.
func expired(t *testing.T, cl *zk.Client, name string, f future.Outcome) {
	t.Helper()
	if _, err := future.Join(f).WaitContext(soon(t, cl)); !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("%s: %v", name, err)
	}
}

// What is made with a view of one session does nothing in the next: whatever is begun then is refused at once.
func TestPinnedRecipesAreRefused(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		view := cl.Pinned(cl.Session())
		in := deeds(view) // made while the session lives
		for _, d := range in {
			if err := d.done(t, cl); err != nil {
				t.Errorf("%s in its session: %v", d.name, err)
			}
		}
		replaced(t, cl, s)
		never := map[string]future.Outcome{
			"contenders":  recipes.NewLock(view, "/a/lock").Contenders(ctx),
			"leader":      recipes.NewElection(view, "/a/election").Leader(ctx),
			"holders":     recipes.NewSemaphore(view, "/a/semaphore", 2).Holders(ctx),
			"members":     recipes.NewParty(view, "/a/party").Members(ctx),
			"count":       recipes.NewParty(view, "/a/party").Len(ctx),
			"value":       recipes.NewCounter(view, "/a/counter").Value(ctx),
			"float":       recipes.NewFloatCounter(view, "/a/float").Add(ctx, 1),
			"wait":        recipes.NewBarrier(view, "/a/barrier").Wait(ctx),
			"length":      recipes.NewQueue(view, "/a/queue").Len(ctx),
			"try get":     recipes.NewQueue(view, "/a/queue").TryGet(ctx),
			"try take":    recipes.NewLockingQueue(view, "/a/locking").TryGet(ctx),
			"patient":     recipes.NewPatientChildrenWatch(view, "/a", 0).Start(ctx),
			"tree":        recipes.NewTreeCache(view, "/a").Start(ctx),
			"partitioner": recipes.NewSetPartitioner(view, "/a/set", []string{"x"}, recipes.WithTimeBoundary(0)).WaitForAcquire(ctx),
			"suspended":   recipes.NewLock(view, "/a/lock", recipes.LostOnSuspended()).Acquire(ctx),
		}
		asked := requests(s, func() {
			for name, f := range never {
				expired(t, cl, name, f)
			}
			for _, d := range append(in, deeds(view)...) {
				if err := d.done(t, cl); !errors.Is(err, zk.ErrSessionExpired) {
					t.Errorf("%s in the next session: %v", d.name, err)
				}
			}
			data, children := recipes.NewDataWatch(view, "/a"), recipes.NewChildrenWatch(view, "/a")
			members := recipes.NewParty(view, "/a/party").Watch()
			for range data.Updates(soon(t, cl)) {
			}
			for range children.Updates(soon(t, cl)) {
			}
			for range members.Updates(soon(t, cl)) {
			}
			for _, err := range []error{data.Err(), children.Err(), members.Err()} {
				if !errors.Is(err, zk.ErrSessionExpired) {
					t.Errorf("a watch: %v", err)
				}
			}
			for leader := range recipes.NewElection(view, "/a/election").Observe(soon(t, cl)) {
				t.Errorf("a leader: %v", leader)
			}
		})
		if len(asked) != 0 {
			t.Errorf("the server was asked: %v", asked)
		}
	})
}

// What waits when the session ends has waited for nothing.
func TestPinnedRecipesEndWithTheirSession(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		view := cl.Pinned(cl.Session())
		for _, path := range []string{"/lock", "/persistent"} {
			get(t, other, recipes.NewLock(other, path).Acquire(ctx))
		}
		get(t, other, recipes.NewSemaphore(other, "/semaphore", 1).Acquire(ctx))
		get(t, other, recipes.NewBarrier(other, "/barrier").Create(ctx))
		for _, path := range []string{"/lock", "/persistent", "/enter", "/semaphore-__lock__"} {
			get(t, other, other.EnsurePath(ctx, path))
		}
		c := soon(t, cl)
		double, party := recipes.NewDoubleBarrier(view, "/double", 1), recipes.NewParty(view, "/party")
		get(t, cl, double.Enter(c))
		get(t, cl, party.Join(c))
		tree, mortal := recipes.NewTreeCache(view, "/"), recipes.NewDataWatch(cl, "/barrier", recipes.EndOnLost())
		get(t, cl, tree.Start(c))
		held := get(t, cl, recipes.NewLock(view, "/held", recipes.NotEphemeral()).Acquire(c))
		waiting := map[string]future.Outcome{
			"lock":       recipes.NewLock(view, "/lock").Acquire(c),
			"persistent": recipes.NewLock(view, "/persistent", recipes.NotEphemeral()).Acquire(c),
			"semaphore":  recipes.NewSemaphore(view, "/semaphore", 1).Acquire(c),
			"barrier":    recipes.NewBarrier(view, "/barrier").Wait(c),
			"enter":      recipes.NewDoubleBarrier(view, "/enter", 2).Enter(c),
			"queue":      recipes.NewQueue(view, "/queue").Get(c),
			"locking":    recipes.NewLockingQueue(view, "/locking").Get(c),
			"patient":    recipes.NewPatientChildrenWatch(view, "/lock", time.Hour).Start(c),
		}
		until(t, other, "/lock", 2)
		until(t, other, "/persistent", 2)
		until(t, other, "/enter", 1)
		until(t, other, "/semaphore-__lock__", 1)
		for name, f := range waiting {
			if f.Ready() {
				t.Errorf("%s does not wait: %v", name, future.Join(f).WaitErr())
			}
		}
		replaced(t, cl, s)
		for name, f := range waiting {
			expired(t, cl, name, f)
		}
		expired(t, cl, "leave", double.Leave(c))
		if why := get(t, cl, held.Lost()); !errors.Is(why, recipes.ErrLost) {
			t.Errorf("what is held: %v", why)
		}
		for range mortal.Updates(c) {
		}
		if err := mortal.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Errorf("a watch that is to end with its session: %v", err)
		}
		expired(t, cl, "party", party.Join(c))
		_ = tree.Close(ctx).WaitErr()
		noWatches(t, cl, s)
	})
}

// The session may end in the very moment in which a watch that is to end with it looks.
func TestEndOnLostWhileItLooks(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		expireAt(s, cl.Session().ID, core.CutBefore, "getData")
		watch := recipes.NewDataWatch(cl, "/", recipes.EndOnLost())
		c, cancel := context.WithCancel(soon(t, cl))
		defer cancel()
		for u := range watch.Updates(c) {
			t.Errorf("%+v", u)
		}
		if err := watch.Err(); !errors.Is(err, zk.ErrSessionExpired) {
			t.Error(err)
		}
	})
}
