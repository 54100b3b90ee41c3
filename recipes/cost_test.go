package recipes_test

import (
	"testing"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// requests counts what the server is asked while f runs, by operation. Pings are not asked for.
func requests(s scene, f func()) map[string]int {
	n := map[string]int{}
	s.do(func(c *core.Server) {
		c.SetIntercept(func(in *core.Incoming) core.Verdict {
			if op := in.Op.String(); op != "ping" {
				n[op]++
			}
			return core.Verdict{}
		})
	})
	f()
	s.do(func(c *core.Server) { c.SetIntercept(nil) })
	return n
}

func wantRequests(t *testing.T, about string, got, want map[string]int) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v, want %v", about, got, want)
		return
	}
	for op, n := range want {
		if got[op] != n {
			t.Errorf("%s: %v, want %v", about, got, want)
		}
	}
}

// An acquire that nobody contends is one round trip for the node, and one for the listing and the watch on it; a release
// is one.
func TestCostOfALock(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		lock := recipes.NewLock(cl, "/lock")
		get(t, cl, get(t, cl, lock.Acquire(ctx)).Release(ctx)) // makes the path, and knows the server
		var held *recipes.Held
		wantRequests(t, "acquire", requests(s, func() { held = get(t, cl, lock.Acquire(ctx)) }),
			map[string]int{"create2": 1, "getChildren2": 1, "exists": 1})
		wantRequests(t, "release", requests(s, func() { get(t, cl, held.Release(ctx)) }), map[string]int{"delete": 1})
	})
}

// waits waits until a contender's session has its two watches, on its own node and on the one before it.
func waits(t *testing.T, cl *zk.Client, s scene, session int64) {
	t.Helper()
	for n := 0; n < 2; get(t, cl, cl.Sync(ctx, "/")) {
		n = 0
		s.do(func(c *core.Server) {
			for _, w := range c.Watches() {
				if w.Session == session {
					n++
				}
			}
		})
	}
}

// A hand-over wakes the next in the queue, and nobody else.
func TestAHandOverWakesOne(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		held := get(t, cl, recipes.NewLock(cl, "/lock").Acquire(ctx))
		var clients []*zk.Client
		for i := range 4 {
			c := s.client(t)
			clients = append(clients, c)
			recipes.NewLock(c, "/lock").Acquire(ctx)
			until(t, cl, "/lock", i+2)
			waits(t, cl, s, c.Session().ID)
		}
		asked := map[int64]int{}
		s.do(func(c *core.Server) {
			c.SetIntercept(func(in *core.Incoming) core.Verdict {
				if op := in.Op.String(); op != "ping" && op != "sync" { // which prove the holder's session
					asked[in.Session]++
				}
				return core.Verdict{}
			})
		})
		get(t, cl, held.Release(ctx))
		for _, c := range clients { // whoever was woken has had his say
			if err := c.Sync(ctx, "/").WaitErr(); err != nil {
				t.Fatal(err)
			}
		}
		until(t, cl, "/lock", 4)
		s.do(func(c *core.Server) { c.SetIntercept(nil) })
		delete(asked, cl.Session().ID)
		if len(asked) != 1 || asked[clients[0].Session().ID] != 1 {
			t.Errorf("a hand-over made these sessions ask: %v; the next is %d", asked, clients[0].Session().ID)
		}
	})
}
