package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func TestBarrier(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		b := recipes.NewBarrier(cl, "/a/barrier")
		get(t, cl, b.Wait(ctx))
		if get(t, cl, b.Remove(ctx)) {
			t.Error("a barrier was removed that was never put up")
		}
		for range 2 {
			get(t, cl, b.Create(ctx))
		}
		waiting := recipes.NewBarrier(other, "/a/barrier").Wait(ctx)
		watched(t, cl, s, other.Session().ID, 1)
		get(t, cl, cl.Set(ctx, "/a/barrier", []byte("news"), zk.AnyVersion))
		get(t, other, other.Sync(ctx, "/"))
		watched(t, cl, s, other.Session().ID, 1)
		pending(t, "a barrier that has got data", waiting)
		if !get(t, cl, b.Remove(ctx)) {
			t.Error("a barrier that was up was not removed")
		}
		get(t, other, waiting)
		watched(t, cl, s, other.Session().ID, 0)
	})
}

// watched waits until a session has that many watches.
func watched(t *testing.T, cl *zk.Client, s scene, session int64, want int) {
	t.Helper()
	for n := -1; n != want; get(t, cl, cl.Sync(ctx, "/")) {
		n = 0
		s.do(func(c *core.Server) {
			for _, w := range c.Watches() {
				if w.Session == session {
					n++
				}
			}
		})
	}
}

// A wait goes on through lost connections and sessions, and sees what happened meanwhile.
func TestBarrierSurvives(t *testing.T) {
	for _, trouble := range []string{"drop", "expire"} {
		t.Run(trouble, func(t *testing.T) {
			scenes(t, func(t *testing.T, s scene) {
				cl, other := s.client(t), s.client(t)
				get(t, cl, recipes.NewBarrier(cl, "/b").Create(ctx))
				waiting := recipes.NewBarrier(other, "/b").Wait(ctx)
				watched(t, cl, s, other.Session().ID, 1)
				if trouble == "drop" {
					s.drop(other.Session().ID)
				} else {
					s.expire(other.Session().ID)
				}
				if !get(t, cl, recipes.NewBarrier(cl, "/b").Remove(ctx)) {
					t.Error("not removed")
				}
				get(t, other, waiting)
			})
		})
	}
}

// Connections are cut at every request, before it and after it: the answers are the right ones all the same.
func TestBarrierLosesAnswers(t *testing.T) {
	for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "delete", "getData", "exists"} {
			t.Run(fmt.Sprint(op, cut), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl := s.client(t)
					b := recipes.NewBarrier(cl, "/b")
					cutOn(s, cl.Session().ID, cut, 2, op)
					get(t, cl, b.Create(ctx))
					waiting := b.Wait(ctx)
					if !get(t, cl, b.Remove(ctx)) {
						t.Error("a barrier that was up was not removed")
					}
					get(t, cl, waiting)
					if get(t, cl, b.Remove(ctx)) {
						t.Error("it was removed twice")
					}
				})
			})
		}
	}
}

func TestBarrierCancelled(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		b := recipes.NewBarrier(cl, "/b")
		get(t, cl, b.Create(ctx))
		c, cancel := context.WithCancel(ctx)
		waiting := b.Wait(c)
		watched(t, cl, s, cl.Session().ID, 1)
		cancel()
		if err := waiting.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		watched(t, cl, s, cl.Session().ID, 0)
		for name, err := range map[string]error{"Create": b.Create(c).WaitErr(), "Remove": b.Remove(c).WaitErr(), "Wait": b.Wait(c).WaitErr()} {
			if !errors.Is(err, context.Canceled) || zk.MaybeApplied(err) {
				t.Errorf("%s, cancelled before it began: %v", name, err)
			}
		}
	})
}

func TestBarrierOfBadPaths(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		bad := recipes.NewBarrier(cl, "no/slash")
		for name, err := range map[string]error{"Create": bad.Create(ctx).WaitErr(), "Remove": bad.Remove(ctx).WaitErr(), "Wait": bad.Wait(ctx).WaitErr()} {
			if !errors.Is(err, zk.ErrBadArguments) {
				t.Errorf("%s of a bad path: %v", name, err)
			}
		}
		get(t, cl, cl.Create(ctx, "/eph", nil, zk.Ephemeral))
		if err := recipes.NewBarrier(cl, "/eph/b").Create(ctx).WaitErr(); !errors.Is(err, zk.ErrNoChildrenForEphemerals) {
			t.Errorf("below an ephemeral node: %v", err)
		}
		get(t, cl, recipes.NewBarrier(cl, "/full").Create(ctx))
		get(t, cl, cl.Create(ctx, "/full/child", nil))
		if err := recipes.NewBarrier(cl, "/full").Remove(ctx).WaitErr(); !errors.Is(err, zk.ErrNotEmpty) {
			t.Errorf("a barrier with a child: %v", err)
		}
	})
}
