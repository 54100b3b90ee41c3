package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func opCreate(path string) wire.MultiOp { return opMake(wire.OpCreate, path, 0) }

func opMake(op wire.Op, path string, flags wire.CreateFlags) wire.MultiOp {
	return wire.MultiOp{Op: op, Record: createRequest(path, "x", flags)}
}

func opDelete(path string, version int32) wire.MultiOp {
	return wire.MultiOp{Op: wire.OpDelete, Record: &proto.DeleteRequest{Path: path, Version: version}}
}

func opSet(path, value string, version int32) wire.MultiOp {
	return wire.MultiOp{Op: wire.OpSetData, Record: &proto.SetDataRequest{Path: path, Data: []byte(value), Version: version}}
}

func opCheck(path string, version int32) wire.MultiOp {
	return wire.MultiOp{Op: wire.OpCheck, Record: &proto.CheckVersionRequest{Path: path, Version: version}}
}

func opGet(path string) wire.MultiOp {
	return wire.MultiOp{Op: wire.OpGetData, Record: &proto.GetDataRequest{Path: path, Watch: true}}
}

func opChildren(path string) wire.MultiOp {
	return wire.MultiOp{Op: wire.OpGetChildren, Record: &proto.GetChildrenRequest{Path: path, Watch: true}}
}

// results is one word for each result of a multi.
func results(m *wire.MultiResponse) string {
	words := make([]string, len(m.Results))
	for i, r := range m.Results {
		switch rec := r.Record.(type) {
		case *proto.CreateResponse:
			words[i] = rec.Path
		case *proto.Create2Response:
			words[i] = fmt.Sprintf("%s@%d", rec.Path, rec.Stat.Czxid)
		case *proto.SetDataResponse:
			words[i] = fmt.Sprintf("v%d", rec.Stat.Version)
		case *proto.GetDataResponse:
			words[i] = string(rec.Data)
		case *proto.GetChildrenResponse:
			words[i] = fmt.Sprint(len(rec.Children))
		default:
			words[i] = r.Type.String()
			if r.Type == wire.OpError {
				words[i] = r.Code.String()
			}
		}
	}
	return strings.Join(words, " ")
}

func TestMulti(t *testing.T) {
	w := newWorld(t, Config{ExtendedTypes: true})
	c := w.connect() // zxid 1
	a, m := c.multi(
		opCreate("/p"), opCreate("/p/kid"), opSet("/p", "one", 0), opSet("/p", "two", 1), opCheck("/p", 2),
		opMake(wire.OpCreate, "/p/s-", wire.FlagPersistentSequential), opMake(wire.OpCreate2, "/p/s-", wire.FlagEphemeralSequential),
		opDelete("/p/kid", 0), opMake(wire.OpCreateContainer, "/p/c", wire.FlagContainer),
		wire.MultiOp{Op: wire.OpCreateTTL, Record: &proto.CreateTTLRequest{Path: "/p/t", Acl: openACL, Flags: 5, Ttl: 9}},
	)
	is(t, "code", a.code, wire.OK)
	is(t, "zxid", a.zxid, 2)
	is(t, "results", results(m), "/p /p/kid v1 v2 check /p/s-0000000001 /p/s-0000000002@2 delete /p/c@2 /p/t@2")
	st := c.stat("/p")
	is(t, "children made", st.Cversion, 2*5-4)
	is(t, "one zxid for all", st.Czxid == 2 && st.Mzxid == 2 && st.Pzxid == 2, true)
}

// A failed multi leaves nothing behind, sequence counters included, and fires nothing.
func TestFailedMulti(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/p", "/q")
	before := c.stat("/p")
	c.exists("/p/x", true)
	c.children("/p", true)
	a, m := c.multi(opCreate("/p/x"), opMake(wire.OpCreate, "/p/s", wire.FlagPersistentSequential), opSet("/q", "", -1), opDelete("/q", 7), opCreate("/p/y"), opCreate("bad"))
	is(t, "header says OK", a.code, wire.OK)
	is(t, "results", results(m), "OK OK OK BADVERSION RUNTIMEINCONSISTENCY RUNTIMEINCONSISTENCY")
	i, code, failed := m.Failed()
	is(t, "failed", fmt.Sprint(i, code, failed), fmt.Sprint(3, wire.CodeBadVersion, true))
	is(t, "zxid is taken", a.zxid, w.s.Zxid())
	is(t, "nothing changed", c.stat("/p"), before)
	is(t, "no events", c.takeEvents(), "")
	path, _ := c.create("/p/s", "", wire.FlagPersistentSequential)
	is(t, "counter", path, "/p/s0000000000")
	is(t, "watches are still there", c.takeEvents(), "NodeChildrenChanged /p")
	is(t, "the leader has forgotten it", len(w.s.leader.staged)+len(w.s.leader.order), 0)
}

