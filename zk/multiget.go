package zk

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// MultiGet reads the data and Stats of several nodes in one request (server 3.6). Its results are in the
// order of the paths, each with an error of its own: ErrNoNode or ErrNoAuth, as with [Client.Get]. The
// future fails only when there are no results at all.
//
// What it saves is overhead: nodes may change while the server goes through the list. Request and reply
// are bounded like all others, see [WithMaxRequest] and [WithMaxReply]. On a server before 3.6 it is as
// many Gets, one behind the other; until that is known of a server they take their places in the order
// behind operations called after it.
//
// Errors: those of every operation; ErrBadArguments if any path is invalid.
func (c *Client) MultiGet(ctx context.Context, paths ...string) *future.Future[[]future.Result[Node]] {
	return multiRead(ctx, c, wire.OpGetData, paths,
		func(full string) fullKind { return fullKind{full, false} },
		func(path string, r wire.Record) (Node, bool) {
			resp, ok := r.(*proto.GetDataResponse)
			if !ok {
				return Node{}, false
			}
			return Node{Path: path, Data: resp.Data, Stat: Stat(resp.Stat)}, true
		})
}

// MultiChildren lists the names of the children of several nodes in one request (server 3.6), as
// [Client.MultiGet] reads data. The Stats of the nodes are not part of the answer.
func (c *Client) MultiChildren(ctx context.Context, paths ...string) *future.Future[[]future.Result[[]string]] {
	return multiRead(ctx, c, wire.OpGetChildren, paths,
		func(full string) namesKind { return namesKind{full} },
		func(_ string, r wire.Record) ([]string, bool) {
			resp, ok := r.(*proto.GetChildrenResponse)
			if !ok {
				return nil, false
			}
			return resp.Children, true
		})
}

// multiRead makes one request of reads of kind op. single is one of them, and result its answer.
func multiRead[T any, K kind[T]](ctx context.Context, c *Client, op wire.Op, paths []string,
	single func(full string) K, result func(path string, r wire.Record) (T, bool)) *future.Future[[]future.Result[T]] {
	mustContext(ctx)
	k := multiReadKind[T, K]{op: op, result: result, paths: append([]string(nil), paths...)}
	for _, path := range paths {
		full, err := c.path(path)
		if err != nil {
			return failed[[]future.Result[T]](c, wire.OpMultiRead, path, err)
		}
		k.reads = append(k.reads, single(full))
	}
	if c.bad != nil {
		return failed[[]future.Result[T]](c, wire.OpMultiRead, "", c.bad)
	}
	return submit[[]future.Result[T]](ctx, c, wire.OpMultiRead, "", k)
}

type multiReadKind[T any, K kind[T]] struct {
	op     wire.Op
	paths  []string // as the caller gave them
	reads  []K
	result func(path string, r wire.Record) (T, bool)
}

func (k multiReadKind[T, K]) encode(o *base, e *wire.Encoder) error {
	for _, r := range k.reads {
		h := proto.MultiHeader{Type: int32(k.op), Err: -1}
		if err := h.Write(e); err != nil {
			return err
		}
		if err := r.encode(o, e); err != nil {
			return err
		}
	}
	end := proto.MultiHeader{Type: -1, Done: true, Err: -1}
	return end.Write(e)
}

func (k multiReadKind[T, K]) decode(_ *base, d *wire.Decoder, _ *session.Reply) ([]future.Result[T], error) {
	resp := wire.MultiResponse{Want: len(k.reads)}
	if err := d.Decode(&resp); err != nil {
		return nil, err
	}
	if len(resp.Results) != len(k.reads) {
		return nil, errMisfit
	}
	results := make([]future.Result[T], len(k.reads))
	for i, r := range resp.Results {
		if r.Type == wire.OpError && r.Code != wire.OK {
			results[i].Err = &OpError{Op: opName(k.op), Path: k.paths[i], Err: r.Code}
			continue
		}
		v, ok := k.result(k.paths[i], r.Record)
		if !ok {
			return nil, errMisfit
		}
		results[i].Value = v
	}
	return results, nil
}

var errMisfit = errors.New("multiRead: the results do not fit the request")

// split does with single reads what the server cannot do with one request. It hands the result to done, once.
// The reads watch the context themselves: when it ends, they do, and so does the whole.
func (k multiReadKind[T, K]) split(o *base, done func([]future.Result[T], error)) {
	results := make([]future.Result[T], len(k.reads))
	var left atomic.Int64
	left.Store(int64(len(k.reads)) + 1)
	arrived := func() {
		if left.Add(-1) > 0 {
			return
		}
		for _, r := range results {
			if r.Err != nil && !errors.Is(r.Err, ErrNoNode) && !errors.Is(r.Err, ErrNoAuth) {
				done(nil, asOpError(wire.OpMultiRead, "", r.Err, false))
				return
			}
		}
		done(results, nil)
	}
	for i, r := range k.reads {
		read := prepare[T](o.req.Ctx, o.c, k.op, k.paths[i], r)
		f := read.submit()
		read.Arm()
		f.Notify(future.Func(func() {
			results[i].Value, results[i].Err, _ = f.Poll()
			arrived()
		}))
	}
	arrived()
}

// namesKind is getChildren, whose answer has no Stat.
type namesKind struct{ path string }

func (k namesKind) encode(_ *base, e *wire.Encoder) error {
	r := proto.GetChildrenRequest{Path: k.path}
	return r.Write(e)
}

func (namesKind) decode(_ *base, d *wire.Decoder, _ *session.Reply) ([]string, error) {
	var r proto.GetChildrenResponse
	err := d.Decode(&r)
	return r.Children, err
}
