package witness

import (
	"context"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Txn is a [zk.Txn] that is recorded.
type Txn struct {
	c     *Client
	zk    *zk.Txn
	parts []part
}

// A part is one operation of a transaction, and what adds its result.
type part struct {
	op   Op
	note func(op *Op)
}

// Txn is [zk.Client.Txn].
func (c *Client) Txn() *Txn { return &Txn{c: c, zk: c.zk.Txn()} }

// Create is [zk.Txn.Create].
func (t *Txn) Create(path string, data []byte, opts ...zk.CreateOption) *future.Future[zk.Created] {
	f := t.zk.Create(path, data, opts...)
	r := t.c.r
	t.parts = append(t.parts, part{
		Op{Kind: Create, Path: r.path(path), Value: r.value(data), Mode: modeOf(opts), Expected: -1},
		func(op *Op) {
			made, _, _ := f.Poll()
			op.Path = r.intern(made.Path)
			op.stat(&made.Stat)
		},
	})
	return f
}

// Set is [zk.Txn.Set].
func (t *Txn) Set(path string, data []byte, version int32) *future.Future[zk.Stat] {
	f := t.zk.Set(path, data, version)
	t.parts = append(t.parts, part{
		Op{Kind: Set, Path: t.c.r.path(path), Value: t.c.r.value(data), Expected: version},
		func(op *Op) {
			st, _, _ := f.Poll()
			op.stat(&st)
		},
	})
	return f
}

// Delete is [zk.Txn.Delete].
func (t *Txn) Delete(path string, version int32) {
	t.zk.Delete(path, version)
	t.parts = append(t.parts, part{Op{Kind: Delete, Path: t.c.r.path(path), Expected: version}, nil})
}

// Check is [zk.Txn.Check].
func (t *Txn) Check(path string, version int32) {
	t.zk.Check(path, version)
	t.parts = append(t.parts, part{Op{Kind: Check, Path: t.c.r.path(path), Expected: version}, nil})
}

// Commit is [zk.Txn.Commit].
func (t *Txn) Commit(ctx context.Context) *future.Future[struct{}] {
	c, r := t.c, t.c.r
	c.mu.Lock()
	first := t.begin()
	f := t.zk.Commit(ctx)
	c.mu.Unlock()
	f.Notify(future.Func(func() {
		_, err, _ := f.Poll()
		seen := c.zk.LastZxid()
		r.mu.Lock()
		defer r.mu.Unlock()
		var zxid int64
		at := r.moment()
		for i, p := range t.parts {
			op := &r.h.Ops[first+i]
			op.Return, op.Seen = at, seen
			op.Outcome, op.Refusal = outcome(err)
			if op.Outcome == OK && p.note != nil {
				p.note(op)
				zxid = op.zxid()
			}
		}
		for i := range t.parts {
			r.h.Ops[first+i].Zxid = zxid // known if one part has told it
		}
	}))
	return f
}

// begin makes the places of all parts, at one moment.
func (t *Txn) begin() (first int) {
	after := t.c.zk.LastZxid()
	r := t.c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.txns++
	at := r.moment()
	for _, p := range t.parts {
		p.op.Client, p.op.Call, p.op.After, p.op.Txn = t.c.id, at, after, r.txns
		r.h.Ops = append(r.h.Ops, p.op)
	}
	return len(r.h.Ops) - len(t.parts)
}
