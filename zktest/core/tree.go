package core

import (
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// Paths that are there from the start.
const (
	rootPath   = "/"
	systemPath = "/zookeeper"
	quotaPath  = "/zookeeper/quota"
	configPath = "/zookeeper/config"
)

var (
	openACL = []data.ACL{{Perms: wire.PermAll, Id: data.Id{Scheme: "world", Id: "anyone"}}}
	readACL = []data.ACL{{Perms: wire.PermRead, Id: data.Id{Scheme: "world", Id: "anyone"}}}
)

// tree is the nodes by path. Nothing iterates over a map of it.
type tree struct {
	nodes      map[string]*node
	root       *node
	ephemerals map[int64][]*node // by session, in no order that means anything
	swept      []*node           // containers and TTL nodes, likewise
	ephemeral  int               // number of ephemerals
	bytes      int64             // of paths and data
}

func newTree(v Version) tree {
	t := tree{nodes: make(map[string]*node), ephemerals: make(map[int64][]*node)}
	// The root has the path "" here so that a child's path is its parent's, a slash and its name.
	t.root = &node{acl: openACL, data: []byte{}}
	t.nodes[""], t.nodes[rootPath] = t.root, t.root
	fixed := func(path string, acl []data.ACL) *node {
		n := &node{path: path, acl: acl, data: []byte{}}
		t.link(n, t.nodes[parentOf(path)])
		return n
	}
	fixed(systemPath, openACL)
	fixed(quotaPath, openACL)
	if v.hasConfigNode() {
		fixed(configPath, readACL).aversion = -1
	}
	return t
}

// get finds a node by the very text of its path; "" is the root too.
func (t *tree) get(path string) *node { return t.nodes[path] }

// count is the number of nodes as ZooKeeper reports it, which counts the root under both of its names.
func (t *tree) count() int { return len(t.nodes) }

// parentOf is all in front of the last slash: "" for the children of the root. The caller knows that there is a slash.
func parentOf(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// link puts a new node below its parent.
func (t *tree) link(n, parent *node) {
	n.parent, n.slot = parent, len(parent.children)
	parent.children = append(parent.children, n)
	t.nodes[n.path] = n
	t.bytes += int64(len(n.path) + len(n.data))
	switch n.kind {
	case Ephemeral:
		n.listed = len(t.ephemerals[n.owner])
		t.ephemerals[n.owner] = append(t.ephemerals[n.owner], n)
		t.ephemeral++
	case Container, TTL:
		n.listed = len(t.swept)
		t.swept = append(t.swept, n)
	case Plain:
	}
}

// unlink takes a node without children out of the tree.
func (t *tree) unlink(n *node) {
	p := n.parent
	last := p.children[len(p.children)-1]
	p.children[n.slot], last.slot = last, n.slot
	p.children[len(p.children)-1] = nil
	p.children = p.children[:len(p.children)-1]
	delete(t.nodes, n.path)
	t.bytes -= int64(len(n.path) + len(n.data))
	switch n.kind {
	case Ephemeral:
		if rest := unlist(t.ephemerals[n.owner], n); len(rest) > 0 {
			t.ephemerals[n.owner] = rest
		} else {
			delete(t.ephemerals, n.owner)
		}
		t.ephemeral--
	case Container, TTL:
		t.swept = unlist(t.swept, n)
	case Plain:
	}
}

func unlist(list []*node, n *node) []*node {
	last := list[len(list)-1]
	list[n.listed], last.listed = last, n.listed
	list[len(list)-1] = nil
	return list[:len(list)-1]
}

func (t *tree) setData(n *node, b []byte) {
	t.bytes += int64(len(b) - len(n.data))
	n.data = b
}

// descendants counts the nodes below n, without recursion: a path may have half a million components.
func (n *node) descendants() (count int) {
	for at := n; ; {
		if len(at.children) > 0 {
			count += len(at.children)
			at = at.children[0]
			continue
		}
		for at != n && at.slot == len(at.parent.children)-1 {
			at = at.parent
		}
		if at == n {
			return count
		}
		at = at.parent.children[at.slot+1]
	}
}

// walk visits n and all below it, parents first.
func (n *node) walk(visit func(*node)) {
	todo := []*node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], n.children...)
		visit(n)
	}
}
