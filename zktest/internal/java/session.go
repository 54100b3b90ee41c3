package java

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const endLimit = 10 * time.Second

// EndSession ends a session on the server as its expiry would: another connection resumes it by id and password and
// closes it. Its ephemeral nodes go in that moment, and whoever held it learns of it as of an expiry: his connection
// ends, and the next handshake says expired. A session that is gone already is no error. It takes at most 10 s.
//
// The server at addr must serve. Frames are written here by hand so that the client under test has no part in it.
//
// The holder may take the session back between our two requests, and the server then hangs up on us: so what fails is
// tried again.
func EndSession(ctx context.Context, addr string, id int64, password []byte) error {
	ctx, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	for {
		err := endSession(ctx, addr, id, password)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return fmt.Errorf("end session %#x: %w", uint64(id), errors.Join(err, ctx.Err()))
		}
	}
}

func endSession(ctx context.Context, addr string, id int64, password []byte) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()

	reply, err := call(conn, connectRequest(id, password, endLimit))
	if err != nil {
		return err
	}
	if len(reply) < 16 {
		return fmt.Errorf("handshake: reply of %d bytes", len(reply))
	}
	if resumed := int64(binary.BigEndian.Uint64(reply[8:])); resumed != id {
		return nil // expired, or the password is wrong: the server does not tell which
	}
	const xid, closeSession = 1, -11
	request := binary.BigEndian.AppendUint32(nil, xid)
	closing := int32(closeSession)
	request = binary.BigEndian.AppendUint32(request, uint32(closing))
	reply, err = call(conn, request)
	if err != nil {
		return err
	}
	if len(reply) < 16 {
		return fmt.Errorf("closeSession: reply of %d bytes", len(reply))
	}
	if code := int32(binary.BigEndian.Uint32(reply[12:])); code != 0 { // after xid and zxid
		return fmt.Errorf("closeSession: error %d", code)
	}
	return nil
}

// connectRequest is the handshake: protocol version, last zxid seen, timeout in ms, session id, password, read-only.
func connectRequest(id int64, password []byte, timeout time.Duration) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(timeout.Milliseconds()))
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	b = binary.BigEndian.AppendUint32(b, uint32(len(password)))
	b = append(b, password...)
	return append(b, 0)
}

// call writes one frame and reads one.
func call(conn net.Conn, request []byte) ([]byte, error) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(request)))
	if _, err := conn.Write(append(frame, request...)); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > 1<<20 {
		return nil, fmt.Errorf("frame of %d bytes", size)
	}
	reply := make([]byte, size)
	_, err := io.ReadFull(conn, reply)
	return reply, err
}

// EndSession does so on the first server that serves.
func (e *Ensemble) EndSession(ctx context.Context, id int64, password []byte) error {
	for i, mode := range e.Modes(ctx) {
		if mode == "leader" || mode == "follower" || mode == "observer" || mode == "standalone" {
			return EndSession(ctx, e.servers[i].DirectAddr(), id, password)
		}
	}
	return fmt.Errorf("end session %#x: %w", uint64(id), ErrNotServing)
}
