package wire

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

var (
	open  = []data.ACL{{Perms: PermAll, Id: data.Id{Scheme: "world", Id: "anyone"}}}
	hello = []byte("hello")
	world = []byte("hello, world")
	empty = []byte{}
)

// stat is one with the fields that tell operations apart; times are checked and cleared before it is compared.
func stat(czxid, mzxid, pzxid int64, version, cversion, aversion, length, children int32) data.Stat {
	return data.Stat{Czxid: czxid, Mzxid: mzxid, Pzxid: pzxid, Version: version, Cversion: cversion, Aversion: aversion,
		DataLength: length, NumChildren: children}
}

func fresh(zxid int64, length int32) data.Stat { return stat(zxid, zxid, zxid, 0, 0, 0, length, 0) }

// want is what a message of a step says. Requests have code OK.
type want struct {
	op   Op
	code Code
	body Record
}

// said is the conversation, step by step, as the steps of the recording make it, handshakes left out. It was derived from
// the calls and from the rules of the protocol; the numbers of transactions count from the creation of the session, 1.
func said(v Version) map[string][]want {
	created := func(path string, data []byte, reply Record, flags CreateFlags, op Op) []want {
		return []want{{op, OK, &proto.CreateRequest{Path: path, Data: data, Acl: open, Flags: int32(flags)}}, {op, OK, reply}}
	}
	event := func(typ EventType, path string) want {
		return want{OpNotification, OK, &proto.WatcherEvent{Type: int32(typ), State: int32(StateSyncConnected), Path: path}}
	}
	g := stat(2, 9, 8, 1, 5, 0, 12, 5)
	gAfterMulti := stat(2, 9, 12, 1, 9, 0, 12, 7)
	acl := stat(4, 4, 4, 0, 0, 1, 0, 0)
	names := []string{"box", "empty", "null", "seq-0000000002", "ttl"}
	recursive := WatcherPersistentRecursive
	if !v.AtLeast(recursive.Since()) {
		recursive = WatcherAny
	}
	create2 := MultiResult{Type: OpCreate2, Record: &proto.Create2Response{Path: "/g/m2", Stat: fresh(26, 1)}}
	if v == (Version{3, 8, 0}) {
		create2 = MultiResult{Type: OpCreate, Record: &proto.CreateResponse{Path: "/g/m2"}}
	}
	return map[string][]want{
		"auth": {{OpAuth, OK, &proto.AuthPacket{Scheme: "digest", Auth: []byte("bob:pw")}}, {OpAuth, OK, nil}},
		"whoAmI": {{OpWhoAmI, OK, nil}, {OpWhoAmI, OK, &proto.WhoAmIResponse{ClientInfo: []data.ClientInfo{
			{AuthScheme: "digest", User: "bob"}, {AuthScheme: "ip", User: "127.0.0.1"}}}}},

		"create": created("/g", hello, &proto.CreateResponse{Path: "/g"}, FlagPersistent, OpCreate),
		"create exists": {{OpCreate, OK, &proto.CreateRequest{Path: "/g", Data: hello, Acl: open}},
			{OpCreate, CodeNodeExists, nil}},
		"create null":  created("/g/null", nil, &proto.CreateResponse{Path: "/g/null"}, FlagPersistent, OpCreate),
		"create empty": created("/g/empty", empty, &proto.CreateResponse{Path: "/g/empty"}, FlagPersistent, OpCreate),
		"create2": {{OpCreate2, OK, &proto.CreateRequest{Path: "/g/seq-", Data: []byte("x"), Flags: int32(FlagEphemeralSequential),
			Acl: []data.ACL{{Perms: PermAll, Id: data.Id{Scheme: "auth"}}}}},
			{OpCreate2, OK, &proto.Create2Response{Path: "/g/seq-0000000002", Stat: fresh(6, 1)}}},
		"createContainer": created("/g/box", empty, &proto.Create2Response{Path: "/g/box", Stat: fresh(7, 0)},
			FlagContainer, OpCreateContainer),
		"createTTL": {{OpCreateTTL, OK, &proto.CreateTTLRequest{Path: "/g/ttl", Data: empty, Acl: open,
			Flags: int32(FlagPersistentTTL), Ttl: 60000}},
			{OpCreateTTL, OK, &proto.Create2Response{Path: "/g/ttl", Stat: fresh(8, 0)}}},

		"exists watch": {{OpExists, OK, &proto.ExistsRequest{Path: "/g", Watch: true}},
			{OpExists, OK, &proto.ExistsResponse{Stat: stat(2, 2, 8, 0, 5, 0, 5, 5)}}},
		"exists missing": {{OpExists, OK, &proto.ExistsRequest{Path: "/missing", Watch: true}}, {OpExists, CodeNoNode, nil}},
		"getData null": {{OpGetData, OK, &proto.GetDataRequest{Path: "/g/null"}},
			{OpGetData, OK, &proto.GetDataResponse{Data: nil, Stat: fresh(4, 0)}}},
		"getData empty": {{OpGetData, OK, &proto.GetDataRequest{Path: "/g/empty"}},
			{OpGetData, OK, &proto.GetDataResponse{Data: empty, Stat: fresh(5, 0)}}},
		"setData": {{OpSetData, OK, &proto.SetDataRequest{Path: "/g", Data: world}}, event(EventNodeDataChanged, "/g"),
			{OpSetData, OK, &proto.SetDataResponse{Stat: g}}},
		"setData bad version": {{OpSetData, OK, &proto.SetDataRequest{Path: "/g", Data: []byte("x"), Version: 7}},
			{OpSetData, CodeBadVersion, nil}},
		"getData": {{OpGetData, OK, &proto.GetDataRequest{Path: "/g", Watch: true}},
			{OpGetData, OK, &proto.GetDataResponse{Data: world, Stat: g}}},
		"setACL": {{OpSetACL, OK, &proto.SetACLRequest{Path: "/g/null", Acl: []data.ACL{
			{Perms: PermAll, Id: data.Id{Scheme: "auth"}}, {Perms: PermRead, Id: open[0].Id}}}},
			{OpSetACL, OK, &proto.SetACLResponse{Stat: acl}}},
		"getACL": {{OpGetACL, OK, &proto.GetACLRequest{Path: "/g/null"}}, {OpGetACL, OK, &proto.GetACLResponse{Stat: acl,
			Acl: []data.ACL{{Perms: PermAll, Id: data.Id{Scheme: "digest", Id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}},
				{Perms: PermRead, Id: open[0].Id}}}}},
		"getChildren": {{OpGetChildren, OK, &proto.GetChildrenRequest{Path: "/g"}},
			{OpGetChildren, OK, &proto.GetChildrenResponse{Children: names}}},
		"getChildren2": {{OpGetChildren2, OK, &proto.GetChildren2Request{Path: "/g", Watch: true}},
			{OpGetChildren2, OK, &proto.GetChildren2Response{Children: names, Stat: g}}},
		"getAllChildrenNumber": {{OpGetAllChildrenNumber, OK, &proto.GetAllChildrenNumberRequest{Path: "/g"}},
			{OpGetAllChildrenNumber, OK, &proto.GetAllChildrenNumberResponse{TotalNumber: 5}}},
		"getEphemerals": {{OpGetEphemerals, OK, &proto.GetEphemeralsRequest{PrefixPath: "/g"}},
			{OpGetEphemerals, OK, &proto.GetEphemeralsResponse{Ephemerals: []string{"/g/seq-0000000002"}}}},
		"sync": {{OpSync, OK, &proto.SyncRequest{Path: "/g"}}, {OpSync, OK, &proto.SyncResponse{Path: "/g"}}},

		"multi": {{OpMulti, OK, &MultiRequest{Ops: []MultiOp{
			{OpCheck, &proto.CheckVersionRequest{Path: "/g", Version: 1}},
			{OpCreate, &proto.CreateRequest{Path: "/g/m", Data: []byte("m"), Acl: open}},
			{OpCreateContainer, &proto.CreateRequest{Path: "/g/mbox", Data: empty, Acl: open, Flags: int32(FlagContainer)}},
			{OpCreateTTL, &proto.CreateTTLRequest{Path: "/g/mttl", Data: empty, Acl: open, Flags: int32(FlagPersistentTTL),
				Ttl: 60000}},
			{OpSetData, &proto.SetDataRequest{Path: "/g/m", Data: []byte("mm")}},
			{OpDelete, &proto.DeleteRequest{Path: "/g/m", Version: 1}},
		}}}, event(EventNodeChildrenChanged, "/g"), {OpMulti, OK, &MultiResponse{Results: []MultiResult{
			{Type: OpCheck},
			{Type: OpCreate, Record: &proto.CreateResponse{Path: "/g/m"}},
			{Type: OpCreate2, Record: &proto.Create2Response{Path: "/g/mbox", Stat: fresh(12, 0)}},
			{Type: OpCreate2, Record: &proto.Create2Response{Path: "/g/mttl", Stat: fresh(12, 0)}},
			{Type: OpSetData, Record: &proto.SetDataResponse{Stat: stat(12, 12, 12, 1, 0, 0, 2, 0)}},
			{Type: OpDelete},
		}}}},
		"multi fails": {{OpMulti, OK, &MultiRequest{Ops: []MultiOp{
			{OpCreate, &proto.CreateRequest{Path: "/g/m", Data: []byte("m"), Acl: open}},
			{OpCheck, &proto.CheckVersionRequest{Path: "/g", Version: 99}},
			{OpDelete, &proto.DeleteRequest{Path: "/g/m", Version: AnyVersion}},
		}}}, {OpMulti, OK, FailMulti(3, 1, CodeBadVersion)}},
		"multiRead": {{OpMultiRead, OK, &MultiRequest{Ops: []MultiOp{
			{OpGetData, &proto.GetDataRequest{Path: "/g"}},
			{OpGetData, &proto.GetDataRequest{Path: "/missing"}},
			{OpGetChildren, &proto.GetChildrenRequest{Path: "/g"}},
		}}}, {OpMultiRead, OK, &MultiResponse{Results: []MultiResult{
			{Type: OpGetData, Record: &proto.GetDataResponse{Data: world, Stat: gAfterMulti}},
			{Type: OpError, Code: CodeNoNode},
			{Type: OpGetChildren, Record: &proto.GetChildrenResponse{
				Children: []string{"box", "empty", "mbox", "mttl", "null", "seq-0000000002", "ttl"}}},
		}}}},

		"addWatch": {{OpAddWatch, OK, &proto.AddWatchRequest{Path: "/g/p", Mode: int32(ModePersistent)}},
			{OpAddWatch, OK, &proto.ErrorResponse{}}},
		"addWatch recursive": {{OpAddWatch, OK, &proto.AddWatchRequest{Path: "/g/r", Mode: int32(ModePersistentRecursive)}},
			{OpAddWatch, OK, &proto.ErrorResponse{}}},
		"event": {{OpCreate, OK, &proto.CreateRequest{Path: "/g/r", Data: empty, Acl: open}},
			event(EventNodeCreated, "/g/r"), {OpCreate, OK, &proto.CreateResponse{Path: "/g/r"}}},
		"checkWatches": {{OpCheckWatches, OK, &proto.CheckWatchesRequest{Path: "/g", Type: int32(WatcherData)}},
			{OpCheckWatches, OK, nil}},
		"removeWatches": {{OpRemoveWatches, OK, &proto.RemoveWatchesRequest{Path: "/g/r", Type: int32(recursive)}},
			{OpRemoveWatches, OK, nil}},
		"delete": {{OpDelete, OK, &proto.DeleteRequest{Path: "/g/r", Version: AnyVersion}}, {OpDelete, OK, nil}},
		"delete not empty": {{OpDelete, OK, &proto.DeleteRequest{Path: "/g", Version: AnyVersion}},
			{OpDelete, CodeNotEmpty, nil}},
		"ping":  {{OpPing, OK, nil}, {OpPing, OK, nil}},
		"close": {{OpCloseSession, OK, nil}, {OpCloseSession, OK, nil}},

		// A list that is not given is null, and an empty one is not: the server tells them apart.
		"reconfig": {
			{OpReconfig, OK, &proto.ReconfigRequest{JoiningServers: []byte("server.2=127.0.0.1:2888:3888;2182"),
				LeavingServers: empty, CurConfigId: -1}}, {OpReconfig, CodeReconfigDisabled, nil},
			{OpReconfig, OK, &proto.ReconfigRequest{NewMembers: []byte("server.1=127.0.0.1:2888:3888;2182"), CurConfigId: 7}},
			{OpReconfig, CodeReconfigDisabled, nil}, {OpCloseSession, OK, nil}, {OpCloseSession, OK, nil}},
		"reconnect without persistent watches": {
			{OpExists, OK, &proto.ExistsRequest{Path: "/g", Watch: true}},
			{OpExists, OK, &proto.ExistsResponse{Stat: stat(2, 9, 17, 1, 12, 0, 12, 6)}},
			{OpExists, OK, &proto.ExistsRequest{Path: "/missing", Watch: true}}, {OpExists, CodeNoNode, nil},
			{OpGetChildren, OK, &proto.GetChildrenRequest{Path: "/g", Watch: true}},
			{OpGetChildren, OK, &proto.GetChildrenResponse{Children: []string{"box", "empty", "mbox", "mttl", "null", "ttl"}}},
			{OpSetWatches, OK, &proto.SetWatches{RelativeZxid: 22, DataWatches: []string{"/g"},
				ExistWatches: []string{"/missing"}, ChildWatches: []string{"/g"}}}, {OpSetWatches, OK, nil},
			{OpCloseSession, OK, nil}, {OpCloseSession, OK, nil}},

		"raw create2 in multi": {{OpMulti, OK, &MultiRequest{Ops: []MultiOp{
			{OpCreate2, &proto.CreateRequest{Path: "/g/m2", Data: []byte("m"), Acl: open}}}}},
			{OpMulti, OK, &MultiResponse{Results: []MultiResult{create2}}}},
		"raw empty multi": {{OpMulti, OK, new(MultiRequest)}, {OpMulti, OK, new(MultiResponse)}},
		"raw mixed multi": {
			{OpMulti, OK, &MultiRequest{Ops: []MultiOp{{OpGetData, &proto.GetDataRequest{Path: "/g"}}}}},
			{OpMulti, CodeMarshallingError, nil},
			{OpMultiRead, OK, &MultiRequest{Ops: []MultiOp{{OpDelete, &proto.DeleteRequest{Path: "/g", Version: -1}}}}},
			{OpMultiRead, CodeMarshallingError, new(MultiResponse)}},
		"raw sasl without a mechanism": {{OpSASL, OK, &proto.GetSASLRequest{Token: empty}},
			{OpSASL, OK, &proto.SetSASLResponse{}}},
		"raw no watch": {{OpRemoveWatches, OK, &proto.RemoveWatchesRequest{Path: "/g", Type: int32(WatcherAny)}},
			{OpRemoveWatches, CodeNoWatcher, nil}},
		"raw malformed":  {{OpGetData, OK, nil}, {OpGetData, CodeMarshallingError, nil}},
		"raw unknown op": {{999, OK, nil}, {999, CodeUnimplemented, nil}},
		"raw bad auth":   {{OpAuth, OK, &proto.AuthPacket{Scheme: "nobody", Auth: empty}}, {OpAuth, CodeAuthFailed, nil}},
	}
}

