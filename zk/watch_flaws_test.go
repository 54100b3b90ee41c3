package zk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Flaws of other clients, as tests.

// Under load and over 1,000 reconnects every watch fires whose node has changed, and no request of a user is carried
// out on a connection before the watches are set. go-zookeeper/zk sends user requests first, and some of
// the watches with a zxid that is newer than what was missed.
func TestThousandReconnects(t *testing.T) {
	const rounds, nodes = 1000, 20
	everywhere(t, func(w *world) {
		rounds := rounds
		if testing.Short() {
			rounds = 100
		}
		const chunks = 3 // at least, of watches that are set again
		cl, other := w.client(zk.WithMaxRequest(1<<10)), w.client()
		mine := cl.Session().ID
		fresh, overtaken := 0, 0
		w.intercept(func(in *core.Incoming) core.Verdict {
			switch {
			case in.Session != mine:
			case in.Op == wire.OpCreateSession:
				fresh = chunks
			case in.Op == wire.OpSetWatches || in.Op == wire.OpSetWatches2:
				fresh--
			case in.Op != wire.OpPing && fresh > 0:
				overtaken++
			}
			return core.Pass
		})
		path := func(i int) string { return fmt.Sprintf("/%d-%s", i, strings.Repeat("x", 100)) }
		watches := make([]*future.Future[zk.Event], nodes)
		for i := range nodes {
			ok(w, cl.Create(ctx, path(i), nil))
			watches[i] = ok(w, cl.GetAndWatch(ctx, path(i))).Changed
		}
		deep := ok(w, cl.Subscribe(ctx, "/", zk.PersistentRecursiveWatch, zk.Buffered(1<<20)))
		resyncs := 0
		deep.OnEvent(func(ev zk.Event) {
			if ev.Type == zk.Resync {
				resyncs++
			}
		})
		for round := range rounds {
			w.srv.Drop(mine)
			for range 5 {
				cl.Get(ctx, "/") // load
			}
			i := round % nodes
			ok(w, other.Set(ctx, path(i), nil, zk.AnyVersion))
			if ev := ok(w, watches[i]); ev.Type != zk.NodeDataChanged || ev.Path != path(i) {
				w.Fatalf("round %d: %+v", round, ev)
			}
			watched, err := cl.GetAndWatch(ctx, path(i)).Wait()
			for err != nil { // of the connection that has just been lost
				watched, err = cl.GetAndWatch(ctx, path(i)).Wait()
			}
			watches[i] = watched.Changed
		}
		w.srv.Do(func(*core.Server) {
			if overtaken > 0 {
				w.Errorf("%d requests came before the watches", overtaken)
			}
		})
		for i, f := range watches {
			if ev, err, fired := f.Poll(); fired {
				w.Errorf("%s has fired without a change: %+v, %v", path(i), ev, err)
			}
		}
		w.await(cl, zk.Connected)
		ok(w, deep.Close(ctx))
		if resyncs < rounds*9/10 || resyncs > rounds {
			w.Errorf("%d Resyncs after %d reconnects", resyncs, rounds)
		}
	})
}

// A slow listener is told everything, in order, or that something is missing. go-zookeeper/zk drops what finds its
// channel full.
func TestSlowListener(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/n", nil))
		const changes = 5000
		patient := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(changes)))
		hasty := ok(w, cl.Subscribe(ctx, "/n", zk.PersistentWatch, zk.Buffered(10)))
		var told, since record[int32]
		patient.OnEvent(func(ev zk.Event) {
			w.sleep(time.Millisecond)
			told.add(int32(ev.Type))
		})
		version, current := int32(0), int32(0)
		hasty.OnEvent(func(ev zk.Event) {
			w.sleep(time.Millisecond)
			if n, err := cl.Get(ctx, "/n").Wait(); err == nil {
				version = n.Version // the mirror
				since.add(n.Version)
			}
		})
		for range changes {
			st := ok(w, cl.Set(ctx, "/n", nil, zk.AnyVersion))
			current = st.Version
		}
		w.until("every event", func() bool { return told.len() == changes })
		for _, typ := range told.all() {
			if zk.EventType(typ) != zk.NodeDataChanged {
				w.Fatalf("told of %v", zk.EventType(typ))
			}
		}
		ok(w, hasty.Close(ctx))
		if version != current {
			w.Errorf("who reads at each event knows version %d, and it is %d", version, current)
		}
		if n := since.len(); n == 0 || n > changes {
			w.Errorf("%d events", n)
		}
	})
}
