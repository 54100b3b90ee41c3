package recipes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// lost checks everything that tells that a Held is lost.
func lost(t *testing.T, held *recipes.Held, c context.Context) {
	t.Helper()
	if v, err := held.Lost().Wait(); err != nil || !errors.Is(v, recipes.ErrLost) {
		t.Errorf("Lost: %v, %v", v, err)
	}
	<-c.Done()
	if err := held.Err(); !errors.Is(err, recipes.ErrLost) {
		t.Errorf("Err: %v", err)
	}
	if c.Err() == nil || !errors.Is(context.Cause(c), recipes.ErrLost) {
		t.Errorf("Context: %v, %v", c.Err(), context.Cause(c))
	}
	late := held.Context(context.Background())
	if late.Err() == nil {
		t.Error("a context asked for later has not ended")
	}
	if err := held.Txn().Commit(ctx).WaitErr(); !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrSessionExpired) {
		t.Errorf("Txn: %v", err)
	}
	if err := held.Release(ctx).WaitErr(); err != nil {
		t.Errorf("Release: %v", err)
	}
}

func TestLostByExpiry(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held := acquire(t, cl, "/lock")
		c := held.Context(ctx)
		s.expire(cl.Session().ID)
		lost(t, held, c)
	})
}

func TestLostByDeletion(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := acquire(t, cl, "/lock")
		c := held.Context(ctx)
		if err := other.Delete(ctx, held.Path(), zk.AnyVersion).WaitErr(); err != nil {
			t.Fatal(err)
		}
		lost(t, held, c)
	})
}

func TestOutlivesDroppedConnections(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held := acquire(t, cl, "/lock")
		for range 5 {
			s.drop(cl.Session().ID)
			if err := cl.Sync(ctx, "/").WaitErr(); err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
				t.Fatal(err)
			}
			if err := held.Err(); err != nil {
				t.Fatal(err)
			}
		}
		tx := held.Txn()
		made := tx.Create("/by-the-holder", nil)
		if err := cl.Sync(ctx, "/").WaitErr(); err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
			t.Fatal(err)
		}
		if err := tx.Commit(ctx).WaitErr(); err != nil {
			t.Fatal(err)
		}
		if _, err := made.Wait(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReleaseEndsAtOnce(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held := acquire(t, cl, "/lock")
		c := held.Context(ctx)
		gone := held.Release(ctx)
		if err := held.Err(); !errors.Is(err, recipes.ErrReleased) {
			t.Errorf("Err after Release: %v", err)
		}
		if c.Err() == nil {
			t.Error("the context outlives Release")
		}
		if err := gone.WaitErr(); err != nil {
			t.Fatal(err)
		}
		if err := held.Release(ctx).WaitErr(); err != nil {
			t.Errorf("a second Release: %v", err)
		}
		if err := held.Txn().Commit(ctx).WaitErr(); !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("Txn after Release: %v", err)
		}
		if _, _, ready := held.Lost().Poll(); ready {
			t.Error("released is not lost")
		}
	})
}

func TestSuspendedLosesIfAskedTo(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held, err := recipes.NewLock(cl, "/lock", recipes.LostOnSuspended()).Acquire(ctx).Wait()
		if err != nil {
			t.Fatal(err)
		}
		s.drop(cl.Session().ID)
		lost(t, held, held.Context(ctx))
		until(t, other, "/lock", 0) // its node is removed, although the session lives
	})
}

// A server that does not answer any more is not heard of by anybody: the lock ends by the clock.
func TestLostByTheClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 7)
		cl := w.client(t)
		held := acquire(t, cl, "/lock")
		w.Advance(time.Minute) // an idle holder proves its session all the time
		if err := held.Err(); err != nil {
			t.Fatalf("after an idle minute: %v", err)
		}
		w.server.Pause()
		silent := w.Now()
		for held.Err() == nil {
			w.Advance(10 * time.Millisecond)
			if w.Now().Sub(silent) > timeout {
				t.Fatal("still believed, a whole timeout after the last sign of life")
			}
		}
		// The newest confirmed sync is between a quarter and a half of the timeout old when silence begins.
		if after := w.Now().Sub(silent); after < timeout*2/5 || after > timeout*4/5 {
			t.Errorf("lost after %v of silence, session timeout %v", after, timeout)
		}
		if _, _, ready := held.Lost().Poll(); !ready {
			w.Advance(10 * time.Millisecond)
		}
		lostBefore := w.Now()
		c := held.Context(ctx)
		if c.Err() == nil {
			t.Error("the context goes on")
		}
		// The session comes back in time: it goes on, but the lock does not, and its node goes away.
		w.server.Resume()
		until(t, cl, "/lock", 0)
		if cl.Session().Epoch != 1 || w.Now().Sub(lostBefore) > timeout {
			t.Errorf("epoch %d, %v later", cl.Session().Epoch, w.Now().Sub(lostBefore))
		}
		lost(t, held, c)
	})
}

// The context of what is held bounds requests of the same client, as any other does.
func TestHeldContextBoundsRequests(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held := acquire(t, cl, "/lock")
		c := held.Context(ctx)
		for range 10 {
			if err := cl.Set(c, "/lock", nil, zk.AnyVersion).WaitErr(); err != nil {
				t.Fatal(err)
			}
		}
		got := cl.Get(c, "/lock")
		if _, err := got.WaitContext(soon(t, cl)); err != nil {
			t.Fatal(err)
		}
		get(t, cl, held.Release(ctx))
		if err := cl.Get(c, "/lock").WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("with the context of what is released: %v", err)
		}
	})
}
