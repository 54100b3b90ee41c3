package zk_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// fast is a policy that tries three times.
var fast = zk.RetryPolicy{MaxTries: 3, Delay: 10 * time.Millisecond}

// A mishap is what becomes of the first try of an operation.
type mishap struct {
	name    string
	verdict core.Verdict
	expire  bool // the session is over when the client comes back
}

var mishaps = []mishap{
	{"not applied", core.Verdict{Cut: core.CutBefore}, false},
	{"applied", core.Verdict{Cut: core.CutAfter}, false},
	{"throttled", core.Verdict{Code: wire.CodeThrottledOp}, false},
	{"moved", core.Verdict{Code: wire.CodeSessionMoved}, false},
	{"expired, not applied", core.Verdict{Cut: core.CutBefore}, true},
	{"expired, applied", core.Verdict{Cut: core.CutAfter}, true},
}

// An attempted is one operation of the table.
type attempted struct {
	name string
	ops  []wire.Op // of which the first is met by the mishap
	do   func(cl *zk.Client) error
	// want is what comes of each mishap, in their order: a digit how often it was applied, then + for success, ? for
	// a failure in doubt, - for a failure that is none.
	want string
	// applied says how often it was carried out, from what the server has.
	applied func(w *world) int
}

func versionOf(path string) func(w *world) int {
	return func(w *world) (n int) {
		w.srv.Do(func(s *core.Server) {
			for _, node := range s.State().Nodes(path) {
				if node.Path == path {
					n = int(node.Stat.Version)
				}
			}
		})
		return n
	}
}

func below(path string) func(w *world) int {
	return func(w *world) int { return len(w.kids(path)) }
}

func gone(path string) func(w *world) int {
	return func(w *world) int { return 1 - min(1, len(w.kids(path))) }
}

func none(*world) int { return 0 }

