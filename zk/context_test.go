package zk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// consumers are the ways to learn a result. Each must notice the end of the operation's context.
var consumers = []struct {
	name string
	take func(w *world, f *future.Future[zk.Stat]) error
}{
	{"Wait", func(w *world, f *future.Future[zk.Stat]) error { return f.WaitErr() }},
	{"WaitContext", func(w *world, f *future.Future[zk.Stat]) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		_, err := f.WaitContext(ctx)
		return err
	}},
	{"OnComplete", func(w *world, f *future.Future[zk.Stat]) error {
		var log record[error]
		f.OnComplete(func(_ zk.Stat, err error) { log.add(err) })
		w.until("a callback", func() bool { return log.len() > 0 })
		return log.all()[0]
	}},
	{"Then", func(w *world, f *future.Future[zk.Stat]) error {
		return future.Then(f, func(st zk.Stat) (int32, error) { return st.Version, nil }).WaitErr()
	}},
	{"Done", func(w *world, f *future.Future[zk.Stat]) error {
		done := f.Done()
		w.until("done", func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
		_, err, _ := f.Poll()
		return err
	}},
	{"Chan", func(w *world, f *future.Future[zk.Stat]) (err error) {
		results := f.Chan()
		w.until("a result", func() bool {
			select {
			case r := <-results:
				err = r.Err
				return true
			default:
				return false
			}
		})
		return err
	}},
	{"Await", func(w *world, f *future.Future[zk.Stat]) error {
		return future.Async(ctx, w.h.Lane("test"), func(co *future.Co) (struct{}, error) {
			_, err := future.Await(co, f)
			return struct{}{}, err
		}).WaitErr()
	}},
}

// A context that ends while the server thinks: the future fails at once, the connection does not notice,
// and what comes behind is answered as if nothing had happened.
func TestContextEndsAfterWrite(t *testing.T) {
	for _, consumer := range consumers {
		t.Run(consumer.name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				ok(w, cl.Create(ctx, "/n", nil))
				var changes record[zk.StateChange]
				cl.OnState(changes.add)
				w.intercept(func(in *core.Incoming) core.Verdict {
					if in.Op == wire.OpSetData {
						return core.Verdict{Delay: time.Second}
					}
					return core.Pass
				})
				short, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
				begin := w.h.Now()
				f := cl.Set(short, "/n", []byte("x"), 0)
				behind := cl.Get(ctx, "/n")
				isRefusal(w, consumer.take(w, f), context.DeadlineExceeded, true)
				if took := w.h.Now().Sub(begin); took < 100*time.Millisecond || took > 150*time.Millisecond {
					w.Errorf("took %v", took)
				}
				if n := ok(w, behind); n.Version != 1 || string(n.Data) != "x" {
					w.Errorf("behind the cancelled Set: %+v", n)
				}
				if st := ok(w, cl.Set(ctx, "/n", nil, 1)); st.Version != 2 {
					w.Errorf("after it: %+v", st)
				}
				if changes.len() != 0 {
					w.Errorf("the connection has noticed: %v", changes.all())
				}
				w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
			})
		})
	}
}

func TestContextEndsBeforeWrite(t *testing.T) {
	for _, consumer := range consumers {
		t.Run(consumer.name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				ok(w, cl.Create(ctx, "/n", nil))
				w.srv.Do(func(s *core.Server) { s.SetServing(false) })
				w.await(cl, zk.Suspended)
				short, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
				begin := w.h.Now()
				f := cl.Set(short, "/n", []byte("x"), 0)
				behind := cl.Set(ctx, "/n", []byte("y"), 0)
				isRefusal(w, consumer.take(w, f), context.DeadlineExceeded, false)
				if took := w.h.Now().Sub(begin); took < 100*time.Millisecond || took > 150*time.Millisecond {
					w.Errorf("took %v", took)
				}
				w.srv.Do(func(s *core.Server) { s.SetServing(true) })
				ok(w, behind)
				if n := ok(w, cl.Get(ctx, "/n")); string(n.Data) != "y" || n.Version != 1 {
					w.Errorf("%+v", n)
				}
			})
		})
	}
}

