package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Each of jute's types, by hand.
func TestEncodeTypes(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(e *Encoder) error
		want  string
	}{
		{"byte", func(e *Encoder) error { return e.WriteByte(0xa5) }, "a5"},
		{"true", func(e *Encoder) error { return e.WriteBoolean(true) }, "01"},
		{"false", func(e *Encoder) error { return e.WriteBoolean(false) }, "00"},
		{"int", func(e *Encoder) error { return e.WriteInt(0x01020304) }, "01020304"},
		{"int -1", func(e *Encoder) error { return e.WriteInt(-1) }, "ffffffff"},
		{"long", func(e *Encoder) error { return e.WriteLong(0x0102030405060708) }, "0102030405060708"},
		{"long least", func(e *Encoder) error { return e.WriteLong(math.MinInt64) }, "8000000000000000"},
		{"float", func(e *Encoder) error { return e.WriteFloat(1.5) }, "3fc00000"},
		{"double", func(e *Encoder) error { return e.WriteDouble(-2) }, "c000000000000000"},
		{"string", func(e *Encoder) error { return e.WriteString("zk") }, "000000027a6b"},
		{"string of two bytes", func(e *Encoder) error { return e.WriteString("ä") }, "00000002c3a4"},
		{"string empty", func(e *Encoder) error { return e.WriteString("") }, "00000000"},
		{"buffer", func(e *Encoder) error { return e.WriteBuffer([]byte{1, 0}) }, "000000020100"},
		{"buffer empty", func(e *Encoder) error { return e.WriteBuffer([]byte{}) }, "00000000"},
		{"buffer null", func(e *Encoder) error { return e.WriteBuffer(nil) }, "ffffffff"},
		{"vector", func(e *Encoder) error { return e.WriteVectorStart(3, false) }, "00000003"},
		{"vector null", func(e *Encoder) error { return e.WriteVectorStart(0, true) }, "ffffffff"},
		{"map", func(e *Encoder) error { return e.WriteMapStart(2) }, "00000002"},
		{"nothing", func(e *Encoder) error {
			return errors.Join(e.WriteStart(), e.WriteEnd(), e.WriteVectorEnd(), e.WriteMapEnd())
		}, ""},
	} {
		e := Encoder{B: []byte("before")}
		if err := c.write(&e); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := hex.EncodeToString(e.B[6:]); got != c.want || string(e.B[:6]) != "before" {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestDecodeTypes(t *testing.T) {
	b, _ := hex.DecodeString("a5" + "00" + "01" + "07" + "01020304" + "ffffffff" + "0102030405060708" + "3fc00000" +
		"c000000000000000" + "00000002c3a4" + "ffffffff" + "00000000" + "00000001ff" + "ffffffff" + "00000001" + "00000001")
	d := NewDecoder(append(b, 0, 0, 0, 0))
	expect := func(name string, got any, err error, want any) {
		t.Helper()
		if err != nil || got != want {
			t.Fatalf("%s: %v %v, want %v", name, got, err, want)
		}
	}
	v1, err := d.ReadByte()
	expect("byte", v1, err, byte(0xa5))
	for _, want := range []bool{false, true, true} {
		v, err := d.ReadBoolean()
		expect("boolean", v, err, want)
	}
	for _, want := range []int32{0x01020304, -1} {
		v, err := d.ReadInt()
		expect("int", v, err, want)
	}
	v2, err := d.ReadLong()
	expect("long", v2, err, int64(0x0102030405060708))
	v3, err := d.ReadFloat()
	expect("float", v3, err, float32(1.5))
	v4, err := d.ReadDouble()
	expect("double", v4, err, -2.0)
	for _, want := range []string{"ä", "", ""} {
		v, err := d.ReadString()
		expect("string", v, err, want)
	}
	v5, err := d.ReadBuffer()
	expect("buffer", string(v5), err, "\xff")
	v6, err := d.ReadVectorStart()
	expect("null vector", v6, err, -1)
	v6, err = d.ReadVectorStart()
	expect("vector", v6, err, 1)
	v6, err = d.ReadMapStart()
	expect("map", v6, err, 1)
	err = errors.Join(d.ReadStart(), d.ReadEnd(), d.ReadVectorEnd(), d.ReadMapEnd())
	expect("nothing", d.Remaining(), err, 4)
}

func TestMapsAreNotNull(t *testing.T) {
	for _, b := range [][]byte{{0xff, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0}} {
		if n, err := NewDecoder(b).ReadMapStart(); !errors.Is(err, ErrLength) || n != 0 {
			t.Errorf("%x: %d %v", b, n, err)
		}
	}
	if _, err := NewDecoder([]byte{0, 0, 0, 2, 0, 0, 0}).ReadMapStart(); !errors.Is(err, ErrTruncated) {
		t.Errorf("two pairs in three bytes: %v", err)
	}
}

// Vectors and maps are counts to an encoder, so one element too many costs nothing. The bytes that are too long are asked
// for and never touched, so they take no memory either.
func TestTooLong(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("no length is too long here")
	}
	var e Encoder
	tooLong := math.MaxInt32
	tooLong++ // as a constant it would not compile where an int has 32 bits
	for _, err := range []error{e.WriteVectorStart(tooLong, false), e.WriteMapStart(tooLong)} {
		if !errors.Is(err, ErrTooLong) {
			t.Errorf("%v", err)
		}
	}
	if err := e.WriteVectorStart(math.MaxInt32, false); err != nil {
		t.Errorf("the longest there can be: %v", err)
	}
	e.Reset()
	long := make([]byte, tooLong)
	for _, err := range []error{
		e.WriteBuffer(long),
		e.WriteString(unsafe.String(&long[0], len(long))),
		e.AppendRequest(1, OpSetData, &proto.SetDataRequest{Data: long}, 0),
	} {
		if !errors.Is(err, ErrTooLong) {
			t.Errorf("%v", err)
		}
	}
	if len(e.B) != 0 {
		t.Errorf("%d bytes were written", len(e.B))
	}
}

func TestEncoderReset(t *testing.T) {
	e := Encoder{B: make([]byte, 3, 100)}
	e.Reset()
	if len(e.B) != 0 || cap(e.B) != 100 {
		t.Fatalf("length %d, capacity %d", len(e.B), cap(e.B))
	}
}

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&DecodeError{Offset: 7, Need: 100, Have: 3, Err: ErrTruncated}, "wire: record ends early: 100 bytes wanted at offset 7, 3 left"},
		{&DecodeError{Offset: 7, Need: -5, Have: 3, Err: ErrLength}, "wire: impossible length: -5 at offset 7"},
		{&DecodeError{Offset: 7, Err: ErrMulti}, "wire: malformed multi at offset 7"},
		{&FrameError{Length: -1, Max: 10}, "wire: bad frame length -1"},
		{&FrameError{Length: 11, Max: 10}, "wire: bad frame length 11: the limit is 10"},
		{&PathError{Path: "a\n", Reason: "is odd"}, `invalid path "a\n": is odd`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, err := range []error{ErrMalformed, ErrTruncated, ErrLength, ErrMulti, ErrTooLong, ErrFrame} {
		if !strings.HasPrefix(err.Error(), "wire: ") {
			t.Errorf("%q", err)
		}
	}
}

// The decoders of the package function are reused; nothing of one call may show in the next.
func TestPooledDecodersForget(t *testing.T) {
	long := mustAppend(t, (&filler{elems: 9}).fill(records[11]()))
	for range 100 {
		if err := Decode(long[:len(long)-1], records[11]()); !errors.Is(err, ErrTruncated) {
			t.Fatal(err)
		}
		if err := Decode(long, records[11]()); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustAppend(t, (&filler{elems: 9}).fill(records[11]())); !bytes.Equal(got, long) {
		t.Fatal("encoding changed")
	}
}
