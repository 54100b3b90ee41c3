package zk

import (
	"context"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// ErrResultLost is the failure of the future of an operation in a transaction with [Txn.Once] that was
// carried out: the answer is lost, and nothing on the server tells the result any more.
var ErrResultLost = errors.New("carried out, but the result is lost")

// Once lets a view that retries ([Client.WithRetry]) send the transaction again when nobody knows what became of it:
// it puts the creation of an ephemeral node, the marker, before everything else, and when that exists already in a later
// try, the transaction was carried out before. Errors and results do not count it as an operation, except that a
// [TxnError] about it has Index -1: ErrNoNode, because its parent must exist; ErrNodeExists, because nobody else may have
// used its path, which is best made with [Client.GUID].
//
// The marker is deleted in the background when the transaction was carried out, if need be when there is a
// server with a quorum again. After a failure of which
// [MaybeApplied] is true it stays, if it is there, as long as the session: looking for it in this session, after
// a [Client.Sync], tells whether the transaction was carried out. When the session ends before that is known, Commit
// fails with ErrSessionExpired, MaybeApplied true.
//
// When a later try finds the marker, the futures of operations complete with what can be known: a creation's
// path and Czxid, unless the node is sequential; the Stat of a Set, unless the node has changed again. The others fail
// with [ErrResultLost]; Commit succeeds all the same.
func (t *Txn) Once(path string) {
	full, err := t.path(path, AnyVersion)
	if err == nil && t.marker != nil {
		err = fmt.Errorf("%w: Once was called twice", ErrBadArguments)
	}
	k := createKind{path: full, acl: t.c.opt.acl, flags: wire.FlagEphemeral}
	if t.committed {
		t.add(0, txnOp{}) // panics
	}
	t.marker = &txnOp{path: path, err: err, wire: wire.MultiOp{Op: wire.OpCreate2, Record: k.record()}}
}

// commitOften is Commit of a transaction that may have to be sent again.
func (t *Txn) commitOften(ctx context.Context) *future.Future[struct{}] {
	ops, c := t.all(), t.c
	var last *txnState // of the newest try
	settled := false
	r := &repeated[struct{}]{c: c, ctx: ctx, op: wire.OpMulti, again: t.marker != nil}
	r.try = func(v *Client) *future.Future[struct{}] {
		last = &txnState{ops: ops, once: t.marker != nil}
		o := prepare[struct{}](ctx, v, wire.OpMulti, "", txnTry{last})
		o.req.Needs = newest(ops)
		f := o.send()
		o.Arm() // whoever waits for the operations' futures does not tell
		return f
	}
	if t.marker != nil {
		r.proof = func(co *future.Co, v *Client, refusal error) (p proven[struct{}]) {
			var te *TxnError
			if !errors.As(refusal, &te) || te.Index != -1 || !errors.Is(te, ErrNodeExists) {
				p.not = te != nil && te.Index >= 0 // the marker was not there
				return p
			}
			zxid, err := t.markedAt(co, ctx, v)
			if zxid == 0 {
				p.err = err
				return p
			}
			last.recover(co, ctx, v, zxid)
			p.done, settled = true, true
			return p
		}
	}
	tries, first := r.tries(), r.try(c.plain())
	f := detached(ctx, c, func(co *future.Co) (struct{}, error) {
		_, err := future.Await(co, first)
		if err != nil {
			_, err = r.goOn(co, tries, err)
		}
		if !settled {
			last.end(nil, err)
		}
		if err == nil && t.marker != nil {
			c.unmark(t.marker.path)
		}
		return struct{}{}, err
	})
	// If the handler stops, the coroutine may never have run.
	f.Notify(future.Func(func() {
		if _, err, _ := f.Poll(); err != nil {
			(&txnState{ops: ops, once: t.marker != nil}).end(nil, err)
		}
	}))
	return f
}

// unmark deletes a marker in the background; at a server without a quorum, again and again until there is another.
func (c *Client) unmark(path string) {
	on := context.Background()
	v := c.WithRetry(RetryPolicy{})
	future.Recover(v.Delete(on, path, AnyVersion), func(err error) *future.Future[struct{}] {
		if !errors.Is(err, ErrNotReadOnly) {
			return future.Failed[struct{}](err)
		}
		p, _ := RetryPolicy{MaxTries: TryForever}.filled()
		t := c.newTries(on, &p)
		return detached(on, c, func(co *future.Co) (struct{}, error) {
			for errors.Is(err, ErrNotReadOnly) {
				if e := t.pause(co, err); e != nil {
					return struct{}{}, e
				}
				_, err = future.Await(co, v.Delete(on, path, AnyVersion))
			}
			return struct{}{}, err
		})
	})
}

// markedAt returns the zxid at which this session has created the marker, or 0.
func (t *Txn) markedAt(co *future.Co, ctx context.Context, v *Client) (int64, error) {
	owner := v.Session().ID
	st, err := future.Await(co, v.Exists(ctx, t.marker.path))
	if err != nil || st == nil || st.EphemeralOwner != owner {
		return 0, unseen(err)
	}
	return st.Czxid, nil
}

// recover completes the futures of the operations of a transaction that was carried out with that zxid.
func (k *txnState) recover(co *future.Co, ctx context.Context, v *Client, zxid int64) {
	stats := make([]*future.Future[*Stat], len(k.ops))
	for i, o := range k.ops {
		if rec, ok := o.wire.Record.(*proto.SetDataRequest); ok {
			stats[i] = submit[*Stat](ctx, v, wire.OpExists, o.path, existsKind{rec.Path, false})
		}
	}
	newer := make(map[string]bool) // paths that a later operation has set
	for i := len(k.ops) - 1; i >= 0; i-- {
		o := &k.ops[i]
		if o.done == nil {
			continue
		}
		var r wire.MultiResult
		switch rec := o.wire.Record.(type) {
		case *proto.CreateRequest:
			r.Record = createdAt(rec.Path, rec.Flags)
		case *proto.CreateTTLRequest:
			r.Record = createdAt(rec.Path, rec.Flags)
		case *proto.SetDataRequest:
			st, err := future.Await(co, stats[i])
			if err == nil && st != nil && st.Mzxid == zxid && !newer[rec.Path] {
				r.Record = &proto.SetDataResponse{Stat: data.Stat(*st)}
			}
			newer[rec.Path] = true
		}
		if r.Record == nil {
			o.done(nil, nil, 0, &OpError{Op: opName(o.wire.Op), Path: o.path, Err: ErrResultLost})
			continue
		}
		o.done(nil, &r, zxid, nil)
	}
}

// createdAt is the answer to the creation of a node that was carried out: nil if the server has chosen the path.
func createdAt(path string, flags int32) wire.Record {
	if wire.CreateFlags(flags).Sequential() {
		return nil
	}
	return &proto.CreateResponse{Path: path}
}
