package session

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"pgregory.net/rapid"
)

// The registry against a list of watches, oldest first.
func TestRegistryAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g registry
		g.init()
		var model []*Watch
		path := func() string { return fmt.Sprintf("/%d", rapid.IntRange(0, 1).Draw(t, "path")) }
		on := func(p string, k WatchKind) (out []*Watch) {
			for _, w := range model {
				if w.Path == p && w.Kind == k {
					out = append(out, w)
				}
			}
			return out
		}
		consumed := map[wire.EventType][]WatchKind{
			wire.EventNodeCreated:         {WatchData, WatchExist},
			wire.EventNodeDataChanged:     {WatchData, WatchExist},
			wire.EventNodeDeleted:         {WatchData, WatchExist, WatchChild},
			wire.EventNodeChildrenChanged: {WatchChild},
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				w := &Watch{Path: path(), Kind: WatchKind(rapid.IntRange(0, 2).Draw(t, "kind"))}
				g.add(w)
				model = append(model, w)
			},
			"remove": func(*rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				w := model[i]
				model = slices.Delete(model, i, i+1)
				if was, last := g.remove(w); !was || last != (len(on(w.Path, w.Kind)) == 0) {
					t.Fatalf("was %t, last %t", was, last)
				}
				if was, last := g.remove(w); was || last {
					t.Fatal("removed twice")
				}
			},
			"event": func(*rapid.T) {
				p, e := path(), wire.EventType(rapid.IntRange(1, 5).Draw(t, "event"))
				var want []*Watch
				for _, k := range consumed[e] {
					want = append(want, on(p, k)...)
				}
				if got := g.take(e, p); !slices.Equal(got, want) {
					t.Fatalf("%v of %s fires %d watches, want %d", e, p, len(got), len(want))
				}
				model = slices.DeleteFunc(model, func(w *Watch) bool { return slices.Contains(want, w) })
			},
			"end": func(*rapid.T) {
				if got := g.takeAll(); !slices.Equal(got, model) {
					t.Fatalf("%d watches end, want %d", len(got), len(model))
				}
				model = nil
			},
			"": func(*rapid.T) {
				if g.n != len(model) {
					t.Fatalf("%d watches, want %d", g.n, len(model))
				}
				seen := map[string]int{}
				c := newChunker(1<<20, func(lists watchLists) {
					for k, list := range lists {
						for _, p := range list {
							seen[fmt.Sprint(k, p)]++
							if len(on(p, WatchKind(k))) == 0 {
								t.Fatalf("table %d of %s is replayed", k, p)
							}
						}
					}
				})
				g.oneShots(func(k WatchKind, path string) { c.add(int(k), path) })
				c.flush()
				for _, w := range model {
					if n := seen[fmt.Sprint(int(w.Kind), w.Path)]; n != 1 {
						t.Fatalf("table %d of %s is replayed %d times", w.Kind, w.Path, n)
					}
					if !g.taken(w.Path, w.Kind) {
						t.Fatal("not taken")
					}
				}
			},
		})
	})
}