// A context that is cancelled rather than timed out, by another goroutine or callback.
func TestContextCancelled(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpGetData {
				return core.Verdict{Delay: time.Second}
			}
			return core.Pass
		})
		ending, cancel := context.WithCancel(ctx)
		var fs []*future.Future[zk.Node]
		var order record[int]
		for i := range 100 {
			f := cl.Get(ending, "/")
			f.OnComplete(func(zk.Node, error) { order.add(i) })
			fs = append(fs, f)
		}
		w.h.AfterFunc(time.Millisecond, future.Func(cancel))
		for _, f := range fs {
			refused(w, f, context.Canceled, false) // reads change nothing
		}
		w.until("all callbacks", func() bool { return order.len() == 100 })
		for i, j := range order.all() {
			if i != j && !w.wide {
				w.Fatalf("cancelled in the order %v", order.all())
			}
		}
		if cl.State() != zk.Connected {
			w.Error("it has cost the connection")
		}
		w.intercept(nil)
		ok(w, cl.Get(ctx, "/"))
	})
}

func TestContextEndedBeforeTheCall(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		var before uint64
		w.srv.Do(func(s *core.Server) { before = requests(s) })
		ended, cancel := context.WithCancel(ctx)
		cancel()
		tx := cl.Txn()
		tx.Create("/a", nil)
		for i, f := range []interface{ WaitErr() error }{
			cl.Create(ended, "/a", nil), cl.Create(ended, "/a/b", nil, zk.MakeParents()), cl.Create(ended, "/a", nil, zk.Protected()),
			cl.Get(ended, "/"), cl.Set(ended, "/", nil, 0), cl.Delete(ended, "/a", 0), cl.DeleteAll(ended, "/a"),
			cl.EnsurePath(ended, "/a"), cl.GetAndWatch(ended, "/"), cl.Sync(ended, "/"), tx.Commit(ended),
			cl.AddAuth(ended, "digest", []byte("u:p")), w.unstarted().Start(ended),
		} {
			err := f.WaitErr()
			var oe *zk.OpError
			if !errors.Is(err, context.Canceled) || !errors.As(err, &oe) || zk.MaybeApplied(err) {
				w.Errorf("operation %d: %v", i, err)
			}
		}
		w.srv.Do(func(s *core.Server) {
			if after := requests(s); after != before {
				w.Errorf("%d requests were sent", after-before)
			}
		})
	})
}

// What several requests make up knows, too, whether one of them was cut off.
func TestContextEndsWithinSeveralRequests(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		for i, c := range []struct {
			op    wire.Op
			call  func(context.Context) error
			maybe bool
		}{
			{wire.OpExists, func(ctx context.Context) error { return cl.EnsurePath(ctx, "/1/2").WaitErr() }, false},
			{wire.OpCreate, func(ctx context.Context) error { return cl.EnsurePath(ctx, "/1/2").WaitErr() }, true},
			{wire.OpGetChildren2, func(ctx context.Context) error { return cl.DeleteAll(ctx, "/1").WaitErr() }, false},
			{wire.OpDelete, func(ctx context.Context) error { return cl.DeleteAll(ctx, "/1").WaitErr() }, true},
			{wire.OpExists, func(ctx context.Context) error { return cl.Create(ctx, "/5/6", nil, zk.MakeParents()).WaitErr() }, false},
			{wire.OpCreate2, func(ctx context.Context) error { return cl.Create(ctx, "/5/6", nil, zk.MakeParents()).WaitErr() }, true},
			{wire.OpCreate2, func(ctx context.Context) error { return cl.Create(ctx, "/6", nil, zk.Protected()).WaitErr() }, true},
		} {
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == c.op {
					return core.Verdict{Delay: time.Second}
				}
				return core.Pass
			})
			short, cancel := w.h.WithTimeout(ctx, 100*time.Millisecond)
			begin := w.h.Now()
			err := c.call(short)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || zk.MaybeApplied(err) != c.maybe {
				w.Errorf("case %d: %v, MaybeApplied %v", i, err, zk.MaybeApplied(err))
			}
			var oe *zk.OpError
			if !errors.As(err, &oe) {
				w.Errorf("case %d: %v is no OpError", i, err)
			}
			if took := w.h.Now().Sub(begin); took > 150*time.Millisecond {
				w.Errorf("case %d took %v", i, took)
			}
			w.intercept(nil)
			w.sleep(10 * time.Second)
		}
		if cl.State() != zk.Connected {
			w.Error("it has cost the connection")
		}
	})
}

