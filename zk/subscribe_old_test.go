package zk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// oldServers know no watches that stay; the older one cannot even be told to forget one.
func oldServers(t *testing.T, test func(w *world)) {
	for _, v := range []core.Version{core.V3_4, core.V3_5} {
		t.Run(v.String(), func(t *testing.T) { everywhere(t, test, version(v)) })
	}
}

// noneOfOurs checks that the server has no watches left, where it can be told.
func (w *world) noneOfOurs() {
	if w.version != core.V3_4 {
		w.noWatches()
	}
}

// Step by step a degraded subscription tells what any other does, and a Resync where nobody can know.
func TestDegraded(t *testing.T) {
	oldServers(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/o", nil)) // costs a connection to find out how
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		for range 2 {
			ok(w, cl.Create(ctx, "/n", nil))
			tells(w, sub, "NodeCreated /n", "Resync /n")
			for i := range 3 {
				ok(w, cl.Set(ctx, "/n", nil, int32(i)))
				tells(w, sub, "NodeDataChanged /n")
				ok(w, cl.Create(ctx, "/n/a", nil))
				tells(w, sub, "NodeChildrenChanged /n")
				ok(w, cl.Set(ctx, "/n/a", nil, 0))
				tells(w, sub)
				ok(w, cl.Delete(ctx, "/n/a", 1))
				tells(w, sub, "NodeChildrenChanged /n")
			}
			ok(w, cl.Delete(ctx, "/n", 3))
			tells(w, sub, "NodeDeleted /n", "Resync /n")
		}
		if n := cl.Stats().Subscriptions; n != 1 {
			w.Errorf("%d subscriptions are counted", n)
		}
		ok(w, sub.Close(ctx))
		isRefusal(w, sub.Err(), zk.ErrClosed, false)
		if n := cl.Stats().Subscriptions; n != 0 {
			w.Errorf("%d subscriptions are counted", n)
		}
		w.noneOfOurs()
	})
}

// Changes faster than the watch is set again are told, or a Resync comes for them; the subscription goes on.
func TestDegradedMissesNothing(t *testing.T) {
	oldServers(t, func(w *world) {
		cl, other := w.client(), w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		w.intercept(func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpExists || in.Op == wire.OpGetChildren2 {
				return core.Verdict{Delay: time.Second}
			}
			return core.Pass
		})
		ok(w, other.Set(ctx, "/n", nil, 0))
		ok(w, other.Set(ctx, "/n", nil, 1))
		w.sleep(3 * time.Second)
		tells(w, sub, "NodeDataChanged /n", "Resync /n")
		ok(w, other.Create(ctx, "/n/a", nil))
		ok(w, other.Delete(ctx, "/n/a", 0))
		w.sleep(3 * time.Second)
		tells(w, sub, "NodeChildrenChanged /n", "Resync /n")
		ok(w, other.Set(ctx, "/n", nil, 2)) // another one like it: the version is what it was
		ok(w, other.Delete(ctx, "/n", 3))
		ok(w, other.Create(ctx, "/n", nil))
		for i := range 3 {
			ok(w, other.Set(ctx, "/n", nil, int32(i)))
		}
		w.sleep(5 * time.Second)
		if got := told(w, sub); len(got) < 2 || got[len(got)-1] != "Resync /n" {
			w.Errorf("%q", got)
		}
		ok(w, other.Set(ctx, "/n", nil, 3))
		w.sleep(3 * time.Second)
		tells(w, sub, "NodeDataChanged /n")
		ok(w, other.Create(ctx, "/n/a", nil))
		w.sleep(3 * time.Second)
		tells(w, sub, "NodeChildrenChanged /n")
		w.intercept(nil)
		ok(w, sub.Close(ctx))
		w.noneOfOurs()
	})
}

// The watches are there before anything that is asked for behind Subscribe, though finding out costs a connection.
func TestDegradedHasItsPlace(t *testing.T) {
	oldServers(t, func(w *world) {
		cl := w.client()
		log := states(cl)
		cl.Create(ctx, "/n", nil)
		f := cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot())
		set := cl.Set(ctx, "/n", nil, 0)
		kid := cl.Create(ctx, "/n/a", nil)
		sub := ok(w, f)
		ok(w, set)
		ok(w, kid)
		tells(w, sub, "NodeDataChanged /n", "NodeChildrenChanged /n")
		more := cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot())
		set = cl.Set(ctx, "/n", nil, 1)
		second := ok(w, more)
		ok(w, set)
		tells(w, second, "NodeDataChanged /n")
		tells(w, sub, "NodeDataChanged /n")
		if n := w.count(wire.OpAddWatch); n != 1 {
			w.Errorf("%d addWatch requests were sent", n)
		}
		w.until("an even number of changes", func() bool { return log.len() > 0 && log.len()%2 == 0 })
		if got := path(w, log.all()); got != "SUSPENDED CONNECTED" && got != "SUSPENDED CONNECTED SUSPENDED CONNECTED" { // create2 is another
			w.Errorf("states %s", got)
		}
	})
}

// Connections and sessions are survived, and one Resync says so.
func TestDegradedReconnects(t *testing.T) {
	oldServers(t, func(w *world) {
		cl, other := w.client(), w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		w.reconnect(cl)
		tells(w, sub, "Resync /n")
		ok(w, other.Set(ctx, "/n", nil, 0))
		tells(w, sub, "NodeDataChanged /n")
		old := cl.Session()
		w.srv.Expire(old.ID)
		w.until("a new session", func() bool { return cl.Session().Epoch > old.Epoch && cl.State() == zk.Connected })
		tells(w, sub, "Resync /n session")
		ok(w, other.Create(ctx, "/n/a", nil))
		tells(w, sub, "NodeChildrenChanged /n")
		ok(w, sub.Close(ctx))
		w.noneOfOurs()
	})
}

