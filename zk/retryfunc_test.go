package zk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// cutOnce cuts the connection before the first request of a kind, and lets the session end then if expire.
func (w *world) cutOnce(op wire.Op, expire bool) {
	met := false
	w.intercept(func(in *core.Incoming) core.Verdict {
		if in.Op == wire.OpCreateSession && in.Session != 0 && met && expire {
			return core.Verdict{Code: wire.CodeSessionExpired}
		}
		if in.Op == op && !met {
			met = true
			return core.Verdict{Cut: core.CutBefore}
		}
		return core.Pass
	})
}

// A function is run again from its beginning, for what passes and for what it says itself.
func TestRetryFunction(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", []byte("x")))
		runs := 0
		get := func(co *future.Co) (string, error) {
			runs++
			n, err := future.Await(co, cl.Get(ctx, "/n"))
			return string(n.Data), err
		}
		w.cutOnce(wire.OpGetData, false)
		if v := ok(w, zk.Retry(ctx, cl, fast, get)); v != "x" || runs != 2 {
			w.Errorf("%q in %d runs", v, runs)
		}
		runs = 0
		forced := zk.Retry(ctx, cl, fast, func(*future.Co) (int, error) {
			if runs++; runs < 3 {
				return 0, fmt.Errorf("run %d: %w", runs, zk.ErrForceRetry)
			}
			return runs, nil
		})
		if ok(w, forced) != 3 {
			w.Errorf("%d runs", runs)
		}
		mine := errors.New("mine")
		runs = 0
		err := zk.Retry(ctx, cl, fast, func(*future.Co) (int, error) {
			runs++
			return 0, errors.Join(mine, zk.ErrForceRetry)
		}).WaitErr()
		var re *zk.RetryError
		if !errors.Is(err, mine) || !errors.Is(err, zk.ErrTooManyTries) || !errors.As(err, &re) || re.Tries != 3 || runs != 3 {
			w.Errorf("%v after %d runs", err, runs)
		}
		runs = 0
		if err := zk.Retry(ctx, cl, fast, func(*future.Co) (int, error) { runs++; return 0, mine }).WaitErr(); err != mine || runs != 1 {
			w.Errorf("%v after %d runs", err, runs)
		}
		var pe *future.PanicError
		if err := zk.Retry(ctx, cl, fast, func(*future.Co) (int, error) { panic("no") }).WaitErr(); !errors.As(err, &pe) {
			w.Errorf("a panic has become %v", err)
		}
		short, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		err = zk.Retry(short, cl, zk.RetryPolicy{Delay: time.Hour}, func(*future.Co) (int, error) { return 0, zk.ErrForceRetry }).WaitErr()
		if !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("ctx has ended, and: %v", err)
		}
		refused(w, zk.Retry[int](ctx, cl, fast, nil), zk.ErrBadArguments, false)
		ended, end := context.WithCancel(ctx)
		end()
		refused(w, zk.Retry(ended, cl, fast, get), context.Canceled, false)
	})
}

// A function is not run again in another session, unless the policy says so and the view is not pinned.
func TestRetryFunctionExpires(t *testing.T) {
	for name, c := range map[string]struct{ ignore, pinned, again bool }{
		"false": {}, "true": {ignore: true, again: true}, "pinned": {ignore: true, pinned: true},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				w.cutOnce(wire.OpExists, true)
				p, runs := fast, 0
				p.IgnoreExpire, p.Delay = c.ignore, time.Minute
				view := cl
				if c.pinned {
					view = cl.Pinned(cl.Session())
				}
				err := zk.Retry(ctx, view, p, func(co *future.Co) (*zk.Stat, error) {
					runs++
					return future.Await(co, view.Exists(ctx, "/"))
				}).WaitErr()
				if c.again && (err != nil || runs != 2) || !c.again && (!errors.Is(err, zk.ErrSessionExpired) || runs != 1) {
					w.Errorf("%v after %d runs", err, runs)
				}
			})
		})
	}
}

