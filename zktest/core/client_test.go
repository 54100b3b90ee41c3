package core

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// world is a server, its clients and their clock. It is the driver that the package comment describes.
type world struct {
	t       *testing.T
	s       *Server
	now     time.Time
	clients int
}

var epoch = time.UnixMilli(1_700_000_000_000).UTC()

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	return &world{t: t, s: New(cfg, epoch), now: epoch}
}

// advance moves the clock, stopping at every deadline on the way.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	end := w.now.Add(d)
	for i := 0; ; i++ {
		at, ok := w.s.NextDeadline()
		if !ok || at.After(end) {
			break
		}
		if i > 100_000 {
			w.t.Fatal("NextDeadline does not move")
		}
		if at.After(w.now) {
			w.now = at
		}
		w.s.Tick(w.now)
		w.pump()
	}
	w.now = end
	w.s.Tick(w.now)
	w.pump()
}

// pump does what the server asks of its driver until it asks no more.
func (w *world) pump() {
	for {
		woken := w.s.Woken(nil)
		if len(woken) == 0 {
			return
		}
		for _, conn := range woken {
			c, _ := conn.Tag.(*peer)
			if c == nil || c.closed {
				continue
			}
			if !c.deaf {
				c.in = conn.Pull(c.in)
			}
			if conn.Closing() && conn.Pending() == 0 {
				c.closed = true
				conn.Closed(w.now)
				continue
			}
			c.offer()
		}
	}
}

// peer is the client's end of one connection.
type peer struct {
	w      *world
	conn   *Conn
	out    []byte // not yet taken by the server
	in     []byte // not yet looked at
	closed bool   // by the server
	deaf   bool   // reads nothing
	xid    int32

	session int64
	passwd  []byte
	events  []event // that came in front of replies
}

func (w *world) open() *peer {
	w.clients++
	return w.openFrom(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(40000+w.clients)))
}

func (w *world) openFrom(remote netip.AddrPort) *peer {
	c := &peer{w: w, conn: w.s.Open(w.now, remote)}
	c.conn.Tag = c
	w.pump()
	return c
}

// write sends bytes as they are.
func (c *peer) write(b []byte) {
	c.out = append(c.out, b...)
	c.offer()
	c.w.pump()
}

func (c *peer) offer() {
	if len(c.out) > 0 && !c.closed {
		c.out = c.out[c.conn.Received(c.w.now, c.out):]
	}
}

// hangUp closes the connection from the client's side.
func (c *peer) hangUp() {
	c.closed = true
	c.conn.Closed(c.w.now)
	c.w.pump()
}

// frame is the next frame from the server, nil if there is none.
func (c *peer) frame() []byte {
	c.w.t.Helper()
	frame, n, err := wire.Split(c.in, 1<<30)
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.in = c.in[n:]
	return frame
}

func connectFrame(r *wire.ConnectRequest) []byte {
	var e wire.Encoder
	_ = e.AppendFrame(r)
	return e.B
}

func requestFrame(xid int32, op wire.Op, body wire.Record) []byte {
	var e wire.Encoder
	if body == nil {
		_ = e.AppendRequest(xid, op, nil, 0)
	} else {
		_ = e.AppendRequest(xid, op, body, 0)
	}
	return e.B
}

// handshake sends a ConnectRequest and returns the response; nil if the server closed without one.
func (c *peer) handshake(r *wire.ConnectRequest) *wire.ConnectResponse {
	c.w.t.Helper()
	c.write(connectFrame(r))
	frame := c.frame()
	if frame == nil {
		return nil
	}
	resp, err := wire.DecodeConnectResponse(frame)
	if err != nil {
		c.w.t.Fatalf("ConnectResponse: %v", err)
	}
	c.session, c.passwd = resp.SessionId, resp.Passwd
	return &resp
}

func newSession(timeout time.Duration) *wire.ConnectRequest {
	r := &wire.ConnectRequest{HasReadOnly: true}
	r.TimeOut, r.Passwd = int32(timeout.Milliseconds()), make([]byte, wire.PasswdLen)
	return r
}

// connect is a peer with a session of 10 s.
func (w *world) connect() *peer {
	w.t.Helper()
	return w.connectFor(10 * time.Second)
}

func (w *world) connectFor(timeout time.Duration) *peer {
	w.t.Helper()
	c := w.open()
	if resp := c.handshake(newSession(timeout)); resp == nil || resp.Expired() {
		w.t.Fatalf("no session: %v", resp)
	}
	return c
}

// resume is a new connection with the session of c.
func (c *peer) resume() *peer {
	c.w.t.Helper()
	again := c.w.open()
	r := newSession(10 * time.Second)
	r.SessionId, r.Passwd = c.session, c.passwd
	if resp := again.handshake(r); resp == nil || resp.SessionId != c.session {
		c.w.t.Fatalf("not resumed: %v", resp)
	}
	return again
}

type event struct {
	typ  wire.EventType
	path string
}

func (e event) String() string { return fmt.Sprintf("%v %s", e.typ, e.path) }

type answer struct {
	xid  int32
	zxid int64
	code wire.Code
	body []byte
}

// send sends a request without waiting, and returns its xid.
func (c *peer) send(op wire.Op, body wire.Record) int32 {
	c.xid++
	xid := c.xid
	switch op {
	case wire.OpPing:
		xid = wire.XidPing
	case wire.OpAuth:
		xid = wire.XidAuth
	}
	c.write(requestFrame(xid, op, body))
	return xid
}

