package differential

import (
	"math"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"pgregory.net/rapid"
)

// ops are the operations of ordinary requests; what is there twice is drawn twice as often.
var ops = []wire.Op{
	wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreate2,
	wire.OpCreateContainer, wire.OpCreateTTL,
	wire.OpDelete, wire.OpDelete, wire.OpDelete, wire.OpSetData, wire.OpSetData, wire.OpSetData, wire.OpSetACL, wire.OpGetACL,
	wire.OpExists, wire.OpExists, wire.OpGetData, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2,
	wire.OpGetEphemerals, wire.OpGetAllChildrenNumber, wire.OpSync, wire.OpPing, wire.OpWhoAmI,
	wire.OpMulti, wire.OpMulti, wire.OpMulti, wire.OpMultiRead,
	wire.OpAddWatch, wire.OpAddWatch, wire.OpCheckWatches, wire.OpRemoveWatches, wire.OpSetWatches, wire.OpSetWatches2,
	wire.OpDeleteContainer,
}

// readOps take no zxid.
var readOps = []wire.Op{
	wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2, wire.OpGetACL, wire.OpPing, wire.OpAddWatch,
}

func (p *profile) requests() *rapid.Generator[request] { return p.requestsOf(ops) }

// reads are requests of which it does not matter whether the server takes them in before it closes the connection.
func (p *profile) reads() *rapid.Generator[request] { return p.requestsOf(readOps) }

func (p *profile) requestsOf(ops []wire.Op) *rapid.Generator[request] {
	var known []wire.Op
	for _, op := range ops {
		if p.version.AtLeast(op.Since()) { // or the connection closes, overtaking replies: see lonely
			known = append(known, op)
		}
	}
	return rapid.Custom(func(t *rapid.T) request {
		r := request{Op: pick(t, known)}
		r.Record = p.record(t, r.Op)
		switch r.Op {
		case wire.OpSetWatches, wire.OpSetWatches2:
			r.Xid, r.Zxid = wire.XidSetWatches, zxids().Draw(t, "zxid")
		case wire.OpPing:
			r.Xid = wire.XidPing
		}
		switch n := below(t, 50); {
		case n == 1:
			r.Xid = pick(t, []int32{0, 1, 7, -2, -5, -8, math.MaxInt32, math.MinInt32})
		case n < 4 && p.mayMangle(r.Record):
			r.Mangle = mangles().Draw(t, "mangle")
		}
		if p.unsent(&r) {
			return request{Op: wire.OpPing, Xid: wire.XidPing}
		}
		return r
	})
}

// watching draws requests that set watches on one path and others that look for them, and remove them.
func (p *profile) watching(t *rapid.T) []request {
	path := p.path(t)
	var requests []request
	for range 2 + below(t, 4) {
		r := request{Op: wire.OpAddWatch, Record: &proto.AddWatchRequest{Path: path, Mode: int32(below(t, 2))}}
		kind := int32(1 + below(t, 5))
		switch below(t, 8) {
		case 0:
			r = request{Op: wire.OpExists, Record: &proto.ExistsRequest{Path: path, Watch: true}}
		case 1:
			r = request{Op: wire.OpGetChildren, Record: &proto.GetChildrenRequest{Path: path, Watch: true}}
		case 2:
			r = request{Op: wire.OpCheckWatches, Record: &proto.CheckWatchesRequest{Path: path, Type: kind}}
		case 3, 4:
			r = request{Op: wire.OpRemoveWatches, Record: &proto.RemoveWatchesRequest{Path: path, Type: kind}}
		case 5:
			lists := [5][]string{{}, {}, {}, {}, {}}
			lists[kind-1] = []string{path}
			r = request{Op: wire.OpSetWatches2, Xid: wire.XidSetWatches, Zxid: zxids().Draw(t, "zxid"), Record: &proto.SetWatches2{
				DataWatches: lists[0], ExistWatches: lists[1], ChildWatches: lists[2], PersistentWatches: lists[3], PersistentRecursiveWatches: lists[4]}}
		case 6:
			r = request{Op: wire.OpSetData, Record: &proto.SetDataRequest{Path: path, Version: wire.AnyVersion}}
		}
		if p.confined(r.Record); p.version.AtLeast(r.Op.Since()) && !p.unsent(&r) {
			requests = append(requests, r)
		}
	}
	if len(requests) == 0 {
		return []request{{Op: wire.OpPing, Xid: wire.XidPing}}
	}
	return requests
}

