package recipes_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimTreeCache has two writers change a small tree, and caches follow it, under every fault, on servers with recursive
// watches and without. What is told can be: a node is added below a node, updated while it is there, removed when nothing is
// below it, and what was removed does not come again; whoever keeps book of that has what the cache has. In the end all have
// what the servers have.
func TestSimTreeCache(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		version := []core.Version{core.V3_5, core.V3_8, core.V3_9}[s.Seed()%3]
		ens := s.Ensemble(3, func(c *core.Config) { c.Version = version })
		over := false
		var writers []*zktest.Process
		for range 2 {
			writers = append(writers, s.Process("writer", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for !over {
					plant(p, cl)
					p.Sleep(p.Between(0, 300*time.Millisecond))
				}
			}))
		}
		var books []*book
		cacher := s.Process("cacher", func(p *zktest.Process) {
			cl := p.Connect(ens)
			books = nil
			mine := []*book{
				{s: s, p: p, want: func(string) bool { return true }},
				{s: s, p: p, want: func(path string) bool { return strings.Count(path, "/") < 3 },
					opts: []recipes.Option{recipes.MaxDepth(1)}},
				{s: s, p: p, want: func(path string) bool { return !strings.HasPrefix(path, "/t/a") },
					opts: []recipes.Option{recipes.WithoutData(), recipes.Select(func(path string) bool { return path != "/t/a" })}},
			}
			for _, b := range mine {
				b.begin(cl)
			}
			books = mine
			for p.Context().Err() == nil {
				p.Sleep(p.Between(0, 10*time.Second))
				if !over && p.Rand().IntN(2) == 0 { // one ends, and another begins
					i := p.Rand().IntN(len(mine))
					if err := mine[i].tc.Close(p.Context()).WaitErr(); err != nil && p.Context().Err() == nil && !errors.Is(err, zk.ErrClosed) {
						s.Fatalf("Close: %v", err)
					}
					mine[i] = &book{s: s, p: p, want: mine[i].want, opts: mine[i].opts}
					mine[i].begin(cl)
				}
			}
		})
		s.Faults(zktest.Swarm().And(zktest.Expire))
		s.Run(30 * time.Second)
		s.Heal()
		over = true
		s.Eventually(10*time.Minute, "the writers are done", func() bool {
			return allDone(writers)
		})
		s.Eventually(10*time.Minute, "the caches show the tree", func() bool {
			return cacher.Done() || books != nil && !slices.ContainsFunc(books, func(b *book) bool { return !b.shows(ens) })
		})
	})
}

// treePaths are the nodes that are written, and one that is called like the root and is none of them.
var treePaths = []string{"/t", "/t/a", "/t/b", "/t/a/c", "/t/b/d", "/t/b/d/e", "/tt"}

// plant changes the tree.
func plant(p *zktest.Process, cl *zk.Client) {
	path := treePaths[p.Rand().IntN(len(treePaths))]
	ctx := p.Context()
	switch p.Rand().IntN(8) {
	case 0, 1, 2:
		_ = cl.Create(ctx, path, nil, zk.MakeParents()).WaitErr()
	case 3:
		_ = cl.Delete(ctx, path, zk.AnyVersion).WaitErr()
	case 4:
		_ = cl.DeleteAll(ctx, path).WaitErr()
	case 5: // another node with the same version
		cl.Delete(ctx, path, zk.AnyVersion)
		_ = cl.Create(ctx, path, []byte(p.Name())).WaitErr()
	default:
		_ = cl.Set(ctx, path, []byte(p.Name()), zk.AnyVersion).WaitErr()
	}
}

// A book is kept of what a cache tells.
type book struct {
	s    *zktest.Sim
	p    *zktest.Process
	want func(path string) bool
	opts []recipes.Option
	tc   *recipes.TreeCache

	nodes map[string]zk.Node
	gone  map[int64]bool // by czxid
	ready bool
}

func (b *book) begin(cl *zk.Client) {
	b.nodes, b.gone = map[string]zk.Node{}, map[int64]bool{}
	b.tc = recipes.NewTreeCache(cl, "/t", b.opts...)
	b.tc.OnEvent(b.write)
	b.tc.OnFault(func(err error) { b.s.Errorf("a fault: %v", err) })
	if err := b.tc.Start(b.p.Context()).WaitErr(); err != nil && b.p.Context().Err() == nil && !errors.Is(err, zk.ErrClosed) {
		b.s.Fatalf("Start: %v", err)
	}
}

func (b *book) write(ev recipes.TreeEvent) {
	n := ev.Node
	old, there := b.nodes[n.Path]
	_, up := b.nodes[n.Path[:max(strings.LastIndexByte(n.Path, '/'), 0)]]
	fault := ""
	switch ev.Type {
	case recipes.NodeAdded:
		switch {
		case there:
			fault = "is there"
		case b.gone[n.Czxid]:
			fault = "was removed"
		case !up && n.Path != "/t":
			fault = "has no parent"
		case !b.want(n.Path):
			fault = "is not wanted"
		}
		b.nodes[n.Path] = n
	case recipes.NodeUpdated:
		switch {
		case !there:
			fault = "is not there"
		case n.Czxid != old.Czxid:
			fault = "is another node"
		case n.Mzxid <= old.Mzxid:
			fault = "is older"
		}
		b.nodes[n.Path] = n
	case recipes.NodeRemoved:
		switch {
		case !there:
			fault = "is not there"
		case n.Czxid != old.Czxid || n.Mzxid != old.Mzxid:
			fault = "was not that"
		}
		for path := range b.nodes {
			if strings.HasPrefix(path, n.Path+"/") {
				fault = "is not a leaf"
			}
		}
		delete(b.nodes, n.Path)
		b.gone[n.Czxid] = true
	case recipes.Initialized:
		b.ready = true
	default:
		b.s.Sometimes("told of the connection", true)
	}
	if fault != "" {
		b.s.Errorf("%v of %s, created at %#x: it %s", ev.Type, n.Path, n.Czxid, fault)
	}
}

// shows reports whether book, cache and servers agree.
func (b *book) shows(ens *zktest.SimEnsemble) bool {
	want, written, shown := map[string]string{}, map[string]string{}, map[string]string{}
	for _, n := range ens.Nodes("/t") {
		if b.want(n.Path) {
			want[n.Path] = fmt.Sprint(n.Stat.Czxid, n.Stat.Mzxid)
		}
	}
	for path, n := range b.nodes {
		written[path] = fmt.Sprint(n.Czxid, n.Mzxid)
	}
	for _, line := range paint(b.tc, "/t") {
		path, _, _ := strings.Cut(line, "=")
		n, _ := b.tc.Get(path)
		shown[path] = fmt.Sprint(n.Czxid, n.Mzxid)
	}
	return b.ready && maps.Equal(want, written) && maps.Equal(want, shown)
}