// reply is the next reply; events in front of it are kept for c.takeEvents. nil if there is none.
func (c *peer) reply() *answer {
	c.w.t.Helper()
	for {
		frame := c.frame()
		if frame == nil {
			return nil
		}
		h, body, err := wire.ReadReplyHeader(frame)
		if err != nil {
			c.w.t.Fatal(err)
		}
		if h.Xid == wire.XidWatch {
			var ev proto.WatcherEvent
			if err := wire.Decode(body, &ev); err != nil || ev.State != int32(wire.StateSyncConnected) || h.Err != 0 {
				c.w.t.Fatalf("event %v: %v", &ev, err)
			}
			c.events = append(c.events, event{wire.EventType(ev.Type), ev.Path})
			continue
		}
		return &answer{h.Xid, h.Zxid, wire.Code(h.Err), body}
	}
}

// do sends a request and returns the reply's code, with the body decoded into resp if that is not nil and the code OK.
func (c *peer) do(op wire.Op, body, resp wire.Record) wire.Code {
	c.w.t.Helper()
	a := c.ask(op, body)
	if resp != nil && a.code == wire.OK {
		if err := wire.Decode(a.body, resp); err != nil {
			c.w.t.Fatalf("%v: %v", op, err)
		}
	}
	return a.code
}

// ask sends a request and returns the reply.
func (c *peer) ask(op wire.Op, body wire.Record) *answer {
	c.w.t.Helper()
	xid := c.send(op, body)
	a := c.reply()
	if a == nil {
		c.w.t.Fatalf("%v: no reply (closed: %t)", op, c.closed)
	}
	if a.xid != xid {
		c.w.t.Fatalf("%v: xid %d answered with %d", op, xid, a.xid)
	}
	return a
}

// takeEvents returns the events so far, as "Type path" joined by ", ".
func (c *peer) takeEvents() string {
	c.w.t.Helper()
	if a := c.reply(); a != nil {
		c.w.t.Fatalf("unexpected reply %+v", a)
	}
	all := make([]string, len(c.events))
	for i, e := range c.events {
		all[i] = e.String()
	}
	c.events = nil
	return strings.Join(all, ", ")
}

// Requests in short.

func (c *peer) create(path, value string, flags wire.CreateFlags) (string, wire.Code) {
	c.w.t.Helper()
	var resp proto.CreateResponse
	code := c.do(wire.OpCreate, createRequest(path, value, flags), &resp)
	return resp.Path, code
}

func createRequest(path, value string, flags wire.CreateFlags) *proto.CreateRequest {
	return &proto.CreateRequest{Path: path, Data: []byte(value), Acl: openACL, Flags: int32(flags)}
}

// make creates a persistent node and must succeed.
func (c *peer) make(paths ...string) {
	c.w.t.Helper()
	for _, path := range paths {
		if _, code := c.create(path, "", wire.FlagPersistent); code != wire.OK {
			c.w.t.Fatalf("create %s: %v", path, code)
		}
	}
}

func (c *peer) delete(path string, version int32) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpDelete, &proto.DeleteRequest{Path: path, Version: version}, nil)
}

func (c *peer) set(path, value string, version int32) (data.Stat, wire.Code) {
	c.w.t.Helper()
	var resp proto.SetDataResponse
	code := c.do(wire.OpSetData, &proto.SetDataRequest{Path: path, Data: []byte(value), Version: version}, &resp)
	return resp.Stat, code
}

func (c *peer) get(path string, watch bool) (string, data.Stat, wire.Code) {
	c.w.t.Helper()
	var resp proto.GetDataResponse
	code := c.do(wire.OpGetData, &proto.GetDataRequest{Path: path, Watch: watch}, &resp)
	return string(resp.Data), resp.Stat, code
}

func (c *peer) exists(path string, watch bool) (data.Stat, wire.Code) {
	c.w.t.Helper()
	var resp proto.ExistsResponse
	code := c.do(wire.OpExists, &proto.ExistsRequest{Path: path, Watch: watch}, &resp)
	return resp.Stat, code
}

func (c *peer) children(path string, watch bool) ([]string, wire.Code) {
	c.w.t.Helper()
	var resp proto.GetChildrenResponse
	code := c.do(wire.OpGetChildren, &proto.GetChildrenRequest{Path: path, Watch: watch}, &resp)
	return resp.Children, code
}

func (c *peer) setACL(path string, acl []data.ACL, version int32) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpSetACL, &proto.SetACLRequest{Path: path, Acl: acl, Version: version}, nil)
}

func (c *peer) auth(scheme, credentials string) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpAuth, &proto.AuthPacket{Scheme: scheme, Auth: []byte(credentials)}, nil)
}

func (c *peer) addWatch(path string, mode wire.WatchMode) wire.Code {
	c.w.t.Helper()
	return c.do(wire.OpAddWatch, &proto.AddWatchRequest{Path: path, Mode: int32(mode)}, nil)
}

func (c *peer) multi(ops ...wire.MultiOp) (*answer, *wire.MultiResponse) {
	c.w.t.Helper()
	a := c.ask(wire.OpMulti, &wire.MultiRequest{Ops: ops})
	m := new(wire.MultiResponse)
	if a.code == wire.OK {
		if err := wire.Decode(a.body, m); err != nil {
			c.w.t.Fatal(err)
		}
	}
	return a, m
}

func (c *peer) stat(path string) data.Stat {
	c.w.t.Helper()
	st, code := c.exists(path, false)
	if code != wire.OK {
		c.w.t.Fatalf("exists %s: %v", path, code)
	}
	return st
}

// is fails the test when got is not want.
func is[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
