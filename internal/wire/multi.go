package wire

import (
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

// A multi is a list of parts, each behind a MultiHeader, and a last MultiHeader with done set. Requests and responses
// are framed alike; a response tells by the type in each header what the part is, and the type may differ from the one
// requested.

var multiEnd = proto.MultiHeader{Type: -1, Done: true, Err: -1}

// MultiOp is one operation within a [MultiRequest]: its number and its request record, as [Op.NewRequest] makes it.
type MultiOp struct {
	Op     Op
	Record Record
}

// MultiRequest is the body of [OpMulti] and [OpMultiRead]. An empty one is allowed.
//
// Writes are create, create2, createContainer, createTTL, delete, setData and check; reads are getData and getChildren,
// whose watch flag the server ignores. Read accepts both kinds, mixed too: a server refuses a mixture
// ([CodeMarshallingError]), and [MultiRequest.Fits] says what it goes by.
type MultiRequest struct {
	Ops []MultiOp
}

// MultiWrite reports whether the operation may be in an [OpMulti].
func (o Op) MultiWrite() bool {
	switch o {
	case OpCreate, OpCreate2, OpCreateContainer, OpCreateTTL, OpDelete, OpSetData, OpCheck:
		return true
	}
	return false
}

// MultiRead reports whether the operation may be in an [OpMultiRead] (3.6).
func (o Op) MultiRead() bool { return o == OpGetData || o == OpGetChildren }

// Fits reports whether all operations may be in a request of the kind op, which is [OpMulti] or [OpMultiRead].
func (m *MultiRequest) Fits(op Op) bool {
	for _, o := range m.Ops {
		if op == OpMulti && !o.Op.MultiWrite() || op == OpMultiRead && !o.Op.MultiRead() {
			return false
		}
	}
	return op == OpMulti || op == OpMultiRead
}

// Write appends the operations and the end mark. Every Record must be there.
func (m *MultiRequest) Write(enc jute.Encoder) error {
	for i := range m.Ops {
		h := proto.MultiHeader{Type: int32(m.Ops[i].Op), Err: -1}
		if err := h.Write(enc); err != nil {
			return err
		}
		if err := m.Ops[i].Record.Write(enc); err != nil {
			return err
		}
	}
	return multiEnd.Write(enc)
}

// Read reads operations up to the end mark. One that no multi may hold is an [ErrMulti]: what follows it cannot be read.
func (m *MultiRequest) Read(dec jute.Decoder) error {
	m.Ops = nil
	for {
		var h proto.MultiHeader
		if err := h.Read(dec); err != nil {
			return err
		}
		if h.Done {
			return nil
		}
		op := Op(h.Type)
		if !op.MultiWrite() && !op.MultiRead() {
			return multiError(dec)
		}
		r := op.NewRequest()
		if err := readPart(dec, r); err != nil {
			return err
		}
		m.Ops = append(m.Ops, MultiOp{op, r})
	}
}

// readPart reads a record so that a [Decoder] knows which one it is.
func readPart(dec jute.Decoder, r Record) error {
	if d, ok := dec.(*Decoder); ok {
		return d.Decode(r)
	}
	return r.Read(dec)
}

func multiError(dec jute.Decoder) error {
	e := &DecodeError{Err: ErrMulti}
	if d, ok := dec.(*Decoder); ok {
		e.Offset, e.Have = d.off, d.Remaining()
	}
	return e
}
