package zktest_test

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestRealTreeCache loads a tree, and has it changed while the cache is cut off; the cache is right again, node by node.
// GAZOO_TREE=100000 sets how many nodes there are; the test prints how much faster the cache loads them than one read after
// the other, of which it times some.
func TestRealTreeCache(t *testing.T) {
	size := 2000
	if n, err := strconv.Atoi(os.Getenv("GAZOO_TREE")); err == nil {
		size = n
	}
	ens := zktest.StartZooKeeper(t, 1)
	cl, other := ens.Client(t), ens.Client(t)
	path := func(i int) string {
		if i%100 == 0 {
			return fmt.Sprintf("/t/%d", i/100)
		}
		return fmt.Sprintf("/t/%d/%d", i/100, i%100)
	}
	got(t, other.Create(bg, "/t", nil))
	var made []*future.Future[zk.Created]
	for i := range size {
		if made = append(made, other.Create(bg, path(i), []byte(path(i)))); len(made) == 1000 || i == size-1 {
			got(t, future.All(made...))
			made = nil
		}
	}
	got(t, cl.Sync(bg, "/"))

	sample := min(size, 2000)
	start := time.Now()
	for i := range sample {
		got(t, cl.Get(bg, path(i)))
		got(t, cl.Children(bg, path(i)))
	}
	single := time.Since(start) * time.Duration(size) / time.Duration(sample)
	tc := recipes.NewTreeCache(cl, "/t")
	start = time.Now()
	got(t, tc.Start(bg))
	load := time.Since(start)
	t.Logf("%d nodes: loaded in %v, one read after the other (of %d) would take %v: %.1f times as long",
		size, load, sample, single, float64(single)/float64(load))
	agrees := func() bool { return maps.Equal(cached(tc, "/t"), stored(t, other, "/t")) }
	if !agrees() {
		t.Fatal("the cache does not show the tree")
	}

	ens.Isolate(cl)
	await(t, cl, zk.Suspended)
	for i := 0; i < size; i += max(7, size/500) { // a node may have gone with its parent: then that is what has changed
		switch i % 3 {
		case 0:
			_, _ = ended(t, other.Set(bg, path(i), nil, zk.AnyVersion))
		case 1: // another one, with the same version, if it is a leaf
			_, _ = ended(t, other.Delete(bg, path(i), zk.AnyVersion))
			_, _ = ended(t, other.Create(bg, path(i), nil))
		default:
			got(t, other.DeleteAll(bg, path(i)))
			got(t, other.Create(bg, path(i)+"x/y", nil, zk.MakeParents()))
		}
	}
	start = time.Now()
	ens.Rejoin(cl)
	want := stored(t, other, "/t")
	eventually(t, "the cache shows the tree again", func() bool { return maps.Equal(cached(tc, "/t"), want) })
	t.Logf("right again %v after the network was", time.Since(start))
	got(t, tc.Close(bg))
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