// A subscription that began on a newer server goes on with an older one, and back again.
func TestDegradedByADowngrade(t *testing.T) {
	everywhere(t, func(w *world) {
		old := false
		w.intercept(func(in *core.Incoming) core.Verdict {
			if old && (in.Op == wire.OpAddWatch || in.Op == wire.OpSetWatches2) {
				return unknownOp
			}
			return core.Pass
		})
		cl, other := w.client(), w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		plain := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch))
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		deep := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch, zk.DegradeToOneShot()))
		ok(w, other.Set(ctx, "/n", nil, 0))
		tells(w, sub, "NodeDataChanged /n")
		w.srv.Do(func(*core.Server) { old = true })
		w.srv.Drop(cl.Session().ID)
		w.until("the others have ended", func() bool { return plain.Err() != nil && deep.Err() != nil })
		isRefusal(w, plain.Err(), zk.ErrUnimplemented, false)
		if err := isRefusal(w, deep.Err(), zk.ErrUnimplemented, false); err.Err == error(zk.ErrUnimplemented) {
			w.Errorf("nothing says why: %v", err)
		}
		tells(w, sub, "Resync /n")
		ok(w, other.Set(ctx, "/n", nil, 1))
		tells(w, sub, "NodeDataChanged /n")
		ok(w, other.Create(ctx, "/n/a", nil))
		tells(w, sub, "NodeChildrenChanged /n")
		ok(w, sub.Close(ctx))
		w.noWatches()
	})
}

// unknownOp is how a server answers that has never heard of an operation.
var unknownOp = core.Verdict{Code: wire.CodeUnimplemented, Edit: func(reply []byte) []byte {
	copy(reply[4:12], "\xff\xff\xff\xff\xff\xff\xff\xff") // the zxid that says so
	return reply
}}

// Others on the same path neither lose their watches nor take the subscription's.
func TestDegradedSharesItsWatches(t *testing.T) {
	oldServers(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		one := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		two := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		data, kids := ok(w, cl.GetAndWatch(ctx, "/n")), ok(w, cl.ChildrenAndWatch(ctx, "/n"))
		ok(w, data.Unwatch(ctx))
		ok(w, two.Close(ctx))
		ok(w, cl.Set(ctx, "/n", nil, 0))
		tells(w, one, "NodeDataChanged /n")
		data = ok(w, cl.GetAndWatch(ctx, "/n"))
		ok(w, one.Close(ctx))
		ok(w, cl.Create(ctx, "/n/a", nil))
		ok(w, kids.Changed)
		ok(w, cl.Set(ctx, "/n", nil, 1))
		ok(w, data.Changed)
		w.noneOfOurs()
		one = ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		ok(w, cl.RemoveWatches(ctx, "/n", zk.PersistentWatch))
		isRefusal(w, one.Err(), zk.ErrUnwatched, false)
		w.noneOfOurs()
	})
}

// What cannot be watched is not: the call fails, or the subscription ends, and both say why.
func TestDegradedRefusals(t *testing.T) {
	oldServers(t, func(w *world) {
		cl := w.client()
		refused(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch), zk.ErrUnimplemented, false)
		err := refused(w, cl.Subscribe(ctx, "/n", zk.PersistentRecursiveWatch, zk.DegradeToOneShot()), zk.ErrUnimplemented, false)
		if err.Err == error(zk.ErrUnimplemented) {
			w.Errorf("nothing says why: %v", err)
		}
		ok(w, cl.Create(ctx, "/n", nil))
		sub := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.DegradeToOneShot()))
		unreadable := zk.ACL{Perms: zk.PermAll &^ zk.PermRead, Scheme: "world", ID: "anyone"}
		ok(w, cl.SetACL(ctx, "/n", []zk.ACL{unreadable}, zk.AnyVersion))
		ok(w, cl.Create(ctx, "/u", nil, zk.ACLs{unreadable}))
		refused(w, cl.Subscribe(ctx, "/u", zk.PersistentWatch, zk.DegradeToOneShot()), zk.ErrNoAuth, false)
		ok(w, cl.Create(ctx, "/n/a", nil))
		w.until("it has ended", func() bool { return sub.Err() != nil })
		isRefusal(w, sub.Err(), zk.ErrNoAuth, false)
	})
}

// Calls that are given up, and connections that are lost, leave nothing behind.
func TestDegradedGivenUp(t *testing.T) {
	oldServers(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/1", nil))
		for i := range 200 {
			short, cancel := w.h.WithTimeout(ctx, time.Duration(i%5)*time.Millisecond)
			f := cl.Subscribe(short, fmt.Sprintf("/%d", i%3), zk.PersistentWatch, zk.DegradeToOneShot())
			cl.Set(ctx, "/1", nil, zk.AnyVersion)
			if i%3 == 0 {
				w.sleep(time.Millisecond)
			}
			if i%20 == 0 {
				w.srv.Drop(cl.Session().ID)
			}
			sub, err := f.Wait()
			cancel()
			if err == nil {
				ok(w, sub.Close(ctx))
			}
		}
		w.noneOfOurs()
	})
}
