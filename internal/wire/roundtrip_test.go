package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestRoundTrip(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		b := mustAppend(t, r)
		back := empty()
		if err := Decode(b, back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, r) {
			t.Fatalf("read %+v\nwrote %+v", back, r)
		}
		if again := mustAppend(t, back); !bytes.Equal(again, b) {
			t.Fatalf("second encoding %x\nfirst %x", again, b)
		}
	})
}

// A record reads exactly its own bytes, so another may follow.
func TestRoundTripInSequence(t *testing.T) {
	var e Encoder
	for _, empty := range records {
		if err := e.Encode((&filler{elems: 2}).fill(empty())); err != nil {
			t.Fatal(err)
		}
	}
	d := NewDecoder(e.B)
	for _, empty := range records {
		back := empty()
		if err := d.Decode(back); err != nil {
			t.Fatalf("%s: %v", typeName(back), err)
		}
		if want := (&filler{elems: 2}).fill(empty()); !reflect.DeepEqual(back, want) {
			t.Fatalf("%s: read %+v, wrote %+v", typeName(back), back, want)
		}
	}
	if d.Remaining() != 0 {
		t.Fatalf("%d bytes left over", d.Remaining())
	}
}

func TestTruncated(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		b := mustAppend(t, r)
		for n := range b {
			err := Decode(b[:n:n], empty())
			var de *DecodeError
			if !errors.As(err, &de) {
				t.Fatalf("the first %d of %d bytes: error %v", n, len(b), err)
			}
			if !errors.Is(err, ErrTruncated) || !errors.Is(err, ErrMalformed) || errors.Is(err, ErrLength) {
				t.Fatalf("the first %d of %d bytes: %v is not just truncated", n, len(b), err)
			}
			if de.Offset+de.Have != n || de.Need <= int64(de.Have) {
				t.Fatalf("the first %d of %d bytes: %+v does not add up", n, len(b), de)
			}
		}
	})
}

func TestBytesAfterARecordAreLeft(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		b := mustAppend(t, r)
		d := NewDecoder(append(b, "more"...))
		back := empty()
		if err := d.Decode(back); err != nil {
			t.Fatal(err)
		}
		if string(d.Rest()) != "more" || d.Remaining() != 4 || !reflect.DeepEqual(back, r) {
			t.Fatalf("rest %q, record %+v", d.Rest(), back)
		}
	})
}

func TestNullAndEmptyStayApart(t *testing.T) {
	count := 0
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		check := func(b []byte, null bool) {
			t.Helper()
			back := (&filler{elems: 1}).fill(empty()) // what was there before must go
			if err := Decode(b, back); err != nil {
				t.Fatal(err)
			}
			eachSlice(reflect.ValueOf(back).Elem(), func(v reflect.Value) {
				count++
				if v.IsNil() != null || v.Len() != 0 {
					t.Errorf("wrote null %t, read null %t, length %d", null, v.IsNil(), v.Len())
				}
			})
		}
		eachSlice(reflect.ValueOf(r).Elem(), func(v reflect.Value) { v.SetZero() })
		null := mustAppend(t, r)
		check(null, true)
		eachSlice(reflect.ValueOf(r).Elem(), func(v reflect.Value) { v.Set(reflect.MakeSlice(v.Type(), 0, 0)) })
		empties := mustAppend(t, r)
		check(empties, false)
		if len(null) != len(empties) {
			t.Fatalf("null takes %d bytes, empty %d", len(null), len(empties))
		}
	})
	if count < 40 {
		t.Fatalf("only %d slices were looked at", count)
	}
}

func TestNullStringIsEmpty(t *testing.T) {
	ev := proto.WatcherEvent{Path: "before"}
	if err := Decode([]byte{0, 0, 0, 1, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff}, &ev); err != nil {
		t.Fatal(err)
	}
	if ev.Path != "" || ev.Type != 1 || ev.State != 3 {
		t.Fatalf("%+v", ev)
	}
	if b := mustAppend(t, &ev); !bytes.Equal(b[8:], []byte{0, 0, 0, 0}) {
		t.Fatalf("an empty string is written as %x", b[8:])
	}
}

func TestDecodedBuffersAreCopies(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		b := mustAppend(t, r)
		back := empty()
		if err := Decode(b, back); err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 0x55
		}
		if !reflect.DeepEqual(back, r) {
			t.Fatalf("the record changed with the input: %+v", back)
		}
	})
}

func TestAlias(t *testing.T) {
	b := mustAppend(t, &proto.GetDataResponse{Data: []byte("data")})
	d := NewDecoder(b)
	d.Alias = true
	var r proto.GetDataResponse
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	b[4] = 'D'
	if string(r.Data) != "Data" {
		t.Fatalf("%q does not share memory with the input", r.Data)
	}
	if cap(r.Data) != len(r.Data) {
		t.Fatalf("appending to the buffer would write over the record: cap %d", cap(r.Data))
	}
	d.Reset(mustAppend(t, &proto.GetSASLRequest{}))
	var null proto.GetSASLRequest
	if err := d.Decode(&null); err != nil || null.Token != nil || !d.Alias {
		t.Fatalf("after Reset: %v %v, alias %t", null.Token, err, d.Alias)
	}
	d.Reset(mustAppend(t, &proto.GetSASLRequest{Token: []byte{}}))
	if err := d.Decode(&null); err != nil || null.Token == nil {
		t.Fatalf("empty became null: %v", err)
	}
}

// A path is written as it is below the root that stands for "/".
func TestWritePath(t *testing.T) {
	for _, c := range []Chroot{"", "/app", "/a/b"} {
		for _, path := range []string{"/", "/x", "/bench/some/node"} {
			got, want := Encoder{B: []byte("before")}, Encoder{B: []byte("before")}
			if err := errors.Join(got.WritePath(c, path), want.WriteString(c.Join(path, false))); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.B, want.B) {
				t.Errorf("%q below %q: % x, want % x", path, c, got.B, want.B)
			}
		}
	}
}