// lonely generates requests whose answer does not wait its turn, or closes the connection: nothing is sent with them.
func (p *profile) lonely() *rapid.Generator[request] {
	return rapid.Custom(func(t *rapid.T) request {
		r := request{Op: pick(t, []wire.Op{
			wire.OpAuth, wire.OpAuth, wire.OpAuth, wire.OpAuth, wire.OpAuth, wire.OpAuth, wire.OpSASL, wire.OpReconfig,
			wire.OpCheck, wire.OpError, wire.OpNotification, wire.OpWhoAmI, wire.OpAddWatch, 99, -2, 50, 1000,
		})}
		switch r.Op {
		case wire.OpAuth:
			r.Xid = wire.XidAuth
			r.Record = authPackets().Draw(t, "packet")
		case wire.OpSASL:
			r.Record = &proto.GetSASLRequest{Token: pick(t, [][]byte{nil, {}, []byte("token")})}
		case wire.OpReconfig:
			r.Record = &proto.ReconfigRequest{NewMembers: []byte("server.1=127.0.0.1:1:1;1"), CurConfigId: -1}
		case wire.OpCheck:
			r.Record = &proto.CheckVersionRequest{Path: "~/a", Version: -1}
		case wire.OpAddWatch:
			r.Record = &proto.AddWatchRequest{Path: "~/a"}
		}
		if below(t, 20) == 1 {
			r.Mangle = mangles().Draw(t, "mangle")
		}
		if p.unsent(&r) {
			return request{Op: wire.OpPing, Xid: wire.XidPing}
		}
		return r
	})
}

func authPackets() *rapid.Generator[*proto.AuthPacket] {
	return rapid.Custom(func(t *rapid.T) *proto.AuthPacket {
		a := &proto.AuthPacket{Scheme: "digest"}
		switch below(t, 20) {
		case 1:
			a.Scheme = "ip"
		case 2:
			a.Scheme = pick(t, []string{"world", "auth", "super", "sasl", "x509", "nope", ""})
		case 3:
			a.Type = 5
		}
		a.Auth = pick(t, credentials)
		return a
	})
}

// credentials that ACLs below are made for, and odd ones.
var credentials = [][]byte{
	[]byte("bob:pw"), []byte("bob:pw"), []byte("bob:pw"), []byte("alice:x"), []byte("alice:x"), []byte("super:" + superPassword),
	[]byte("super:wrong"), []byte("nocolon"), []byte("a:b:c"), []byte(":"), {}, nil, []byte("\xff\xfe:x"), []byte("é:ü"),
}

// record generates the record of an operation, nil if it has none.
func (p *profile) record(t *rapid.T, op wire.Op) wire.Record { return p.confined(p.anyRecord(t, op)) }

