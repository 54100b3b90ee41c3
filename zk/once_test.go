package zk_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Whatever becomes of the answers, the transaction is carried out once, and its results are told as far as they can be known.
func TestOnce(t *testing.T) {
	for _, v := range []core.Version{core.V3_9, core.V3_4} {
		t.Run(v.String(), func(t *testing.T) {
			everywhere(t, func(w *world) {
				cl := w.client()
				view := cl.WithRetry(fast)
				ok(w, cl.Create(ctx, "/p", nil))
				ok(w, cl.Create(ctx, "/ops", nil))
				for i, cut := range []core.Cut{core.NoCut, core.CutBefore, core.CutAfter} {
					multis := 0
					w.intercept(func(in *core.Incoming) core.Verdict {
						if in.Op == wire.OpMulti {
							if multis++; multis == 1 {
								return core.Verdict{Cut: cut}
							}
						}
						return core.Pass
					})
					tx := view.Txn()
					tx.Once("/ops/" + cl.GUID())
					tx.Check("/p", int32(2*i))
					early := tx.Set("/p", []byte("a"), int32(2*i))
					set := tx.Set("/p", []byte("bc"), zk.AnyVersion)
					made := tx.Create("/p/n", []byte("xyz"))
					numbered := tx.Create("/p/s-", nil, zk.Sequential|zk.Ephemeral)
					ok(w, tx.Commit(ctx))
					w.intercept(nil)
					st := ok(w, cl.Get(ctx, "/p"))
					if st.Version != int32(2*i+2) || len(w.kids("/p")) != i+2 {
						w.Fatalf("cut %v: version %d, children %v", cut, st.Version, w.kids("/p"))
					}
					if s := ok(w, set); s.Version != st.Version || s.Mzxid != st.Mzxid || s.DataLength != 2 {
						w.Errorf("cut %v: set %+v, and it is %+v", cut, s, st)
					}
					m := ok(w, made)
					if m.Path != "/p/n" || m.Czxid != st.Mzxid || m.DataLength != 3 {
						w.Errorf("cut %v: made %+v", cut, m)
					}
					if cut == core.CutAfter {
						refused(w, early, zk.ErrResultLost, false)
						if oe := refused(w, numbered, zk.ErrResultLost, false); oe.Path != "/p/s-" {
							w.Error(oe)
						}
					} else {
						ok(w, early)
						ok(w, numbered)
					}
					ok(w, cl.Delete(ctx, "/p/n", zk.AnyVersion))
					w.until("the marker is removed", func() bool { return len(w.kids("/ops")) == 0 })
				}
			}, version(v))
		})
	}
}

// Errors do not count the marker; and one that is not ours proves nothing.
func TestOnceRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		for _, view := range []*zk.Client{cl, cl.WithRetry(fast)} {
			commit := func(path string) error {
				tx := view.Txn()
				tx.Check("/", zk.AnyVersion)
				tx.Delete("/nothing", 0)
				tx.Once(path)
				return tx.Commit(ctx).WaitErr()
			}
			index := func(err error, want error, i int) {
				w.Helper()
				isRefusal(w, err, want, false)
				var te *zk.TxnError
				if !errors.As(err, &te) || te.Index != i || len(te.Results) != 2 {
					w.Errorf("%v is not about operation %d of 2", err, i)
				}
			}
			index(commit("/m"), zk.ErrNoNode, 1)
			index(commit("/no/m"), zk.ErrNoNode, -1)
			index(commit("m"), zk.ErrBadArguments, -1)
			ok(w, other.Create(ctx, "/taken", nil, zk.Ephemeral))
			index(commit("/taken"), zk.ErrNodeExists, -1)
			ok(w, other.Delete(ctx, "/taken", 0))
			tx := view.Txn()
			tx.Once("/m")
			tx.Once("/m")
			isRefusal(w, tx.Commit(ctx).WaitErr(), zk.ErrBadArguments, false)
		}
		// A refusal of an operation shows that the marker was not there: no earlier try was carried out.
		for _, cut := range []core.Cut{core.CutBefore, core.CutAfter} {
			var met atomic.Bool
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpMulti && !met.Swap(true) {
					return core.Verdict{Cut: cut}
				}
				return core.Pass
			})
			tx := cl.WithRetry(fast).Txn()
			tx.Once("/m")
			tx.Delete("/nothing", 0)
			isRefusal(w, tx.Commit(ctx).WaitErr(), zk.ErrNoNode, false)
		}
		// Somebody else takes the path between two tries.
		var met atomic.Bool
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpMulti && !met.Swap(true) {
				return core.Verdict{Cut: core.CutBefore}
			}
			return core.Pass
		})
		tx := cl.WithRetry(zk.RetryPolicy{Delay: time.Minute}).Txn()
		tx.Once("/taken")
		set := tx.Set("/", nil, zk.AnyVersion)
		f := tx.Commit(ctx)
		w.until("the first try", func() bool { return met.Load() })
		ok(w, other.Create(ctx, "/taken", nil, zk.Ephemeral))
		refused(w, f, zk.ErrNodeExists, true)
		if err := set.WaitErr(); !errors.Is(err, zk.ErrRuntimeInconsistency) {
			w.Error(err)
		}
	})
}

// A transaction that is being tried when the client is closed ends, and its operations do.
func TestOnceClosed(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpMulti {
				return core.Verdict{Code: wire.CodeThrottledOp}
			}
			return core.Pass
		})
		tx := cl.WithRetry(zk.RetryPolicy{Delay: 10 * time.Hour}).Txn()
		tx.Once("/m")
		set := tx.Set("/", nil, zk.AnyVersion)
		f := tx.Commit(ctx)
		w.sleep(time.Second)
		ok(w, cl.Close(ctx))
		refused(w, f, zk.ErrClosed, false)
		refused(w, set, zk.ErrClosed, false)
	})
}

// A marker whose deletion meets a server without a quorum is deleted when there is one again.
func TestOnceAtAReadOnlyServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithReadOnly())
		session := cl.Session().ID
		ok(w, cl.Create(ctx, "/ops", nil))
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpDelete {
				return core.Verdict{Delay: time.Second}
			}
			return core.Pass
		})
		tx := cl.WithRetry(fast).Txn()
		tx.Once("/ops/" + cl.GUID())
		tx.Set("/", nil, zk.AnyVersion)
		ok(w, tx.Commit(ctx))
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(true) })
		w.await(cl, zk.ConnectedReadOnly)
		w.sleep(3 * time.Second) // it is tried, and refused
		if n := len(w.kids("/ops")); n != 1 {
			w.Fatalf("%d markers: this is not what is to be tested", n)
		}
		w.intercept(nil)
		w.srv.Do(func(s *core.Server) { s.SetReadOnly(false) })
		w.until("the marker is removed", func() bool { return len(w.kids("/ops")) == 0 })
		if cl.Session().ID != session {
			w.Error("it was removed with its session")
		}
	}, version(core.V3_6))
}

// Who closes a client does not wait for a server with a quorum.
func TestOnceClosedAtAReadOnlyServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/ops", nil))
		tx := cl.WithRetry(fast).Txn()
		tx.Once("/ops/" + cl.GUID())
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpDelete {
				return core.Verdict{Code: zk.ErrNotReadOnly}
			}
			return core.Pass
		})
		ok(w, tx.Commit(ctx))
		w.sleep(time.Second)
		ok(w, cl.Close(ctx))
	})
}
