package core

import (
	"fmt"
	"math"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestFixedNodes(t *testing.T) {
	for _, v := range []Version{V3_4, V3_9} {
		w := newWorld(t, Config{Version: v, Whitelist: []string{"*"}})
		c := w.connect()
		cversion := map[string]int32{"/": -1, "/zookeeper": -2, "/zookeeper/quota": 0, "/zookeeper/config": 0}
		count := 5
		if v == V3_4 {
			cversion["/zookeeper"], count = -1, 4
			delete(cversion, "/zookeeper/config")
			_, code := c.exists("/zookeeper/config", false)
			is(t, "3.4 has no config node", code, wire.CodeNoNode)
		}
		for path, cv := range cversion {
			value, st, code := c.get(path, false)
			is(t, path, code, wire.OK)
			is(t, path+" data", value, "")
			want := data.Stat{Cversion: cv, NumChildren: st.NumChildren}
			if path == "/zookeeper/config" {
				want.Aversion = -1
			}
			is(t, path, st, want)
			is(t, "delete "+path, c.delete(path, -1), wire.CodeBadArguments)
		}
		_, code := c.set("/", "x", -1)
		is(t, "the root can be written", code, wire.OK)
		is(t, "nodes", w.s.state.tree.count(), count)
	}
	w := newWorld(t, Config{})
	c := w.connect()
	_, code := c.set("/zookeeper/config", "x", -1)
	is(t, "config is read-only", code, wire.CodeNoAuth)
	children, _ := c.children("", false)
	is(t, "the empty path is the root", fmt.Sprint(children), "[zookeeper]")
}

func TestSetData(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a", "/a/kid")
	before := c.stat("/a")
	w.now = w.now.Add(1e9)
	st, code := c.set("/a", "four", 0)
	is(t, "code", code, wire.OK)
	want := before
	want.Version, want.Mzxid, want.Mtime, want.DataLength = 1, w.s.Zxid(), w.now.UnixMilli(), 4
	is(t, "stat", st, want)
	for _, x := range []struct {
		path    string
		version int32
		code    wire.Code
	}{
		{"/a", 0, wire.CodeBadVersion}, {"/a", 2, wire.CodeBadVersion}, {"/a", 1, wire.OK}, {"/a", -1, wire.OK}, {"/a", -2, wire.CodeBadVersion},
		{"/b", -1, wire.CodeNoNode}, {"a", -1, wire.CodeBadArguments}, {"/a/", -1, wire.CodeBadArguments}, {"", -1, wire.CodeBadArguments},
	} {
		_, code := c.set(x.path, "x", x.version)
		is(t, fmt.Sprintf("set %q version %d", x.path, x.version), code, x.code)
	}
	n := w.s.state.tree.get("/a")
	n.version = math.MaxInt32
	st, _ = c.set("/a", "x", math.MaxInt32)
	is(t, "version wraps", st.Version, math.MinInt32)
}

func TestDeleteCheckOrder(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/p", "/p/kid", "/noperm", "/noperm/a")
	c.setACL("/noperm", readACL, -1)
	for _, x := range []struct {
		path    string
		version int32
		code    wire.Code
	}{
		{"", 0, wire.CodeBadArguments}, {"a", 0, wire.CodeBadArguments}, {"/\x00", 0, wire.CodeBadArguments},
		{"/zookeeper", 0, wire.CodeBadArguments},
		{"/missing/x", 0, wire.CodeNoNode},
		{"/noperm/missing", 0, wire.CodeNoAuth},
		{"/missing", 0, wire.CodeNoNode},
		{"/p", 7, wire.CodeBadVersion}, // before NOTEMPTY
		{"/p", 0, wire.CodeNotEmpty},
		{"/p/kid", 1, wire.CodeBadVersion},
		{"/p/kid", 0, wire.OK}, {"/p", -1, wire.OK},
	} {
		is(t, fmt.Sprintf("delete %q version %d", x.path, x.version), c.delete(x.path, x.version), x.code)
	}
	old := newWorld(t, Config{Version: V3_5}).connect()
	old.make("/noperm")
	old.setACL("/noperm", readACL, -1)
	is(t, "before 3.6 the node is looked for first", old.delete("/noperm/missing", -1), wire.CodeNoNode)

	// The ACL of the node itself does not matter.
	c.make("/locked")
	c.setACL("/locked", readACL, -1)
	is(t, "delete without a right on the node", c.delete("/locked", -1), wire.OK)
}

func TestSetACL(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a")
	before := c.stat("/a")
	var resp proto.SetACLResponse
	is(t, "setACL", c.do(wire.OpSetACL, &proto.SetACLRequest{Path: "/a", Acl: openACL, Version: 0}, &resp), wire.OK)
	want := before
	want.Aversion = 1
	is(t, "only the ACL version changes", resp.Stat, want)
	bad := []data.ACL{{Perms: 1, Id: data.Id{Scheme: "nope"}}}
	for _, x := range []struct {
		path    string
		acl     []data.ACL
		version int32
		code    wire.Code
	}{
		{"/a/", bad, 9, wire.CodeBadArguments}, {"/missing", bad, 9, wire.CodeInvalidACL}, {"/missing", openACL, 9, wire.CodeNoNode},
		{"/zookeeper/config", openACL, 9, wire.CodeNoAuth}, {"/a", openACL, 9, wire.CodeBadVersion}, {"/a", openACL, 1, wire.OK},
	} {
		is(t, fmt.Sprintf("setACL %q version %d", x.path, x.version), c.setACL(x.path, x.acl, x.version), x.code)
	}
}

// Zxids: one for every write, whether it works or not, and none for anything else.
func TestZxids(t *testing.T) {
	w := newWorld(t, Config{})
	is(t, "at the start", w.s.Zxid(), 0)
	c := w.connect()
	is(t, "createSession", w.s.Zxid(), 1)
	step := func(what string, takes int64, f func()) {
		t.Helper()
		before := w.s.Zxid()
		f()
		is(t, what, w.s.Zxid()-before, takes)
	}
	step("create", 1, func() { c.make("/a") })
	step("failed create", 1, func() { c.create("/a", "", 0) })
	step("failed delete", 1, func() { c.delete("/b", -1) })
	step("set", 1, func() { c.set("/a", "", -1) })
	step("setACL", 1, func() { c.setACL("/a", openACL, -1) })
	step("multi", 1, func() { c.multi(opCreate("/m"), opDelete("/m", -1)) })
	step("failed multi", 1, func() { c.multi(opDelete("/m", -1)) })
	step("empty multi", 1, func() { c.multi() })
	step("unreadable multi", 1, func() { c.write(requestFrame(9, wire.OpMulti, nil)); c.reply() })
	step("unreadable create", 0, func() { c.write(requestFrame(9, wire.OpCreate, nil)); c.reply() })
	step("reconfig", 1, func() { c.do(wire.OpReconfig, &proto.ReconfigRequest{CurConfigId: -1}, nil) })
	step("ping", 0, func() { c.do(wire.OpPing, nil, nil) })
	step("read", 0, func() { c.get("/a", true) })
	step("sync", 0, func() { c.do(wire.OpSync, &proto.SyncRequest{Path: "/a"}, nil) })
	step("auth", 0, func() { c.auth("digest", "a:b") })
	step("sasl", 0, func() { c.do(wire.OpSASL, &proto.GetSASLRequest{Token: []byte{}}, nil) })
	step("setWatches", 0, func() { c.do(wire.OpSetWatches, &proto.SetWatches{}, nil) })
	step("renewal", 0, func() { c = c.resume() })
	step("closeSession", 1, func() { c.do(wire.OpCloseSession, nil, nil) })

	w = newWorld(t, Config{Version: V(3, 8, 4)})
	c = w.connect()
	step("unreadable create before 3.9", 1, func() { c.write(requestFrame(9, wire.OpCreate, nil)); c.reply() })
	step("unreadable reconfig", 0, func() { c.write(requestFrame(9, wire.OpReconfig, nil)); c.reply() })
}

// The zxid in a header is the server's last, for reads too; 0 for auth and SASL, -1 for unknown operations.
func TestReplyZxid(t *testing.T) {
	w := newWorld(t, Config{})
	a, b := w.connect(), w.connect()
	a.make("/a")
	is(t, "ping", b.ask(wire.OpPing, nil).zxid, 3)
	is(t, "read", b.ask(wire.OpGetData, &proto.GetDataRequest{Path: "/a"}).zxid, 3)
	is(t, "failed read", b.ask(wire.OpGetData, &proto.GetDataRequest{Path: "/b"}).zxid, 3)
	is(t, "failed write", b.ask(wire.OpDelete, &proto.DeleteRequest{Path: "/b"}).zxid, 4)
	is(t, "auth", b.ask(wire.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("a:b")}).zxid, 0)
	is(t, "sasl", b.ask(wire.OpSASL, &proto.GetSASLRequest{Token: []byte{}}).zxid, 0)
	is(t, "unknown", b.ask(wire.Op(77), nil).zxid, -1)
}

