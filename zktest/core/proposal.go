package core

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// proposal is one request on its way to being a transaction.
type proposal struct {
	leader  *Leader
	txn     *Txn
	request *Request
	now     time.Time
}

// single handles everything but multi.
func (p *proposal) single() wire.Code {
	switch {
	case p.request.Op == wire.OpDeleteContainer && !p.leader.cfg.Version.from(3, 9, 0):
		// The body was read as a bare path, in which the length in front of a string is a bad character.
		return wire.CodeBadArguments
	case p.request.Record == nil:
		return wire.CodeMarshallingError
	case p.request.Op == wire.OpReconfig:
		r, _ := p.request.Record.(*proto.ReconfigRequest)
		return p.reconfig(r)
	}
	return p.add(p.request.Op, p.request.Record)
}

// multi prepares operation by operation, each seeing those before it. The first that fails undoes all.
func (p *proposal) multi() wire.Code {
	m, ok := p.request.Record.(*wire.MultiRequest)
	if !ok || !m.Fits(wire.OpMulti) || multiFault(p.leader.cfg.Version, m) != noFault {
		return wire.CodeMarshallingError
	}
	p.txn.Changes = make([]Change, 0, len(m.Ops))
	p.leader.begin()
	for i := range m.Ops {
		code := p.add(p.kindInMulti(&m.Ops[i]), m.Ops[i].Record)
		if code == wire.CodeMarshallingError { // the server stumbles, over all of it
			p.leader.end(true)
			return code
		}
		if code != wire.OK {
			p.txn.Parts, p.txn.Failed, p.txn.FailedCode = len(m.Ops), i, code
			p.txn.Changes = nil
			break
		}
	}
	p.leader.end(p.txn.FailedCode != wire.OK)
	return wire.OK
}

// kindInMulti is what an operation of a multi is taken for. Unlike alone, what it is goes by its flags, in
// later versions only partly.
func (p *proposal) kindInMulti(op *wire.MultiOp) wire.Op {
	var flags wire.CreateFlags
	switch r := op.Record.(type) {
	case *proto.CreateRequest:
		flags = wire.CreateFlags(r.Flags)
	case *proto.CreateTTLRequest:
		flags = wire.CreateFlags(r.Flags)
	default:
		return op.Op
	}
	switch {
	case flags > p.leader.cfg.Version.maxCreateFlag():
	case flags == wire.FlagContainer:
		return wire.OpCreateContainer
	case flags.TTL():
		return wire.OpCreateTTL
	case p.leader.cfg.Version.strictMulti() && (op.Op == wire.OpCreateContainer || op.Op == wire.OpCreate2):
		return op.Op
	}
	return wire.OpCreate
}

// decodeWrite reads the record of a write; as far as it could be read if there is an error. One whose path is null is nil without an error: the server stumbles over it
// later.
func decodeWrite(op wire.Op, body []byte) (wire.Record, error) {
	record := op.NewRequest()
	if record == nil {
		return nil, nil
	}
	if err := wire.Decode(body, record); err != nil {
		return record, err
	}
	if op != wire.OpSync && op != wire.OpMulti && op != wire.OpReconfig && nullPath(body) {
		return nil, nil
	}
	return record, nil
}

// fault is why a server stumbles over a multi while reading it, which is MARSHALLINGERROR for all of it.
type fault uint8

const (
	noFault   fault = iota
	badPart         // reads and writes mixed, an unknown operation, or flags that do not go with the record; costs a zxid
	nullInACL       // a null ACL, unlike an empty one, but for createTTL; costs none, and before 3.9 is answered with an empty response
)

// multiFault is the first one. What could not be decoded is not in m, and comes behind it.
func multiFault(v Version, m *wire.MultiRequest) fault {
	for i := range m.Ops {
		op := m.Ops[i].Op
		if !v.knows(op) {
			return badPart
		}
		if r, ok := m.Ops[i].Record.(*proto.CreateRequest); ok && v.strictMulti() {
			switch flags := wire.CreateFlags(r.Flags); {
			case !flags.Valid():
				return badPart
			case r.Acl == nil:
				return nullInACL
			case flags.TTL():
				return badPart
			}
		}
		if op.MultiRead() != m.Ops[0].Op.MultiRead() {
			return badPart
		}
	}
	return noFault
}

// add checks one operation and adds the change it makes.
func (p *proposal) add(op wire.Op, record wire.Record) wire.Code {
	var ch Change
	var code wire.Code
	switch r := record.(type) {
	case *proto.CreateRequest:
		if op == wire.OpCreateTTL {
			return wire.CodeMarshallingError // in a multi, see kindInMulti; the record has no ttl
		}
		ch, code = p.create(&creation{op: op, path: r.Path, data: r.Data, acl: r.Acl, flags: wire.CreateFlags(r.Flags), ttl: noTTL})
	case *proto.CreateTTLRequest:
		ch, code = p.create(&creation{op: op, path: r.Path, data: r.Data, acl: r.Acl, flags: wire.CreateFlags(r.Flags), ttl: r.Ttl})
	case *proto.DeleteRequest:
		ch, code = p.delete(r)
	case *proto.DeleteContainerRequest:
		ch, code = p.deleteContainer(r)
	case *proto.SetDataRequest:
		ch, code = p.setData(r)
	case *proto.SetACLRequest:
		ch, code = p.setACL(r)
	case *proto.CheckVersionRequest:
		ch, code = p.check(r)
	default:
		code = wire.CodeMarshallingError
	}
	if code == wire.OK {
		p.txn.Changes = append(p.txn.Changes, ch)
	}
	return code
}

func (p *proposal) allowed(acl []data.ACL, want int32) bool {
	return p.leader.cfg.allowed(acl, want, p.request.Auth)
}

// fixACL is the ACL to be stored.
func (p *proposal) fixACL(acl []data.ACL) ([]data.ACL, wire.Code) {
	cfg := &p.leader.cfg
	if acl == nil && !cfg.Version.forgivesNullACL() {
		return nil, wire.CodeMarshallingError
	}
	fixed, ok := cfg.fixACL(acl, p.request.Auth)
	if !ok {
		return nil, wire.CodeInvalidACL
	}
	return fixed, wire.OK
}

// nullPath reports a record whose leading string is null, which throws in the server: MARSHALLINGERROR.
func nullPath(body []byte) bool {
	return len(body) >= 4 && body[0] == 0xff && body[1] == 0xff && body[2] == 0xff && body[3] == 0xff
}

// reconfig has nothing to reconfigure on a server that stands alone. In ZooKeeper's order, what is asked for is looked at
// before who asks.
func (p *proposal) reconfig(r *proto.ReconfigRequest) wire.Code {
	switch {
	case !p.leader.cfg.Reconfig:
		return wire.CodeReconfigDisabled
	case p.leader.Reconfigure == nil || r == nil:
		return wire.CodeUnimplemented
	}
	text, code := p.leader.Reconfigure(r, p.txn.Zxid)
	if code != wire.OK {
		return code
	}
	n, _ := p.leader.record(configPath)
	if !p.allowed(n.acl, wire.PermWrite) {
		return wire.CodeNoAuth
	}
	n.version, n.length = -1, int32(len(text))
	p.leader.stage(p.txn.Zxid, configPath, n)
	p.txn.Changes = append(p.txn.Changes, Change{Op: wire.OpSetData, Result: wire.OpSetData, Path: configPath, Data: text, Version: -1})
	return wire.OK
}
