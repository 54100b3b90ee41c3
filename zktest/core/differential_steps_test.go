//go:build differential

package core

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// connections is how many clients there are.
const connections = 3

// step is one thing that a client does: connect, hang up, or send a frame.
type step struct {
	conn    int
	what    string
	connect *wire.ConnectRequest
	renew   bool
	hangUp  bool
	op      wire.Op
	xid     int32
	frame   []byte
}

// generator makes steps, good ones and bad ones, in a small world where they meet.
type generator struct{ r *rand.Rand }

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

// step is the ith. A connection that was closed by the server is opened again.
func (g *generator) step(i int, s *side) *step {
	c := g.r.IntN(connections)
	if i < connections {
		c = i
	}
	fresh := newSession(30 * time.Second)
	if s.links[c] == nil {
		return &step{conn: c, what: "connect", connect: fresh}
	}
	switch g.r.IntN(150) {
	case 0:
		return &step{conn: c, what: "connect", connect: fresh}
	case 1, 2:
		fresh.HasReadOnly = g.r.IntN(2) == 0
		return &step{conn: c, what: "renew", connect: fresh, renew: true}
	case 3:
		return &step{conn: c, what: "hang up", hangUp: true}
	case 4:
		return g.request(c, int32(i), wire.OpCloseSession)
	}
	return g.request(c, int32(i), pick(g,
		wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer,
		wire.OpCreateTTL, wire.OpDelete, wire.OpDelete, wire.OpSetData, wire.OpSetData, wire.OpSetData, wire.OpSetACL, wire.OpExists,
		wire.OpExists, wire.OpGetData, wire.OpGetData, wire.OpGetACL, wire.OpGetChildren, wire.OpGetChildren, wire.OpGetChildren2,
		wire.OpSync, wire.OpPing, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber, wire.OpAddWatch, wire.OpCheckWatches,
		wire.OpRemoveWatches, wire.OpSetWatches, wire.OpSetWatches2, wire.OpMulti, wire.OpMulti, wire.OpMultiRead, wire.OpWhoAmI,
		wire.OpAuth, wire.OpSASL, wire.OpReconfig,
	))
}

func (g *generator) request(conn int, xid int32, op wire.Op) *step {
	switch op {
	case wire.OpPing:
		xid = wire.XidPing
	case wire.OpAuth:
		xid = wire.XidAuth
	}
	record := g.record(op)
	frame := requestFrame(xid, op, record)
	what := fmt.Sprintf("%v %+v", op, record)
	// Some are cut short, but for those whose connection would not survive it.
	if len(frame) > 13 && g.r.IntN(60) == 0 && op != wire.OpAuth && op != wire.OpSASL {
		frame = slices.Clone(frame[:12+g.r.IntN(len(frame)-12)])
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		what += fmt.Sprintf(", cut to %d", len(frame))
	}
	return &step{conn: conn, what: what, op: op, xid: xid, frame: frame}
}

func (g *generator) path() string {
	if g.r.IntN(40) == 0 {
		return pick(g, "", "/", "x", "/a/", "/a//b", "/.", "/a/..", "/a\x00", "//", "/zookeeper", "/zookeeper/config", "/zookeeper/quota",
			"/é", "/\u0085", "/\ue000", "a/b", "/\x01", "/ ", "/...")
	}
	p := "/" + pick(g, "a", "b", "c")
	for g.r.IntN(2) == 0 && len(p) < 6 {
		p += "/" + pick(g, "a", "b", "c")
	}
	return p
}

func (g *generator) paths() []string {
	list := make([]string, g.r.IntN(3))
	for i := range list {
		list[i] = g.path()
	}
	return list
}

func (g *generator) data() []byte { return pick(g, nil, []byte{}, []byte("one"), []byte("three")) }

func (g *generator) acl() []data.ACL {
	if g.r.IntN(3) > 0 {
		return openACL
	}
	list := make([]data.ACL, g.r.IntN(4))
	for i := range list {
		list[i] = pick(g,
			acl(31, "world", "anyone"), acl(1, "world", "x"), acl(31, "auth", ""), acl(31, "digest", Digest("bob:pw")), acl(1, "digest", "bad"),
			acl(2, "digest", "a:b:"), acl(4, "digest", "a:"), acl(8, "digest", ":b"), acl(16, "digest", ":"), acl(3, "digest", "::"),
			acl(5, "digest", ":b:"), acl(63, "digest", "a:b:c"), acl(25, "ip", "127.0.0.1"), acl(7, "ip", "127.0.0.0/8"), acl(1, "ip", "10.0.0.0/8"),
			acl(1, "ip", "x"), acl(1, "ip", "1.2.3"), acl(1, "ip", "::1"), acl(1, "ip", "1.2.3.4/33"), acl(1, "ip", "1.2.3.4/"),
			acl(1, "ip", "01.2.3.4"), acl(9, "ip", "127.0.0.1/0"), acl(1, "sasl", "x"), acl(1, "super", ""), acl(1, "nope", "x"),
			acl(31, "digest", Digest("super:test")), acl(1, "x509", "CN=a"), acl(0, "world", "anyone"), acl(5, "world", "anyone"),
		)
	}
	if len(list) == 0 && g.r.IntN(2) == 0 {
		return nil
	}
	return list
}