func TestReads(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a", "/a/x", "/a/y", "/a/y/z", "/ab")
	var kids proto.GetChildren2Response
	is(t, "getChildren2", c.do(wire.OpGetChildren2, &proto.GetChildren2Request{Path: "/a"}, &kids), wire.OK)
	is(t, "children", len(kids.Children), 2)
	is(t, "stat", kids.Stat, c.stat("/a"))
	for path, want := range map[string]int32{"/": 8, "": 9, "/a": 3, "/a/y": 1, "/ab": 0} {
		var resp proto.GetAllChildrenNumberResponse
		c.do(wire.OpGetAllChildrenNumber, &proto.GetAllChildrenNumberRequest{Path: path}, &resp)
		is(t, fmt.Sprintf("getAllChildrenNumber %q", path), resp.TotalNumber, want)
	}
	for _, op := range []wire.Op{wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2, wire.OpGetACL, wire.OpExists, wire.OpGetAllChildrenNumber} {
		// Paths of reads are not validated.
		for _, path := range []string{"/missing", "a", "/a/", "//"} {
			is(t, fmt.Sprintf("%v %q", op, path), c.do(op, readRequest(op, path), nil), wire.CodeNoNode)
		}
	}
	is(t, "exists with NUL", c.do(wire.OpExists, &proto.ExistsRequest{Path: "/\x00"}, nil), wire.CodeBadArguments)
	for _, path := range []string{"", "/a", "/missing/..", "no path \x00 at all"} {
		var resp proto.SyncResponse
		is(t, "sync", c.do(wire.OpSync, &proto.SyncRequest{Path: path}, &resp), wire.OK)
		is(t, "sync echoes", resp.Path, path)
	}
}

