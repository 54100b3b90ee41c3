package zk

import (
	"bytes"
	"context"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A Txn is a list of operations that are carried out together or not at all, and that nobody sees
// half done. Later ones see what earlier ones do. Fill it in, then Commit it, once. It is not safe for
// concurrent use. It is one request, so [WithMaxRequest] bounds all of it.
type Txn struct {
	c         *Client
	ops       []txnOp
	marker    *txnOp // goes first; see Once
	bytes     int    // of data
	committed bool
}

// A txnOp is one operation of a transaction, and what becomes of its result.
type txnOp struct {
	wire wire.MultiOp
	err  error // it is wrong already
	path string
	// done completes the operation's future, if it has one; r is nil if err is not.
	done func(b *future.Batch, r *wire.MultiResult, zxid int64, err error)
}

// Txn returns an empty transaction.
func (c *Client) Txn() *Txn { return &Txn{c: c} }

// Create adds the creation of a node, with any option of [Client.Create] but MakeParents and Protected.
// Its result is there when Commit's is; before 3.9, and in some releases of 3.7 and 3.8, the server does
// not tell the node's Stat, see [Created].
func (t *Txn) Create(path string, data []byte, opts ...CreateOption) *future.Future[Created] {
	c := t.c
	p := future.NewPromise[Created](c.lane)
	var k createKind
	var op wire.Op = wire.OpCreate
	cr, err := c.creation(opts)
	if err == nil && (cr.parents || cr.protected) {
		err = fmt.Errorf("%w: MakeParents and Protected do not work in a transaction", ErrBadArguments)
	}
	if err == nil {
		k, op, err = cr.kind(c, path, bytes.Clone(data))
	}
	t.add(len(data), txnOp{path: path, err: err, wire: wire.MultiOp{Op: op, Record: k.record()},
		done: func(b *future.Batch, r *wire.MultiResult, zxid int64, err error) {
			var made Created
			if err == nil {
				switch rec := r.Record.(type) {
				case *proto.Create2Response:
					made.Path, _ = c.chroot.Strip(rec.Path)
					made.Stat = Stat(rec.Stat)
				case *proto.CreateResponse:
					made = k.created(c, rec.Path, zxid)
				}
			}
			p.CompleteIn(b, made, err)
		}})
	return p.Future()
}

// Set adds the replacement of a node's data. Its result is there when Commit's is.
func (t *Txn) Set(path string, data []byte, version int32) *future.Future[Stat] {
	p := future.NewPromise[Stat](t.c.lane)
	full, err := t.path(path, version)
	rec := &proto.SetDataRequest{Path: full, Data: bytes.Clone(data), Version: version}
	t.add(len(data), txnOp{path: path, err: err, wire: wire.MultiOp{Op: wire.OpSetData, Record: rec},
		done: func(b *future.Batch, r *wire.MultiResult, _ int64, err error) {
			var st Stat
			if err == nil {
				st = Stat(r.Record.(*proto.SetDataResponse).Stat)
			}
			p.CompleteIn(b, st, err)
		}})
	return p.Future()
}

// Delete adds the deletion of a node.
func (t *Txn) Delete(path string, version int32) {
	full, err := t.path(path, version)
	t.add(0, txnOp{path: path, err: err,
		wire: wire.MultiOp{Op: wire.OpDelete, Record: &proto.DeleteRequest{Path: full, Version: version}}})
}

// Check adds the condition that a node exists and has this version, or any with [AnyVersion].
func (t *Txn) Check(path string, version int32) {
	full, err := t.path(path, version)
	t.add(0, txnOp{path: path, err: err,
		wire: wire.MultiOp{Op: wire.OpCheck, Record: &proto.CheckVersionRequest{Path: full, Version: version}}})
}

func (t *Txn) path(path string, version int32) (string, error) {
	full, err := t.c.path(path)
	if err == nil {
		err = checkVersion(version)
	}
	return full, err
}

func (t *Txn) add(bytes int, o txnOp) {
	if t.committed {
		panic("zk: operation added to a transaction that was committed")
	}
	t.bytes += bytes
	t.ops = append(t.ops, o)
}

// Commit carries the transaction out, and completes the futures of its operations before its own. An
// empty transaction succeeds. After Commit nothing may be added: that panics.
//
// Errors: *[TxnError] if an operation was refused, by the server or here because it is invalid: then
// nothing was applied. ErrBadArguments if the transaction was committed before, ErrTooLong, and those of
// every operation; [MaybeApplied] tells whether a failed one may have been carried out. The futures of
// operations fail with the same, or else with what TxnError.Results says of them.
func (t *Txn) Commit(ctx context.Context) *future.Future[struct{}] {
	mustContext(ctx)
	if t.committed {
		return failed[struct{}](t.c, wire.OpMulti, "", fmt.Errorf("%w: committed twice", ErrBadArguments))
	}
	t.committed = true
	ops := t.all()
	o := prepare[struct{}](ctx, t.c, wire.OpMulti, "", txnKind{&txnState{ops: ops, once: t.marker != nil}})
	for i, op := range ops {
		if op.err != nil {
			return o.fail(o.k.refused(i, op.err))
		}
	}
	if t.c.bad != nil {
		return o.fail(t.c.bad)
	}
	if err := t.c.checkSize(t.bytes); err != nil {
		return o.fail(err)
	}
	if t.c.retry != nil || t.marker != nil {
		return t.commitOften(ctx)
	}
	o.req.Needs = newest(ops)
	f := o.send()
	o.Arm() // whoever waits for the operations' futures does not tell
	return f
}

// all returns what is sent.
func (t *Txn) all() []txnOp {
	if t.marker == nil {
		return t.ops
	}
	return append([]txnOp{*t.marker}, t.ops...)
}
