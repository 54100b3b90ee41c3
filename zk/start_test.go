package zk_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Operations before Start fail; those between Start and the first session wait for it.
func TestOperationsAroundStart(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		refused(w, cl.Get(ctx, "/"), zk.ErrClosed, false)
		start := cl.Start(ctx)
		early := cl.Create(ctx, "/early", nil)
		ok(w, early)
		ok(w, start)
		ok(w, cl.Close(ctx))
		refused(w, cl.Get(ctx, "/"), zk.ErrClosed, false)
		refused(w, cl.Create(ctx, "/x", nil), zk.ErrClosed, false)
		if _, err := cl.Hold(cl.Session()); !errors.Is(err, zk.ErrClosed) {
			w.Errorf("Hold: %v", err)
		}
	})
}

// A Start that is given up leaves a closed client, which may be started again.
func TestStartGivenUp(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		for _, how := range []string{"Wait", "OnComplete"} {
			log := states(cl)
			short, cancel := w.h.WithTimeout(ctx, time.Second)
			begin := w.h.Now()
			f := cl.Start(short)
			waiting := cl.Get(ctx, "/")
			if how == "OnComplete" {
				var done record[error]
				f.OnComplete(func(_ zk.Session, err error) { done.add(err) })
				w.until("a callback", func() bool { return done.len() == 1 })
			}
			refused(w, f, context.DeadlineExceeded, false)
			if took := w.h.Now().Sub(begin); took < time.Second || took > 1100*time.Millisecond {
				w.Errorf("took %v", took)
			}
			refused(w, waiting, zk.ErrClosed, false)
			w.until("two changes", func() bool { return log.len() == 2 })
			if got := path(w, log.all()); got != "CONNECTING CLOSED" {
				w.Errorf("states %s", got)
			}
			cancel()
		}
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		bounded, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		ok(w, cl.Start(bounded))
		w.sleep(5 * time.Second) // the context of Start means nothing any more
		ok(w, cl.Get(ctx, "/"))
		ok(w, cl.Close(ctx))
		if _, err := zk.Connect(ended(), w.addr, zk.WithHandler(w.h)); !errors.Is(err, context.Canceled) {
			w.Errorf("Connect: %v", err)
		}
	})
}

func ended() context.Context {
	c, cancel := context.WithCancel(ctx)
	cancel()
	return c
}

// Two who start the same client at once get the same session; if the client is closed meanwhile both learn it.
func TestStartTwice(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		a, b := cl.Start(ctx), cl.Start(ctx)
		if x, y := ok(w, a), ok(w, b); x.ID != y.ID {
			w.Errorf("%v and %v", x, y)
		}
		ok(w, cl.Close(ctx))
		w.srv.Do(func(s *core.Server) { s.SetServing(false) }) // or a session might come before the end
		a, b = cl.Start(ctx), cl.Start(ctx)
		closed := cl.Close(ctx)
		refused(w, a, zk.ErrClosed, false)
		refused(w, b, zk.ErrClosed, false)
		ok(w, closed)
	})
}