// plain clears what differs from one recording to the next, after a look at it.
func plain(t *testing.T, step string, r any) {
	switch r := r.(type) {
	case *data.Stat:
		const y2020, y2100 = 1577836800000, 4102444800000
		if r.Ctime < y2020 || r.Mtime < r.Ctime || r.Mtime > y2100 {
			t.Errorf("%s: made at %d, modified at %d", step, r.Ctime, r.Mtime)
		}
		if (r.Mtime == r.Ctime) != (r.Mzxid == r.Czxid) {
			t.Errorf("%s: made at %d by %d, modified at %d by %d", step, r.Ctime, r.Czxid, r.Mtime, r.Mzxid)
		}
		r.Ctime, r.Mtime = 0, 0
	case *proto.Create2Response:
		if (r.Stat.EphemeralOwner != 0) != (r.Path == "/g/seq-0000000002") {
			t.Errorf("%s: owner of %s is %#x", step, r.Path, r.Stat.EphemeralOwner)
		}
		r.Stat.EphemeralOwner = 0
		plain(t, step, &r.Stat)
	case *proto.ExistsResponse:
		plain(t, step, &r.Stat)
	case *proto.GetDataResponse:
		plain(t, step, &r.Stat)
	case *proto.SetDataResponse:
		plain(t, step, &r.Stat)
	case *proto.GetACLResponse:
		plain(t, step, &r.Stat)
	case *proto.SetACLResponse:
		plain(t, step, &r.Stat)
	case *proto.GetChildrenResponse:
		slices.Sort(r.Children)
	case *proto.GetChildren2Response:
		slices.Sort(r.Children)
		plain(t, step, &r.Stat)
	case *MultiResponse:
		for _, res := range r.Results {
			plain(t, step, res.Record)
		}
	}
}

