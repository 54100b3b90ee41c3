package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// overload fills a client with requests that take half a second.
func overload(t *testing.T, cl *zk.Client, s scene) {
	t.Helper()
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			if in.Path == "/slow" {
				return core.Verdict{Delay: 500 * time.Millisecond}
			}
			return core.Verdict{}
		})
	})
	for f := cl.Exists(ctx, "/slow"); !f.Ready(); f = cl.Exists(ctx, "/slow") {
	}
}

// A client that has too many requests on their way loses nothing that it has, and deletes what it gives up.
func TestOverloadedClientKeepsItsWord(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t, zk.WithMaxInFlight(64)), s.client(t)
		change(t, other, other.Create(ctx, "/data", nil))
		released, kept := get(t, cl, recipes.NewLock(cl, "/released").Acquire(ctx)), get(t, cl, recipes.NewLock(cl, "/kept").Acquire(ctx))
		get(t, other, recipes.NewLock(other, "/waits").Acquire(ctx))
		c, cancel := context.WithCancel(ctx)
		waits := recipes.NewLock(cl, "/waits").Acquire(c)
		until(t, other, "/waits", 2)
		left, stays := recipes.NewParty(cl, "/left"), recipes.NewParty(cl, "/stays")
		get(t, cl, left.Join(ctx))
		get(t, cl, stays.Join(ctx))
		put(t, cl, recipes.NewLockingQueue(cl, "/lq"), "x")
		item := get(t, cl, recipes.NewLockingQueue(cl, "/lq").Get(ctx))
		data, list := recipes.NewDataWatch(cl, "/data"), recipes.NewChildrenWatch(cl, "/data")
		first(t, cl, data, func(recipes.Update) bool { return true })
		first(t, cl, list, func(recipes.ChildrenUpdate) bool { return true })
		overload(t, cl, s)
		ends := []future.Outcome{released.Release(ctx), left.Leave(ctx), item.Release(ctx)}
		cancel()
		// These are told while the client may ask nothing.
		change(t, other, other.Set(ctx, "/data", []byte("new"), zk.AnyVersion))
		change(t, other, other.Create(ctx, "/data/child", nil))
		change(t, other, other.Set(ctx, kept.Path(), []byte("new"), zk.AnyVersion))
		change(t, other, other.DeleteAll(ctx, "/stays"))
		for i, f := range ends {
			if _, err := future.Join(f).WaitContext(soon(t, cl)); err != nil {
				t.Errorf("end %d: %v", i, err)
			}
		}
		if err := waits.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
		first(t, cl, data, func(u recipes.Update) bool { return string(u.Data) == "new" })
		first(t, cl, list, func(u recipes.ChildrenUpdate) bool { return len(u.Names) == 1 })
		for path, n := range map[string]int{"/released": 0, "/kept": 1, "/waits": 1, "/left": 0, "/lq/taken": 0} {
			until(t, other, path, n)
		}
		get(t, cl, stays.Join(ctx))
		if err := kept.Err(); err != nil {
			t.Errorf("what is held: %v", err)
		}
		if err := stays.Err(); err != nil {
			t.Errorf("who has joined: %v", err)
		}
	})
}

// Who gives up waiting with a node that outlives sessions deletes it in a later one, if need be.
func TestNotEphemeralIsDeletedInAnotherSession(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		get(t, other, recipes.NewLock(other, "/lock").Acquire(ctx))
		c, cancel := context.WithCancel(ctx)
		waiting := recipes.NewLock(cl, "/lock", recipes.NotEphemeral()).Acquire(c)
		until(t, other, "/lock", 2)
		expireAt(s, cl.Session().ID, core.CutBefore, "delete")
		cancel()
		if err := waiting.WaitErr(); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
		until(t, other, "/lock", 1)
	})
}

// Who waits with such a node keeps its place in a new session.
func TestNotEphemeralKeepsItsPlace(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		held := get(t, other, recipes.NewLock(other, "/lock").Acquire(ctx))
		waiting := recipes.NewLock(cl, "/lock", recipes.NotEphemeral()).Acquire(ctx)
		until(t, other, "/lock", 2)
		before := kids(t, other, "/lock")
		s.expire(cl.Session().ID)
		for cl.Sync(ctx, "/").WaitErr() != nil { // in the next session it succeeds
		}
		if after := kids(t, other, "/lock"); strings.Join(before, " ") != strings.Join(after, " ") {
			t.Errorf("%q, and in the next session %q", before, after)
		}
		get(t, other, held.Release(ctx))
		get(t, cl, get(t, cl, waiting).Release(ctx))
	})
}