func readRequest(op wire.Op, path string) wire.Record {
	switch op {
	case wire.OpGetData:
		return &proto.GetDataRequest{Path: path}
	case wire.OpGetChildren:
		return &proto.GetChildrenRequest{Path: path}
	case wire.OpGetChildren2:
		return &proto.GetChildren2Request{Path: path}
	case wire.OpGetACL:
		return &proto.GetACLRequest{Path: path}
	case wire.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberRequest{Path: path}
	}
	return &proto.ExistsRequest{Path: path}
}

// Children come in no order, and in another one each time.
func TestChildrenAreShuffled(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	c := w.connect()
	c.make("/p")
	for i := range 8 {
		c.make(fmt.Sprintf("/p/%d", i))
	}
	orders := make(map[string]bool)
	for range 10 {
		kids, _ := c.children("/p", false)
		is(t, "children", len(kids), 8)
		orders[fmt.Sprint(kids)] = true
	}
	if len(orders) < 9 {
		t.Errorf("only %d orders in 10 lists", len(orders))
	}
}

func TestReconfig(t *testing.T) {
	for on, want := range map[bool]wire.Code{false: wire.CodeReconfigDisabled, true: wire.CodeUnimplemented} {
		w := newWorld(t, Config{Reconfig: on})
		c := w.connect()
		is(t, "reconfig", c.do(wire.OpReconfig, &proto.ReconfigRequest{CurConfigId: -1}, nil), want)
		is(t, "connection kept", c.closed, false)
	}
}

func TestDeleteContainerByClient(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/a", "/a/b")
	c.create("/e", "", wire.FlagEphemeral)
	c.setACL("/a", readACL, -1)
	for _, x := range []struct {
		path string
		code wire.Code
	}{{"no slash", wire.CodeBadArguments}, {"/a\x00", wire.CodeBadArguments}, {"/missing", wire.CodeNoNode}, {"/a", wire.CodeNotEmpty}, {"/e", wire.CodeBadVersion}, {"/zookeeper/quota", wire.CodeBadArguments}, {"/a/b", wire.OK}} {
		is(t, x.path, c.do(wire.OpDeleteContainer, &proto.DeleteContainerRequest{Path: x.path}, nil), x.code)
	}
	w = newWorld(t, Config{Version: V3_8})
	is(t, "before 3.9", w.connect().do(wire.OpDeleteContainer, &proto.DeleteContainerRequest{Path: "/a"}, nil), wire.CodeBadArguments)
	is(t, "before 3.9, without a body", w.connect().do(wire.OpDeleteContainer, nil, nil), wire.CodeBadArguments)
}