func TestMultiSeesItself(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a", "/a/b")
	for _, x := range []struct {
		want string
		ops  []wire.MultiOp
	}{
		{"delete delete", []wire.MultiOp{opDelete("/a/b", -1), opDelete("/a", -1)}},
		{"/a /a/b", []wire.MultiOp{opCreate("/a"), opCreate("/a/b")}},
		{"OK NODEEXISTS", []wire.MultiOp{opCreate("/new"), opCreate("/new")}},
		{"OK NONODE", []wire.MultiOp{opDelete("/a/b", -1), opSet("/a/b", "", -1)}},
		{"OK NOTEMPTY", []wire.MultiOp{opCreate("/a/c"), opDelete("/a", -1)}},
		{"OK OK NOCHILDRENFOREPHEMERALS", []wire.MultiOp{opDelete("/a/b", -1), opMake(wire.OpCreate, "/a/b", 1), opCreate("/a/b/c")}},
		{"OK BADVERSION", []wire.MultiOp{opSet("/a", "", 0), opSet("/a", "", 0)}},
		// A container that was asked for with the flags of an ephemeral counts as one until it is made.
		{"OK NOCHILDRENFOREPHEMERALS", []wire.MultiOp{opMake(wire.OpCreateContainer, "/c", 1), opCreate("/c/d")}},
	} {
		_, m := c.multi(x.ops...)
		is(t, "results", results(m), x.want)
	}
}

func TestEmptyMulti(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	a, m := c.multi()
	is(t, "code", a.code, wire.OK)
	is(t, "zxid", a.zxid, 2)
	is(t, "results", len(m.Results), 0)
}

// What a create in a multi makes goes by its flags, and how it is answered by the version.
func TestCreatesInMulti(t *testing.T) {
	create := func(op wire.Op, flags wire.CreateFlags) wire.MultiOp { return opMake(op, "/n", flags) }
	ttl := func(flags wire.CreateFlags) wire.MultiOp {
		return wire.MultiOp{Op: wire.OpCreateTTL, Record: &proto.CreateTTLRequest{Path: "/n", Acl: openACL, Flags: int32(flags), Ttl: 5}}
	}
	for _, x := range []struct {
		v    Version
		op   wire.MultiOp
		want string // type of the result and kind of node, or a code
	}{
		{V3_9, create(wire.OpCreate, 0), "create plain"},
		{V3_9, create(wire.OpCreate, 4), "create2 container"},
		{V3_9, create(wire.OpCreate, 5), "MARSHALLINGERROR"},
		{V3_9, create(wire.OpCreate, 9), "MARSHALLINGERROR"},
		{V3_9, create(wire.OpCreate2, 0), "create2 plain"},
		{V3_9, create(wire.OpCreate2, 4), "create2 container"},
		{V3_9, create(wire.OpCreateContainer, 0), "create2 container"},
		{V3_9, ttl(0), "create plain"},
		{V3_9, ttl(4), "create2 container"},
		{V3_9, ttl(5), "create2 ttl"},
		{V3_9, ttl(9), "BADARGUMENTS"},
		{V(3, 8, 0), create(wire.OpCreate2, 0), "create plain"},
		{V(3, 8, 0), create(wire.OpCreate2, 4), "create2 container"},
		{V(3, 8, 0), create(wire.OpCreateContainer, 0), "create plain"},
		{V(3, 8, 0), create(wire.OpCreate, 5), "MARSHALLINGERROR"},
		{V(3, 8, 0), create(wire.OpCreate, 9), "BADARGUMENTS"},
		{V(3, 8, 2), create(wire.OpCreate2, 0), "create2 plain"},
		{V(3, 7, 1), create(wire.OpCreate2, 0), "create plain"},
		{V(3, 7, 2), create(wire.OpCreate2, 0), "create2 plain"},
		{V3_4, create(wire.OpCreate, 0), "create plain"},
		{V3_4, create(wire.OpCreate2, 0), "MARSHALLINGERROR"},
		{V3_4, create(wire.OpCreate, 5), "BADARGUMENTS"},
	} {
		w := newWorld(t, Config{Version: x.v, ExtendedTypes: true})
		a, m := w.connect().multi(x.op)
		got := a.code.String()
		if a.code == wire.OK {
			got = m.Results[0].Code.String()
			if n, ok := w.s.State().Node("/n"); ok {
				got = m.Results[0].Type.String() + " " + n.Kind.String()
			}
		}
		is(t, fmt.Sprintf("%v %v", x.v, x.op), got, x.want)
	}
}