func (p *profile) anyRecord(t *rapid.T, op wire.Op) wire.Record {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		return &proto.CreateRequest{Path: p.path(t), Data: nodeData(t), Acl: acl(t), Flags: flags(t, op)}
	case wire.OpCreateTTL:
		return &proto.CreateTTLRequest{Path: p.path(t), Data: nodeData(t), Acl: acl(t), Flags: flags(t, op),
			Ttl: pick(t, []int64{100_000, 1, 0, -1, -5, wire.MaxTTL, wire.MaxTTL + 1, math.MaxInt64})}
	case wire.OpDelete:
		return &proto.DeleteRequest{Path: p.path(t), Version: version(t)}
	case wire.OpDeleteContainer:
		return &proto.DeleteContainerRequest{Path: p.path(t)}
	case wire.OpSetData:
		return &proto.SetDataRequest{Path: p.path(t), Data: nodeData(t), Version: version(t)}
	case wire.OpSetACL:
		return &proto.SetACLRequest{Path: p.path(t), Acl: acl(t), Version: version(t)}
	case wire.OpCheck:
		return &proto.CheckVersionRequest{Path: p.path(t), Version: version(t)}
	case wire.OpExists:
		return &proto.ExistsRequest{Path: p.path(t), Watch: below(t, 2) == 1}
	case wire.OpGetData:
		return &proto.GetDataRequest{Path: p.path(t), Watch: below(t, 2) == 1}
	case wire.OpGetACL:
		return &proto.GetACLRequest{Path: p.path(t)}
	case wire.OpGetChildren:
		return &proto.GetChildrenRequest{Path: p.path(t), Watch: below(t, 2) == 1}
	case wire.OpGetChildren2:
		return &proto.GetChildren2Request{Path: p.path(t), Watch: below(t, 2) == 1}
	case wire.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberRequest{Path: p.path(t)}
	case wire.OpGetEphemerals:
		return &proto.GetEphemeralsRequest{PrefixPath: pick(t, []string{"~", "~/a", "~/a/x", "", "/", " / ", "a", "\t"})}
	case wire.OpSync:
		return &proto.SyncRequest{Path: p.path(t)}
	case wire.OpAddWatch:
		return &proto.AddWatchRequest{Path: p.path(t), Mode: pick(t, []int32{0, 1, 0, 1, 0, 1, 2, -1})}
	case wire.OpCheckWatches:
		return &proto.CheckWatchesRequest{Path: p.path(t), Type: pick(t, watcherTypes)}
	case wire.OpRemoveWatches:
		return &proto.RemoveWatchesRequest{Path: p.path(t), Type: pick(t, watcherTypes)}
	case wire.OpSetWatches:
		return &proto.SetWatches{DataWatches: p.paths(t), ExistWatches: p.paths(t), ChildWatches: p.paths(t)}
	case wire.OpSetWatches2:
		return &proto.SetWatches2{DataWatches: p.paths(t), ExistWatches: p.paths(t), ChildWatches: p.paths(t),
			PersistentWatches: p.paths(t), PersistentRecursiveWatches: p.paths(t)}
	case wire.OpMulti, wire.OpMultiRead:
		return p.multi(t, op)
	}
	return nil
}

var watcherTypes = []int32{1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 0, 6}

var (
	multiWrites = []wire.Op{wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL,
		wire.OpDelete, wire.OpDelete, wire.OpSetData, wire.OpSetData, wire.OpCheck}
	multiReads = []wire.Op{wire.OpGetData, wire.OpGetChildren}
	multiOdd   = []wire.Op{wire.OpGetData, wire.OpCreate, wire.OpExists, wire.OpSetACL, wire.OpDeleteContainer}
)

func (p *profile) multi(t *rapid.T, op wire.Op) wire.Record {
	kinds := multiWrites
	if op == wire.OpMultiRead {
		kinds = multiReads
	}
	part := rapid.Custom(func(t *rapid.T) wire.MultiOp {
		o := pick(t, kinds)
		if below(t, 40) == 1 {
			o = pick(t, multiOdd)
		}
		return wire.MultiOp{Op: o, Record: p.record(t, o)}
	})
	return &wire.MultiRequest{Ops: rapid.SliceOfN(part, 0, 6).Draw(t, "multi")}
}

func (p *profile) paths(t *rapid.T) []string {
	n := below(t, 4)
	if n == 0 && below(t, 10) == 1 {
		return nil
	}
	paths := make([]string, n)
	for i := range paths {
		paths[i] = p.path(t)
	}
	return paths
}