func attempts(opts ...zk.WriteOption) []attempted {
	get := []wire.Op{wire.OpGetData}
	creates := []wire.Op{wire.OpCreate, wire.OpCreate2}
	return []attempted{
		{"Get", get, func(cl *zk.Client) error { return cl.Get(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"Exists", []wire.Op{wire.OpExists}, func(cl *zk.Client) error { return cl.Exists(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"Children", []wire.Op{wire.OpGetChildren2}, func(cl *zk.Client) error { return cl.Children(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"GetACL", []wire.Op{wire.OpGetACL}, func(cl *zk.Client) error { return cl.GetACL(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"Sync", []wire.Op{wire.OpSync}, func(cl *zk.Client) error { return cl.Sync(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"GetAndWatch", get, func(cl *zk.Client) error { return cl.GetAndWatch(ctx, "/n").WaitErr() }, "0+0+0+0+0-0-", none},
		{"Get, IgnoreExpire", get, func(cl *zk.Client) error {
			p := fast
			p.IgnoreExpire = true
			return cl.WithRetry(p).Get(ctx, "/n").WaitErr()
		}, "0+0+0+0+0+0+", none},
		{"Get, IgnoreExpire, pinned", get, func(cl *zk.Client) error {
			p := fast
			p.IgnoreExpire = true
			return cl.WithRetry(p).Pinned(cl.Session()).Get(ctx, "/n").WaitErr()
		}, "0+0+0+0+0-0-", none},
		{"Set with version", []wire.Op{wire.OpSetData}, func(cl *zk.Client) error {
			st, err := cl.Set(ctx, "/n", []byte("new"), 0).Wait()
			if err == nil && (st.Version != 1 || st.DataLength != 3) {
				return errors.New("the wrong Stat")
			}
			return err
		}, "1+1+1+1+0?1?", versionOf("/n")},
		{"Set with any version", []wire.Op{wire.OpSetData}, func(cl *zk.Client) error {
			return cl.Set(ctx, "/n", nil, zk.AnyVersion).WaitErr()
		}, "0?1?1+1+0?1?", versionOf("/n")},
		{"Set with any version, idempotent", []wire.Op{wire.OpSetData}, func(cl *zk.Client) error {
			return cl.Set(ctx, "/n", nil, zk.AnyVersion, zk.Idempotent()).WaitErr()
		}, "1+2+1+1+0?1?", versionOf("/n")},
		{"SetACL with version", []wire.Op{wire.OpSetACL}, func(cl *zk.Client) error {
			st, err := cl.SetACL(ctx, "/n", zk.OpenACL(), 0).Wait()
			if err == nil && st.Aversion != 1 {
				return errors.New("the wrong Stat")
			}
			return err
		}, "0+0+0+0+0?0?", none},
		{"SetACL with any version", []wire.Op{wire.OpSetACL}, func(cl *zk.Client) error {
			return cl.SetACL(ctx, "/n", zk.OpenACL(), zk.AnyVersion).WaitErr()
		}, "0?0?0+0+0?0?", none},
		{"Delete", []wire.Op{wire.OpDelete}, func(cl *zk.Client) error { return cl.Delete(ctx, "/p/child", 0).WaitErr() },
			"1+1+1+1+0?1?", gone("/p")},
		{"Create", creates, func(cl *zk.Client) error {
			return cl.Create(ctx, "/e/n-", nil, zk.Sequential).WaitErr()
		}, "0?1?1+1+0?1?", below("/e")},
		{"Create, protected", creates, func(cl *zk.Client) error {
			return cl.Create(ctx, "/e/n-", nil, zk.Sequential, zk.Protected()).WaitErr()
		}, "1+1+1+1+0?1?", below("/e")},
		{"Create with parents", creates, func(cl *zk.Client) error {
			return cl.Create(ctx, "/e/a/n-", nil, zk.Sequential, zk.MakeParents()).WaitErr()
		}, "0?0?2+2+0?0?", below("/e")},
		{"EnsurePath", creates, func(cl *zk.Client) error { return cl.EnsurePath(ctx, "/e/a/b").WaitErr() },
			"2+2+2+2+0?0?", below("/e")},
		{"DeleteAll", []wire.Op{wire.OpDelete}, func(cl *zk.Client) error { return cl.DeleteAll(ctx, "/p").WaitErr() },
			"1+1+1+1+0?1?", gone("/p")},
		{"Txn", []wire.Op{wire.OpMulti}, func(cl *zk.Client) error {
			tx := cl.Txn()
			tx.Set("/n", nil, zk.AnyVersion)
			return tx.Commit(ctx).WaitErr()
		}, "0?1?1+1+0?1?", versionOf("/n")},
		{"Txn with Once", []wire.Op{wire.OpMulti}, func(cl *zk.Client) error {
			tx := cl.Txn()
			tx.Once("/marker")
			set := tx.Set("/n", nil, zk.AnyVersion)
			err := tx.Commit(ctx).WaitErr()
			if st, e := set.Wait(); (e == nil) != (err == nil) || err == nil && st.Version != 1 {
				return errors.New("the Set has another result")
			}
			return err
		}, "1+1+1+1+0?1?", versionOf("/n")},
	}
}

// What the package comment promises, operation by operation and mishap by mishap.
func TestRetryTable(t *testing.T) {
	for _, a := range attempts() {
		t.Run(a.name, func(t *testing.T) {
			everywhere(t, func(w *world) {
				for i, m := range mishaps {
					want := a.want[2*i : 2*i+2]
					if a.name == "EnsurePath" && i == 1 || a.name == "Create with parents" && i == 1 {
						continue // how much of the pipeline was applied is not said
					}
					if got := w.attempt(a, m); got != want {
						w.Errorf("%s: %s, want %s", m.name, got, want)
					}
				}
			})
		})
	}
}

func (w *world) attempt(a attempted, m mishap) string {
	cl := w.client()
	defer cl.Close(ctx)
	for _, path := range []string{"/n", "/p", "/e"} {
		ok(w, cl.DeleteAll(ctx, path))
		ok(w, cl.Create(ctx, path, nil))
	}
	ok(w, cl.Create(ctx, "/p/child", nil))
	met := false
	w.intercept(func(in *core.Incoming) core.Verdict {
		if in.Op == wire.OpCreateSession && in.Session != 0 && met && m.expire {
			return core.Verdict{Code: wire.CodeSessionExpired}
		}
		for _, op := range a.ops {
			if in.Op == op && !met {
				met = true
				return m.verdict
			}
		}
		return core.Pass
	})
	err := a.do(cl.WithRetry(fast))
	w.intercept(nil)
	end := "+"
	var oe *zk.OpError
	switch {
	case !met:
		w.Errorf("%s: nothing happened", m.name)
	case err == nil:
	case !errors.As(err, &oe):
		w.Errorf("%s: %v is no OpError", m.name, err)
	case m.expire && !errors.Is(err, zk.ErrSessionExpired) && !errors.Is(err, zk.ErrConnectionLoss):
		w.Errorf("%s: %v", m.name, err)
	case zk.MaybeApplied(err):
		end = "?"
	default:
		end = "-"
	}
	return string(rune('0'+a.applied(w))) + end
}

// A policy is given up with an error that tells everything.
func TestRetryGivesUp(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		tries := 0
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpSetData || in.Op == wire.OpGetData {
				tries++
				return core.Verdict{Cut: core.CutBefore}
			}
			return core.Pass
		})
		giveUp := func(p zk.RetryPolicy, n int, why error) {
			w.Helper()
			tries = 0
			v := cl.WithRetry(p)
			for _, err := range []error{v.Get(ctx, "/n").WaitErr(), v.Set(ctx, "/n", nil, 0).WaitErr()} {
				var re *zk.RetryError
				if !errors.As(err, &re) || re.Tries != n || re.Reason != why {
					w.Errorf("%v, want %d tries and %v", err, n, why)
				}
				if !errors.Is(err, zk.ErrConnectionLoss) || !strings.Contains(err.Error(), "connection lost (given up after") {
					w.Errorf("%v does not tell the cause", err)
				}
			}
			if tries != 2*n {
				w.Errorf("%d tries, want %d", tries, 2*n)
			}
		}
		giveUp(zk.RetryPolicy{MaxTries: 1}, 1, zk.ErrTooManyTries)
		giveUp(zk.RetryPolicy{MaxTries: 4, Delay: time.Millisecond}, 4, zk.ErrTooManyTries)
		giveUp(zk.RetryPolicy{}, 8, zk.ErrTooManyTries)
		giveUp(zk.RetryPolicy{MaxTries: zk.TryForever, Delay: 15 * time.Minute, Jitter: zk.NoJitter, Deadline: 20 * time.Minute}, 2, zk.ErrRetryDeadline)
		// ctx ends while another try is waited for.
		begun := w.h.Now()
		short, cancel := w.h.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err := cl.WithRetry(zk.RetryPolicy{Delay: 10 * time.Hour}).Set(short, "/n", nil, 0).WaitErr()
		oe := isRefusal(w, err, context.DeadlineExceeded, true)
		if passed := w.h.Now().Sub(begun); passed > time.Minute {
			w.Errorf("it took %v after the context's end", passed)
		}
		if oe.Op != "setData" || oe.Path != "/n" || !errors.Is(err, zk.ErrConnectionLoss) {
			w.Errorf("%v does not tell what happened", err)
		}
	})
}

// Closing the client does not wait for delays, and ends them.
func TestRetryClose(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpGetData {
				return core.Verdict{Code: wire.CodeThrottledOp}
			}
			return core.Pass
		})
		patient := zk.RetryPolicy{Delay: 10 * time.Hour}
		f := cl.WithRetry(patient).Get(ctx, "/")
		g := zk.Retry(ctx, cl, patient, func(co *future.Co) (zk.Node, error) { return future.Await(co, cl.Get(ctx, "/")) })
		w.sleep(time.Second)
		ok(w, cl.Close(ctx))
		if _, _, ready := f.Poll(); !ready {
			w.Error("Close has completed before what it ended")
		}
		refused(w, f, zk.ErrClosed, false)
		if err := g.WaitErr(); !errors.Is(err, zk.ErrClosed) || !errors.Is(err, zk.ErrThrottled) {
			w.Error(err)
		}
	})
}

// What a later try is refused with does not make the first undone: only where that is proved.
func TestRetryDoubt(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		set := func(data string, version int32) func(cl *zk.Client) error {
			return func(cl *zk.Client) error { return cl.Set(ctx, "/n", []byte(data), version).WaitErr() }
		}
		del := func(cl *zk.Client) error { return cl.Delete(ctx, "/n", 0).WaitErr() }
		for _, c := range []struct {
			name    string
			do      func(cl *zk.Client) error
			cut     core.Cut
			between []func(cl *zk.Client) error // what another client does before the second try
			want    error
			maybe   bool
		}{
			{"somebody else's change", set("a", 0), core.CutBefore, []func(*zk.Client) error{set("b", 0)}, zk.ErrBadVersion, false},
			{"a change behind ours", set("a", 0), core.CutAfter, []func(*zk.Client) error{set("b", 1)}, zk.ErrBadVersion, true},
			{"two other changes", set("a", 0), core.CutBefore, []func(*zk.Client) error{set("b", 0), set("c", 1)}, zk.ErrBadVersion, true},
			{"no node any more", set("a", 0), core.CutBefore, []func(*zk.Client) error{del}, zk.ErrNoNode, true},
			{"somebody else's deletion", del, core.CutBefore, []func(*zk.Client) error{del}, nil, false},
			{"a change before the deletion", del, core.CutBefore, []func(*zk.Client) error{set("b", 0)}, zk.ErrBadVersion, true},
		} {
			ok(w, other.DeleteAll(ctx, "/n"))
			ok(w, other.Create(ctx, "/n", nil))
			var met atomic.Bool
			w.intercept(func(in *core.Incoming) core.Verdict {
				if (in.Op == wire.OpSetData || in.Op == wire.OpDelete) && !met.Swap(true) {
					return core.Verdict{Cut: c.cut}
				}
				return core.Pass
			})
			done := make(chan error, 1)
			w.h.Spawn(func() { done <- c.do(cl.WithRetry(zk.RetryPolicy{Delay: time.Minute, Jitter: zk.NoJitter})) })
			w.until("the first try", func() bool { return met.Load() })
			for _, f := range c.between {
				if err := f(other); err != nil {
					w.Fatal(c.name, err)
				}
			}
			var err error
			ended := false
			w.until("the end", func() bool {
				select {
				case err = <-done:
					ended = true
				default:
				}
				return ended
			})
			if c.want == nil {
				if err != nil {
					w.Errorf("%s: %v", c.name, err)
				}
				continue
			}
			if !errors.Is(err, c.want) || zk.MaybeApplied(err) != c.maybe {
				w.Errorf("%s: %v, MaybeApplied %v", c.name, err, zk.MaybeApplied(err))
			}
		}
		w.intercept(nil)
	})
}

