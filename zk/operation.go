package zk

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A kind is what distinguishes one operation from another: its request and how to read the reply.
type kind[T any] interface {
	// encode appends the body of the request.
	encode(o *base, e *wire.Encoder) error
	// decode reads the body of a reply that is not an error. d is valid during the call.
	decode(o *base, d *wire.Decoder, r *session.Reply) (T, error)
}

// An excuser is a kind for which some of the server's errors are results.
type excuser[T any] interface {
	excuse(o *base, r *session.Reply) (v T, ok bool)
}

// An explainer is a kind that knows better what an error of the server's means.
type explainer interface {
	explain(err error) error
}

// A splitter is a kind that several older operations can do as well, if not in the same place in the order.
// split calls done once, inline, with what becomes of the operation. o's context may have ended.
type splitter[T any] interface {
	split(o *base, done func(v T, err error))
}

// An elder is a kind that an older operation can do as well; see [session.Elder].
type elder interface {
	age(op wire.Op, body []byte) wire.Op
}

// A settler is a kind with futures of its own, to be completed before the operation's.
type settler interface {
	settle(b *future.Batch, err error)
}

// base is the part of an operation that does not depend on its type.
type base struct {
	req  session.Request
	c    *Client
	path string // as the caller gave it, in c's terms
	// submitted: the driver has it, and a credit to be given back. Set before anybody else sees the op.
	submitted bool
	// armed: the driver watches the context, or is about to.
	armed atomic.Bool
}

// An op is one operation on its way: request, promise and source of the promise in one allocation. That of a Get has
// 352 bytes, which is a size that the Go runtime has; TestSizes keeps it so.
type op[T any, K kind[T]] struct {
	base
	k       K // not the last: for one of no size there would be room behind it
	promise future.Promise[T]
}

// submit sends an operation. Whatever is wrong becomes its result.
func submit[T any, K kind[T]](ctx context.Context, c *Client, code wire.Op, path string, k K) *future.Future[T] {
	if c.retry != nil {
		return resubmit[T](ctx, c, code, path, k)
	}
	return prepare[T](ctx, c, code, path, k).send()
}

func prepare[T any, K kind[T]](ctx context.Context, c *Client, code wire.Op, path string, k K) *op[T, K] {
	mustContext(ctx)
	o := &op[T, K]{k: k}
	o.c, o.path = c, path
	o.req.Op, o.req.Ctx, o.req.Epoch, o.req.Conn, o.req.Call = code, ctx, c.epoch, c.conn, o
	o.promise.Init(c.lane, o)
	return o
}

// mustContext panics on what is a mistake in every Go program; see the package comment.
func mustContext(ctx context.Context) {
	if ctx == nil {
		panic("zk: nil context")
	}
}

func (o *op[T, K]) send() *future.Future[T] {
	if err := o.req.Ctx.Err(); err != nil {
		return o.fail(err)
	}
	if o.c.opt.hooks.lane != nil {
		observe(o.c, &o.req, o.req.Ctx, o.path, &o.promise)
	}
	return o.submit()
}

// submit is send without the caller's hooks: it may be called where no user code may run.
func (o *op[T, K]) submit() *future.Future[T] {
	o.submitted = true
	o.c.driver.Submit(&o.req)
	return o.promise.Future()
}

// fail completes an operation that is not submitted.
func (o *op[T, K]) fail(err error) *future.Future[T] {
	var zero T
	o.finish(nil, zero, o.error(err, &session.Reply{}))
	return o.promise.Future()
}

func (o *op[T, K]) finish(b *future.Batch, v T, err error) {
	if s, ok := any(&o.k).(settler); ok {
		s.settle(b, err)
	}
	o.promise.CompleteIn(b, v, err)
}

// failed returns the future of an operation that is not even made.
func failed[T any](c *Client, code wire.Op, path string, err error) *future.Future[T] {
	var zero T
	p := future.NewPromise[T](c.lane)
	p.Complete(zero, &OpError{Op: opName(code), Path: path, Err: err})
	return p.Future()
}

// error wraps err. r is the reply that it came with, or none.
func (o *base) error(err error, r *session.Reply) error {
	var long *wire.FrameError
	if errors.As(err, &long) {
		what := "request"
		if r.Written {
			what = "reply"
		}
		err = fmt.Errorf("%w: a %s of %d bytes, and the limit is %d", ErrTooLong, what, long.Length, long.Max)
	}
	return &OpError{Op: opName(o.req.Op), Path: o.path, Err: err, maybe: r.MaybeApplied() && changes(o.req.Op), epoch: r.Epoch}
}

// changes reports whether op changes something on the server. Sync goes the way of writes, but does not.
func changes(op wire.Op) bool { return op.Write() && op != wire.OpSync }

// A contentError is what is wrong with a reply that is well-formed as such: it does not cost the connection.
type contentError struct{ error }

func (e contentError) Unwrap() error { return e.error }

// nonsense is the error of a reply that cannot be understood, which costs the connection. The server
// says that it has done what was asked.
func (o *base) nonsense(err error, r *session.Reply) error {
	var content contentError
	bad := fmt.Errorf("%w: %w", ErrProtocol, err)
	if !errors.As(err, &content) {
		o.c.driver.HangUp(r.Conn, bad)
	}
	err = bad
	return &OpError{Op: opName(o.req.Op), Path: o.path, Err: err, maybe: changes(o.req.Op), epoch: r.Epoch}
}

// Encode, Age and Complete make an op a session.Call.

func (o *op[T, K]) Encode(e *wire.Encoder) error { return o.k.encode(&o.base, e) }

func (o *op[T, K]) Age(body []byte) wire.Op {
	if k, ok := any(&o.k).(elder); ok {
		return k.age(o.req.Op, body)
	}
	return 0
}

func (o *op[T, K]) Complete(b *future.Batch, r *session.Reply) {
	if o.armed.Load() {
		o.c.driver.Disarm(&o.req)
	}
	if r.Err == ErrUnimplemented {
		if k, ok := any(&o.k).(splitter[T]); ok {
			k.split(&o.base, func(v T, err error) { o.finish(nil, v, err) })
			return
		}
	}
	v, err := o.result(r)
	o.finish(b, v, err)
}

func (o *op[T, K]) result(r *session.Reply) (v T, err error) {
	if r.Err != nil {
		if k, ok := any(&o.k).(excuser[T]); ok {
			if v, ok := k.excuse(&o.base, r); ok {
				return v, nil
			}
		}
		err := r.Err
		if k, ok := any(&o.k).(explainer); ok {
			err = k.explain(err)
		}
		return v, o.error(err, r)
	}
	d := o.c.driver.Decoder()
	d.Reset(r.Body)
	v, err = o.k.decode(&o.base, d, r)
	if err == nil {
		return v, nil
	}
	var zero T
	var refused *TxnError
	if errors.As(err, &refused) {
		return zero, o.error(err, r)
	}
	return zero, o.nonsense(err, r)
}

// Context, Arm, Cancel and Settled make an op a future.Source.

func (o *op[T, K]) Context() context.Context { return o.req.Ctx }

func (o *op[T, K]) Arm() {
	if o.req.Ctx.Done() != nil && o.armed.CompareAndSwap(false, true) {
		o.c.driver.Arm(o.c.lane, &o.req)
	}
}

func (o *op[T, K]) Cancel() { o.c.driver.Cancel(&o.req, o.req.Ctx.Err()) }

func (o *op[T, K]) Settled() {
	if o.submitted {
		o.c.driver.Settled()
	}
}
