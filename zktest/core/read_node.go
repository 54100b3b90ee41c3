package core

import (
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// exists 3, getData 4, getACL 6, getChildren 8, getChildren2 12 (all 3.4 or older), getAllChildrenNumber 104 (3.6).
//
// Paths are not validated: a bad one names no node. Where a watch is set, nothing can happen between the read and it.

// find is a node that the client may read.
func (c *Conn) find(w *waiting, path string) (*node, wire.Code) {
	n := c.front.state.tree.get(path)
	switch {
	case n == nil:
		return nil, wire.CodeNoNode
	case !c.front.cfg.canRead(n, w.ids):
		return nil, wire.CodeNoAuth
	}
	return n, wire.OK
}

// exists sets its watch on a missing node too, but not on one that may not be read.
func (c *Conn) exists(w *waiting, r *proto.ExistsRequest) (wire.Record, wire.Code) {
	f := c.front
	if strings.Contains(r.Path, "\x00") {
		return nil, wire.CodeBadArguments
	}
	n := f.state.tree.get(r.Path)
	if n != nil && f.cfg.Version.readChecks() && !f.cfg.canRead(n, w.ids) {
		return nil, wire.CodeNoAuth
	}
	if r.Watch {
		f.data.add(r.Path, c, standard)
	}
	if n == nil {
		return nil, wire.CodeNoNode
	}
	return &proto.ExistsResponse{Stat: n.stat()}, wire.OK
}

// getData fills in r.
func (c *Conn) getData(w *waiting, path string, watch bool, r *proto.GetDataResponse) (wire.Record, wire.Code) {
	n, code := c.find(w, path)
	if code != wire.OK {
		return nil, code
	}
	if watch {
		c.front.data.add(path, c, standard)
	}
	r.Data, r.Stat = n.data, n.stat()
	return r, wire.OK
}

func (c *Conn) getACL(w *waiting, r *proto.GetACLRequest) (wire.Record, wire.Code) {
	cfg := &c.front.cfg
	n := c.front.state.tree.get(r.Path)
	if n == nil {
		return nil, wire.CodeNoNode
	}
	acl := n.acl
	if cfg.Version.aclGuarded() {
		if !cfg.allowed(acl, wire.PermRead|wire.PermAdmin, w.ids) {
			return nil, wire.CodeNoAuth
		}
		if !cfg.allowed(acl, wire.PermAdmin, w.ids) {
			acl = maskDigests(acl)
		}
	}
	return &proto.GetACLResponse{Acl: acl, Stat: n.stat()}, wire.OK
}

func (c *Conn) getChildren(w *waiting, path string, watch bool) (wire.Record, wire.Code) {
	n, code := c.find(w, path)
	if code != wire.OK {
		return nil, code
	}
	if watch {
		c.front.child.add(path, c, standard)
	}
	return &proto.GetChildrenResponse{Children: c.childNames(n)}, wire.OK
}

func (c *Conn) getChildren2(w *waiting, r *proto.GetChildren2Request) (wire.Record, wire.Code) {
	n, code := c.find(w, r.Path)
	if code != wire.OK {
		return nil, code
	}
	if r.Watch {
		c.front.child.add(r.Path, c, standard)
	}
	return &proto.GetChildren2Response{Children: c.childNames(n), Stat: n.stat()}, wire.OK
}

// childNames is in another order each time: ZooKeeper promises none.
func (c *Conn) childNames(n *node) []string {
	names := make([]string, len(n.children))
	for i, child := range n.children {
		names[i] = child.name()
	}
	shuffle(c.rand(), names)
	return names
}

// getAllChildrenNumber counts all descendants. Asked for "", ZooKeeper counts the root too.
func (c *Conn) getAllChildrenNumber(w *waiting, r *proto.GetAllChildrenNumberRequest) (wire.Record, wire.Code) {
	n, code := c.find(w, r.Path)
	if code != wire.OK {
		return nil, code
	}
	count := n.descendants()
	if r.Path == "" {
		count++
	}
	return &proto.GetAllChildrenNumberResponse{TotalNumber: int32(count)}, wire.OK
}