// Close carries out what was called before, then ends the session; nothing outlives it.
func TestClose(t *testing.T) {
	everywhere(t, func(w *world) {
		cl, other := w.client(), w.client()
		var order record[string]
		note := func(what string) func(error) { return func(error) { order.add(what) } }
		ok(w, cl.Create(ctx, "/e", nil, zk.Ephemeral))
		watched := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		hold, err := cl.Hold(cl.Session())
		if err != nil {
			w.Fatal(err)
		}
		before := cl.Create(ctx, "/before", nil)
		before.OnComplete(func(_ zk.Created, err error) { note("before")(err) })
		f := cl.Close(ctx)
		behind := cl.Create(ctx, "/behind", nil)
		refused(w, behind, zk.ErrClosed, false)
		ok(w, f)
		for what, ready := range map[string]bool{
			"operation": before.Ready(), "watch": watched.Changed.Ready(), "hold": hold.Lost().Ready(),
		} {
			if !ready {
				w.Errorf("Close is complete, and the %s is not", what)
			}
		}
		ok(w, before)
		refused(w, watched.Changed, zk.ErrClosed, false)
		if err := hold.Err(); !errors.Is(err, zk.ErrClosed) {
			w.Errorf("hold: %v", err)
		}
		if st := ok(w, other.Exists(ctx, "/e")); st != nil {
			w.Error("the ephemeral node has survived Close")
		}
		if st := ok(w, other.Exists(ctx, "/before")); st == nil {
			w.Error("what was called before Close was not carried out")
		}
		if cl.State() != zk.Closed {
			w.Errorf("%v", cl.State())
		}
		w.until("nothing in flight", func() bool { return cl.InFlight() == 0 })
		ok(w, cl.Close(ctx))
	})
}

// When Close is complete, so is everything that the client has ever handed out, in whatever way it ends.
func TestCloseCompletesEverything(t *testing.T) {
	everywhere(t, func(w *world) {
		for _, how := range []string{"close", "silent", "suspended"} {
			cl := w.client(zk.WithSessionTimeout(4 * time.Second))
			ok(w, cl.EnsurePath(ctx, "/a/b"))
			watched := ok(w, cl.GetAndWatch(ctx, "/a"))
			switch how {
			case "silent":
				w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Hold: time.Hour} })
			case "suspended":
				w.srv.Do(func(s *core.Server) { s.SetServing(false) })
				w.await(cl, zk.Suspended)
			}
			tx := cl.Txn()
			made := tx.Create("/tx", nil)
			call, cancel := context.WithCancel(ctx)
			all := []future.Outcome{
				cl.Create(ctx, "/c", nil, zk.Container), cl.Create(ctx, "/t", nil, zk.TTL(time.Hour)), cl.Reconfig(ctx, zk.Reconfiguration{Leaving: []int64{9}}, zk.AnyConfig),
				cl.Subscribe(ctx, "/a", zk.PersistentWatch), cl.MultiGet(ctx, "/a"), cl.WhoAmI(ctx), cl.Ephemerals(ctx, "/"),
				watched.Changed, tx.Commit(ctx), made, cl.EnsurePath(ctx, "/x/y/z"), cl.DeleteAll(ctx, "/a"), watched.Unwatch(call),
				cl.Create(ctx, "/p/p", nil, zk.Protected(), zk.MakeParents()), cl.Create(ctx, "/q", nil, zk.Protected(), zk.Ephemeral),
				cl.GetAndWatch(ctx, "/a/b"), cl.AddAuth(ctx, "digest", []byte("u:p")), cl.Start(ctx),
				cl.Chroot("/a").Close(ctx), future.Then(cl.Get(ctx, "/"), func(zk.Node) (int, error) { return 0, nil }),
			}
			for range 1000 {
				all = append(all, cl.Get(call, "/"))
			}
			bounded, stop := w.h.WithTimeout(ctx, time.Second)
			if how == "close" {
				bounded = ctx
			}
			f := cl.Close(bounded)
			behind := cl.Create(ctx, "/r/s", nil, zk.MakeParents())
			err := f.WaitErr()
			if (how == "close") != (err == nil) {
				w.Errorf("%s: Close: %v", how, err)
			}
			last := len(all) - 1001 // Then's callback needs its turn, which comes before Close's callbacks
			for i, f := range append(all, behind) {
				if !f.Ready() && i != last && !w.wide {
					w.Errorf("%s: Close is complete, and future %d is not", how, i)
				}
			}
			w.until("every future complete", func() bool {
				for _, f := range all {
					if !f.Ready() {
						return false
					}
				}
				return true
			})
			stop()
			cancel()
			w.intercept(nil)
			w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		}
	})
}

