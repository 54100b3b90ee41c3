package core

import (
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// delete 2, setData 5, setACL 7, and check 13, which is for multi only (all 3.4 or older).

func (p *proposal) delete(r *proto.DeleteRequest) (ch Change, code wire.Code) {
	if !strings.Contains(r.Path, "/") || strings.Contains(r.Path, "\x00") || p.fixedNode(r.Path) {
		return ch, wire.CodeBadArguments
	}
	parent, ok := p.leader.record(parentOf(r.Path))
	if !ok {
		return ch, wire.CodeNoNode
	}
	n, ok := p.leader.record(r.Path)
	switch {
	case !ok && !p.leader.cfg.Version.from(3, 6, 0):
		return ch, wire.CodeNoNode
	case !p.allowed(parent.acl, wire.PermDelete):
		return ch, wire.CodeNoAuth
	case !ok:
		return ch, wire.CodeNoNode
	case !versionFits(r.Version, n.version):
		return ch, wire.CodeBadVersion
	case n.children > 0:
		return ch, wire.CodeNotEmpty
	}
	parent.children--
	p.leader.stage(p.txn.Zxid, parentOf(r.Path), parent)
	p.leader.stage(p.txn.Zxid, r.Path, record{gone: true})
	return Change{Op: wire.OpDelete, Result: wire.OpDelete, Path: r.Path}, wire.OK
}

// deleteContainer is meant for the server itself, which does not check much: any node without children goes, ephemerals
// excepted, and no ACL is in the way.
func (p *proposal) deleteContainer(r *proto.DeleteContainerRequest) (ch Change, code wire.Code) {
	if !strings.Contains(r.Path, "/") || strings.Contains(r.Path, "\x00") || p.fixedNode(r.Path) {
		return ch, wire.CodeBadArguments
	}
	n, ok := p.leader.record(r.Path)
	switch {
	case !ok:
		return ch, wire.CodeNoNode
	case n.children > 0:
		return ch, wire.CodeNotEmpty
	case n.kind == Ephemeral:
		return ch, wire.CodeBadVersion
	}
	parent, _ := p.leader.record(parentOf(r.Path))
	parent.children--
	p.leader.stage(p.txn.Zxid, parentOf(r.Path), parent)
	p.leader.stage(p.txn.Zxid, r.Path, record{gone: true})
	return Change{Op: wire.OpDelete, Result: wire.OpDelete, Path: r.Path}, wire.OK
}

// fixedNode reports a node that nobody deletes.
func (p *proposal) fixedNode(path string) bool {
	switch path {
	case rootPath, systemPath, quotaPath:
		return true
	case configPath:
		return p.leader.cfg.Version.hasConfigNode()
	}
	return false
}

func (p *proposal) setData(r *proto.SetDataRequest) (ch Change, code wire.Code) {
	if wire.ValidatePath(r.Path, false) != nil {
		return ch, wire.CodeBadArguments
	}
	n, ok := p.leader.record(r.Path)
	switch {
	case !ok:
		return ch, wire.CodeNoNode
	case !p.allowed(n.acl, wire.PermWrite):
		return ch, wire.CodeNoAuth
	}
	if code := p.quota(r.Path, 0, len(r.Data)-int(n.length)); code != wire.OK {
		return ch, code
	}
	if !versionFits(r.Version, n.version) {
		return ch, wire.CodeBadVersion
	}
	n.version++
	n.length = int32(len(r.Data))
	p.leader.stage(p.txn.Zxid, r.Path, n)
	return Change{Op: wire.OpSetData, Result: wire.OpSetData, Path: r.Path, Data: r.Data, Version: n.version}, wire.OK
}

func (p *proposal) setACL(r *proto.SetACLRequest) (ch Change, code wire.Code) {
	if wire.ValidatePath(r.Path, false) != nil {
		return ch, wire.CodeBadArguments
	}
	acl, code := p.fixACL(r.Acl)
	if code != wire.OK {
		return ch, code
	}
	n, ok := p.leader.record(r.Path)
	switch {
	case !ok:
		return ch, wire.CodeNoNode
	case !p.allowed(n.acl, wire.PermAdmin):
		return ch, wire.CodeNoAuth
	case !versionFits(r.Version, n.aversion):
		return ch, wire.CodeBadVersion
	}
	n.aversion++
	n.acl = acl
	p.leader.stage(p.txn.Zxid, r.Path, n)
	return Change{Op: wire.OpSetACL, Result: wire.OpSetACL, Path: r.Path, ACL: acl, Version: n.aversion}, wire.OK
}

func (p *proposal) check(r *proto.CheckVersionRequest) (ch Change, code wire.Code) {
	if wire.ValidatePath(r.Path, false) != nil {
		return ch, wire.CodeBadArguments
	}
	n, ok := p.leader.record(r.Path)
	switch {
	case !ok:
		return ch, wire.CodeNoNode
	case !p.allowed(n.acl, wire.PermRead):
		return ch, wire.CodeNoAuth
	case !versionFits(r.Version, n.version):
		return ch, wire.CodeBadVersion
	}
	return Change{Op: wire.OpCheck, Result: wire.OpCheck, Path: r.Path}, wire.OK
}

// versionFits compares the version in a request with that of the node. A node whose version has wrapped to -1 cannot be
// named by it, here as in ZooKeeper.
func versionFits(want, have int32) bool { return want == wire.AnyVersion || want == have }
