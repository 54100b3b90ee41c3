package core

import (
	"github.com/gazoo-go/gazoo/internal/wire"
)

// State is what transactions build: the tree and the sessions. It is the same on every server that applied the same
// transactions.
type State struct {
	version  Version
	tree     tree
	sessions map[int64]int32 // timeout in ms by session; nothing iterates over it but Sessions, which sorts
	zxid     int64           // of the last transaction
	quotas   map[string]struct{}

	results  []Result // of the last transaction
	triggers []Trigger
}

// NewState returns the state before any transaction: the nodes that every ZooKeeper has, zxid 0.
func NewState(v Version) *State {
	return &State{version: v, tree: newTree(v), sessions: make(map[int64]int32), quotas: make(map[string]struct{})}
}

// Zxid is that of the last transaction applied.
func (s *State) Zxid() int64 { return s.zxid }

// Apply applies a transaction. It cannot fail: the Leader checked everything. Results (one for each change, nil if the
// transaction failed) and triggers (in the order in which watches fire) are valid until the next call.
func (s *State) Apply(t *Txn) ([]Result, []Trigger) {
	s.results, s.triggers = s.results[:0], s.triggers[:0]
	s.zxid = max(s.zxid, t.Zxid)
	for i := range t.Changes {
		ch := &t.Changes[i]
		r := Result{Op: ch.Result, Path: ch.Path}
		switch ch.Op {
		case wire.OpCreate:
			s.create(t, ch, &r)
		case wire.OpDelete:
			s.delete(t, ch.Path)
		case wire.OpSetData:
			s.setData(t, ch, &r)
		case wire.OpSetACL:
			n := s.tree.get(ch.Path)
			n.acl, n.aversion = ch.ACL, ch.Version
			r.Stat = n.stat()
		case wire.OpCreateSession:
			s.sessions[t.Session] = ch.Timeout
		case wire.OpCloseSession:
			for _, path := range ch.Paths {
				s.delete(t, path)
			}
			delete(s.sessions, t.Session)
		}
		s.results = append(s.results, r)
	}
	return s.results, s.triggers
}

func (s *State) create(t *Txn, ch *Change, r *Result) {
	parent := s.tree.get(parentOf(ch.Path))
	n := &node{
		path: ch.Path, data: ch.Data, acl: ch.ACL,
		czxid: t.Zxid, mzxid: t.Zxid, pzxid: t.Zxid, ctime: t.Time, mtime: t.Time,
		kind: ch.Kind, owner: ch.Owner, ttl: ch.TTL,
	}
	s.tree.link(n, parent)
	r.Stat = n.stat() // before the server puts something in it, which it does with the stats of a quota
	s.created(n)
	// A counter that has wrapped is not greater: from 3.6 it then stays as it is, and pzxid with it.
	if ch.Version > parent.creates || !s.version.counterSticks() {
		parent.creates, parent.pzxid = ch.Version, t.Zxid
	}
	s.fire(wire.EventNodeCreated, n, false)
	s.fire(wire.EventNodeChildrenChanged, parent, true)
}

func (s *State) delete(t *Txn, path string) {
	n := s.tree.get(path)
	if n == nil {
		return // of a session that made and lost it again while it was being closed
	}
	s.tree.unlink(n)
	s.deleted(n)
	n.parent.pzxid = max(n.parent.pzxid, t.Zxid)
	s.fire(wire.EventNodeDeleted, n, false)
	s.fire(wire.EventNodeChildrenChanged, n.parent, true)
}

func (s *State) setData(t *Txn, ch *Change, r *Result) {
	n := s.tree.get(ch.Path)
	s.account(n.path, 0, len(ch.Data)-len(n.data))
	s.tree.setData(n, ch.Data)
	n.version, n.mzxid, n.mtime = ch.Version, t.Zxid, t.Time
	r.Stat = n.stat()
	s.fire(wire.EventNodeDataChanged, n, false)
}

func (s *State) fire(typ wire.EventType, n *node, parent bool) {
	path := n.path
	if path == "" {
		path = rootPath
	}
	s.triggers = append(s.triggers, Trigger{Type: typ, Path: path, ACL: n.acl, Parent: parent})
}
