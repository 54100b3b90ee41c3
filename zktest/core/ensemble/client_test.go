package ensemble_test

import (
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// client is a connection to one server. Its bytes take no time, unless a test says so.
type client struct {
	n      *node
	conn   *core.Conn
	out    []byte
	in     []byte
	closed bool
	xid    int32

	session  int64
	passwd   []byte
	lastZxid int64
}

func (n *node) open() *client {
	n.c.clients++
	cl := &client{n: n}
	n.clients = append(n.clients, cl)
	n.do(func() {
		cl.conn = n.m.Open(n.c.now, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 40000+n.c.clients))
		cl.conn.Tag = cl
	})
	return cl
}

func (cl *client) serverWoke() {
	cl.in = cl.conn.Pull(cl.in)
	if cl.conn.Closing() && cl.conn.Pending() == 0 {
		cl.closed = true
		cl.conn.Closed(cl.n.c.now)
		return
	}
	cl.offer()
}

func (cl *client) offer() {
	if len(cl.out) > 0 && !cl.closed {
		cl.out = cl.out[cl.conn.Received(cl.n.c.now, cl.out):]
	}
}

func (cl *client) write(b []byte) {
	cl.n.do(func() {
		cl.out = append(cl.out, b...)
		cl.offer()
	})
}

func (cl *client) hangUp() {
	if cl.closed {
		return
	}
	cl.closed = true
	cl.n.do(func() { cl.conn.Closed(cl.n.c.now) })
}

func (cl *client) frame() []byte {
	frame, used, err := wire.Split(cl.in, 1<<30)
	if err != nil {
		cl.n.c.t.Fatal(err)
	}
	cl.in = cl.in[used:]
	return frame
}

// connect sends a ConnectRequest, for the session of old if there is one.
func (n *node) connect(timeout time.Duration, old *client) *client {
	return n.handshake(&wire.ConnectRequest{HasReadOnly: true}, timeout, old)
}

// openReadOnly is a new session that is content with a read-only server.
func (n *node) openReadOnly(timeout time.Duration) *client {
	cl := n.handshake(&wire.ConnectRequest{HasReadOnly: true, ReadOnly: true}, timeout, nil)
	n.c.run(0)
	cl.joined()
	return cl
}

func (n *node) handshake(r *wire.ConnectRequest, timeout time.Duration, old *client) *client {
	cl := n.open()
	r.TimeOut, r.Passwd = int32(timeout.Milliseconds()), make([]byte, wire.PasswdLen)
	if old != nil {
		r.SessionId, r.Passwd, r.LastZxidSeen = old.session, old.passwd, old.lastZxid
		cl.lastZxid = old.lastZxid
	}
	var e wire.Encoder
	if err := e.AppendFrame(r); err != nil {
		n.c.t.Fatal(err)
	}
	cl.write(e.B)
	return cl
}

// joined takes the ConnectResponse; 0 is refused.
func (cl *client) joined() (session int64, ok bool) {
	frame := cl.frame()
	if frame == nil {
		return 0, false
	}
	resp, err := wire.DecodeConnectResponse(frame)
	if err != nil {
		cl.n.c.t.Fatal(err)
	}
	cl.session, cl.passwd = resp.SessionId, resp.Passwd
	return resp.SessionId, true
}

// join is connect and joined, with time for both.
func (n *node) join(timeout time.Duration, old *client) *client {
	n.c.t.Helper()
	cl := n.connect(timeout, old)
	n.c.until("an answer to the handshake", 20*time.Second, func() bool { return len(cl.in) > 0 || cl.closed })
	cl.joined()
	return cl
}

func (cl *client) send(op wire.Op, body wire.Record) {
	var e wire.Encoder
	xid := wire.XidPing
	if op != wire.OpPing {
		cl.xid++
		xid = cl.xid
	}
	var err error
	if body == nil {
		err = e.AppendRequest(xid, op, nil, 0)
	} else {
		err = e.AppendRequest(xid, op, body, 0)
	}
	if err != nil {
		cl.n.c.t.Fatal(err)
	}
	cl.write(e.B)
}

type reply struct {
	xid  int32
	zxid int64
	code wire.Code
	body []byte
}

// reply is the next one, nil if there is none yet.
func (cl *client) reply() *reply {
	frame := cl.frame()
	if frame == nil {
		return nil
	}
	h, body, err := wire.ReadReplyHeader(frame)
	if err != nil {
		cl.n.c.t.Fatal(err)
	}
	if h.Zxid > 0 {
		if h.Zxid < cl.lastZxid {
			cl.n.c.t.Errorf("seed %d: a reply from server %d at 0x%x, after 0x%x", cl.n.c.seed, cl.n.id, h.Zxid, cl.lastZxid)
		}
		cl.lastZxid = h.Zxid
	}
	return &reply{h.Xid, h.Zxid, wire.Code(h.Err), body}
}

// ask sends a request and waits for its reply.
func (cl *client) ask(op wire.Op, body wire.Record) *reply {
	cl.n.c.t.Helper()
	cl.send(op, body)
	cl.n.c.until(op.String()+" is answered", 60*time.Second, func() bool { return len(cl.in) > 0 || cl.closed })
	return cl.reply()
}
