package core

import (
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// Kind is what ends a node besides a delete.
type Kind uint8

// Kinds of node. Clients cannot tell the last two from plain ones: their ephemeralOwner is 0.
const (
	Plain     Kind = iota
	Ephemeral      // ends with its session, and has no children
	Container      // swept when its last child is gone
	TTL            // swept when it has no children and was not written for its time to live
)

var kinds = [...]string{"plain", "ephemeral", "container", "ttl"}

func (k Kind) String() string { return kinds[k] }

// node is a node of the tree. children is in no order that means anything: the last takes the place of one removed.
type node struct {
	path string
	data []byte
	acl  []data.ACL // shared and never written to

	czxid, mzxid, pzxid        int64
	ctime, mtime               int64 // ms since 1970
	version, aversion, creates int32 // creates counts children ever made; see cversion

	kind  Kind
	owner int64 // session, of an Ephemeral
	ttl   int64 // ms, of a TTL

	parent   *node
	children []*node
	slot     int // where it is in parent.children
	listed   int // where it is in the list of its kind, see tree
}

// cversion is what Stat shows: creates and deletes of children together. It is computed so that deletes need no counter of
// their own; fixed nodes start with children that nothing counted, hence below 0.
func (n *node) cversion() int32 { return 2*n.creates - int32(len(n.children)) }

func (n *node) stat() data.Stat {
	return data.Stat{
		Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.pzxid,
		Ctime: n.ctime, Mtime: n.mtime,
		Version: n.version, Cversion: n.cversion(), Aversion: n.aversion,
		EphemeralOwner: n.owner,
		DataLength:     int32(len(n.data)), NumChildren: int32(len(n.children)),
	}
}

// name is the last component of its path.
func (n *node) name() string {
	if n.parent == nil {
		return ""
	}
	return n.path[len(n.parent.path)+1:]
}