// Close in every state a client can be in.
func TestCloseInEveryState(t *testing.T) {
	everywhere(t, func(w *world) {
		off := func(on bool) { w.srv.Do(func(s *core.Server) { s.SetServing(!on) }) }

		ok(w, w.unstarted().Close(ctx))

		off(true)
		cl := w.unstarted()
		start := cl.Start(ctx)
		w.sleep(time.Second)
		waiting := cl.Get(ctx, "/")
		ok(w, cl.Close(ctx)) // connecting: there is no session that could live on
		refused(w, start, zk.ErrClosed, false)
		refused(w, waiting, zk.ErrClosed, false)
		off(false)

		cl = w.client()
		off(true)
		w.await(cl, zk.Suspended)
		id := cl.Session().ID
		f := cl.Close(ctx) // waits for a connection: the session is to be ended
		w.sleep(time.Second)
		if f.Ready() {
			w.Error("closed without having reached a server")
		}
		off(false)
		ok(w, f)
		w.gone(id)

		cl = w.client(zk.WithSessionTimeout(4 * time.Second))
		id = cl.Session().ID
		off(true)
		w.await(cl, zk.Suspended)
		short, cancel := w.h.WithTimeout(ctx, time.Second)
		defer cancel()
		queued := cl.Create(ctx, "/queued", nil)
		f = cl.Close(short)
		if oe := refused(w, f, context.DeadlineExceeded, false); oe.Op != "closeSession" {
			w.Errorf("%v", oe)
		}
		refused(w, queued, zk.ErrClosed, false)
		if cl.State() != zk.Closed {
			w.Errorf("%v", cl.State())
		}
		off(false)
		w.sleep(10 * time.Second) // the session ends by itself
		w.gone(id)

		cl = w.client(zk.WithSessionTimeout(4 * time.Second))
		id = cl.Session().ID
		off(true)
		w.await(cl, zk.Lost)
		f = cl.Close(ctx)
		off(false)
		ok(w, f)
		w.gone(id)

		refuse := func(in *core.Incoming) core.Verdict {
			if in.Op == wire.OpAuth {
				return core.Verdict{Code: wire.CodeAuthFailed, Cut: core.CutReply}
			}
			return core.Pass
		}
		w.intercept(refuse)
		cl = w.unstarted(zk.WithAuth("digest", []byte("u:p")))
		refused(w, cl.Start(ctx), zk.ErrAuthFailed, false)
		ok(w, cl.Close(ctx))
	})
}

// gone checks that the server does not have a session.
func (w *world) gone(id int64) {
	w.Helper()
	w.srv.Do(func(s *core.Server) {
		for _, other := range s.State().Sessions() {
			if other.ID == id {
				w.Errorf("session %#x lives", id)
			}
		}
	})
}

func TestCloseWithEndedContext(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		w.srv.Do(func(s *core.Server) { s.SetServing(false) })
		w.await(cl, zk.Suspended)
		refused(w, cl.Close(ended()), context.Canceled, false)
		w.srv.Do(func(s *core.Server) { s.SetServing(true) })
		ok(w, cl.Start(ctx))
		w.sleep(time.Second)
		ok(w, cl.Get(ctx, "/")) // the context of Close means nothing any more
		ok(w, cl.Close(ctx))
	})
}

// A server that says nothing cannot keep Close from ending.
func TestCloseOnSilentServer(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client(zk.WithSessionTimeout(4 * time.Second))
		id := cl.Session().ID
		f := cl.Get(ctx, "/")
		ok(w, f)
		quiet := true
		w.intercept(func(in *core.Incoming) core.Verdict {
			if quiet {
				return core.Verdict{Hold: time.Hour}
			}
			return core.Pass
		})
		pending := cl.Get(ctx, "/")
		closing := cl.Close(ctx)
		refused(w, pending, zk.ErrConnectionLoss, false)
		w.srv.Do(func(*core.Server) { quiet = false })
		ok(w, closing)
		w.gone(id)
	})
}