func (g *generator) version() int32 { return pick[int32](g, -1, -1, -1, 0, 1, 2, 7, -2) }
func (g *generator) flags() int32   { return pick[int32](g, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, -1) }
func (g *generator) watch() bool    { return g.r.IntN(2) == 0 }

func (g *generator) record(op wire.Op) wire.Record {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		return &proto.CreateRequest{Path: g.path(), Data: g.data(), Acl: g.acl(), Flags: g.flags()}
	case wire.OpCreateTTL:
		r := &proto.CreateTTLRequest{Path: g.path(), Data: g.data(), Acl: g.acl(), Flags: g.flags(),
			Ttl: pick[int64](g, 0, 1, -5, 1<<39, 1<<40, wire.MaxTTL, 100_000)}
		if !wire.CreateFlags(r.Flags).TTL() && r.Ttl < 0 {
			r.Ttl = 0 // ZooKeeper dies of it
		}
		return r
	case wire.OpDelete:
		return &proto.DeleteRequest{Path: g.path(), Version: g.version()}
	case wire.OpSetData:
		return &proto.SetDataRequest{Path: g.path(), Data: g.data(), Version: g.version()}
	case wire.OpSetACL:
		return &proto.SetACLRequest{Path: g.path(), Acl: g.acl(), Version: g.version()}
	case wire.OpCheck:
		return &proto.CheckVersionRequest{Path: g.path(), Version: g.version()}
	case wire.OpExists:
		return &proto.ExistsRequest{Path: g.path(), Watch: g.watch()}
	case wire.OpGetData:
		return &proto.GetDataRequest{Path: g.path(), Watch: g.watch()}
	case wire.OpGetACL:
		return &proto.GetACLRequest{Path: g.path()}
	case wire.OpGetChildren:
		return &proto.GetChildrenRequest{Path: g.path(), Watch: g.watch()}
	case wire.OpGetChildren2:
		return &proto.GetChildren2Request{Path: g.path(), Watch: g.watch()}
	case wire.OpSync:
		return &proto.SyncRequest{Path: g.path()}
	case wire.OpGetEphemerals:
		return &proto.GetEphemeralsRequest{PrefixPath: pick(g, "", "/", "/a", "/b", "/a/b", " / ")}
	case wire.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberRequest{Path: g.path()}
	case wire.OpAddWatch:
		return &proto.AddWatchRequest{Path: g.path(), Mode: int32(g.r.IntN(4) - 1)}
	case wire.OpCheckWatches:
		return &proto.CheckWatchesRequest{Path: g.path(), Type: int32(g.r.IntN(7))}
	case wire.OpRemoveWatches:
		return &proto.RemoveWatchesRequest{Path: g.path(), Type: int32(g.r.IntN(7))}
	case wire.OpSetWatches:
		return &proto.SetWatches{RelativeZxid: g.r.Int64N(300), DataWatches: g.paths(), ExistWatches: g.paths(), ChildWatches: g.paths()}
	case wire.OpSetWatches2:
		return &proto.SetWatches2{RelativeZxid: g.r.Int64N(300), DataWatches: g.paths(), ExistWatches: g.paths(), ChildWatches: g.paths(),
			PersistentWatches: g.paths(), PersistentRecursiveWatches: g.paths()}
	case wire.OpAuth:
		return &proto.AuthPacket{
			Scheme: pick(g, "digest", "digest", "digest", "digest", "digest", "digest", "ip", "world", "nope"),
			Auth:   []byte(pick(g, "bob:pw", "alice:x", "nocolon", "super:test", "a:b:c")),
		}
	case wire.OpSASL:
		return &proto.GetSASLRequest{Token: []byte{}}
	case wire.OpReconfig:
		return &proto.ReconfigRequest{CurConfigId: -1}
	case wire.OpMulti:
		return g.multi(wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDelete,
			wire.OpSetData, wire.OpSetData, wire.OpCheck)
	case wire.OpMultiRead:
		return g.multi(wire.OpGetData, wire.OpGetChildren)
	}
	return nil
}

func (g *generator) multi(kinds ...wire.Op) *wire.MultiRequest {
	m := &wire.MultiRequest{}
	for range g.r.IntN(5) {
		op := pick(g, kinds...)
		if g.r.IntN(40) == 0 {
			op = pick(g, wire.OpGetData, wire.OpCreate)
		}
		m.Ops = append(m.Ops, wire.MultiOp{Op: op, Record: g.record(op)})
	}
	return m
}
