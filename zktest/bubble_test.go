package zktest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A trail is what a program has left behind in a world.
type trail struct {
	log     []string
	hash    uint64
	steps   uint64
	digests []uint64
}

// aProgram is one of ordinary processes: they hold a lock, pipeline, watch, give up, start helpers, lose
// connections and sessions.
func aProgram(t *testing.T, world *handler.Deterministic) trail {
	var log []string
	say := func(n *handler.Node, format string, args ...any) {
		log = append(log, fmt.Sprintf("%v %s: ", n.Now().Unix(), n.Name())+fmt.Sprintf(format, args...))
	}
	srv, err := zktest.InWorld(world.Node("server"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	left := 0
	spawn := func(n *handler.Node, fn func()) {
		left++
		n.Spawn(func() { defer func() { left-- }(); fn() })
	}
	for i, name := range []string{"ann", "ben", "eve"} {
		n := world.Node(name)
		r := n.Rand("program")
		spawn(n, func() {
			cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(n), zk.WithSessionTimeout(8*time.Second))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			spawn(n, func() { // a helper of the same program, on the same client
				for range 5 {
					w, err := cl.ExistsAndWatch(ctx, "/state").Wait()
					if err != nil {
						say(n, "watch: %v", err)
						return
					}
					short, cancel := n.WithTimeout(ctx, time.Duration(r.IntN(20))*time.Millisecond)
					ev, err := w.Changed.WaitContext(short)
					cancel()
					say(n, "changed: %v %v", ev.Path, err)
				}
			})
			lock := recipes.NewLock(cl, "/lock")
			for round := range 2 {
				held, err := lock.Acquire(ctx).Wait()
				if err != nil {
					say(n, "acquire: %v", err)
					continue
				}
				say(n, "holds %#x", held.Token())
				var writes []*future.Future[zk.Stat]
				for range 3 {
					writes = append(writes, cl.Set(ctx, "/state", []byte(name), zk.AnyVersion))
				}
				_, err = future.All(writes...).Wait()
				say(n, "wrote: %v", err)
				switch {
				case round == 0:
					srv.Drop(cl.Session().ID)
				case i == 0:
					srv.Expire(cl.Session().ID)
				}
				say(n, "released: %v", held.Release(ctx).WaitErr())
				cl.Create(ctx, "/state", nil).Wait()
			}
			say(n, "closed: %v", cl.Close(ctx).WaitErr())
		})
	}
	if err := world.RunUntil(func() bool { return left == 0 }); err != nil {
		t.Fatal(err)
	}
	world.Stop()
	<-world.Stopped()
	return trail{log, world.TraceHash(), world.Steps(), world.Digests()}
}

// A program of processes is the same world, step by step, whether they are coroutines or goroutines in a
// bubble, under every schedule.
func TestBubbleIsTheSameWorld(t *testing.T) {
	const seeds = 10 // make determinism takes more
	hashes := make(map[uint64]bool)
	for _, policy := range []handler.Policy{handler.Uniform, handler.FIFO, handler.LIFO, handler.PCT(3, 2000)} {
		for seed := range uint64(seeds) {
			want := aProgram(t, handler.NewDeterministic(seed, handler.Schedule(policy)))
			synctest.Test(t, func(t *testing.T) {
				world := handler.NewDeterministic(seed, handler.Schedule(policy))
				world.Bubble(synctest.Wait)
				got := aProgram(t, world)
				if got.hash != want.hash || got.steps != want.steps || !slices.Equal(got.log, want.log) {
					t.Errorf("%v, seed %d: %d steps and not %d, the first difference after step %d\n%s\n%s", policy, seed, got.steps, want.steps,
						firstDifference(got.digests, want.digests)*1000, got.log, want.log)
				}
			})
			hashes[want.hash] = true
			if t.Failed() {
				return
			}
		}
	}
	if len(hashes) < int(3*seeds) {
		t.Errorf("%d worlds from %d seeds", len(hashes), seeds)
	}
}

func firstDifference(a, b []uint64) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
