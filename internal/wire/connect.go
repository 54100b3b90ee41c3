package wire

import (
	"fmt"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/go-zookeeper/jute/lib/go/jute"
)

// The handshake records end with a boolean, readOnly, that came in 3.4 and that either side may leave out. A server
// answers with the byte if the request had it, except that 3.9.0 to 3.9.2 always do and 3.3 never does.

// PasswdLen is the length of a session password in bytes.
const PasswdLen = 16

// ConnectRequest is the first frame a client sends. ProtocolVersion is 0, TimeOut is in milliseconds, SessionId 0 asks
// for a new session (Passwd is then 16 zero bytes), LastZxidSeen is 0 for a new client.
type ConnectRequest struct {
	proto.ConnectRequest
	ReadOnly    bool // the client is content with a server that has no quorum
	HasReadOnly bool // the byte is on the wire; without it ReadOnly is not sent
}

// Write appends the record, with the trailing byte if HasReadOnly.
func (r *ConnectRequest) Write(enc jute.Encoder) error {
	if err := r.ConnectRequest.Write(enc); err != nil || !r.HasReadOnly {
		return err
	}
	return enc.WriteBoolean(r.ReadOnly)
}

// Read reads the record, and the trailing byte if there is one. The record must be the last thing in its frame.
func (r *ConnectRequest) Read(dec jute.Decoder) error {
	if err := r.ConnectRequest.Read(dec); err != nil {
		return err
	}
	return readTrailing(dec, &r.ReadOnly, &r.HasReadOnly)
}

// String shows the record without the password: whoever has it can take the session over.
func (r *ConnectRequest) String() string {
	return fmt.Sprintf("ConnectRequest(session %#x, timeout %d ms, zxid %#x, readOnly %t)",
		r.SessionId, r.TimeOut, r.LastZxidSeen, r.ReadOnly)
}

// ConnectResponse is the first frame a server sends. TimeOut is what was agreed, in milliseconds; 0 or less says that
// the session asked for is gone, and the server closes the connection.
type ConnectResponse struct {
	proto.ConnectResponse
	ReadOnly    bool // the server has no quorum and answers reads only
	HasReadOnly bool // the byte is on the wire; without it ReadOnly is not sent
}

// Expired reports whether the answer refuses the session: unknown, expired, closed, or a wrong password.
func (r *ConnectResponse) Expired() bool { return r.TimeOut <= 0 }

// Write appends the record, with the trailing byte if HasReadOnly.
func (r *ConnectResponse) Write(enc jute.Encoder) error {
	if err := r.ConnectResponse.Write(enc); err != nil || !r.HasReadOnly {
		return err
	}
	return enc.WriteBoolean(r.ReadOnly)
}

// Read reads the record, and the trailing byte if there is one. The record must be the last thing in its frame.
func (r *ConnectResponse) Read(dec jute.Decoder) error {
	if err := r.ConnectResponse.Read(dec); err != nil {
		return err
	}
	return readTrailing(dec, &r.ReadOnly, &r.HasReadOnly)
}

// String shows the record without the password.
func (r *ConnectResponse) String() string {
	return fmt.Sprintf("ConnectResponse(session %#x, timeout %d ms, readOnly %t)", r.SessionId, r.TimeOut, r.ReadOnly)
}

// DecodeConnectResponse reads the first frame of a server. From 3.7 a read-only server refuses a new session with a bare
// ReplyHeader, 16 bytes, where a response takes 20 at least; the error is then the [Code] in it. Otherwise the error is a
// [*DecodeError].
func DecodeConnectResponse(frame []byte) (ConnectResponse, error) {
	var r ConnectResponse
	if len(frame) == ReplyHeaderLen {
		if h, _, _ := ReadReplyHeader(frame); h.Xid == XidNone && h.Err != 0 {
			return r, Code(h.Err)
		}
	}
	err := Decode(frame, &r)
	return r, err
}

// readTrailing reads a boolean that may be missing. How much is left only our own Decoder can tell; for another the byte
// is taken as missing.
func readTrailing(dec jute.Decoder, value, present *bool) (err error) {
	*value, *present = false, false
	if d, ok := dec.(interface{ Remaining() int }); ok && d.Remaining() > 0 {
		*present = true
		*value, err = dec.ReadBoolean()
	}
	return err
}