func TestGoldenValues(t *testing.T) {
	for _, name := range goldenVersions {
		t.Run(name, func(t *testing.T) {
			v, _ := ParseVersion(name)
			want := said(v)
			var step string
			var at int
			for _, m := range understand(t, golden(t, name)) {
				if m.step != step {
					step, at = m.step, 0
				}
				if m.xid == XidWatch {
					m.op = OpNotification
				}
				if m.op == OpCreateSession || step == "reconnect" || step == "raw deleteContainer" ||
					step == "delete" && m.op == OpNotification {
					continue
				}
				if m.op == OpPing && step != "ping" {
					continue // one may come between, if a step took long
				}
				if at == len(want[step]) {
					t.Fatalf("%s: nothing more expected, but %v %v", step, m.op, m.body)
				}
				w := want[step][at]
				at++
				plain(t, step, m.body)
				if m.op != w.op || m.code != w.code || !reflect.DeepEqual(m.body, w.body) {
					t.Errorf("%s, message %d:\n%v %v %v, want\n%v %v %v", step, at, m.op, m.code, m.body, w.op, w.code, w.body)
				}
				if at == len(want[step]) {
					delete(want, step)
					step = "" // a step that has its say may not go on
				}
			}
			for step := range want {
				t.Errorf("%s: not complete", step)
			}
		})
	}
}
