package core

import (
	"fmt"
	"math"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestCreateStat(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	w.now = w.now.Add(5e9)
	var resp proto.Create2Response
	is(t, "create2", c.do(wire.OpCreate2, createRequest("/a", "value", wire.FlagEphemeral), &resp), wire.OK)
	ms := w.now.UnixMilli()
	want := data.Stat{Czxid: 2, Mzxid: 2, Pzxid: 2, Ctime: ms, Mtime: ms, EphemeralOwner: c.session, DataLength: 5}
	is(t, "stat", resp.Stat, want)
	is(t, "path", resp.Path, "/a")
	is(t, "stat again", c.stat("/a"), want)
}

func TestNullAndEmptyData(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	for _, value := range [][]byte{nil, {}, {0}} {
		path := fmt.Sprintf("/n%d%t", len(value), value == nil)
		c.do(wire.OpCreate, &proto.CreateRequest{Path: path, Data: value, Acl: openACL}, nil)
		var resp proto.GetDataResponse
		c.do(wire.OpGetData, &proto.GetDataRequest{Path: path}, &resp)
		is(t, "null", resp.Data == nil, value == nil)
		is(t, "length", resp.Stat.DataLength, int32(len(value)))
	}
}

// Which of several errors wins: each line breaks all rules behind the one that it is about.
func TestCreateCheckOrder(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.create("/e", "", wire.FlagEphemeral)
	c.make("/noperm", "/noperm/child")
	c.setACL("/noperm", readACL, -1)
	bad := []data.ACL{{Perms: 31, Id: data.Id{Scheme: "nope"}}}
	for _, x := range []struct {
		path  string
		acl   []data.ACL
		flags wire.CreateFlags
		want  wire.Code
	}{
		{"no slash", bad, 9, wire.CodeBadArguments},
		{"no slash", bad, -1, wire.CodeBadArguments},
		{"/missing/x", bad, wire.FlagPersistentTTL, wire.CodeUnimplemented}, // off
		{"no slash", bad, 0, wire.CodeBadArguments},
		{"/a\x00", bad, 0, wire.CodeBadArguments},
		{"", bad, 0, wire.CodeBadArguments},
		{"/missing/x", bad, 0, wire.CodeInvalidACL},
		{"/missing/x", nil, 0, wire.CodeInvalidACL},
		{"/missing/.", openACL, 0, wire.CodeNoNode},
		{"a/b", openACL, 0, wire.CodeNoNode},
		{"/noperm/.", openACL, 0, wire.CodeNoAuth},
		{"/noperm/child", openACL, 0, wire.CodeNoAuth},
		{"/e/.", openACL, 0, wire.CodeBadArguments},
		{"/e/x/", openACL, 0, wire.CodeNoNode},
		{"/", openACL, 0, wire.CodeNodeExists},
		{"/e", openACL, 0, wire.CodeNodeExists},
		{"/e/x", openACL, 0, wire.CodeNoChildrenForEphemerals},
		{"/zookeeper", openACL, 0, wire.CodeNodeExists},
		{"/ok", openACL, 0, wire.OK},
		{"/ok/", openACL, wire.FlagPersistentSequential, wire.OK},
	} {
		before := w.s.Zxid()
		code := c.do(wire.OpCreate, &proto.CreateRequest{Path: x.path, Acl: x.acl, Flags: int32(x.flags)}, nil)
		is(t, fmt.Sprintf("create %q flags %d", x.path, x.flags), code, x.want)
		is(t, "takes a zxid", w.s.Zxid(), before+1)
	}
}

func TestPathRules(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	for path, want := range map[string]wire.Code{
		"/a b": wire.OK, "/\u00a0": wire.OK, "/\uf900": wire.OK, "/...": wire.OK, "/.a": wire.OK, "/a.": wire.OK, "/\uffef": wire.OK,
		"/\x01": wire.CodeBadArguments, "/\x1f": wire.CodeBadArguments, "/\x7f": wire.CodeBadArguments, "/\u009f": wire.CodeBadArguments,
		"/\ue000": wire.CodeBadArguments, "/\uf8ff": wire.CodeBadArguments, "/\ufff0": wire.CodeBadArguments,
		"/\U0001F600": wire.CodeBadArguments, "/\xff": wire.CodeBadArguments, "/.": wire.CodeBadArguments, "/..": wire.CodeBadArguments,
		"/a/": wire.CodeNoNode, "//": wire.CodeBadArguments, "/a//b": wire.CodeNoNode,
	} {
		_, code := c.create(path, "", 0)
		is(t, fmt.Sprintf("create %q", path), code, want)
	}
}

// Worked example of protocol.md 17: creates a, b; delete b; the next sequence number is 2.
func TestSequence(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.connect()
	c.make("/p", "/p/a", "/p/b")
	is(t, "cversion", c.stat("/p").Cversion, 2)
	c.delete("/p/b", -1)
	st := c.stat("/p")
	is(t, "cversion after delete", st.Cversion, 3)
	is(t, "pzxid", st.Pzxid, w.s.Zxid())
	path, _ := c.create("/p/s-", "", wire.FlagPersistentSequential)
	is(t, "sequence", path, "/p/s-0000000002")
	path, _ = c.create("/p/", "", wire.FlagEphemeralSequential)
	is(t, "name of digits only", path, "/p/0000000003")
	is(t, "it is ephemeral", c.stat(path).EphemeralOwner, c.session)
	c.make("/p/a/deep")
	c.set("/p/a", "x", -1)
	is(t, "grandchildren and data do not count", c.stat("/p").Cversion, 5)

	for _, child := range []string{"/p/a/deep", "/p/a", "/p/s-0000000002", "/p/0000000003", "/p"} {
		is(t, child, c.delete(child, -1), wire.OK)
	}
	c.make("/p")
	path, _ = c.create("/p/", "", wire.FlagPersistentSequential)
	is(t, "a new parent starts again", path, "/p/0000000000")
}

// safety.md 4: from 3.6 a full counter sticks, and pzxid with it; before, it wraps.
func TestSequenceRunsOut(t *testing.T) {
	for _, v := range []Version{V3_4, V3_5, V3_6, V3_9} {
		t.Run(v.String(), func(t *testing.T) {
			w := newWorld(t, Config{Version: v, FirstSequence: math.MaxInt32 - 1})
			c := w.connect()
			c.make("/p")
			var got []string
			for _, prefix := range []string{"a", "a", "a", "b"} {
				path, code := c.create("/p/"+prefix, "", wire.FlagPersistentSequential)
				if code != wire.OK {
					path = code.String()
				}
				got = append(got, path)
			}
			pzxid := c.stat("/p").Pzxid
			if v.counterSticks() {
				is(t, "names", fmt.Sprint(got), "[/p/a2147483646 /p/a2147483647 NODEEXISTS /p/b2147483647]")
				is(t, "pzxid freezes", pzxid, 3)
			} else {
				is(t, "names", fmt.Sprint(got), "[/p/a2147483646 /p/a2147483647 /p/a-2147483648 /p/b-2147483647]")
				is(t, "pzxid goes on", pzxid, 6)
			}
		})
	}
}

func TestKindsOfNode(t *testing.T) {
	w := newWorld(t, Config{ExtendedTypes: true})
	c := w.connect()
	kind := func(path string) string {
		n, ok := w.s.State().Node(path)
		if !ok {
			return "none"
		}
		is(t, path+" shows no owner", n.Stat.EphemeralOwner == 0, n.Kind != Ephemeral)
		return fmt.Sprint(n.Kind, " ", n.TTL)
	}
	for _, x := range []struct {
		op    wire.Op
		flags wire.CreateFlags
		ttl   int64
		code  wire.Code
		kind  string
	}{
		{wire.OpCreate, 0, 0, wire.OK, "plain 0s"},
		{wire.OpCreate, 1, 0, wire.OK, "ephemeral 0s"},
		{wire.OpCreate, 4, 0, wire.OK, "plain 0s"},
		{wire.OpCreate2, 4, 0, wire.OK, "plain 0s"},
		{wire.OpCreate, 5, 0, wire.CodeBadArguments, "none"},
		{wire.OpCreate, 6, 0, wire.CodeBadArguments, "none"},
		{wire.OpCreate, 7, 0, wire.CodeBadArguments, "none"},
		{wire.OpCreateContainer, 0, 0, wire.OK, "container 0s"},
		{wire.OpCreateContainer, 1, 0, wire.OK, "container 0s"},
		{wire.OpCreateContainer, 4, 0, wire.OK, "container 0s"},
		{wire.OpCreateContainer, 5, 0, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 5, 1, wire.OK, "ttl 1ms"},
		{wire.OpCreateTTL, 5, wire.MaxTTL, wire.OK, "ttl 305419h53m47.775s"},
		{wire.OpCreateTTL, 5, 0, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 5, -1, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 5, wire.MaxTTL + 1, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 0, 1, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 4, 1, wire.CodeBadArguments, "none"},
		{wire.OpCreateTTL, 0, -1, wire.CodeBadArguments, "none"}, // kills ZooKeeper
	} {
		name := fmt.Sprintf("%v flags %d ttl %d", x.op, x.flags, x.ttl)
		var req wire.Record = &proto.CreateRequest{Path: "/n", Acl: openACL, Flags: int32(x.flags)}
		if x.op == wire.OpCreateTTL {
			req = &proto.CreateTTLRequest{Path: "/n", Acl: openACL, Flags: int32(x.flags), Ttl: x.ttl}
		}
		is(t, name, c.do(x.op, req, nil), x.code)
		if x.kind[:3] == "ttl" && x.ttl == wire.MaxTTL {
			x.kind = kind("/n") // only that it is there
		}
		is(t, name, kind("/n"), x.kind)
		c.delete("/n", -1)
	}
	var seq proto.Create2Response
	c.do(wire.OpCreateTTL, &proto.CreateTTLRequest{Path: "/s", Acl: openACL, Flags: 6, Ttl: 1}, &seq)
	is(t, "sequential TTL", kind(seq.Path), "ttl 1ms")
	c.make(seq.Path + "/child") // TTL nodes and containers may have children
}

func TestFlagsOfOldVersions(t *testing.T) {
	for _, x := range []struct {
		v     Version
		flags wire.CreateFlags
		code  wire.Code
	}{
		{V3_4, 3, wire.OK}, {V3_4, 4, wire.CodeBadArguments},
		{V(3, 5, 0), 4, wire.CodeBadArguments}, {V(3, 5, 1), 4, wire.OK}, {V(3, 5, 2), 5, wire.CodeBadArguments},
		{V(3, 5, 3), 5, wire.CodeUnimplemented},
	} {
		w := newWorld(t, Config{Version: x.v})
		_, code := w.connect().create("/a", "", x.flags)
		is(t, fmt.Sprint(x.v, " flags ", x.flags), code, x.code)
	}
	// 3.4 looks at flags late, and stumbles over a null ACL as 3.5 does.
	w := newWorld(t, Config{Version: V3_4})
	c := w.connect()
	_, code := c.create("/missing/a", "", 9)
	is(t, "parent before flags", code, wire.CodeNoNode)
	is(t, "null ACL", c.do(wire.OpCreate, &proto.CreateRequest{Path: "/a"}, nil), wire.CodeMarshallingError)
}
