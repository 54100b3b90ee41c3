package witness_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/internal/witness"
)

// Real clients of a real server, in a world where connections are cut all the time: no violation, and
// everything that the checker looks at does occur.
func TestClientsWithoutViolation(t *testing.T) {
	count := map[string]int{}
	for seed := range uint64(20) {
		h := workload(t, seed)
		if err := h.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for i := range h.Ops {
			op := &h.Ops[i]
			count[fmt.Sprint(op.Kind, " ", op.Outcome)]++
		}
	}
	t.Log(count)
	for _, kind := range []witness.Kind{witness.Create, witness.Set, witness.Delete, witness.Get, witness.Exists, witness.Children, witness.Check, witness.Event} {
		if count[fmt.Sprint(kind, " ", witness.OK)] == 0 {
			t.Errorf("no %v was answered", kind)
		}
	}
	for _, kind := range []witness.Kind{witness.Create, witness.Set, witness.Delete} {
		if count[fmt.Sprint(kind, " ", witness.Unknown)] == 0 || count[fmt.Sprint(kind, " ", witness.Failed)] == 0 {
			t.Errorf("no %v was refused, or none was left unknown", kind)
		}
	}
}

// workload is what three clients do for a while.
func workload(t *testing.T, seed uint64) *witness.History {
	t.Helper()
	ctx := context.Background()
	world := handler.NewDeterministic(seed)
	defer world.Stop()
	srv, err := zktest.InWorld(world.Node("server"), ":2181")
	if err != nil {
		t.Fatal(err)
	}
	begin := world.Now()
	rec := witness.NewRecorder(func() time.Duration { return world.Now().Sub(begin) })
	left := 0
	for _, name := range []string{"ann", "ben", "cho"} {
		left++
		n := world.Node(name)
		n.Spawn(func() {
			defer func() { left-- }()
			cl, err := zk.Connect(ctx, "server:2181", zk.WithHandler(n))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			w := worker{Rand: n.Rand("workload"), c: rec.Client(name, cl), name: name}
			for range 150 {
				w.act(ctx)
				if w.IntN(15) == 0 {
					srv.Drop(cl.Session().ID)
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
	return rec.History()
}

type worker struct {
	*rand.Rand
	c     *witness.Client
	name  string
	count int
}

// act does something and, mostly, waits for it.
func (w *worker) act(ctx context.Context) {
	w.count++
	path := []string{"/a", "/b", "/a/x", "/a/y"}[w.IntN(4)]
	data := fmt.Append(nil, w.name, w.count)
	version := int32(zk.AnyVersion)
	if w.IntN(2) == 0 {
		version = int32(w.IntN(3))
	}
	var wait func() error
	switch w.IntN(10) {
	case 0, 1:
		wait = w.c.Create(ctx, path, data).WaitErr
	case 2, 3:
		wait = w.c.Set(ctx, path, data, version).WaitErr
	case 4:
		wait = w.c.Delete(ctx, path, version).WaitErr
	case 5:
		wait = w.c.Get(ctx, path).WaitErr
	case 6:
		wait = w.c.Children(ctx, "/a").WaitErr
	case 7:
		wait = w.c.GetAndWatch(ctx, path).WaitErr
	case 8:
		wait = w.c.ExistsAndWatch(ctx, path).WaitErr
	default:
		tx := w.c.Txn()
		tx.Check("/a", zk.AnyVersion)
		tx.Set("/a", data, zk.AnyVersion)
		tx.Set("/b", data, zk.AnyVersion)
		wait = tx.Commit(ctx).WaitErr
	}
	if w.IntN(3) > 0 {
		wait() // that some of it is refused is the point
	}
}
