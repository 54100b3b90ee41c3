package recipes_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

var ctx = context.Background()

const timeout = 10 * time.Second // of sessions

// A scene is a server and clients on one kind of handler.
type scene interface {
	client(t *testing.T, opts ...zk.Option) *zk.Client
	drop(session int64) bool
	expire(session int64) bool
	do(func(*core.Server))
}

// realHandlers are those that run on goroutines and by the clock.
var realHandlers = []struct {
	name string
	make func(*zktest.Server) handler.Handler
}{
	{"Pool", func(s *zktest.Server) handler.Handler {
		h := handler.NewPool()
		h.Dialer = s.Dial
		return h
	}},
	{"Loop", func(s *zktest.Server) handler.Handler {
		h := handler.NewLoop()
		h.Dialer = s.Dial
		return h
	}},
}

// scenes runs a test on every handler: those on goroutines by the clock on the wall and, in a bubble, in virtual time.
// In a bubble a mutex that is held across something that waits is a hang. By the clock a test mostly waits, so that those
// two run side by side, when the function that called scenes has returned.
func scenes(t *testing.T, test func(t *testing.T, s scene), opts ...zktest.ServerOption) {
	for _, kind := range realHandlers {
		real := func(t *testing.T) { test(t, &realScene{zktest.NewServer(t, opts...), kind.make}) }
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			real(t)
		})
		t.Run("Bubble"+kind.name, func(t *testing.T) { bubble(t, real) })
	}
	t.Run("Deterministic", func(t *testing.T) { bubble(t, func(t *testing.T) { test(t, newWorld(t, 1, opts...)) }) })
}

// bubble is synctest.Test for tests in which something always happens, like a ping: one that hangs ends after a day of
// virtual time.
func bubble(t *testing.T, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		watchdog := time.AfterFunc(24*time.Hour, func() { panic(t.Name() + " hangs") })
		defer watchdog.Stop()
		test(t)
	})
}

type realScene struct {
	*zktest.Server
	handler func(*zktest.Server) handler.Handler
}

func (s *realScene) client(t *testing.T, opts ...zk.Option) *zk.Client {
	h := s.handler(s.Server)
	if l, ok := h.(*handler.Loop); ok {
		go func() { _ = l.Run(ctx) }() // ends with Stop
	}
	t.Cleanup(func() { h.Stop(); <-h.Stopped() }) // behind the client's Close
	return s.Client(t, append(opts, zk.WithHandler(h), zk.WithSessionTimeout(timeout))...)
}

func (s *realScene) drop(id int64) bool      { return s.Drop(id) }
func (s *realScene) expire(id int64) bool    { return s.Expire(id) }
func (s *realScene) do(f func(*core.Server)) { s.Do(f) }

// A world is a scene in virtual time.
type world struct {
	*handler.Deterministic
	server *zktest.WorldServer
	nodes  int
}

func newWorld(t *testing.T, seed uint64, opts ...zktest.ServerOption) *world {
	w := &world{Deterministic: handler.NewDeterministic(seed)}
	t.Cleanup(w.Stop)
	srv, err := zktest.InWorld(w.Node("server"), ":2181", opts...)
	if err != nil {
		t.Fatal(err)
	}
	w.server = srv
	return w
}

func (w *world) client(t *testing.T, opts ...zk.Option) *zk.Client {
	w.nodes++
	opts = append(opts, zk.WithHandler(w.Node(fmt.Sprint("client", w.nodes))), zk.WithSessionTimeout(timeout))
	cl, err := zk.Connect(ctx, "server:2181", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}

func (w *world) drop(id int64) bool      { return w.server.Drop(id) }
func (w *world) expire(id int64) bool    { return w.server.Expire(id) }
func (w *world) do(f func(*core.Server)) { w.server.Do(f) }

// kids lists the children of path, sorted; nil if it is not there.
func kids(t *testing.T, cl *zk.Client, path string) []string {
	t.Helper()
	list, err := cl.Children(ctx, path).Wait()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list.Names)
	return list.Names
}

// until waits until path has as many children as wanted: what happens in the background is watched for.
func until(t *testing.T, cl *zk.Client, path string, want int) {
	t.Helper()
	for {
		w, err := cl.ChildrenAndWatch(ctx, path).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Value.Names) == want {
			if err := w.Unwatch(ctx).WaitErr(); err != nil {
				t.Fatal(err)
			}
			return
		}
		if _, err := w.Changed.WaitContext(soon(t, cl)); err != nil {
			t.Fatalf("%d children of %s, not %d: %v", len(w.Value.Names), path, want, w.Value.Names)
		}
	}
}

// soon is a context that ends after longer than anything may take, by the client's clock.
func soon(t *testing.T, cl *zk.Client) context.Context {
	c, cancel := cl.Handler().WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	return c
}

var kazooName = regexp.MustCompile(`^[0-9a-f]{32}__lock__\d{10}$`)

// cutOn cuts a session's connection when it sends requests whose names start with one of the words.
func cutOn(s scene, session int64, verdict core.Cut, times int, words ...string) {
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			for _, word := range words {
				if times > 0 && in.Session == session && strings.HasPrefix(in.Op.String(), word) {
					times--
					return core.Verdict{Cut: verdict}
				}
			}
			return core.Verdict{}
		})
	})
}
