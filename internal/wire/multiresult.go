package wire

import (
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

// MultiResult is the answer to one operation of a multi.
//
// Success: Type is the number of an operation, Code is [OK], Record its response ([*proto.CreateResponse] for OpCreate,
// [*proto.Create2Response] for OpCreate2, OpCreateContainer and OpCreateTTL, [*proto.SetDataResponse],
// [*proto.GetDataResponse], [*proto.GetChildrenResponse]; nil for OpDelete and OpCheck).
// The type is the server's word, not an echo: createContainer and createTTL come back as OpCreate2, and from older servers
// (3.8.0 and 3.8.1, and before 3.7.2) create2 comes back as OpCreate, without a Stat.
//
// Failure: Type is [OpError], Code says why, Record is nil. When one write of an [OpMulti] fails, all results are of this
// kind: OK for those ahead of it, which were undone, its own code, and [CodeRuntimeInconsistency] for those behind. So
// OpError with OK is not a success. In an [OpMultiRead] every result stands for itself.
type MultiResult struct {
	Type   Op
	Code   Code
	Record Record
}

// MultiResponse is the body of a reply to [OpMulti] and [OpMultiRead]. The ReplyHeader says 0 even if the multi failed:
// see [MultiResponse.Failed].
type MultiResponse struct {
	// Want, if more than 0, is how many operations the request had. A response with more results is an [ErrMulti]
	// before memory is spent on them; one with fewer is for the caller to judge.
	Want    int
	Results []MultiResult
}

// Failed finds the operation that made an [OpMulti] fail, and why. ok is false if none did.
func (m *MultiResponse) Failed() (index int, code Code, ok bool) {
	for i, r := range m.Results {
		if r.Type == OpError && r.Code != OK {
			return i, r.Code, true
		}
	}
	return 0, OK, false
}

// FailMulti is the response a server gives to n writes of which the one at index failed with code.
func FailMulti(n, index int, code Code) *MultiResponse {
	m := &MultiResponse{Results: make([]MultiResult, n)}
	for i := range m.Results {
		m.Results[i].Type = OpError
		if i == index {
			m.Results[i].Code = code
		} else if i > index {
			m.Results[i].Code = CodeRuntimeInconsistency
		}
	}
	return m
}

// newResult is the record of a successful result; known is false for a type that no result has.
func newResult(t Op) (r Record, known bool) {
	return t.NewResponse(), t.MultiWrite() || t.MultiRead()
}

// Write appends the results and the end mark.
func (m *MultiResponse) Write(enc jute.Encoder) error {
	for i := range m.Results {
		r := &m.Results[i]
		h := proto.MultiHeader{Type: int32(r.Type), Err: int32(r.Code)}
		if err := h.Write(enc); err != nil {
			return err
		}
		var err error
		switch {
		case r.Type == OpError:
			err = enc.WriteInt(int32(r.Code))
		case r.Record != nil:
			err = r.Record.Write(enc)
		}
		if err != nil {
			return err
		}
	}
	return multiEnd.Write(enc)
}

// Read reads results up to the end mark and keeps Want. A result of an unknown type, or one that says in its header that
// it failed while its type says that it did not, is an [ErrMulti]: to take it for a success would be a lie.
func (m *MultiResponse) Read(dec jute.Decoder) error {
	m.Results = nil
	for {
		var h proto.MultiHeader
		if err := h.Read(dec); err != nil {
			return err
		}
		if h.Done {
			return nil
		}
		if m.Want > 0 && len(m.Results) == m.Want {
			return multiError(dec)
		}
		if m.Results == nil && m.Want > 0 {
			m.Results = make([]MultiResult, 0, m.Want)
		}
		r := MultiResult{Type: Op(h.Type)}
		if err := r.readBody(dec, &h); err != nil {
			return err
		}
		m.Results = append(m.Results, r)
	}
}

func (r *MultiResult) readBody(dec jute.Decoder, h *proto.MultiHeader) error {
	if r.Type == OpError {
		// The code is there twice; the body is the one that ZooKeeper's own clients go by.
		code, err := dec.ReadInt()
		r.Code = Code(code)
		return err
	}
	var known bool
	if r.Record, known = newResult(r.Type); !known || h.Err != 0 {
		return multiError(dec)
	}
	if r.Record == nil {
		return nil
	}
	return readPart(dec, r.Record)
}
