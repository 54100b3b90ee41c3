package recipes

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/zk"
)

// A treeNode is the place of one node in a [TreeCache]. What readers look at is published through atomic pointers and
// sync.Maps: a change of one node among 100,000 copies nothing else, and a lookup never waits for the lane, which alone
// writes. The price is that an answer is of one moment for one node only.
type treeNode struct {
	path  string
	up    *treeNode // nil: it is the root
	depth int

	node atomic.Pointer[zk.Node]  // nil: it was not read yet, or is not there
	kids atomic.Pointer[sync.Map] // *treeNode by name; nil: there were none yet

	// The rest belongs to the work lane.
	want   treeReads
	queued bool   // it waits for room in the window
	busy   bool   // it is being read
	due    uint64 // the reading of the whole tree that it is still missing in; 0: none
	alone  bool   // a request for it and others has failed
	barred bool   // its data is too long: it is left out, see bar
	tried  int64  // the Mzxid that it has been tried with
	gone   bool   // it is in the tree no more: answers that still come are about nobody
	listed treeList
	long   *longList // there are too many children to be listed
	data   watching
	list   watching
	held   *heldNode   // what was read, but not told yet
	holds  []*treeNode // children that are held until this node is read again
}

// A heldNode is a node that is there, below a parent of which it is not known whether it is the one in the cache: that may
// have been deleted and made again, with the child. Whoever has both would remove the child with the old parent, and add it
// once more with the new one. So the parent is read again first.
type heldNode struct {
	node  *zk.Node
	asked uint64 // the parent must be read by a later request than this one
	due   uint64
}

// treeReads are what is to be read of a node.
type treeReads uint8

const (
	readData  treeReads = 1 << iota // data, or without data the Stat
	readList                        // children
	readStat                        // whether the node is still the same
	readExist                       // whether the root has come, or a node that is left out has changed, with a watch for that
)

// A treeList tells lists of children of one node apart: when the last one came or went, how many have come, and how many
// there are.
type treeList struct {
	known         bool
	pzxid         int64
	cversion, num int32
}

func listOf(st *zk.Stat) treeList { return treeList{true, st.Pzxid, st.Cversion, st.NumChildren} }

// kid returns the place of a child, nil if there is none.
func (n *treeNode) kid(name string) *treeNode {
	kids := n.kids.Load()
	if kids == nil {
		return nil
	}
	k, _ := kids.Load(name)
	kid, _ := k.(*treeNode)
	return kid
}

// add makes a place for a child.
func (n *treeNode) add(name string) *treeNode {
	kid := &treeNode{path: n.below(name), up: n, depth: n.depth + 1}
	if n.kids.Load() == nil {
		n.kids.Store(new(sync.Map))
	}
	n.kids.Load().Store(kid.name(), kid) // not name, which is in memory of its own
	return kid
}

// below returns the path of a child.
func (n *treeNode) below(name string) string { return strings.TrimSuffix(n.path, "/") + "/" + name }

func (n *treeNode) name() string { return n.path[strings.LastIndexByte(n.path, '/')+1:] }

// children returns the places of the children, in order of their names.
func (n *treeNode) children() (all []*treeNode) {
	kids := n.kids.Load()
	if kids == nil {
		return nil
	}
	//zkvet:allow maprange they are sorted below
	kids.Range(func(_, k any) bool {
		all = append(all, k.(*treeNode))
		return true
	})
	slices.SortFunc(all, func(a, b *treeNode) int { return strings.Compare(a.path, b.path) })
	return all
}

// find returns the place of a path, nil if there is none. It splits the path at its components: "/foobar" is not below
// "/foo". inside is whether the path is one of the root or of a node that may be below it.
func (n *treeNode) find(path string) (place *treeNode, inside bool) {
	if path == n.path {
		return n, true
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(n.path, "/")+"/")
	if !ok {
		return nil, false
	}
	place = n
	for more := true; more; {
		var name string
		if name, rest, more = strings.Cut(rest, "/"); name == "" {
			return nil, false
		}
		if place != nil {
			place = place.kid(name)
		}
	}
	return place, true
}
