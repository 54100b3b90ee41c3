package wire

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

// Decoder reads records from a byte slice. Bytes that follow a complete record are left over, as ZooKeeper leaves them.
//
// Every error is a [*DecodeError]. After an error the record is half filled and the position undefined.
//
// Memory: a length or count is compared with the bytes that remain before anything is made for it. A buffer costs its
// own bytes. A vector of n elements is refused unless n smallest elements would fit in what remains, so its slice is at
// most 4 times as long as the bytes it came from: 16 bytes of string for the 4 of its length, 32 of ClientInfo for 8,
// 40 of ACL for 12. With the bytes of the strings themselves that makes less than 5 times the frame. A multi is many
// small records in a list that grows, and costs less than 20 times its bytes, garbage included; whoever sets
// [MultiResponse.Want] pays for no more parts than those.
type Decoder struct {
	// Alias lets decoded buffers share memory with the input, capped so that appending to one copies it. The caller
	// then gives the input away for as long as any of them lives. Strings are always copied. False by default: buffers
	// are copied.
	Alias bool

	b    []byte
	off  int
	elem int // fewest bytes of an element of a vector in the record at hand
}

var _ jute.Decoder = (*Decoder)(nil)

// NewDecoder returns a Decoder that reads b.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

// Reset starts over at the beginning of b and keeps Alias.
func (d *Decoder) Reset(b []byte) { d.b, d.off, d.elem = b, 0, 0 }

// Remaining is the number of bytes not yet read.
func (d *Decoder) Remaining() int { return len(d.b) - d.off }

// Rest is the bytes not yet read; it shares memory with the input.
func (d *Decoder) Rest() []byte { return d.b[d.off:] }

// Decode reads one record.
func (d *Decoder) Decode(r jute.RecordReader) error {
	d.elem = smallestElement(r)
	err := r.Read(d)
	d.elem = 0 // or the next record, read without Decode, would be measured by this one's elements
	return err
}

var decoders = sync.Pool{New: func() any { return new(Decoder) }}

// Decode reads one record from b and ignores what follows it. Nothing in the record shares memory with b.
func Decode(b []byte, r jute.RecordReader) error {
	d := decoders.Get().(*Decoder)
	d.Reset(b)
	err := d.Decode(r)
	d.Reset(nil)
	decoders.Put(d)
	return err
}

// Fewest bytes that one element of a vector takes.
const (
	smallestString     = 4     // the length of an empty string
	smallestClientInfo = 4 + 4 // two empty strings
	smallestACL        = 4 + 8 // perms and two empty strings
)

// smallestElement is here because jute tells a Decoder the count of a vector but not what it is a vector of. Strings are
// the right answer for every record not named, and a safe one for every record.
func smallestElement(r jute.RecordReader) int {
	switch r.(type) {
	case *proto.CreateRequest, *proto.CreateTTLRequest, *proto.SetACLRequest, *proto.GetACLResponse:
		return smallestACL
	case *proto.WhoAmIResponse:
		return smallestClientInfo
	}
	return smallestString
}

func (d *Decoder) short(need int64) error {
	return &DecodeError{Offset: d.off, Need: need, Have: d.Remaining(), Err: ErrTruncated}
}

// ReadStart reads nothing: a record has no frame of its own.
func (d *Decoder) ReadStart() error { return nil }

// ReadEnd reads nothing.
func (d *Decoder) ReadEnd() error { return nil }

// ReadByte reads one byte.
func (d *Decoder) ReadByte() (byte, error) {
	if d.Remaining() < 1 {
		return 0, d.short(1)
	}
	v := d.b[d.off]
	d.off++
	return v, nil
}

// ReadBoolean reads one byte; anything but 0 is true.
func (d *Decoder) ReadBoolean() (bool, error) {
	v, err := d.ReadByte()
	return v != 0, err
}

// ReadInt reads four bytes.
func (d *Decoder) ReadInt() (int32, error) {
	if d.Remaining() < 4 {
		return 0, d.short(4)
	}
	v := binary.BigEndian.Uint32(d.b[d.off:])
	d.off += 4
	return int32(v), nil
}

// ReadLong reads eight bytes.
func (d *Decoder) ReadLong() (int64, error) {
	if d.Remaining() < 8 {
		return 0, d.short(8)
	}
	v := binary.BigEndian.Uint64(d.b[d.off:])
	d.off += 8
	return int64(v), nil
}

// ReadFloat reads four bytes.
func (d *Decoder) ReadFloat() (float32, error) {
	v, err := d.ReadInt()
	return math.Float32frombits(uint32(v)), err
}

// ReadDouble reads eight bytes.
func (d *Decoder) ReadDouble() (float64, error) {
	v, err := d.ReadLong()
	return math.Float64frombits(uint64(v)), err
}

// ReadString reads a string; null is "". Bytes that are not UTF-8 are kept.
func (d *Decoder) ReadString() (string, error) {
	p, err := d.bytes()
	return string(p), err
}

// ReadBuffer reads a buffer; null is nil, and an empty buffer is not nil.
func (d *Decoder) ReadBuffer() ([]byte, error) {
	p, err := d.bytes()
	if p == nil || err != nil || d.Alias {
		return p, err
	}
	return append(make([]byte, 0, len(p)), p...), nil
}

// bytes returns what a length stands in front of, capped and still part of the input; nil for null.
func (d *Decoder) bytes() ([]byte, error) {
	n, err := d.count(1)
	if n < 0 || err != nil {
		return nil, err
	}
	p := d.b[d.off : d.off+n : d.off+n]
	d.off += n
	return p, nil
}

// ReadVectorStart reads a count, -1 for a null vector.
func (d *Decoder) ReadVectorStart() (int, error) {
	return d.count(max(d.elem, smallestString))
}

// ReadVectorEnd reads nothing.
func (d *Decoder) ReadVectorEnd() error { return nil }

// ReadMapStart reads the count of a map, which cannot be null. No ZooKeeper record has a map.
func (d *Decoder) ReadMapStart() (int, error) {
	at := d.off
	n, err := d.count(2)
	if n < 0 && err == nil {
		err = &DecodeError{Offset: at, Need: int64(n), Have: d.Remaining(), Err: ErrLength}
	}
	return max(n, 0), err
}

// ReadMapEnd reads nothing.
func (d *Decoder) ReadMapEnd() error { return nil }

// ReadRecord reads a record within a record.
func (d *Decoder) ReadRecord(r jute.RecordReader) error { return r.Read(d) }

// count reads a length or count of things that take at least size bytes each, all of which must still be there.
func (d *Decoder) count(size int) (int, error) {
	at := d.off
	n, err := d.ReadInt()
	switch {
	case err != nil:
		return 0, err
	case n < -1:
		return 0, &DecodeError{Offset: at, Need: int64(n), Have: d.Remaining(), Err: ErrLength}
	case int64(n)*int64(size) > int64(d.Remaining()):
		return 0, d.short(int64(n) * int64(size))
	}
	return int(n), nil
}