// Stopping the handler ends the client and all its futures.
func TestHandlerStops(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.unstarted()
		ok(w, cl.Start(ctx))
		watched := ok(w, cl.ExistsAndWatch(ctx, "/n"))
		ok(w, cl.Create(ctx, "/tried", nil)) // now it is known that the server has create2
		w.intercept(func(in *core.Incoming) core.Verdict { return core.Verdict{Delay: time.Hour} })
		pending := cl.Create(ctx, "/n", nil)
		several := cl.Create(ctx, "/n/m", nil, zk.MakeParents())
		ensure := cl.EnsurePath(ctx, "/x/y")
		tx := cl.Txn()
		made := tx.Create("/tx", nil)
		commit := tx.Commit(ctx)
		w.sleep(time.Second)
		w.h.Stop()
		for i, f := range []interface{ WaitErr() error }{pending, several, ensure, watched.Changed, commit, made} {
			if err := f.WaitErr(); !errors.Is(err, future.ErrStopped) && !errors.Is(err, zk.ErrConnectionLoss) {
				w.Errorf("future %d: %v", i, err) // the connection may end before the client does
			}
		}
		if !zk.MaybeApplied(pending.WaitErr()) || !zk.MaybeApplied(several.WaitErr()) {
			w.Error("they were sent, and may have been applied")
		}
		if cl.State() != zk.Closed {
			w.Errorf("%v", cl.State())
		}
		if err := cl.Start(ctx).WaitErr(); !errors.Is(err, future.ErrStopped) {
			w.Errorf("starting on a stopped handler: %v", err)
		}
		if err := cl.Get(ctx, "/").WaitErr(); !errors.Is(err, zk.ErrClosed) {
			w.Errorf("an operation on a stopped handler: %v", err)
		}
		ok(w, cl.Close(ctx))
	})
}

// A Close in a callback is fine; waiting for it there is found out where it could not end.
func TestWaitInCallback(t *testing.T) {
	everywhere(t, func(w *world) {
		cl := w.client()
		var log record[error]
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { log.add(cl.Get(ctx, "/").WaitErr()) })
		cl.Get(ctx, "/").OnComplete(func(zk.Node, error) { log.add(cl.EnsurePath(ctx, "/a").WaitErr()) })
		w.until("two callbacks", func() bool { return log.len() == 2 })
		got := log.all()
		var de *future.DeadlockError
		if w.inLine {
			if !errors.As(got[0], &de) {
				w.Errorf("waiting on a shared goroutine: %v", got[0])
			}
		} else if got[0] != nil {
			w.Errorf("waiting for an operation in a callback: %v", got[0])
		}
		if !w.wide && !errors.As(got[1], &de) {
			w.Errorf("waiting for a body of the same lane: %v", got[1])
		}
	})
}

// A server that accepts and says nothing does not hold up the others for long.
func TestSilentHostIsPassedOver(t *testing.T) {
	onPool(t, func(w *world) {
		pool := w.h.(*handler.Pool)
		real := pool.Dialer
		pool = handler.NewPool()
		silent := 0
		var held []net.Conn
		pool.Dialer = func(c context.Context, network, address string) (net.Conn, error) {
			if address == "127.0.0.1:2182" {
				return real(c, network, address)
			}
			silent++
			mine, other := net.Pipe()
			held = append(held, other)
			return mine, nil
		}
		w.h = pool
		begin := time.Now()
		cl, err := zk.Connect(ctx, "127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183", zk.WithHandler(pool))
		if err != nil {
			w.Fatal(err)
		}
		if took := time.Since(begin); took > 3*time.Second {
			w.Errorf("connecting took %v, with %d silent hosts on the way", took, silent)
		}
		ok(w, cl.Close(ctx))
		for _, c := range held {
			c.Close()
		}
		pool.Stop()
		<-pool.Stopped()
	})
}
