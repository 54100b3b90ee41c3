package recipes

import (
	"slices"

	"github.com/gazoo-go/gazoo/zk"
)

// A ChildrenWatch follows the names of one node's children, as a [DataWatch] follows its data: it tells what they are, and
// what they are after every change, also when the node is deleted (unlike Kazoo's) or created.
type ChildrenWatch = Watch[ChildrenUpdate]

// A ChildrenUpdate is what a [ChildrenWatch] tells.
type ChildrenUpdate struct {
	Names  []string // sorted
	Stat   zk.Stat  // of the parent
	Exists bool     // whether there is a parent
	Event  *zk.Event
}

// NewChildrenWatch follows the children of the node on path, which need not exist.
func NewChildrenWatch(cl *zk.Client, path string, opts ...Option) *ChildrenWatch {
	f := &follower[zk.ChildList, ChildrenUpdate]{
		recipe: newRecipe(cl, "children-watch", path, opts),
		read:   (*zk.Client).ChildrenAndWatch,
		update: func(l zk.ChildList, exists bool, ev *zk.Event) ChildrenUpdate {
			return ChildrenUpdate{Names: slices.Sorted(slices.Values(l.Names)), Stat: l.Stat, Exists: exists, Event: ev}
		},
		same: sameChildren,
	}
	return f.start()
}

// sameChildren reports whether no child has come or gone. One that was deleted and made anew has the same name; and a
// parent whose numbers have run out keeps its pzxid.
func sameChildren(a, b zk.ChildList) bool { return a.Pzxid == b.Pzxid && sameNames(a.Names, b.Names) }

// sameNames compares two lists in any order.
func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
