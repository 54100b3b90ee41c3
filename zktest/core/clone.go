package core

import (
	"maps"
)

// Clone returns a copy that shares nothing that either will write to.
func (s *State) Clone() *State {
	c := &State{
		version: s.version, zxid: s.zxid, tree: s.tree.clone(),
		sessions: maps.Clone(s.sessions), quotas: maps.Clone(s.quotas),
	}
	return c
}

// SetZxid makes zxid that of the last transaction although there was none: a new leader begins its epoch so.
func (s *State) SetZxid(zxid int64) { s.zxid = zxid }

// SetConfig makes text the configuration that an ensemble began with, which no transaction says; version is its zxid. It
// does nothing if there is a later one.
func (s *State) SetConfig(text []byte, version int64) {
	n := s.tree.get(configPath)
	if n == nil || n.mzxid > version {
		return
	}
	s.tree.setData(n, text)
	n.version, n.mzxid = -1, version
}

func (t *tree) clone() tree {
	c := tree{
		nodes: make(map[string]*node, len(t.nodes)), ephemerals: make(map[int64][]*node, len(t.ephemerals)),
		ephemeral: t.ephemeral, bytes: t.bytes,
	}
	t.root.walk(func(n *node) { // parents first
		twin := *n
		twin.children = make([]*node, len(n.children))
		c.nodes[n.path] = &twin
		if n == t.root {
			c.root, c.nodes[rootPath] = &twin, &twin
			return
		}
		twin.parent = c.nodes[n.parent.path]
		twin.parent.children[twin.slot] = &twin
		switch n.kind {
		case Ephemeral:
			if c.ephemerals[n.owner] == nil {
				c.ephemerals[n.owner] = make([]*node, len(t.ephemerals[n.owner]))
			}
			c.ephemerals[n.owner][n.listed] = &twin
		case Container, TTL:
			if c.swept == nil {
				c.swept = make([]*node, len(t.swept))
			}
			c.swept[n.listed] = &twin
		case Plain:
		}
	})
	return c
}
