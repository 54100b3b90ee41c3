package zk

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// AnyVersion is the version that matches every version, in Set, Delete, SetACL and Check.
const AnyVersion = wire.AnyVersion

// Stat is what ZooKeeper keeps about a node beside its data. A zxid is the number of a transaction;
// they grow, also across sessions and servers.
type Stat struct {
	Czxid          int64 // zxid of the transaction that created the node
	Mzxid          int64 // zxid of the last change of the data
	Ctime          int64 // when the node was created, in ms since 1970 by the leader's clock
	Mtime          int64 // when the data last changed, likewise
	Version        int32 // how often the data has changed
	Cversion       int32 // how often the list of children has changed
	Aversion       int32 // how often the ACL has changed
	EphemeralOwner int64 // the session that an ephemeral node belongs to; else 0
	DataLength     int32 // in bytes
	NumChildren    int32
	Pzxid          int64 // zxid of the last change of the list of children
}

var _ = Stat(data.Stat{}) // the same fields, in the same order

// Created is Ctime as a time.
func (s *Stat) Created() time.Time { return time.UnixMilli(s.Ctime) }

// Modified is Mtime as a time.
func (s *Stat) Modified() time.Time { return time.UnixMilli(s.Mtime) }

// A Node is a node's data and Stat.
type Node struct {
	Path string // as asked for
	Data []byte // nil and empty are different: both can be stored
	Stat
}

// A Created node. Servers before 3.5 do not tell its Stat: then only the fields that follow from the
// creation itself are set, and Ctime and Mtime are 0.
type Created struct {
	Path string // with the number that a sequential node was given
	Stat
}

// A ChildList is the names of a node's children, in no particular order, and the node's Stat.
type ChildList struct {
	Names []string
	Stat
}
