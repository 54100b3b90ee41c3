package zk_test

import (
	"fmt"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// Operations called by one goroutine are carried out in that order, and their callbacks run in that order.
func TestIssueOrder(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		const n = 10_000
		var done record[int]
		var versions record[int32]
		for i := range n {
			switch i % 5 {
			case 0:
				cl.Set(ctx, "/n", nil, int32(i/5)).OnComplete(func(st zk.Stat, err error) {
					if err != nil || st.Version != int32(i/5)+1 {
						w.Errorf("operation %d: %+v, %v", i, st, err)
					}
					done.add(i)
				})
			case 1: // sees the Set before it, and not the one behind
				cl.Get(ctx, "/n").OnComplete(func(n zk.Node, err error) {
					versions.add(n.Version - int32(i/5))
					done.add(i)
				})
			case 2:
				cl.Create(ctx, fmt.Sprintf("/n/%d", i), nil).OnComplete(func(_ zk.Created, err error) {
					if err != nil {
						w.Errorf("operation %d: %v", i, err)
					}
					done.add(i)
				})
			case 3:
				tx := cl.Txn()
				tx.Delete(fmt.Sprintf("/n/%d", i-1), 0)
				tx.Commit(ctx).OnComplete(func(_ struct{}, err error) {
					if err != nil {
						w.Errorf("operation %d: %v", i, err)
					}
					done.add(i)
				})
			case 4:
				cl.Exists(ctx, fmt.Sprintf("/n/%d", i-2)).OnComplete(func(st *zk.Stat, err error) {
					if err != nil || st != nil {
						w.Errorf("operation %d: %+v, %v", i, st, err)
					}
					done.add(i)
				})
			}
		}
		w.until("all callbacks", func() bool { return done.len() >= n })
		seen := map[int]bool{}
		for i, j := range done.all() {
			if seen[j] || !w.wide && i != j {
				w.Fatalf("callback number %d is that of operation %d", i, j)
			}
			seen[j] = true
		}
		for _, v := range versions.all() {
			if v != 1 {
				w.Fatalf("a Get shows a version %d behind the Set before it", 1-v)
			}
		}
		if cl.InFlight() != 0 {
			w.Errorf("%d in flight", cl.InFlight())
		}
	})
}

// Where all lanes share one order, the callback of a watch event runs before that of any reply that shows
// the change; and everywhere the event is there by then.
func TestEventBeforeReply(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		const rounds = 1000
		for i := range int32(rounds) {
			watched := ok(w, cl.GetAndWatch(ctx, "/n"))
			if watched.Value.Version != i {
				w.Fatalf("round %d: version %d", i, watched.Value.Version)
			}
			var log record[string]
			watched.Changed.OnComplete(func(zk.Event, error) { log.add("event") })
			if i%2 == 0 {
				cl.Set(ctx, "/n", nil, i)
			} else {
				ok(w, other.Set(ctx, "/n", nil, i))
			}
			reply := cl.Get(ctx, "/n")
			reply.OnComplete(func(n zk.Node, err error) {
				if n.Version == i+1 {
					log.add("reply")
				}
				if _, _, ready := watched.Changed.Poll(); !ready {
					w.Errorf("round %d: the reply is there, and the event is not", i)
				}
			})
			w.until("two callbacks", func() bool { return log.len() == 2 })
			if got := log.all(); w.inLine && got[0] != "event" {
				w.Fatalf("round %d: callbacks ran as %v", i, got)
			}
		}
	})
}

// A coroutine awaits the reply: the event is there by then, too.
func TestEventBeforeAwait(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		ok(w, future.Async(ctx, w.h.Lane("test"), func(co *future.Co) (struct{}, error) {
			for i := range int32(200) {
				watched, err := future.Await(co, cl.GetAndWatch(ctx, "/n"))
				if err != nil {
					return struct{}{}, err
				}
				other.Set(ctx, "/n", nil, i)
				for {
					n, err := future.Await(co, cl.Get(ctx, "/n"))
					if err != nil {
						return struct{}{}, err
					}
					_, _, fired := watched.Changed.Poll()
					if fired || n.Version > i {
						if !fired {
							return struct{}{}, fmt.Errorf("round %d: version %d is there, and the event is not", i, n.Version)
						}
						break
					}
				}
				if _, err := future.Await(co, watched.Changed); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		}))
	})
}

// Every callback runs exactly once, on its lane, in the order of linking, whenever it was linked.
func TestCallbacksRunOnce(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		var log record[string]
		f := cl.Get(ctx, "/")
		f.OnComplete(func(zk.Node, error) { log.add("before") })
		gone := f.OnComplete(func(zk.Node, error) { log.add("unlinked") })
		f.OnComplete(func(zk.Node, error) {
			log.add("also before")
			f.OnComplete(func(zk.Node, error) { log.add("within") })
		})
		if !gone.Unlink() {
			w.Error("too late to unlink")
		}
		w.until("callbacks", func() bool { return log.len() >= 3 })
		f.OnComplete(func(zk.Node, error) { log.add("after") })
		failed := cl.Get(ctx, "bad")
		failed.OnComplete(func(_ zk.Node, err error) { log.add(fmt.Sprint("failed ", err != nil)) })
		w.until("callbacks", func() bool { return log.len() >= 5 })
		w.sleep(1e9)
		if got, want := fmt.Sprint(log.all()), "[before also before within after failed true]"; got != want && !w.wide || log.len() != 5 {
			w.Errorf("callbacks %v, want %v", got, want)
		}
	})
}
