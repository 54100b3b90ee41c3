package zk

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// txnKind is the multi request of a transaction. It is a settler: however the transaction ends, so do
// the operations' futures.
type txnKind struct{ *txnState }

func (k *txnKind) settle(b *future.Batch, err error) { k.end(b, err) }

// txnTry is the multi request of a transaction that may be sent again: its end is not the transaction's.
type txnTry struct{ *txnState }

type txnState struct {
	ops     []txnOp
	once    bool               // the first is a marker, and does not count
	newer   []int              // where in the body the operations begin that servers before 3.5 do not know
	results []wire.MultiResult // once all have succeeded
	zxid    int64
}

func (k *txnState) encode(_ *base, e *wire.Encoder) error {
	start := len(e.B)
	for _, o := range k.ops {
		if o.wire.Op == wire.OpCreate2 {
			k.newer = append(k.newer, len(e.B)-start)
		}
		h := proto.MultiHeader{Type: int32(o.wire.Op), Err: -1}
		if err := h.Write(e); err != nil {
			return err
		}
		if err := e.Encode(o.wire.Record); err != nil {
			return err
		}
	}
	end := proto.MultiHeader{Type: -1, Done: true, Err: -1}
	return end.Write(e)
}

// newest returns what a server must know beside multi: 0 if nothing, or the newest of what makes nodes.
func newest(ops []txnOp) (most wire.Op) {
	for _, o := range ops {
		switch o.wire.Op {
		case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
			most = max(most, o.wire.Op) // the larger number is the newer one
		}
	}
	return most
}

// explain: a server that does not know a part of a transaction says that it cannot read it.
func (k *txnState) explain(err error) error {
	if err == ErrMarshalling && newest(k.ops) > wire.OpCreate2 {
		return ErrUnimplemented
	}
	return err
}

// first is the index of the first operation that counts.
func (k *txnState) first() int {
	if k.once {
		return 1
	}
	return 0
}

// age puts create where create2 was. A container or a TTL node is nothing that an older server can make.
func (k *txnState) age(op wire.Op, body []byte) wire.Op {
	if newest(k.ops) > wire.OpCreate2 {
		return 0
	}
	for _, at := range k.newer {
		binary.BigEndian.PutUint32(body[at:], uint32(wire.OpCreate))
	}
	return op
}

func (k *txnState) decode(_ *base, d *wire.Decoder, reply *session.Reply) (struct{}, error) {
	resp := wire.MultiResponse{Want: len(k.ops)}
	if err := d.Decode(&resp); err != nil {
		return struct{}{}, err
	}
	if len(resp.Results) != len(k.ops) {
		return struct{}{}, fmt.Errorf("transaction of %d operations: %d results", len(k.ops), len(resp.Results))
	}
	if i, code, bad := resp.Failed(); bad {
		return struct{}{}, k.refused(i, code)
	}
	for i, o := range k.ops {
		if !answers(o.wire.Op, &resp.Results[i]) {
			return struct{}{}, fmt.Errorf("transaction: result %d does not fit %v", i, o.wire.Op)
		}
	}
	k.results, k.zxid = resp.Results, reply.Zxid
	return struct{}{}, nil
}

// answers reports whether r is a success of op.
func answers(op wire.Op, r *wire.MultiResult) bool {
	switch r.Record.(type) {
	case *proto.Create2Response, *proto.CreateResponse:
		return op == wire.OpCreate2 || op == wire.OpCreateContainer || op == wire.OpCreateTTL
	case *proto.SetDataResponse:
		return op == wire.OpSetData
	case nil:
		return r.Type == op
	}
	return false
}

// refused is the error of a transaction of which operation i failed with err.
func (k *txnState) refused(i int, err error) *TxnError {
	results := make([]error, len(k.ops))
	for j, o := range k.ops {
		why := err
		switch {
		case j < i:
			why = ErrRolledBack
		case j > i:
			why = ErrRuntimeInconsistency
		}
		results[j] = &OpError{Op: opName(o.wire.Op), Path: o.path, Err: why}
	}
	return &TxnError{Index: i - k.first(), Err: results[i], Results: results[k.first():]}
}

// end completes the operations' futures, unless they are complete.
func (k *txnState) end(b *future.Batch, err error) {
	var te *TxnError
	errors.As(err, &te)
	for i, o := range k.ops {
		switch {
		case o.done == nil:
		case err == nil:
			o.done(b, &k.results[i], k.zxid, nil)
		case te != nil:
			o.done(b, nil, 0, te.Results[i-k.first()])
		default:
			o.done(b, nil, 0, err)
		}
	}
}
