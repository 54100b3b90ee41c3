package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestSemaphore(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		sem := recipes.NewSemaphore(cl, "/a/sem", 2, recipes.WithIdentifier("me"))
		first, second := get(t, cl, sem.Acquire(ctx)), get(t, cl, sem.TryAcquire(ctx))
		if n, err := cl.Get(ctx, "/a/sem").Wait(); err != nil || string(n.Data) != "2" {
			t.Errorf("the path has data %q, %v", n.Data, err)
		}
		if list := get(t, cl, sem.Holders(ctx)); len(list) != 2 || list[0].Identifier != "me" || list[0].Session != cl.Session().ID {
			t.Errorf("holders: %+v", list)
		}
		if _, err := sem.TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Errorf("a third lease: %v", err)
		}
		var waiting []*future.Future[*recipes.Held]
		for i := range 3 {
			waiting = append(waiting, recipes.NewSemaphore(other, "/a/sem", 2).Acquire(ctx))
			until(t, cl, "/a/sem-__lock__", i+1)
		}
		until(t, cl, "/a/sem", 2)
		if _, err := sem.TryAcquire(ctx).Wait(); !errors.Is(err, recipes.ErrNotAcquired) {
			t.Errorf("a lease for one who has not waited: %v", err)
		}
		get(t, cl, first.Release(ctx))
		third := get(t, other, waiting[0])
		pending(t, "a third lease", waiting[1])
		s.expire(cl.Session().ID)
		get(t, cl, second.Lost())
		get(t, other, waiting[1])
		get(t, other, third.Release(ctx))
		get(t, other, waiting[2])
		until(t, other, "/a/sem-__lock__", 0)
	})
}

func TestSemaphoreOfAnotherSize(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		get(t, cl, recipes.NewSemaphore(cl, "/sem", 2).Acquire(ctx))
		if err := recipes.NewSemaphore(cl, "/sem", 3).Acquire(ctx).WaitErr(); !errors.Is(err, recipes.ErrMaxLeases) {
			t.Errorf("three leases of two: %v", err)
		}
		if err := recipes.NewSemaphore(cl, "/sem", 0).Acquire(ctx).WaitErr(); !errors.Is(err, zk.ErrBadArguments) {
			t.Errorf("no lease at all: %v", err)
		}
		if err := cl.Create(ctx, "/foreign", []byte("not a number")).WaitErr(); err != nil {
			t.Fatal(err)
		}
		get(t, cl, recipes.NewSemaphore(cl, "/foreign", 3).Acquire(ctx))
	})
}

func TestSemaphoreCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		sem := recipes.NewSemaphore(cl, "/sem", 1)
		held := get(t, cl, sem.Acquire(ctx))
		for _, waits := range []string{"for a lease", "for the lock"} {
			c, cancel := context.WithCancel(ctx)
			waiting := sem.Acquire(c)
			if waits == "for the lock" {
				before, stop := context.WithCancel(ctx)
				defer stop()
				sem.Acquire(before)
			}
			until(t, cl, "/sem-__lock__", map[string]int{"for a lease": 1, "for the lock": 2}[waits])
			cancel()
			if err := waiting.WaitErr(); !errors.Is(err, context.Canceled) {
				t.Errorf("waiting %s: %v", waits, err)
			}
			until(t, cl, "/sem-__lock__", map[string]int{"for a lease": 0, "for the lock": 1}[waits])
		}
		get(t, cl, held.Release(ctx))
	})
}

// Connections are cut at every request: there is one lease for each who holds one, and nothing stays behind.
func TestSemaphoreLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "multi", "getChildren", "getData", "exists", "delete"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					cutOn(s, other.Session().ID, cut, 2, op)
					sem := recipes.NewSemaphore(other, "/sem", 1)
					held := get(t, other, sem.Acquire(ctx))
					if names := kids(t, cl, "/sem"); len(names) != 1 || held.Path() != "/sem/"+names[0] {
						t.Fatalf("leases %v, held %s", names, held.Path())
					}
					get(t, other, held.Release(ctx))
					until(t, cl, "/sem", 0)
					until(t, cl, "/sem-__lock__", 0)
				})
			})
		}
	}
}
