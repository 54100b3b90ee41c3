package zk_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

var ctx = context.Background()

// A world is where a test runs: a handler, and a server that its clients reach in memory. Its time is
// virtual: a test may sleep for an hour, and nothing in it depends on how fast the machine is.
type world struct {
	*testing.T
	h       handler.Handler
	addr    string
	srv     server
	sleep   func(time.Duration)    // lets virtual time pass, and callbacks run
	inLine  bool                   // all lanes share one order
	wide    bool                   // the callbacks of different futures have none
	version core.Version           // that the server behaves like
	det     *handler.Deterministic // that h is a node of; nil: it is not
}

// A server is what zktest.Server and zktest.WorldServer have in common.
type server interface {
	Do(func(*core.Server))
	Expire(session int64) bool
	Drop(session int64) bool
}

// worlds are the kinds of handlers.
var worlds = []struct {
	name string
	make func(t *testing.T, opts []zktest.ServerOption) *world
}{
	{"Pool", func(t *testing.T, opts []zktest.ServerOption) *world { return poolWorld(t, handler.NewPool(), opts) }},
	{"Concurrency", func(t *testing.T, opts []zktest.ServerOption) *world {
		w := poolWorld(t, handler.NewPool(handler.Concurrency(4)), opts)
		w.wide = true
		return w
	}},
	{"Loop", loopWorld},
	{"Deterministic", deterministicWorld},
}

// everywhere runs a test on every handler.
func everywhere(t *testing.T, test func(w *world), opts ...zktest.ServerOption) {
	for _, kind := range worlds {
		t.Run(kind.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { test(kind.make(t, opts)) })
		})
	}
}

// onPool runs a test on the default handler only: for what does not depend on handlers.
func onPool(t *testing.T, test func(w *world), opts ...zktest.ServerOption) {
	bubble(t, func(t *testing.T) { test(poolWorld(t, handler.NewPool(), opts)) })
}

// bubble is synctest.Test for tests in which something always happens, like a ping: one that hangs
// ends after a day of virtual time.
func bubble(t *testing.T, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		watchdog := time.AfterFunc(24*time.Hour, func() { panic(t.Name() + " hangs") })
		defer watchdog.Stop()
		test(t)
	})
}

func poolWorld(t *testing.T, pool *handler.Pool, opts []zktest.ServerOption) *world {
	srv := zktest.NewServer(t, opts...)
	pool.Dialer = srv.Dial
	return newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, opts)
}

func loopWorld(t *testing.T, opts []zktest.ServerOption) *world {
	srv := zktest.NewServer(t, opts...)
	loop := handler.NewLoop()
	loop.Dialer = srv.Dial
	return newWorld(&world{T: t, h: loop, addr: "127.0.0.1:2181", srv: srv, inLine: true, sleep: func(d time.Duration) {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		if err := loop.Run(ctx); err != context.DeadlineExceeded {
			t.Errorf("the loop ended with %v", err)
		}
	}}, opts)
}

func deterministicWorld(t *testing.T, opts []zktest.ServerOption) *world {
	det := handler.NewDeterministic(1)
	srv, err := zktest.InWorld(det.Node("server"), ":2181", opts...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, det: det, h: det.Node("client"), addr: "server:2181", srv: srv, inLine: true, sleep: func(d time.Duration) { _ = det.Advance(d) }}
	t.Cleanup(det.Stop)
	return newWorld(w, opts)
}

func newWorld(w *world, opts []zktest.ServerOption) *world {
	cfg := core.Config{Version: core.V3_9}
	for _, o := range opts {
		o(&cfg)
	}
	w.version = cfg.Version
	w.Cleanup(func() {
		w.h.Stop()
		if _, ok := w.h.(*handler.Node); !ok {
			<-w.h.Stopped()
		}
	})
	return w
}

// client returns a client whose session is up. It is closed when the test ends.
func (w *world) client(opts ...zk.Option) *zk.Client {
	w.Helper()
	return w.connect(w.addr, opts...)
}

func (w *world) connect(servers string, opts ...zk.Option) *zk.Client {
	w.Helper()
	cl, err := zk.Connect(ctx, servers, append([]zk.Option{zk.WithHandler(w.h)}, opts...)...)
	if err != nil {
		w.Fatal("connecting:", err)
	}
	w.Cleanup(func() {
		if err := cl.Close(ctx).WaitErr(); err != nil {
			w.Error("closing:", err)
		}
	})
	return cl
}

// unstarted returns a client that is not started. The test closes it.
func (w *world) unstarted(opts ...zk.Option) *zk.Client {
	w.Helper()
	cl, err := zk.New(w.addr, append([]zk.Option{zk.WithHandler(w.h)}, opts...)...)
	if err != nil {
		w.Fatal(err)
	}
	return cl
}

// intercept has the server ask f about every request.
func (w *world) intercept(f core.Intercept) {
	w.srv.Do(func(s *core.Server) { s.SetIntercept(f) })
}

// noWatches checks that the server has no watches left.
func (w *world) noWatches() {
	w.Helper()
	w.until("no watches on the server", func() (none bool) {
		w.srv.Do(func(s *core.Server) { none = len(s.Watches()) == 0 })
		return none
	})
}

// count returns how many requests of a kind the server has received.
func (w *world) count(op wire.Op) (n uint64) {
	w.srv.Do(func(s *core.Server) { n = s.Count(op) })
	return n
}

// until lets time pass until ok is true.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	for range 10_000 {
		if ok() {
			return
		}
		w.sleep(10 * time.Millisecond)
	}
	w.Fatalf("it never came to this: %s", what)
}

// reconnect cuts the connection and waits until there is another.
func (w *world) reconnect(cl *zk.Client) {
	w.Helper()
	var changes record[zk.State]
	stop := cl.OnState(func(c zk.StateChange) { changes.add(c.To) })
	defer stop()
	if !w.srv.Drop(cl.Session().ID) {
		w.Fatal("there is no connection to drop")
	}
	done := func() bool { return slices.Equal(changes.all(), []zk.State{zk.Suspended, zk.Connected}) }
	w.until("a new connection", done)
}

func (w *world) await(cl *zk.Client, s zk.State) {
	w.Helper()
	w.until(s.String(), func() bool { return cl.State() == s })
}

// ok returns the result of something that must succeed.
func ok[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	v, err := f.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// refused checks that something fails with want, as the failure of an operation that may or may not have
// been applied.
func refused[T any](t testing.TB, f *future.Future[T], want error, maybe bool) *zk.OpError {
	t.Helper()
	_, err := f.Wait()
	return isRefusal(t, err, want, maybe)
}

func isRefusal(t testing.TB, err, want error, maybe bool) *zk.OpError {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	var oe *zk.OpError
	if !errors.As(err, &oe) {
		t.Fatalf("error %v (%T) is no OpError", err, err)
	}
	if zk.MaybeApplied(err) != maybe {
		t.Fatalf("MaybeApplied(%v) is %v, want %v", err, !maybe, maybe)
	}
	return oe
}

// version makes the server that old.
func version(v core.Version) zktest.ServerOption { return func(c *core.Config) { c.Version = v } }

// A record is what callbacks have told.
type record[T any] struct {
	mu   sync.Mutex
	list []T
}

func (r *record[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, v)
}

func (r *record[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

func (r *record[T]) len() int { return len(r.all()) }
