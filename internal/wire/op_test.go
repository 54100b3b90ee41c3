package wire

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// The table of operations as the protocol has it: number, name, first release, whether it is for the leader, records.
var opRows = []struct {
	op       Op
	number   int32
	name     string
	since    string
	write    bool
	request  Record
	response Record
}{
	{OpNotification, 0, "notification", "3.4.0", false, nil, &proto.WatcherEvent{}},
	{OpCreate, 1, "create", "3.4.0", true, &proto.CreateRequest{}, &proto.CreateResponse{}},
	{OpDelete, 2, "delete", "3.4.0", true, &proto.DeleteRequest{}, nil},
	{OpExists, 3, "exists", "3.4.0", false, &proto.ExistsRequest{}, &proto.ExistsResponse{}},
	{OpGetData, 4, "getData", "3.4.0", false, &proto.GetDataRequest{}, &proto.GetDataResponse{}},
	{OpSetData, 5, "setData", "3.4.0", true, &proto.SetDataRequest{}, &proto.SetDataResponse{}},
	{OpGetACL, 6, "getACL", "3.4.0", false, &proto.GetACLRequest{}, &proto.GetACLResponse{}},
	{OpSetACL, 7, "setACL", "3.4.0", true, &proto.SetACLRequest{}, &proto.SetACLResponse{}},
	{OpGetChildren, 8, "getChildren", "3.4.0", false, &proto.GetChildrenRequest{}, &proto.GetChildrenResponse{}},
	{OpSync, 9, "sync", "3.4.0", true, &proto.SyncRequest{}, &proto.SyncResponse{}},
	{OpPing, 11, "ping", "3.4.0", false, nil, nil},
	{OpGetChildren2, 12, "getChildren2", "3.4.0", false, &proto.GetChildren2Request{}, &proto.GetChildren2Response{}},
	{OpCheck, 13, "check", "3.4.0", true, &proto.CheckVersionRequest{}, nil},
	{OpMulti, 14, "multi", "3.4.0", true, &MultiRequest{}, &MultiResponse{}},
	{OpCreate2, 15, "create2", "3.5.0", true, &proto.CreateRequest{}, &proto.Create2Response{}},
	{OpReconfig, 16, "reconfig", "3.5.0", true, &proto.ReconfigRequest{}, &proto.GetDataResponse{}},
	{OpCheckWatches, 17, "checkWatches", "3.5.0", false, &proto.CheckWatchesRequest{}, nil},
	{OpRemoveWatches, 18, "removeWatches", "3.5.0", false, &proto.RemoveWatchesRequest{}, nil},
	{OpCreateContainer, 19, "createContainer", "3.5.1", true, &proto.CreateRequest{}, &proto.Create2Response{}},
	{OpDeleteContainer, 20, "deleteContainer", "3.5.1", true, &proto.DeleteContainerRequest{}, nil},
	{OpCreateTTL, 21, "createTTL", "3.5.3", true, &proto.CreateTTLRequest{}, &proto.Create2Response{}},
	{OpMultiRead, 22, "multiRead", "3.6.0", false, &MultiRequest{}, &MultiResponse{}},
	{OpAuth, 100, "auth", "3.4.0", false, &proto.AuthPacket{}, nil},
	{OpSetWatches, 101, "setWatches", "3.4.0", false, &proto.SetWatches{}, nil},
	{OpSASL, 102, "sasl", "3.4.0", false, &proto.GetSASLRequest{}, &proto.SetSASLResponse{}},
	{OpGetEphemerals, 103, "getEphemerals", "3.6.0", false, &proto.GetEphemeralsRequest{}, &proto.GetEphemeralsResponse{}},
	{OpGetAllChildrenNumber, 104, "getAllChildrenNumber", "3.6.0", false, &proto.GetAllChildrenNumberRequest{}, &proto.GetAllChildrenNumberResponse{}},
	{OpSetWatches2, 105, "setWatches2", "3.6.0", false, &proto.SetWatches2{}, nil},
	{OpAddWatch, 106, "addWatch", "3.6.0", false, &proto.AddWatchRequest{}, &proto.ErrorResponse{}},
	{OpWhoAmI, 107, "whoAmI", "3.7.0", false, nil, &proto.WhoAmIResponse{}},
	{OpCreateSession, -10, "createSession", "3.4.0", false, &ConnectRequest{}, &ConnectResponse{}},
	{OpCloseSession, -11, "closeSession", "3.4.0", false, nil, nil},
	{OpError, -1, "error", "3.4.0", false, nil, &proto.ErrorResponse{}},
}