func TestRetryPolicyInvalid(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		for text, p := range map[string]zk.RetryPolicy{
			"MaxTries is -2":  {MaxTries: -2},
			"Delay is -1ns":   {Delay: -1},
			"Backoff is 0.5":  {Backoff: 0.5},
			"Jitter is 1.5":   {Jitter: 1.5},
			"MaxDelay is -1s": {MaxDelay: -time.Second},
			"MaxDelay is 1s":  {MaxDelay: time.Second, Delay: time.Minute},
			"Deadline is -1m": {Deadline: -time.Minute},
		} {
			v := cl.WithRetry(p)
			tx := v.Txn()
			set := tx.Set("/", nil, 0)
			for i, f := range []interface{ WaitErr() error }{
				v.Get(ctx, "/"), v.Set(ctx, "/", nil, 0), v.Create(ctx, "/x", nil), v.Delete(ctx, "/x", 0), v.EnsurePath(ctx, "/x"),
				v.DeleteAll(ctx, "/x"), v.Sync(ctx, "/"), v.GetAndWatch(ctx, "/"), tx.Commit(ctx), set, v.AddAuth(ctx, "digest", nil),
				v.Chroot("/x").Get(ctx, "/"),
				zk.Retry(ctx, cl, p, func(*future.Co) (int, error) { return 0, nil }),
			} {
				err := f.WaitErr()
				if !errors.Is(err, zk.ErrBadArguments) || !strings.Contains(err.Error(), "retry policy: "+text) {
					w.Errorf("%s, operation %d: %v", text, i, err)
				}
			}
		}
		if w.kids("/x") != nil {
			w.Error("something was done")
		}
	})
}
