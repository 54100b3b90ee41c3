package zktest_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestRealTreeCache loads a tree, and has it changed while the cache is cut off. When the cache says that it is right again,
// it is, node by node. GAZOO_TREE=100000 sets how many nodes there are, also in a tree where all have one parent; the test
// prints how long that takes, how much faster the cache loads the tree than one read after the other, of which it times
// some before and after, and how much memory a node takes.
func TestRealTreeCache(t *testing.T) {
	t.Parallel()
	size, fans := 2000, []int{100}
	if n, err := strconv.Atoi(os.Getenv("GAZOO_TREE")); err == nil {
		size, fans = n, []int{100, n}
	}
	ens := zktest.StartZooKeeper(t, 1)
	for _, fan := range fans {
		t.Run(strconv.Itoa(fan), func(t *testing.T) { testTreeCache(t, ens, size, fan) })
	}
}

func testTreeCache(t *testing.T, ens *zktest.Ensemble, size, fan int) {
	cl, other := ens.Client(t), ens.Client(t)
	path := func(i int) string {
		if i%fan == 0 {
			return fmt.Sprintf("/t/%d", i/fan)
		}
		return fmt.Sprintf("/t/%d/%d", i/fan, i%fan)
	}
	got(t, other.Create(bg, "/t", nil))
	for i := 0; i < size; {
		var made []future.Outcome
		for end := min(size, i+1000); i < end; i++ {
			made = append(made, other.Create(bg, path(i), []byte(path(i))))
		}
		got(t, future.Join(made...))
	}
	got(t, cl.Sync(bg, "/"))

	sample := min(size, max(500, size/20))
	var single time.Duration
	timeSingle := func() {
		start := time.Now()
		for i := range sample {
			got(t, cl.Get(bg, path(i)))
			got(t, cl.Children(bg, path(i)))
		}
		single += time.Since(start) * time.Duration(size) / time.Duration(2*sample)
	}
	timeSingle()
	tc := recipes.NewTreeCache(cl, "/t")
	told := make(chan recipes.TreeEventType, 100)
	tc.OnEvent(func(ev recipes.TreeEvent) {
		if ev.Type > recipes.NodeRemoved {
			told <- ev.Type
		}
	})
	before := heap()
	start := time.Now()
	got(t, tc.Start(bg))
	load := time.Since(start)
	bytes := int64(heap()-before) / int64(size)
	timeSingle()
	t.Logf("%d nodes: loaded in %v, one read after the other (of %d) would take %v: %.1f times as long; %d bytes a node",
		size, load, 4*sample, single, float64(single)/float64(load), bytes)
	if !maps.Equal(cached(tc, "/t"), stored(t, other, "/t")) {
		t.Fatal("the cache does not show the tree")
	}
	upTo(t, told, recipes.Initialized)

	ens.Isolate(cl)
	upTo(t, told, recipes.ConnectionSuspended)
	var changed []future.Outcome
	for i := 0; i < size; i += max(7, size/500) { // a node may have gone with its parent: then that is what has changed
		switch i % 3 {
		case 0:
			changed = append(changed, other.Set(bg, path(i), nil, zk.AnyVersion))
		case 1: // another one, with the same version, if it is a leaf
			changed = append(changed, other.Delete(bg, path(i), zk.AnyVersion), other.Create(bg, path(i), nil))
		default:
			got(t, other.DeleteAll(bg, path(i)))
			changed = append(changed, other.Create(bg, path(i)+"x/y", nil, zk.MakeParents()))
		}
	}
	_, _ = ended(t, future.Join(changed...))
	start = time.Now()
	ens.Rejoin(cl)
	upTo(t, told, recipes.ConnectionReconnected)
	connected := time.Now()
	upTo(t, told, recipes.Initialized)
	t.Logf("connected again after %v, and right again %v later", connected.Sub(start), time.Since(connected))
	if !maps.Equal(cached(tc, "/t"), stored(t, other, "/t")) {
		t.Error("the cache does not show the tree again")
	}
	start = time.Now()
	got(t, tc.Close(bg))
	t.Logf("closed in %v", time.Since(start))
	got(t, other.DeleteAll(bg, "/t"))
}

// upTo waits until a cache has told something.
func upTo(t *testing.T, told <-chan recipes.TreeEventType, want recipes.TreeEventType) {
	t.Helper()
	for late := time.After(2 * realPatience); ; {
		select {
		case ev := <-told:
			if ev == want {
				return
			}
		case <-late:
			t.Fatalf("no %v", want)
		}
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cached is what a cache shows below a path.
func cached(tc *recipes.TreeCache, path string) map[string]string {
	all := map[string]string{}
	if n, err := tc.Get(path); err == nil {
		all[path] = fmt.Sprint(n.Czxid, n.Mzxid, string(n.Data))
	}
	names, _ := tc.Children(path)
	for _, name := range names {
		maps.Copy(all, cached(tc, path+"/"+name))
	}
	return all
}

// stored is what there is below a path.
func stored(t *testing.T, cl *zk.Client, path string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for level := []string{path}; len(level) > 0; {
		some := level[:min(len(level), 1000)]
		level = level[len(some):]
		var nodes []*future.Future[zk.Node]
		var lists []*future.Future[zk.ChildList]
		for _, p := range some {
			nodes, lists = append(nodes, cl.Get(bg, p)), append(lists, cl.Children(bg, p))
		}
		for i, p := range some {
			n := got(t, nodes[i])
			all[p] = fmt.Sprint(n.Czxid, n.Mzxid, string(n.Data))
			for _, name := range got(t, lists[i]).Names {
				level = append(level, p+"/"+name)
			}
		}
	}
	return all
}
