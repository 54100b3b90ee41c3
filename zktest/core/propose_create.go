package core

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// create 1 (3.4), create2 15 (3.5), createContainer 19 (3.5.1), createTTL 21 (3.5.3).
//
//   - Op 19 makes a container whatever its flags say; the container flag of ops 1 and 15 makes a plain node. (Within a
//     multi it is otherwise, see kindInMulti.)
//   - Op 21 is only for the TTL flags, and the TTL flags only for op 21. ZooKeeper dies of op 21 with another flag and
//     ttl -1; here it is BADARGUMENTS, as with any other ttl.

// noTTL is what ZooKeeper takes for the ttl of a request that has none.
const noTTL = -1

type creation struct {
	op    wire.Op
	path  string
	data  []byte
	acl   []data.ACL
	flags wire.CreateFlags
	ttl   int64
}

// create makes its checks in ZooKeeper's order: which error wins is part of the protocol.
func (p *proposal) create(c *creation) (ch Change, code wire.Code) {
	flagsFirst := p.leader.cfg.Version.from(3, 5, 0)
	if code := p.createFlags(c); flagsFirst && code != wire.OK {
		return ch, code
	}
	if !strings.Contains(c.path, "/") || strings.Contains(c.path, "\x00") {
		return ch, wire.CodeBadArguments
	}
	acl, code := p.fixACL(c.acl)
	if code != wire.OK {
		return ch, code
	}
	parent, ok := p.leader.record(parentOf(c.path))
	if !ok {
		return ch, wire.CodeNoNode
	}
	if !p.allowed(parent.acl, wire.PermCreate) {
		return ch, wire.CodeNoAuth
	}
	if code := p.createFlags(c); code != wire.OK {
		return ch, code
	}
	path, count := c.path, parent.creates
	if count >= 0 {
		count = max(count, p.leader.cfg.FirstSequence)
	}
	if c.flags.Sequential() {
		path += sequence(count)
	}
	if wire.ValidatePath(path, false) != nil {
		return ch, wire.CodeBadArguments
	}
	if _, exists := p.leader.record(path); exists {
		return ch, wire.CodeNodeExists
	}
	if parent.kind == Ephemeral {
		return ch, wire.CodeNoChildrenForEphemerals
	}
	if code := p.quota(path, 1, len(c.data)); code != wire.OK {
		return ch, code
	}

	ch = Change{
		Op: wire.OpCreate, Result: createResult(c.op), Path: path, Data: c.data, ACL: acl,
		Version: count + 1, // wraps; what a State makes of it depends on the version
	}
	switch {
	case c.op == wire.OpCreateContainer:
		ch.Kind = Container
	case c.op == wire.OpCreateTTL:
		ch.Kind, ch.TTL = TTL, c.ttl
	case c.flags.Ephemeral():
		ch.Kind, ch.Owner = Ephemeral, p.request.Session
	}
	parent.creates = count + 1
	parent.children++
	p.leader.stage(p.txn.Zxid, parentOf(path), parent)
	p.leader.stage(p.txn.Zxid, path, record{kind: stagedKind(c, ch.Kind), owner: ch.Owner, acl: acl, length: int32(len(c.data))})
	return ch, wire.OK
}

// stagedKind is what a node counts as until it is made. That goes by the flags, even for a container that was asked for
// with those of an ephemeral: nothing can be made below it in the same multi.
func stagedKind(c *creation, kind Kind) Kind {
	if c.flags.Ephemeral() {
		return Ephemeral
	}
	return kind
}

func (p *proposal) createFlags(c *creation) wire.Code {
	cfg := &p.leader.cfg
	switch {
	case c.flags < 0 || c.flags > cfg.Version.maxCreateFlag():
		return wire.CodeBadArguments
	case c.flags.TTL() && !cfg.ExtendedTypes:
		return wire.CodeUnimplemented
	case c.flags.TTL() && (c.ttl < wire.MinTTL || c.ttl > wire.MaxTTL):
		return wire.CodeBadArguments
	case !c.flags.TTL() && c.op == wire.OpCreateTTL:
		return wire.CodeBadArguments
	}
	return wire.OK
}

// createResult is how the reply is labelled in a multi.
func createResult(op wire.Op) wire.Op {
	if op == wire.OpCreate {
		return wire.OpCreate
	}
	return wire.OpCreate2
}

// sequence is what ZooKeeper's "%010d" makes of a counter. A world formats many.
func sequence(count int32) string {
	if count < 0 {
		return fmt.Sprintf("%010d", count)
	}
	digits := strconv.Itoa(int(count))
	return "0000000000"[len(digits):] + digits
}
