package wire

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/go-zookeeper/jute/lib/go/jute"
)

// Record is anything that can be written to and read from the wire: the generated records, [MultiRequest],
// [MultiResponse], [ConnectRequest], [ConnectResponse].
type Record interface {
	jute.RecordWriter
	jute.RecordReader
}

// Encoder appends records to B. It only ever appends: what is in B stays as it is, so several messages may gather in
// one Encoder and leave in one write. The zero value is ready for use.
//
// The only error it returns is [ErrTooLong]; B then holds part of a record, and the caller cuts it back
// ([Encoder.EndFrame] and the Append functions of this package do).
type Encoder struct {
	B []byte
}

var _ jute.Encoder = (*Encoder)(nil)

// Reset empties B and keeps its memory.
func (e *Encoder) Reset() { e.B = e.B[:0] }

// Encode appends one record.
func (e *Encoder) Encode(r jute.RecordWriter) error { return r.Write(e) }

// Append appends one record to b. It is [Encoder.Encode] for a caller that has no Encoder; on error b comes back
// unchanged.
func Append(b []byte, r jute.RecordWriter) ([]byte, error) {
	e := Encoder{B: b}
	if err := r.Write(&e); err != nil {
		return b, err
	}
	return e.B, nil
}

// WriteStart writes nothing: a record has no frame of its own.
func (e *Encoder) WriteStart() error { return nil }

// WriteEnd writes nothing.
func (e *Encoder) WriteEnd() error { return nil }

// WriteByte writes one byte.
func (e *Encoder) WriteByte(b byte) error {
	e.B = append(e.B, b)
	return nil
}

// WriteBoolean writes one byte, 0 or 1.
func (e *Encoder) WriteBoolean(b bool) error {
	var v byte
	if b {
		v = 1
	}
	e.B = append(e.B, v)
	return nil
}

// WriteInt writes four bytes, big-endian as everything here.
func (e *Encoder) WriteInt(v int32) error {
	e.put32(uint32(v))
	return nil
}

// put32 appends to the field itself, which stores nothing but its length. A slice that a function returns would be stored
// whole, with a write barrier while garbage is collected.
func (e *Encoder) put32(v uint32) { e.B = append(e.B, byte(v>>24), byte(v>>16), byte(v>>8), byte(v)) }

// WriteLong writes eight bytes.
func (e *Encoder) WriteLong(v int64) error {
	e.put32(uint32(v >> 32))
	e.put32(uint32(v))
	return nil
}

// WriteFloat writes four bytes. No ZooKeeper record has a float.
func (e *Encoder) WriteFloat(v float32) error { return e.WriteInt(int32(math.Float32bits(v))) }

// WriteDouble writes eight bytes. No ZooKeeper record has a double.
func (e *Encoder) WriteDouble(v float64) error { return e.WriteLong(int64(math.Float64bits(v))) }

// WriteString writes the length in bytes and the bytes. An empty string has length 0; there is no null string.
func (e *Encoder) WriteString(s string) error {
	if len(s) > math.MaxInt32 {
		return ErrTooLong
	}
	b := e.more(4 + len(s))
	binary.BigEndian.PutUint32(b, uint32(len(s)))
	copy(b[4:], s)
	return nil
}

// WritePath is WriteString of c.Join(path, false), which it need not make.
func (e *Encoder) WritePath(c Chroot, path string) error {
	if c != "" && path == "/" {
		path = ""
	}
	n := len(c) + len(path)
	if n > math.MaxInt32 {
		return ErrTooLong
	}
	b := e.more(4 + n)
	binary.BigEndian.PutUint32(b, uint32(n))
	copy(b[4:], c)
	copy(b[4+len(c):], path)
	return nil
}

// more appends n bytes, to be filled in by the caller. Who writes with it and not with append needs no room on the stack
// for growing: there may be thousands who ask, with a stack each.
func (e *Encoder) more(n int) (b []byte) {
	if n += len(e.B); n > cap(e.B) {
		e.grow(n)
	}
	b, e.B = e.B[len(e.B):n], e.B[:n]
	return b
}

//go:noinline
func (e *Encoder) grow(n int) { e.B = slices.Grow(e.B, n-len(e.B)) }

// WriteBuffer writes the length and the bytes; nil is null, length -1.
func (e *Encoder) WriteBuffer(p []byte) error {
	if err := e.WriteVectorStart(len(p), p == nil); err != nil {
		return err
	}
	e.B = append(e.B, p...)
	return nil
}

// WriteVectorStart writes the count of the elements that follow, or -1 for a null vector.
func (e *Encoder) WriteVectorStart(n int, null bool) error {
	if n > math.MaxInt32 {
		return ErrTooLong
	}
	if null {
		n = -1
	}
	e.put32(uint32(n))
	return nil
}

// WriteVectorEnd writes nothing.
func (e *Encoder) WriteVectorEnd() error { return nil }

// WriteMapStart writes the count of the pairs that follow. No ZooKeeper record has a map.
func (e *Encoder) WriteMapStart(n int) error { return e.WriteVectorStart(n, false) }

// WriteMapEnd writes nothing.
func (e *Encoder) WriteMapEnd() error { return nil }

// WriteRecord writes a record within a record.
func (e *Encoder) WriteRecord(r jute.RecordWriter) error { return r.Write(e) }
