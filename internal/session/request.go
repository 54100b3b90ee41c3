package session

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// Errors that are not the server's, beside wire.CodeConnectionLoss and wire.CodeSessionExpired.
var (
	// ErrClosed: the client is not started, or was closed before the answer came.
	ErrClosed = errors.New("client closed")
	// ErrOverloaded: too many requests in flight, or too many bytes queued.
	ErrOverloaded = errors.New("too many requests in flight")

	// errCtxEnded stands for the error of the request's context, until nothing is locked any more and that can be asked.
	errCtxEnded = errors.New("context ended")
)

// A Request is one operation on its way. Its maker fills in the exported fields and does not touch
// it again; it is usually part of a larger value that is also the Call. There may be very many: its bytes count.
type Request struct {
	Op    wire.Op
	Needs wire.Op // not 0: what a server must know beside Op to understand the body
	Call  Call
	Ctx   context.Context // bounds the request only, never what it returned
	Epoch uint64          // not 0: to be written in this session or not at all
	Conn  uint64          // not 0: to be written on this connection or not at all
	Watch *Watch          // not nil: registered when the answer says that the server has registered it

	order     uint64 // counts submitted requests
	xid       int32
	size      int32 // bytes in the queue, frame length included
	state     reqState
	canCancel bool         // Ctx can end
	internal  bool         // the machine's own: needs no credit
	refused   bool         // answered NOTREADONLY before its turn
	special   bool         // it must be looked at when it is to be written; see inspect
	inGroup   int32        // its place in group
	group     *cancelGroup // while the driver watches Ctx
}

type reqState uint8

const (
	reqNew       reqState = iota
	reqQueued             // in the queue, or waiting for its reply if Machine.written says so
	reqWritten            // waiting for its reply; it was looked at when it was written
	reqAbandoned          // completed; its bytes or its reply are still to be skipped
	reqDone
)

// A Call is what a Request is made for.
type Call interface {
	// Encode appends the body of the request. It is called once, within Submit, under the lock.
	Encode(e *wire.Encoder) error
	// Complete is called exactly once. What it dispatches goes into b. r and its Body are valid during the
	// call. It must not block or run user code.
	Complete(b *future.Batch, r *Reply)
}

// A Reply is the outcome of a request.
type Reply struct {
	Err     error  // nil: Body is the answer; a wire.Code from the server if Answered; or why there is none
	Body    []byte // behind the header
	Zxid    int64  // of the header, if Answered
	Xid     int32
	Written bool   // the server may have seen the request
	Replied bool   // the server has answered
	Epoch   uint64 // of the session in which it was written
	Conn    uint64 // the connection on which it was written
}

// MaybeApplied reports whether the request, if it was a write, may or may not have been carried out.
func (r *Reply) MaybeApplied() bool { return r.Err != nil && r.Written && !r.Replied }
