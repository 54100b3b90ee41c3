package wire

import (
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Bytes put together by hand from the order of the fields, every field with a value of its own: what the recorded
// conversations leave alike (a Stat whose times are equal, flags that are 0) differs here.
func TestHandmade(t *testing.T) {
	const (
		long1, long2, long3, long4 = "0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"
		long5, long6               = "0000000000000005", "0000000000000006"
		int1, int2, int3, int4     = "00000001", "00000002", "00000003", "00000004"
		int5, null                 = "00000005", "ffffffff"
		a, b, c                    = "000000022f61", "000000022f62", "000000022f63"
		d, e                       = "000000022f64", "000000022f65"
		acl                        = "00000001" + "0000001f" + "00000005" + "776f726c64" + "00000006" + "616e796f6e65"
		statHex                    = long1 + long2 + long3 + long4 + int1 + int2 + int3 + long5 + int4 + int5 + long6
	)
	st := data.Stat{Czxid: 1, Mzxid: 2, Ctime: 3, Mtime: 4, Version: 1, Cversion: 2, Aversion: 3, EphemeralOwner: 5,
		DataLength: 4, NumChildren: 5, Pzxid: 6}
	covered := map[string]bool{}
	list := func(paths ...string) string { return "00000001" + strings.Join(paths, "00000001") }
	for _, x := range []struct {
		r    Record
		want string
	}{
		{&data.Id{Scheme: "a", Id: "bc"}, "0000000161" + "000000026263"},
		{&data.ACL{Perms: 1, Id: data.Id{Scheme: "a", Id: "bc"}}, int1 + "0000000161" + "000000026263"},
		{&st, statHex},
		{&data.ClientInfo{AuthScheme: "a", User: "bc"}, "0000000161" + "000000026263"},
		{&proto.ConnectRequest{ProtocolVersion: 1, LastZxidSeen: 2, TimeOut: 3, SessionId: 4, Passwd: []byte{9}},
			int1 + long2 + int3 + long4 + "0000000109"},
		{&proto.ConnectResponse{ProtocolVersion: 1, TimeOut: 3, SessionId: 4, Passwd: []byte{9}},
			int1 + int3 + long4 + "0000000109"},
		{&proto.RequestHeader{Xid: 1, Type: 2}, int1 + int2},
		{&proto.ReplyHeader{Xid: 1, Zxid: 2, Err: 3}, int1 + long2 + int3},
		{&proto.MultiHeader{Type: 1, Done: true, Err: 2}, int1 + "01" + int2},
		{&proto.WatcherEvent{Type: 1, State: 2, Path: "/a"}, int1 + int2 + a},
		{&proto.ErrorResponse{Err: 3}, int3},
		{&proto.CreateRequest{Path: "/a", Data: []byte{9}, Acl: open, Flags: 2}, a + "0000000109" + acl + int2},
		{&proto.CreateTTLRequest{Path: "/a", Data: []byte{9}, Acl: open, Flags: 2, Ttl: 3}, a + "0000000109" + acl + int2 + long3},
		{&proto.CreateResponse{Path: "/a"}, a},
		{&proto.Create2Response{Path: "/a", Stat: st}, a + statHex},
		{&proto.DeleteRequest{Path: "/a", Version: 2}, a + int2},
		{&proto.DeleteContainerRequest{Path: "/a"}, a},
		{&proto.SetDataRequest{Path: "/a", Data: []byte{9}, Version: 2}, a + "0000000109" + int2},
		{&proto.SetDataResponse{Stat: st}, statHex},
		{&proto.SetACLRequest{Path: "/a", Acl: open, Version: 2}, a + acl + int2},
		{&proto.SetACLResponse{Stat: st}, statHex},
		{&proto.CheckVersionRequest{Path: "/a", Version: 2}, a + int2},
		{&proto.ReconfigRequest{JoiningServers: []byte("/a"), LeavingServers: []byte("/b"), NewMembers: []byte("/c"), CurConfigId: 4},
			a + b + c + long4},
		{&proto.ReconfigRequest{LeavingServers: []byte{}, CurConfigId: -1}, null + "00000000" + null + strings.Repeat("ff", 8)},
		{&proto.ExistsRequest{Path: "/a", Watch: true}, a + "01"},
		{&proto.ExistsResponse{Stat: st}, statHex},
		{&proto.GetDataRequest{Path: "/a", Watch: true}, a + "01"},
		{&proto.GetDataResponse{Data: []byte{9}, Stat: st}, "0000000109" + statHex},
		{&proto.GetACLRequest{Path: "/a"}, a},
		{&proto.GetACLResponse{Acl: open, Stat: st}, acl + statHex},
		{&proto.GetChildrenRequest{Path: "/a"}, a + "00"},
		{&proto.GetChildrenResponse{Children: []string{"/a", "/b"}}, int2 + a + b},
		{&proto.GetChildren2Request{Path: "/a", Watch: true}, a + "01"},
		{&proto.GetChildren2Response{Children: []string{"/a", "/b"}, Stat: st}, int2 + a + b + statHex},
		{&proto.GetAllChildrenNumberRequest{Path: "/a"}, a},
		{&proto.GetAllChildrenNumberResponse{TotalNumber: 3}, int3},
		{&proto.GetEphemeralsRequest{PrefixPath: "/a"}, a},
		{&proto.GetEphemeralsResponse{Ephemerals: []string{"/a", "/b"}}, int2 + a + b},
		{&proto.SyncRequest{Path: "/a"}, a},
		{&proto.SyncResponse{Path: "/a"}, a},
		{&proto.WhoAmIResponse{ClientInfo: []data.ClientInfo{{AuthScheme: "/a", User: "/b"}}}, int1 + a + b},
		{&proto.SetWatches{RelativeZxid: 4, DataWatches: []string{"/a"}, ExistWatches: []string{"/b"}, ChildWatches: []string{"/c"}},
			long4 + list(a, b, c)},
		{&proto.SetWatches2{RelativeZxid: 4, DataWatches: []string{"/a"}, ExistWatches: []string{"/b"}, ChildWatches: []string{"/c"},
			PersistentWatches: []string{"/d"}, PersistentRecursiveWatches: []string{"/e"}}, long4 + list(a, b, c, d, e)},
		{&proto.AddWatchRequest{Path: "/a", Mode: 1}, a + int1},
		{&proto.CheckWatchesRequest{Path: "/a", Type: 2}, a + int2},
		{&proto.RemoveWatchesRequest{Path: "/a", Type: 2}, a + int2},
		{&proto.AuthPacket{Type: 1, Scheme: "/a", Auth: []byte{9}}, int1 + a + "0000000109"},
		{&proto.GetSASLRequest{Token: []byte{9}}, "0000000109"},
		{&proto.SetSASLResponse{Token: nil}, null},
	} {
		if got := hex.EncodeToString(mustAppend(t, x.r)); got != x.want {
			t.Errorf("%v:\n%s, want\n%s", x.r, got, x.want)
			continue
		}
		wire, _ := hex.DecodeString(x.want)
		back := reflect.New(reflect.TypeOf(x.r).Elem()).Interface().(Record)
		if err := Decode(wire, back); err != nil || !reflect.DeepEqual(back, x.r) {
			t.Errorf("%s: %v %v, want %v", x.want, back, err, x.r)
		}
		covered[typeName(x.r)] = true
	}
	for _, f := range records {
		if name := typeName(f()); !covered[name] {
			t.Errorf("no bytes of a %s", name)
		}
	}
}