// An item is given back once, also when the answer to that is lost: whoever has it by then keeps it.
func TestLockingQueueReleasesOnce(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		q, theirs := recipes.NewLockingQueue(cl, "/q"), recipes.NewLockingQueue(other, "/q")
		put(t, cl, q, "x")
		item := get(t, cl, q.Get(ctx))
		waiting := theirs.Get(ctx)
		pathWatched(t, other, s, "/q/taken")
		there := future.NewPromise[struct{}](cl.Handler().Lane("there"))
		session, deleted := cl.Session().ID, 0
		s.do(func(c *core.Server) {
			c.SetIntercept(func(in *core.Incoming) core.Verdict {
				switch op := in.Op.String(); {
				case in.Session == session && op == "delete":
					if deleted++; deleted == 1 {
						return core.Verdict{Cut: core.CutAfter}
					}
				case in.Session == session && op == "createSession": // back when the others have had their time
					return core.Verdict{Delay: 500 * time.Millisecond}
				case op == "multi":
					there.Complete(struct{}{}, nil)
				}
				return core.Verdict{}
			})
		})
		released := item.Release(ctx)
		got := get(t, other, waiting)
		get(t, cl, released)
		get(t, cl, cl.Sync(ctx, "/"))
		get(t, other, other.Sync(ctx, "/"))
		if err := got.Err(); err != nil {
			t.Errorf("who has the item: %v", err)
		}
		get(t, other, got.Txn().Commit(ctx))
		get(t, other, got.Consume(ctx))
	})
}

// steady is a world in which every message takes a millisecond, so that it is known when an answer comes.
func steady(t *testing.T, seed uint64) *world {
	w := &world{Deterministic: handler.NewDeterministic(seed, handler.Latency{Kind: handler.ConstantLatency, Min: time.Millisecond})}
	t.Cleanup(w.Stop)
	srv, err := zktest.InWorld(w.Node("server"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	w.server = srv
	return w
}

// A context that ends in the moment in which the answer comes loses no item, and leaves none that nobody has.
func TestCancelledWhenTheAnswerComes(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := steady(t, seed)
				cl, other := w.client(t), w.client(t)
				q, lq := recipes.NewQueue(cl, "/q"), recipes.NewLockingQueue(cl, "/lq")
				put(t, cl, q, "x")
				put(t, cl, lq, "x")
				endWithTheAnswer := func() context.Context {
					c, cancel := context.WithCancel(ctx)
					w.do(func(srv *core.Server) {
						srv.SetIntercept(func(in *core.Incoming) core.Verdict {
							if in.Session == cl.Session().ID && in.Op.String() == "multi" {
								cl.Handler().AfterFunc(time.Millisecond, future.Func(cancel))
							}
							return core.Verdict{}
						})
					})
					return c
				}
				item, err := q.Get(endWithTheAnswer()).Wait()
				w.do(func(srv *core.Server) { srv.SetIntercept(nil) })
				if err != nil {
					item = get(t, other, recipes.NewQueue(other, "/q").Get(ctx))
				}
				if string(item) != "x" {
					t.Errorf("%q", item)
				}
				held, err := lq.Get(endWithTheAnswer()).Wait()
				w.do(func(srv *core.Server) { srv.SetIntercept(nil) })
				if err != nil {
					held = get(t, other, recipes.NewLockingQueue(other, "/lq").Get(ctx))
				}
				wantItem(t, held, "x")
			})
		})
	}
}

// A lock that is lost when the connection is, is not acquired without one.
func TestNotAcquiredWhileSuspended(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			w := steady(t, seed)
			cl := w.client(t)
			session, listed := cl.Session().ID, 0
			w.do(func(srv *core.Server) {
				srv.SetIntercept(func(in *core.Incoming) core.Verdict {
					if in.Session == session && strings.HasPrefix(in.Op.String(), "getChildren") {
						if listed++; listed > 1 {
							return core.Verdict{}
						}
						cl.Handler().AfterFunc(0, future.Func(func() { w.drop(session) })) // behind the answer, at once
					}
					return core.Verdict{}
				})
			})
			held := get(t, cl, recipes.NewLock(cl, "/lock", recipes.LostOnSuspended()).Acquire(ctx))
			for cl.Sync(ctx, "/").WaitErr() != nil { // on the next connection it succeeds
			}
			if held.Err() == nil && listed < 2 {
				t.Errorf("seed %d: held, though the connection was lost", seed)
			}
		})
	}
}

// A removal in doubt stays in doubt when it is given up.
func TestBarrierRemovalInDoubt(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		b := recipes.NewBarrier(cl, "/b")
		get(t, cl, b.Create(ctx))
		c, cancel := context.WithCancel(ctx)
		session := cl.Session().ID
		s.do(func(srv *core.Server) {
			srv.SetIntercept(func(in *core.Incoming) core.Verdict {
				switch {
				case in.Session == session && in.Op.String() == "delete":
					return core.Verdict{Cut: core.CutAfter}
				case in.Session == session && in.Op.String() == "createSession":
					return core.Verdict{Cut: core.CutBefore}
				}
				return core.Verdict{}
			})
		})
		suspended := future.NewPromise[struct{}](cl.Handler().Lane("suspended"))
		cl.OnState(func(zk.StateChange) { suspended.Complete(struct{}{}, nil) })
		removed := b.Remove(c)
		get(t, cl, suspended.Future())
		cancel()
		if was, err := removed.Wait(); was || !errors.Is(err, context.Canceled) || !zk.MaybeApplied(err) {
			t.Errorf("given up: %v, %v", was, err)
		}
		s.do(func(srv *core.Server) { srv.SetIntercept(nil) })
	})
}