func TestUnreadableMulti(t *testing.T) {
	null := wire.MultiOp{Op: wire.OpCreate, Record: &proto.CreateRequest{Path: "/n"}}
	for _, x := range []struct {
		name  string
		op    wire.Op
		ops   []wire.MultiOp
		zxids int64
		body  int // bytes behind the header: an empty response has 9
	}{
		{"reads in a multi", wire.OpMulti, []wire.MultiOp{opGet("/")}, 1, 0},
		{"mixed", wire.OpMulti, []wire.MultiOp{opCreate("/n"), opGet("/")}, 1, 0},
		{"null ACL", wire.OpMulti, []wire.MultiOp{opCreate("/n"), null}, 0, 0},
		{"null ACL behind a read", wire.OpMulti, []wire.MultiOp{opGet("/"), null}, 0, 0},
		{"writes in a multiRead", wire.OpMultiRead, []wire.MultiOp{opCreate("/n")}, 0, 9},
		{"mixed multiRead", wire.OpMultiRead, []wire.MultiOp{opGet("/"), opCreate("/n")}, 0, 0},
	} {
		w := newWorld(t, Config{})
		c := w.connect()
		a := c.ask(x.op, &wire.MultiRequest{Ops: x.ops})
		is(t, x.name, a.code, wire.CodeMarshallingError)
		is(t, x.name+" zxids", w.s.Zxid()-1, x.zxids)
		is(t, x.name+" body", len(a.body), x.body)
		is(t, x.name+" changes nothing", len(w.s.State().Nodes("/")), 4)
		is(t, x.name+" keeps the connection", c.do(wire.OpPing, nil, nil), wire.OK)
	}
	ttl := &proto.CreateTTLRequest{Path: "/n", Flags: int32(wire.FlagPersistentTTL), Ttl: 1}
	_, m := newWorld(t, Config{ExtendedTypes: true}).connect().multi(wire.MultiOp{Op: wire.OpCreateTTL, Record: ttl})
	is(t, "a null ACL of createTTL can be read", results(m), "INVALIDACL")
	w := newWorld(t, Config{Version: V(3, 8, 4)})
	a := w.connect().ask(wire.OpMulti, &wire.MultiRequest{Ops: []wire.MultiOp{null}})
	is(t, "before 3.9 a null ACL has a response", len(a.body), 9)

	// 3.5 stumbles over it only when it gets there, and takes back what it did before.
	w = newWorld(t, Config{Version: V3_5})
	c := w.connect()
	a, _ = c.multi(opCreate("/a"), opMake(wire.OpCreate, "/b", 1), null, opCreate("/c"))
	is(t, "3.5", a.code, wire.CodeMarshallingError)
	is(t, "zxid", w.s.Zxid(), 2)
	is(t, "the leader is done with it", w.s.leader.multi, false)
	w.s.check(t)
	c.make("/a")
}

func TestMultiRead(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a", "/a/x", "/a/y", "/secret")
	c.set("/a", "value", -1)
	c.setACL("/secret", readACL, -1)
	var m wire.MultiResponse
	is(t, "code", c.do(wire.OpMultiRead, &wire.MultiRequest{Ops: []wire.MultiOp{opGet("/a"), opGet("/missing"), opChildren("/a"), opChildren("/b"), opGet("/")}}, &m), wire.OK)
	is(t, "results", results(&m), "value NONODE 2 NONODE ")
	is(t, "watch flags are ignored", len(w.s.Watches()), 0)
	is(t, "empty", c.do(wire.OpMultiRead, &wire.MultiRequest{}, &m), wire.OK)
}

// A frame of 1 MB can ask for far more than memory has.
func TestMultiReadIsBounded(t *testing.T) {
	w := newWorld(t, Config{MaxOutput: 1 << 20})
	c := w.connect()
	c.create("/big", strings.Repeat("x", 1<<19), 0)
	ops := make([]wire.MultiOp, 1000)
	for i := range ops {
		ops[i] = opGet("/big")
	}
	c.send(wire.OpMultiRead, &wire.MultiRequest{Ops: ops})
	is(t, "cut", c.closed, true)
	is(t, "nothing sent", len(c.in), 0)
}