func TestOps(t *testing.T) {
	if len(opRows) != len(ops) {
		t.Errorf("%d rows for %d operations", len(opRows), len(ops))
	}
	for _, c := range opRows {
		o := c.op
		if int32(o) != c.number || o.String() != c.name || o.Since().String() != c.since || o.Write() != c.write || !o.Known() {
			t.Errorf("%d %v since %v, write %t; want %+v", int32(o), o, o.Since(), o.Write(), c)
		}
		for _, r := range [][2]Record{{o.NewRequest(), c.request}, {o.NewResponse(), c.response}} {
			if (r[0] == nil) != (r[1] == nil) || r[0] != nil && typeName(r[0]) != typeName(r[1]) {
				t.Errorf("%v: a %T, want %T", o, r[0], r[1])
			}
		}
	}
}

func TestOpRecordsAreNew(t *testing.T) {
	for o := range ops {
		if a, b := o.NewRequest(), o.NewRequest(); a != nil && a == b {
			t.Errorf("%v: the same request twice", o)
		}
		if a, b := o.NewResponse(), o.NewResponse(); a != nil && a == b {
			t.Errorf("%v: the same response twice", o)
		}
	}
}

func TestUnknownOp(t *testing.T) {
	o := Op(999)
	if o.String() != "op 999" || o.Known() || o.Write() || o.Since() != (Version{}) || o.NewRequest() != nil || o.NewResponse() != nil {
		t.Errorf("%v %v", o, o.Since())
	}
}

func TestMultiKinds(t *testing.T) {
	kinds := map[Op]string{}
	for _, o := range multiWrites {
		kinds[o] = "write"
	}
	for _, o := range multiReads {
		kinds[o] = "read"
	}
	for o := range ops {
		if o.MultiWrite() != (kinds[o] == "write") || o.MultiRead() != (kinds[o] == "read") {
			t.Errorf("%v: write %t, read %t", o, o.MultiWrite(), o.MultiRead())
		}
	}
}

func TestParseVersion(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Version
		ok   bool
	}{
		{"3.8.0", Version{3, 8, 0}, true},
		{"3.9.5-5a02a05ed9daa8ce8, built on 2022-02-25", Version{3, 9, 5}, true},
		{"3.5.4-beta-7f51e5b68cf2f80176ff944a9ebd2abbc65e7327, built on 05/11/2018", Version{3, 5, 4}, true},
		{"3.10.0-SNAPSHOT", Version{3, 10, 0}, true},
		{"3.4", Version{3, 4, 0}, true},
		{"4", Version{4, 0, 0}, true},
		{"3.8.0.1", Version{3, 8, 0}, true},
		{"3..1", Version{3, 0, 0}, true},
		{"", Version{}, false},
		{"v3.8", Version{}, false},
		{".3", Version{}, false},
		{"99999999999999999999.1", Version{}, false},
	} {
		if v, ok := ParseVersion(c.in); v != c.want || ok != c.ok {
			t.Errorf("%q: %v %t", c.in, v, ok)
		}
	}
}

func TestAtLeast(t *testing.T) {
	sorted := []Version{{}, {3, 4, 0}, {3, 4, 14}, {3, 5, 3}, {3, 9, 0}, {3, 9, 10}, {3, 10, 0}, {4, 0, 0}}
	for i, v := range sorted {
		for j, w := range sorted {
			if v.AtLeast(w) != (i >= j) {
				t.Errorf("%v at least %v: %t", v, w, v.AtLeast(w))
			}
		}
	}
}
