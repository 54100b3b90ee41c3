package serve

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var anyone = []data.ACL{{Perms: wire.PermAll, Id: data.Id{Scheme: "world", Id: "anyone"}}}

// client is a blocking client over any connection.
type client struct {
	t   testing.TB
	nc  net.Conn
	xid int32
}

func (c *client) frame() []byte {
	c.t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(c.nc, head[:]); err != nil {
		return nil
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(c.nc, b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c *client) connect(timeout time.Duration) *wire.ConnectResponse {
	c.t.Helper()
	req := &wire.ConnectRequest{HasReadOnly: true}
	req.TimeOut, req.Passwd = int32(timeout.Milliseconds()), make([]byte, wire.PasswdLen)
	var e wire.Encoder
	e.AppendFrame(req)
	c.nc.Write(e.B)
	resp, err := wire.DecodeConnectResponse(c.frame())
	if err != nil {
		c.t.Fatal(err)
	}
	return &resp
}

func (c *client) do(op wire.Op, body wire.Record) (wire.Code, []byte) {
	c.t.Helper()
	c.xid++
	var e wire.Encoder
	if body == nil {
		e.AppendRequest(c.xid, op, nil, 0)
	} else {
		e.AppendRequest(c.xid, op, body, 0)
	}
	if _, err := c.nc.Write(e.B); err != nil {
		c.t.Fatal(err)
	}
	h, rest, err := wire.ReadReplyHeader(c.frame())
	if err != nil || h.Xid != c.xid {
		c.t.Fatalf("xid %d: %v", h.Xid, err)
	}
	return wire.Code(h.Err), rest
}

func listen(t testing.TB, s *Server) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServeListener(l)
	return l.Addr()
}

// dialers are the two ways to a server.
func dialers(t *testing.T, s *Server) map[string]func() net.Conn {
	addr := listen(t, s)
	return map[string]func() net.Conn{
		"memory": s.DialMemory,
		"tcp": func() net.Conn {
			nc, err := net.Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			return nc
		},
	}
}

func TestManyClients(t *testing.T) {
	s := New(core.Config{})
	defer s.Close()
	for name, dial := range dialers(t, s) {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			var sessions sync.Map
			for range 20 {
				wg.Go(func() {
					c := &client{t: t, nc: dial()}
					defer c.nc.Close()
					id := c.connect(10 * time.Second).SessionId
					if _, twice := sessions.LoadOrStore(id, true); twice {
						t.Errorf("session %#x given twice", id)
					}
					for range 50 {
						code, _ := c.do(wire.OpCreate, &proto.CreateRequest{Path: "/" + name, Data: []byte("x"), Acl: anyone, Flags: 3})
						if code != wire.OK {
							t.Error(code)
						}
					}
					if code, _ := c.do(wire.OpCloseSession, nil); code != wire.OK {
						t.Error(code)
					}
					if c.frame() != nil {
						t.Error("closeSession did not close")
					}
				})
			}
			wg.Wait()
		})
	}
	s.Do(func(s *core.Server) {
		root, _ := s.State().Node("/")
		if root.Stat.NumChildren != 1 || len(s.State().Sessions()) != 0 || root.Stat.Cversion != 4*1000-1 {
			t.Errorf("left behind: %+v", root.Stat)
		}
	})
}