// WaitContext's context is the waiter's: it cancels nothing.
func TestWaitContextCancelsNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Second} })
		short, cancel := w.h.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		f := cl.Create(ctx, "/a", nil)
		if _, err := f.WaitContext(short); err != context.DeadlineExceeded {
			w.Errorf("%v", err)
		}
		ok(w, f)
	})
}

// The end of an AndWatch call's context does not end the watch that it has returned.
func TestContextDoesNotGovernTheWatch(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		call, cancel := context.WithCancel(ctx)
		watched := ok(w, cl.ExistsAndWatch(call, "/n"))
		cancel()
		w.sleep(time.Second)
		w.reconnect(cl)
		if _, err, ready := watched.Changed.Poll(); ready {
			w.Fatalf("the watch has ended: %v", err)
		}
		ok(w, cl.Create(ctx, "/n", nil))
		if ev := ok(w, watched.Changed); ev.Type != zk.NodeCreated {
			w.Errorf("event %+v", ev)
		}
	})
}

// watchEnd arms a call's context, and returns what ends the watch if there is one.
func watchEnd[T any](w *world, f *future.Future[zk.Watched[T]]) func() {
	f.Done()
	return func() {
		if watched, err := f.Wait(); err == nil {
			ok(w, watched.Unwatch(ctx))
		} else {
			isRefusal(w, err, context.Canceled, false)
		}
	}
}

// A cancelled AndWatch leaves no watch behind, on the server either.
func TestCancelledWatchesLeaveNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		w.intercept(func(in *core.Incoming) core.Verdict {
			switch in.Op {
			case wire.OpExists, wire.OpGetData, wire.OpGetChildren2:
				return core.Verdict{Delay: time.Millisecond}
			}
			return core.Pass
		})
		var ends []func() // what was answered in time has left a watch, which is then given up
		for i := range 1000 {
			call, cancel := context.WithCancel(ctx)
			path := fmt.Sprintf("/no%d", i/3)
			switch i % 3 {
			case 0:
				ends = append(ends, watchEnd(w, cl.ExistsAndWatch(call, path)))
			case 1:
				ends = append(ends, watchEnd(w, cl.GetAndWatch(call, "/n")))
			case 2:
				ends = append(ends, watchEnd(w, cl.ChildrenAndWatch(call, "/")))
			}
			w.h.AfterFunc(time.Duration(i%30)*time.Millisecond, future.Func(cancel))
		}
		ok(w, cl.Sync(ctx, "/"))
		w.srv.Do(func(s *core.Server) {
			if n := s.Count(wire.OpExists) + s.Count(wire.OpGetData) + s.Count(wire.OpGetChildren2); n < 900 {
				w.Errorf("only %d requests have reached the server", n)
			}
		})
		for _, end := range ends {
			end()
		}
		w.noWatches()
		for i := range 1000 {
			path := fmt.Sprintf("/no%d", i)
			watched := ok(w, cl.ExistsAndWatch(ctx, path))
			with, cancel := context.WithCancel(ctx)
			if i%2 == 0 {
				cancel() // Unwatch in a deferred call often comes like that
			}
			watched.Unwatch(with)
			refused(w, watched.Changed, zk.ErrUnwatched, false)
			cancel()
		}
		w.noWatches()
		if cl.State() != zk.Connected {
			w.Error("it has cost the connection")
		}
	})
}
