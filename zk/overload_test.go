package zk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Beyond the limit operations fail at once and change nothing; what is done gives its credit back.
func TestMaxInFlight(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxInFlight(10))
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Millisecond} })
		for range 3 {
			var fs []*future.Future[zk.Stat]
			for range 10 {
				fs = append(fs, cl.Set(ctx, "/", nil, zk.AnyVersion))
			}
			over := cl.Set(ctx, "/", nil, zk.AnyVersion)
			refused(w, over, zk.ErrOverloaded, false) // and all of those before it are still in flight, see below
			refused(w, cl.Txn().Commit(ctx), zk.ErrOverloaded, false)
			refused(w, cl.ExistsAndWatch(ctx, "/x"), zk.ErrOverloaded, false)
			refused(w, cl.EnsurePath(ctx, "/x"), zk.ErrOverloaded, false)
			if n := cl.InFlight(); n != 10 {
				w.Errorf("%d in flight", n)
			}
			for _, f := range fs {
				ok(w, f)
			}
			w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
		}
		w.sleep(time.Minute) // pings need no credit
		if s := cl.State(); s != zk.Connected {
			w.Errorf("%v", s)
		}
	})
}

// An operation holds its credit until its callbacks have run.
func TestCreditsAreHeldByCallbacks(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client(zk.WithMaxInFlight(2))
		release := make(chan struct{})
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { <-release })
		ok(w, cl.Get(ctx, "/")) // has nobody to wait for
		f := cl.Get(ctx, "/")
		f.OnComplete(func(zk.Node, error) {})
		ok(w, f)
		refused(w, cl.Get(ctx, "/"), zk.ErrOverloaded, false)
		close(release)
		w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
		ok(w, cl.Get(ctx, "/"))
	})
}

// However an operation ends, its credit comes back.
func TestCreditsComeBack(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxInFlight(100))
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Millisecond} })
		for range 10 {
			call, cancel := context.WithCancel(ctx)
			cl.Get(ctx, "/no")
			cl.Get(ctx, "bad")
			cl.Get(call, "/").Done()
			cl.Get(call, "/").OnComplete(func(zk.Node, error) {})
			cl.GetAndWatch(call, "/").Done()
			cl.Txn().Commit(call)
			ok(w, ok(w, cl.ExistsAndWatch(ctx, "/x")).Unwatch(ctx))
			cancel()
			cl.Set(ctx, "/", make([]byte, 2<<20), 0)
			cl.Create(ctx, "/x", nil, zk.Container).OnComplete(func(zk.Created, error) {})
		}
		w.reconnect(cl)
		w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
	})
}

func TestMaxQueuedBytes(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxQueuedBytes(10_000))
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		var fs []*future.Future[zk.Stat]
		for {
			f := cl.Set(ctx, "/", make([]byte, 1000), zk.AnyVersion)
			if f.Ready() {
				refused(w, f, zk.ErrOverloaded, false)
				break
			}
			fs = append(fs, f)
		}
		if len(fs) < 9 || len(fs) > 11 {
			w.Errorf("%d operations of 1000 bytes are queued", len(fs))
		}
		short, cancel := context.WithCancel(ctx)
		cancel()
		if err := cl.Get(short, "/").WaitErr(); !errors.Is(err, context.Canceled) {
			w.Errorf("%v", err)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		for _, f := range fs {
			ok(w, f)
		}
		ok(w, cl.Set(ctx, "/", make([]byte, 1000), int32(len(fs))))
	})
}

// What is cancelled in the queue makes room.
func TestCancelledMakesRoom(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxQueuedBytes(10_000))
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		for range 50 {
			call, cancel := w.h.WithTimeout(ctx, time.Millisecond)
			for range 9 {
				cl.Set(call, "/", make([]byte, 1000), zk.AnyVersion).Done()
			}
			refused(w, cl.Set(call, "/", make([]byte, 1000), zk.AnyVersion), context.DeadlineExceeded, false)
			cancel()
			w.sleep(time.Millisecond)
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		if st := ok(w, cl.Set(ctx, "/", nil, 0)); st.Version != 1 {
			w.Errorf("%+v", st)
		}
	})
}

// A watch is taken back on the server, too, while the queue is as full as it may be.
func TestUnwatchWithAFullQueue(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithMaxQueuedBytes(1 << 10))
		watched := ok(w, cl.GetAndWatch(ctx, "/"))
		sub := ok(w, cl.Subscribe(ctx, "/s", zk.PersistentWatch))
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Second} })
		first := cl.Create(ctx, "/n", nil) // alone, since it is newer than the oldest servers
		var behind []*future.Future[zk.Stat]
		for {
			f := cl.Set(ctx, "/", make([]byte, 200), zk.AnyVersion)
			if _, err, _ := f.Poll(); err != nil {
				break
			}
			behind = append(behind, f)
		}
		unwatched, closed := watched.Unwatch(ctx), sub.Close(ctx)
		ok(w, unwatched)
		ok(w, closed)
		ok(w, first)
		for _, f := range behind {
			ok(w, f)
		}
		w.intercept(nil)
		w.noWatches()
	})
}
