package core

import (
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// What tests ask a server about itself. Everything returned is a copy, in an order that does not change.

// NodeInfo is a node as an observer outside the protocol sees it.
type NodeInfo struct {
	Path string
	Data []byte // nil for null
	ACL  []data.ACL
	Stat data.Stat
	Kind Kind
	TTL  time.Duration // of a TTL node
}

// Node looks a node up; "" and "/" are the root.
func (s *State) Node(path string) (NodeInfo, bool) {
	n := s.tree.get(path)
	if n == nil {
		return NodeInfo{}, false
	}
	return n.info(), true
}

// NumChildren is how many children a node has. It costs less than Node.
func (s *State) NumChildren(path string) (n int, ok bool) {
	at := s.tree.get(path)
	if at == nil {
		return 0, false
	}
	return len(at.children), true
}

func (n *node) info() NodeInfo {
	path := n.path
	if path == "" {
		path = rootPath
	}
	return NodeInfo{Path: path, Data: slices.Clone(n.data), ACL: slices.Clone(n.acl), Stat: n.stat(), Kind: n.kind,
		TTL: time.Duration(n.ttl) * time.Millisecond}
}

// Nodes returns a node and all below it, in order of path; nothing if it is not there.
func (s *State) Nodes(path string) []NodeInfo {
	top := s.tree.get(path)
	if top == nil {
		return nil
	}
	var all []NodeInfo
	top.walk(func(n *node) { all = append(all, n.info()) })
	slices.SortFunc(all, func(a, b NodeInfo) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// SessionInfo is a session that has not ended.
type SessionInfo struct {
	ID         int64
	Timeout    time.Duration // as agreed when it began
	Ephemerals []string
}

// Sessions returns the sessions in order of id.
func (s *State) Sessions() []SessionInfo {
	ids := make([]int64, 0, len(s.sessions))
	for id := range s.sessions {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	all := make([]SessionInfo, len(ids))
	for i, id := range ids {
		all[i] = SessionInfo{ID: id, Timeout: time.Duration(s.sessions[id]) * time.Millisecond}
		for _, n := range s.tree.ephemerals[id] {
			all[i].Ephemerals = append(all[i].Ephemerals, n.path)
		}
		slices.Sort(all[i].Ephemerals)
	}
	return all
}

// HasSession reports whether a session has not ended.
func (s *State) HasSession(id int64) bool {
	_, there := s.sessions[id]
	return there
}

// WatchInfo is a watch of a connection of this server.
type WatchInfo struct {
	Session  int64
	Conn     uint64 // Conn.ID
	Path     string
	Child    bool // in the child table, else in the data table, where exists watches are too
	Standard bool // fires once
	// Persistent and Recursive watches stay. A persistent one is in both tables.
	Persistent, Recursive bool
}

// Watches returns the watches in order of path, connection and table.
func (f *Front) Watches() []WatchInfo {
	var all []WatchInfo
	for _, c := range f.conns {
		for _, w := range c.watches {
			all = append(all, WatchInfo{
				Session: c.session, Conn: c.id, Path: w.path, Child: w.table == f.child, Standard: w.modes&standard != 0,
				Persistent: w.modes&persistent != 0, Recursive: w.modes&recursive != 0,
			})
		}
	}
	slices.SortFunc(all, func(a, b WatchInfo) int {
		if d := strings.Compare(a.Path, b.Path); d != 0 {
			return d
		}
		if a.Conn != b.Conn {
			return int(int64(a.Conn) - int64(b.Conn))
		}
		switch {
		case a.Child == b.Child:
			return 0
		case b.Child:
			return -1
		}
		return 1
	})
	return all
}

// Conns returns the open connections in the order in which they were accepted.
func (f *Front) Conns() []*Conn {
	all := slices.Clone(f.conns)
	slices.SortFunc(all, func(a, b *Conn) int { return int(int64(a.id) - int64(b.id)) })
	return all
}

// Connected reports whether a session has a connection to this server.
func (f *Front) Connected(session int64) bool { return f.sessions[session] != nil }

// DropSession cuts the connection of a session, which lives on until it expires. It reports whether there was one.
func (f *Front) DropSession(id int64) bool {
	c := f.sessions[id]
	if c == nil {
		return false
	}
	c.cut("dropped")
	return true
}

// DropAll cuts all connections.
func (f *Front) DropAll() {
	for len(f.conns) > 0 {
		f.conns[len(f.conns)-1].cut("dropped")
	}
}

// Zxid is that of the last transaction this server has applied.
func (f *Front) Zxid() int64 { return f.state.zxid }