// Delays grow, keep their bounds, and follow from the seed.
func TestRetryDelays(t *testing.T) {
	delays := func(p zk.RetryPolicy, seed uint64) (all []time.Duration) {
		det := handler.NewDeterministic(seed)
		defer det.Stop()
		if _, err := zktest.InWorld(det.Node("server"), ":2181"); err != nil {
			t.Fatal(err)
		}
		h := det.Node("client")
		cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(h))
		if err != nil {
			t.Fatal(err)
		}
		last := h.Now()
		_ = zk.Retry(ctx, cl, p, func(*future.Co) (int, error) {
			now := h.Now()
			all = append(all, now.Sub(last))
			last = now
			return 0, zk.ErrForceRetry
		}).WaitErr()
		_ = cl.Close(ctx).WaitErr()
		return all[1:]
	}
	ms := func(ns ...int) (ds []time.Duration) {
		for _, n := range ns {
			ds = append(ds, time.Duration(n)*time.Millisecond)
		}
		return ds
	}
	for _, c := range []struct {
		p    zk.RetryPolicy
		want []time.Duration
	}{
		{zk.RetryPolicy{Jitter: zk.NoJitter}, ms(100, 200, 400, 800, 1600, 3200, 6400)},
		{zk.RetryPolicy{Jitter: zk.NoJitter, MaxTries: 5, Delay: time.Second, Backoff: 3, MaxDelay: 5 * time.Second}, ms(1000, 3000, 5000, 5000)},
		{zk.RetryPolicy{Jitter: zk.NoJitter, MaxTries: 3, Delay: time.Second, Backoff: 1}, ms(1000, 1000)},
		{zk.RetryPolicy{Jitter: zk.NoJitter, MaxTries: zk.TryForever, Deadline: time.Second}, ms(100, 200, 400)},
	} {
		if got := delays(c.p, 1); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.p, got, c.want)
		}
	}
	a, b, c := delays(zk.RetryPolicy{}, 1), delays(zk.RetryPolicy{}, 1), delays(zk.RetryPolicy{}, 2)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("seed 1: %v and %v; seed 2: %v", a, b, c)
	}
	for i, d := range a {
		if mid := 100 * time.Millisecond << i; d < mid*6/10-1 || d > mid*14/10+1 {
			t.Errorf("delay %d is %v", i, d)
		}
	}
}

// A watch of a view that retries is one watch, however often it was asked for, and ends with the view.
func TestRetryWatch(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		view := cl.WithRetry(fast)
		ok(w, cl.Create(ctx, "/n", nil))
		w.cutOnce(wire.OpGetData, false)
		first := ok(w, view.GetAndWatch(ctx, "/n"))
		w.cutOnce(wire.OpGetChildren2, false)
		second := ok(w, view.ChildrenAndWatch(ctx, "/n"))
		w.intercept(nil)
		ok(w, cl.Set(ctx, "/n", nil, 0))
		if ev := ok(w, first.Changed); ev.Type != zk.NodeDataChanged {
			w.Error(ev)
		}
		ok(w, view.Close(ctx))
		refused(w, second.Changed, zk.ErrClosed, false)
		w.noWatches()
		if cl.State() != zk.Connected {
			w.Error("closing the view has closed the client")
		}
	})
}

// The caller may change what he has given to an operation, though it is sent once more.
func TestRetryKeepsData(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		view := cl.WithRetry(fast)
		ok(w, cl.Create(ctx, "/n", nil))
		data := []byte("good")
		w.cutOnce(wire.OpSetData, false)
		f := view.Set(ctx, "/n", data, 0)
		copy(data, "evil")
		ok(w, f)
		if n := ok(w, view.Get(ctx, "/n")); string(n.Data) != "good" {
			w.Errorf("%q", n.Data)
		}
	})
}
