package wire

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/parser"
)

// records holds a maker of every generated record. TestRecordsComplete compares it with zookeeper.jute, so that a new
// record cannot be left out of the tests that range over it. Fuzz inputs choose by position: append, do not sort in.
var records = []func() Record{
	rec[data.Id], rec[data.ACL], rec[data.Stat], rec[data.ClientInfo],

	rec[proto.ConnectRequest], rec[proto.ConnectResponse],
	rec[proto.RequestHeader], rec[proto.ReplyHeader], rec[proto.MultiHeader],
	rec[proto.WatcherEvent], rec[proto.ErrorResponse],

	rec[proto.CreateRequest], rec[proto.CreateTTLRequest], rec[proto.CreateResponse], rec[proto.Create2Response],
	rec[proto.DeleteRequest], rec[proto.DeleteContainerRequest],
	rec[proto.SetDataRequest], rec[proto.SetDataResponse],
	rec[proto.SetACLRequest], rec[proto.SetACLResponse],
	rec[proto.CheckVersionRequest], rec[proto.ReconfigRequest],

	rec[proto.ExistsRequest], rec[proto.ExistsResponse],
	rec[proto.GetDataRequest], rec[proto.GetDataResponse],
	rec[proto.GetACLRequest], rec[proto.GetACLResponse],
	rec[proto.GetChildrenRequest], rec[proto.GetChildrenResponse],
	rec[proto.GetChildren2Request], rec[proto.GetChildren2Response],
	rec[proto.GetAllChildrenNumberRequest], rec[proto.GetAllChildrenNumberResponse],
	rec[proto.GetEphemeralsRequest], rec[proto.GetEphemeralsResponse],
	rec[proto.SyncRequest], rec[proto.SyncResponse],
	rec[proto.WhoAmIResponse],

	rec[proto.SetWatches], rec[proto.SetWatches2], rec[proto.AddWatchRequest],
	rec[proto.CheckWatchesRequest], rec[proto.RemoveWatchesRequest],

	rec[proto.AuthPacket], rec[proto.GetSASLRequest], rec[proto.SetSASLResponse],
}

func typeName(r any) string { return reflect.TypeOf(r).Elem().String() }

func TestRecordsComplete(t *testing.T) {
	src, err := os.ReadFile("zookeeper.jute")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parser.Parse("zookeeper.jute", string(src))
	if err != nil {
		t.Fatal(err)
	}
	short := map[string]string{"org.apache.zookeeper.data": "data.", "org.apache.zookeeper.proto": "proto."}
	var want, have []string
	for _, m := range doc.Modules {
		for _, c := range m.Classes {
			want = append(want, short[m.Name]+c.Name)
		}
	}
	for _, f := range records {
		have = append(have, typeName(f()))
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Fatalf("records of the tests: %v\nclasses of zookeeper.jute: %v", have, want)
	}
}

// filler puts values into every field of a record, at any depth.
type filler struct {
	next  uint64 // numbers and texts count up, so that two fields that change places are noticed
	elems int    // of each vector
}

func (f *filler) fill(r Record) Record {
	f.value(reflect.ValueOf(r).Elem())
	return r
}

func (f *filler) value(v reflect.Value) {
	f.next++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(f.next%2 == 0)
	case reflect.Int32:
		v.SetInt(int64(int32(f.next * 0x01010101)))
	case reflect.Int64:
		v.SetInt(int64(f.next * 0x0101010101010101))
	case reflect.String:
		v.SetString("/päth-" + string(rune('a'+f.next%26)))
	case reflect.Struct:
		for i := range v.NumField() {
			f.value(v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 0xff, byte(f.next)})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), f.elems, f.elems))
		for i := range f.elems {
			f.value(v.Index(i))
		}
	default:
		panic("field of kind " + v.Kind().String())
	}
}

// eachSlice calls f for every buffer and vector in a record.
func eachSlice(v reflect.Value, f func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			eachSlice(v.Field(i), f)
		}
	case reflect.Slice:
		f(v)
	}
}

func mustAppend(t testing.TB, r Record) []byte {
	t.Helper()
	b, err := Append(nil, r)
	if err != nil {
		t.Fatalf("%s: %v", typeName(r), err)
	}
	return b
}

// everyRecord runs f for each generated record, filled.
func everyRecord(t *testing.T, f func(t *testing.T, r Record, empty func() Record)) {
	for _, empty := range records {
		r := empty()
		t.Run(typeName(r), func(t *testing.T) {
			f(t, (&filler{elems: 3}).fill(r), empty)
		})
	}
}
