package wire

import (
	"encoding/binary"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

// Lengths of the headers in bytes.
const (
	RequestHeaderLen = 8
	ReplyHeaderLen   = 16
)

// AppendRequest appends a whole frame: the header and the body, which may be nil for an operation that has none. On
// error nothing is appended. The error is a [*FrameError] when the frame is longer than max (0 means no limit).
func (e *Encoder) AppendRequest(xid int32, op Op, body jute.RecordWriter, max int) error {
	return e.finish(e.BeginRequest(xid, op), body, max)
}

// BeginRequest is [Encoder.BeginFrame] for a request, and appends its header. The body follows.
func (e *Encoder) BeginRequest(xid int32, op Op) (mark int) {
	mark = len(e.B)
	b := e.more(lengthBytes + RequestHeaderLen)
	binary.BigEndian.PutUint32(b[lengthBytes:], uint32(xid))
	binary.BigEndian.PutUint32(b[lengthBytes+4:], uint32(op))
	return mark
}

// AppendReply appends a whole frame: the header and the body, which may be nil. On error nothing is appended.
// A server appends a body only after [OK], with two exceptions: a multiRead that cannot be read ([CodeMarshallingError])
// is answered with an empty [MultiResponse], a failed SASL step with a null token.
func (e *Encoder) AppendReply(xid int32, zxid int64, code Code, body jute.RecordWriter) error {
	mark := e.BeginFrame()
	e.B = binary.BigEndian.AppendUint32(e.B, uint32(xid))
	e.B = binary.BigEndian.AppendUint64(e.B, uint64(zxid))
	e.B = binary.BigEndian.AppendUint32(e.B, uint32(code))
	return e.finish(mark, body, 0)
}

// AppendEvent appends a whole frame: a notification. zxid is that of the transaction that fired the watch from 3.9 on,
// and -1 before, and for the events that setWatches makes up.
func (e *Encoder) AppendEvent(zxid int64, ev *proto.WatcherEvent) error {
	return e.AppendReply(XidWatch, zxid, OK, ev)
}

// AppendFrame appends a whole frame without a header, which is to say a handshake. On error nothing is appended.
func (e *Encoder) AppendFrame(body jute.RecordWriter) error {
	return e.finish(e.BeginFrame(), body, 0)
}

func (e *Encoder) finish(mark int, body jute.RecordWriter, max int) error {
	if body != nil {
		if err := body.Write(e); err != nil {
			e.B = e.B[:mark]
			return err
		}
	}
	return e.EndFrame(mark, max)
}

// ReadRequestHeader takes the header off a frame. body shares memory with frame.
func ReadRequestHeader(frame []byte) (h proto.RequestHeader, body []byte, err error) {
	if len(frame) < RequestHeaderLen {
		return h, nil, &DecodeError{Need: RequestHeaderLen, Have: len(frame), Err: ErrTruncated}
	}
	h.Xid = int32(binary.BigEndian.Uint32(frame))
	h.Type = int32(binary.BigEndian.Uint32(frame[4:]))
	return h, frame[RequestHeaderLen:], nil
}

// ReadReplyHeader takes the header off a frame. body shares memory with frame; it means something only if h.Err is 0.
func ReadReplyHeader(frame []byte) (h proto.ReplyHeader, body []byte, err error) {
	if len(frame) < ReplyHeaderLen {
		return h, nil, &DecodeError{Need: ReplyHeaderLen, Have: len(frame), Err: ErrTruncated}
	}
	h.Xid = int32(binary.BigEndian.Uint32(frame))
	h.Zxid = int64(binary.BigEndian.Uint64(frame[4:]))
	h.Err = int32(binary.BigEndian.Uint32(frame[12:]))
	return h, frame[ReplyHeaderLen:], nil
}
