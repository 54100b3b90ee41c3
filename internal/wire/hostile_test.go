package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// allocated is how many bytes of memory f makes, garbage included. The counter is the whole program's, so a result above
// the limit is measured again: what f makes, it makes each time.
func allocated(limit uint64, f func()) (least uint64) {
	least = math.MaxUint64
	for try := 0; try < 5 && least > limit; try++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// bound is what decoding b may cost: the factor that Decoder promises, and a constant for records and errors.
func bound(factor, n int) uint64 { return uint64(factor*n + 4096) }

const recordFactor = 5

// Every four bytes of every record become, one after the other, a length that lies.
func TestLyingLengths(t *testing.T) {
	lies := []int32{-2, math.MinInt32, math.MaxInt32, 1 << 30, 1 << 24, 1 << 16, 200, 60}
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		good := mustAppend(t, r)
		b := make([]byte, len(good))
		for at := 0; at+4 <= len(good); at++ {
			for _, lie := range lies {
				copy(b, good)
				binary.BigEndian.PutUint32(b[at:], uint32(lie))
				back := empty()
				var err error
				limit := bound(recordFactor, len(b))
				if got := allocated(limit, func() { err = Decode(b, back) }); got > limit {
					t.Fatalf("%d at offset %d: %d bytes allocated for a record of %d (%v)", lie, at, got, len(b), err)
				}
				if err != nil && !errors.Is(err, ErrMalformed) {
					t.Fatalf("%d at offset %d: %v", lie, at, err)
				}
			}
		}
	})
}

// The worst that can be done without lying: as many smallest elements as there is room for.
func TestLargestVectors(t *testing.T) {
	const size = 1 << 20
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		eachSlice(reflect.ValueOf(r).Elem(), func(v reflect.Value) { v.SetZero() })
		null := mustAppend(t, r)
		for at := 0; at+4 <= len(null); at++ {
			if int32(binary.BigEndian.Uint32(null[at:])) != -1 {
				continue
			}
			b := make([]byte, size) // all that follows the count is zero: strings of length 0
			copy(b, null[:at])
			for _, elem := range []int{smallestString, smallestClientInfo, smallestACL} {
				binary.BigEndian.PutUint32(b[at:], uint32((size-at-4)/elem))
				back := empty()
				limit := bound(recordFactor, size)
				if got := allocated(limit, func() { _ = Decode(b, back) }); got > limit {
					t.Fatalf("count at offset %d, elements of %d: %d bytes allocated for %d", at, elem, got, size)
				}
			}
		}
	})
}

// smallestElement is written by hand; this derives it from the types.
func TestSmallestElement(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, _ func() Record) {
		eachSlice(reflect.ValueOf(r).Elem(), func(v reflect.Value) {
			elem := v.Type().Elem()
			if elem.Kind() == reflect.Uint8 {
				return
			}
			want := smallest(elem)
			if got := smallestElement(r); got != want {
				t.Errorf("an element of []%v takes %d bytes at least, smallestElement says %d", elem, want, got)
			}
			if elem.Size() > uintptr(4*want) {
				t.Errorf("%d bytes of memory for %d on the wire: more than Decoder promises", elem.Size(), want)
			}
		})
	})
}

func smallest(t reflect.Type) (n int) {
	switch t.Kind() {
	case reflect.Bool:
		return 1
	case reflect.Int32, reflect.String, reflect.Slice:
		return 4
	case reflect.Int64:
		return 8
	case reflect.Struct:
		for i := range t.NumField() {
			n += smallest(t.Field(i).Type)
		}
		return n
	}
	panic("type " + t.String())
}

func TestCountIsCheckedBeforeAllocation(t *testing.T) {
	vector := func(count int32, rest int) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(count)), make([]byte, rest)...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		r    Record
		want error
	}{
		{"null", vector(-1, 0), new(proto.GetChildrenResponse), nil},
		{"empty", vector(0, 0), new(proto.GetChildrenResponse), nil},
		{"exactly full", vector(25, 100), new(proto.GetChildrenResponse), nil},
		{"one too many", vector(26, 100), new(proto.GetChildrenResponse), ErrTruncated},
		{"most", vector(math.MaxInt32, 100), new(proto.GetChildrenResponse), ErrTruncated},
		{"below null", vector(-2, 100), new(proto.GetChildrenResponse), ErrLength},
		{"least", vector(math.MinInt32, 100), new(proto.GetChildrenResponse), ErrLength},
		{"identities, full", vector(10, 80), new(proto.WhoAmIResponse), nil},
		{"identities, one too many", vector(11, 80), new(proto.WhoAmIResponse), ErrTruncated},
		{"ACL, full", vector(10, 120+68), new(proto.GetACLResponse), nil},
		{"ACL, no room for the Stat", vector(15, 120+68), new(proto.GetACLResponse), ErrTruncated},
		{"ACL, one too many", vector(16, 120+68), new(proto.GetACLResponse), ErrTruncated},
		{"buffer, null", vector(-1, 0), new(proto.SetSASLResponse), nil},
		{"buffer, full", vector(9, 9), new(proto.SetSASLResponse), nil},
		{"buffer, one too many", vector(10, 9), new(proto.SetSASLResponse), ErrTruncated},
		{"buffer, below null", vector(-2, 9), new(proto.SetSASLResponse), ErrLength},
		{"string, one too many", vector(10, 9), new(proto.SyncResponse), ErrTruncated},
		{"string, below null", vector(-3, 9), new(proto.SyncResponse), ErrLength},
	} {
		if err := Decode(c.b, c.r); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// A record read on its own must not be measured by the elements of the one before.
func TestElementsOfTheLastRecordAreForgotten(t *testing.T) {
	acl := mustAppend(t, &proto.GetACLResponse{})
	children := mustAppend(t, &proto.GetChildrenResponse{Children: []string{"", "", ""}})
	d := NewDecoder(append(acl, children...))
	if err := d.Decode(new(proto.GetACLResponse)); err != nil {
		t.Fatal(err)
	}
	var r proto.GetChildrenResponse
	if err := r.Read(d); err != nil || len(r.Children) != 3 {
		t.Fatalf("%v %v", r.Children, err)
	}
}

// multiFactor is recordFactor for a multi, which keeps a record and its place in a list for each part, 9 bytes at least.
const multiFactor = 20