// Replies larger than any buffer on the way, asked for before any is read, stop the server from reading and lose nothing.
func TestBackPressure(t *testing.T) {
	s := New(core.Config{MaxOutput: 4 << 20})
	defer s.Close()
	for name, dial := range dialers(t, s) {
		t.Run(name, func(t *testing.T) {
			c := &client{t: t, nc: dial()}
			defer c.nc.Close()
			c.connect(10 * time.Second)
			value := bytes.Repeat([]byte("v"), 1<<19)
			c.do(wire.OpCreate, &proto.CreateRequest{Path: "/" + name, Data: value, Acl: anyone})
			const requests = 100
			go func() {
				var e wire.Encoder
				for i := range int32(requests) {
					e.AppendRequest(1000+i, wire.OpGetData, &proto.GetDataRequest{Path: "/" + name}, 0)
				}
				c.nc.Write(e.B)
			}()
			time.Sleep(100 * time.Millisecond)
			s.Do(func(s *core.Server) {
				for _, conn := range s.Conns() {
					if conn.Pending() > 4<<20 {
						t.Errorf("%d bytes wait", conn.Pending())
					}
				}
			})
			for i := range int32(requests) {
				h, body, err := wire.ReadReplyHeader(c.frame())
				if err != nil || h.Xid != 1000+i || len(body) < len(value) {
					t.Fatalf("reply %d: %+v %d bytes, %v", i, h, len(body), err)
				}
			}
		})
	}
}

func TestExpiryInRealTime(t *testing.T) {
	s := New(core.Config{TickTime: 20 * time.Millisecond})
	defer s.Close()
	for name, dial := range dialers(t, s) {
		t.Run(name, func(t *testing.T) {
			c := &client{t: t, nc: dial()}
			defer c.nc.Close()
			start := time.Now()
			if got := c.connect(time.Millisecond).TimeOut; got != 40 {
				t.Fatalf("timeout %d", got)
			}
			if c.frame() != nil {
				t.Fatal("frame in place of EOF")
			}
			if d := time.Since(start); d < 40*time.Millisecond {
				t.Errorf("expired after %v", d)
			}
		})
	}
}

// In a bubble time is exact and costs nothing.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(core.Config{})
		defer s.Close()
		c := &client{t: t, nc: s.DialMemory()}
		start := time.Now()
		c.connect(10 * time.Second)
		if c.frame() != nil {
			t.Fatal("frame in place of EOF")
		}
		if d := time.Since(start); d != 12*time.Second {
			t.Errorf("expired after %v", d)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	s := New(core.Config{})
	addr := listen(t, s)
	nc, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := &client{t: t, nc: nc}
	c.connect(time.Second)
	m := s.DialMemory()
	s.Close()
	if len(s.conns)+len(s.listeners.all) > 0 {
		t.Error("Close did not wait")
	}
	if c.frame() != nil {
		t.Error("frame in place of EOF")
	}
	if _, err := m.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("memory: %v", err)
	}
	if _, err := net.Dial("tcp", addr.String()); err == nil {
		t.Error("still listening")
	}
	if _, err := s.DialMemory().Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("dialed after Close: %v", err)
	}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	if err := s.ServeListener(l); err != net.ErrClosed {
		t.Error(err)
	}
}

// The last reply arrives although the client had sent more than the server was going to read.
func TestLastReplySurvivesUnreadInput(t *testing.T) {
	s := New(core.Config{})
	defer s.Close()
	for name, dial := range dialers(t, s) {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				c := &client{t: t, nc: dial()}
				c.connect(10 * time.Second)
				var e wire.Encoder
				e.AppendRequest(1, wire.OpCloseSession, nil, 0)
				for range 2000 {
					e.AppendRequest(2, wire.OpPing, nil, 0)
				}
				c.nc.Write(e.B)
				time.Sleep(time.Millisecond)
				h, _, err := wire.ReadReplyHeader(c.frame())
				if err != nil || h.Xid != 1 || h.Err != 0 {
					t.Fatalf("%+v %v", h, err)
				}
				c.nc.Close()
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(core.Config{}).Close()
	}
}

func BenchmarkMemoryRoundTrip(b *testing.B) {
	s := New(core.Config{})
	defer s.Close()
	c := &client{t: b, nc: s.DialMemory()}
	defer c.nc.Close()
	c.connect(10 * time.Second)
	for b.Loop() {
		c.do(wire.OpExists, &proto.ExistsRequest{Path: "/"})
	}
}
