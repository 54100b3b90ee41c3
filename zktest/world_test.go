package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// aDay is what happens to two clients that contend for a lock, told line by line.
func aDay(t *testing.T, seed uint64) (log []string, hash uint64) {
	t.Helper()
	ctx := context.Background()
	world := handler.NewDeterministic(seed)
	defer world.Stop()
	srv, err := zktest.InWorld(world.Node("server"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	begin := world.Now()
	say := func(format string, args ...any) {
		log = append(log, fmt.Sprintf("%v "+format, append([]any{world.Now().Sub(begin)}, args...)...))
	}
	left := 0
	for _, name := range []string{"ann", "ben"} {
		left++
		n := world.Node(name)
		n.Spawn(func() {
			defer func() { left-- }()
			cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(n))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			lock := recipes.NewLock(cl, "/lock")
			for range 3 {
				held, err := lock.Acquire(ctx).Wait()
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				say("%s %#x", name, held.Token())
				srv.Drop(cl.Session().ID)
				if err := held.Release(ctx).WaitErr(); err != nil {
					t.Errorf("%s: release: %v", name, err)
				}
			}
			if err := cl.Close(ctx).WaitErr(); err != nil {
				t.Errorf("%s: close: %v", name, err)
			}
		})
	}
	if err := world.RunUntil(func() bool { return left == 0 }); err != nil {
		t.Fatal(err)
	}
	return log, world.TraceHash()
}

func TestSameSeedSameDay(t *testing.T) {
	hashes := map[uint64]bool{}
	for seed := range uint64(20) {
		log, hash := aDay(t, seed)
		again, hash2 := aDay(t, seed)
		if fmt.Sprint(log) != fmt.Sprint(again) || hash != hash2 {
			t.Fatalf("seed %d: two days:\n%v\n%v", seed, log, again)
		}
		if len(log) != 6 {
			t.Fatalf("seed %d: the lock was held %d times, not 6: %v", seed, len(log), log)
		}
		hashes[hash] = true
	}
	if len(hashes) < 10 {
		t.Errorf("20 seeds made only %d different days", len(hashes))
	}
}

func TestSessionExpiresInVirtualTime(t *testing.T) {
	ctx := context.Background()
	world := handler.NewDeterministic(1)
	defer world.Stop()
	srv, err := zktest.InWorld(world.Node("server"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(world.Node("client")), zk.WithSessionTimeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	first := cl.Session()
	world.Advance(time.Hour)
	if s := cl.Session(); s.ID != first.ID || cl.State() != zk.Connected {
		t.Fatalf("an idle hour has cost the session: %v, %v", s, cl.State())
	}
	srv.Expire(first.ID)
	world.Advance(time.Minute)
	if s := cl.Session(); s.Epoch != 2 || cl.State() != zk.Connected {
		t.Fatalf("no new session a minute after the end of the first: %v, %v", s, cl.State())
	}
	if err := cl.Pinned(first).Create(ctx, "/late", nil).WaitErr(); !errors.Is(err, zk.ErrSessionExpired) || zk.MaybeApplied(err) {
		t.Fatalf("a create in the first session: %v", err)
	}
}
