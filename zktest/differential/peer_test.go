package differential

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// patience is how long an answer may take. A server that owes one for longer is taken to have none.
const patience = 20 * time.Second

var (
	errClosed = errors.New("the server closed the connection")
	errSilent = errors.New("no answer")
)

// peer is one connection, by frames. It knows nothing of what it carries.
type peer struct {
	nc       net.Conn
	r        *bufio.Reader
	readOnly bool // join was answered so
}

func newPeer(nc net.Conn) *peer { return &peer{nc: nc, r: bufio.NewReader(nc)} }

// send writes bytes. That the server has closed the connection is noticed by who reads.
func (p *peer) send(b []byte) {
	_ = p.nc.SetWriteDeadline(time.Now().Add(patience))
	_, _ = p.nc.Write(b)
}

// frame reads one frame, without its length. The error is errClosed or errSilent. A connection that was reset
// has been closed by a server that left input unread.
func (p *peer) frame() ([]byte, error) {
	_ = p.nc.SetReadDeadline(time.Now().Add(patience))
	var head [4]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return nil, readError(err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(p.r, frame); err != nil {
		return nil, readError(err)
	}
	return frame, nil
}

func readError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSilent
	}
	return errClosed
}

func (p *peer) close() { _ = p.nc.Close() }

// hangUp closes the connection when the server has noticed, and forgotten it. Without that ZooKeeper may come across it
// when the session is back on another connection, and forget that one: two connections then have one session for good.
func (p *peer) hangUp() {
	if half, ok := p.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		for {
			if _, err := p.frame(); err != nil {
				break
			}
		}
	}
	p.close()
}

// join makes a session of its own, or renews one. It is for connections that are not part of a script.
func (p *peer) join(session int64, password []byte) (*wire.ConnectResponse, error) {
	req := &wire.ConnectRequest{HasReadOnly: true, ReadOnly: true}
	req.TimeOut, req.SessionId, req.Passwd = longTimeout, session, password
	if session == 0 {
		req.Passwd = make([]byte, wire.PasswdLen)
	}
	var e wire.Encoder
	if err := e.AppendFrame(req); err != nil {
		return nil, err
	}
	p.send(e.B)
	frame, err := p.frame()
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	resp, err := wire.DecodeConnectResponse(frame)
	p.readOnly = resp.ReadOnly
	return &resp, err
}

// call sends one request and returns the zxid of its reply. It is for connections that are not part of a script.
func (p *peer) call(op wire.Op, req, resp wire.Record) (zxid int64, err error) {
	var e wire.Encoder
	if err := e.AppendRequest(1, op, req, 0); err != nil {
		return 0, err
	}
	p.send(e.B)
	for {
		frame, err := p.frame()
		if err != nil {
			return 0, fmt.Errorf("%v: %w", op, err)
		}
		h, body, err := wire.ReadReplyHeader(frame)
		switch {
		case err != nil:
			return 0, err
		case h.Xid == wire.XidWatch:
			continue
		case h.Err != 0:
			return h.Zxid, fmt.Errorf("%v: %w", op, wire.Code(h.Err))
		case resp != nil:
			err = wire.Decode(body, resp)
		}
		return h.Zxid, err
	}
}

const longTimeout = 120_000 // ms; the most that any server here grants

var openACL = []data.ACL{{Perms: wire.PermAll, Id: data.Id{Scheme: "world", Id: "anyone"}}}

// superuser makes the connection one that passes every ACL.
func (p *peer) superuser() error {
	_, err := p.call(wire.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("super:" + superPassword)}, nil)
	return err
}

const superPassword = "test"
