package zk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// frame puts the length before a message.
func frame(body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// welcome is the answer to a handshake.
func welcome(timeout int32, id int64, password []byte, more ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(timeout))
	b = binary.BigEndian.AppendUint64(b, uint64(id))
	b = binary.BigEndian.AppendUint32(b, uint32(len(password)))
	return frame(append(append(b, password...), more...)...)
}

// Whatever answers the handshake, the client goes on until it finds a server.
func TestHostileHandshakes(t *testing.T) {
	password := make([]byte, 16)
	for name, answer := range map[string][]byte{
		"nothing":             nil,
		"text":                []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
		"a huge length":       {0x7f, 0xff, 0xff, 0xff, 1, 2, 3},
		"a negative length":   {0xff, 0xff, 0xff, 0xff},
		"an empty frame":      frame(),
		"one byte":            frame(1),
		"half an answer":      welcome(4000, 1, password)[:24],
		"a short answer":      frame(welcome(4000, 1, password)[4:20]...),
		"an endless password": frame(0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 1),
		"a negative password": frame(0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0),
		"session 0":           welcome(4000, 0, password),
		"refused":             welcome(0, 0, password),
		"a negative timeout":  welcome(-1, 1, password),
		"an error":            frame(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x89),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				srv := zktest.NewServer(t)
				pool := handler.NewPool()
				tries := 0
				pool.Dialer = func(c context.Context, network, address string) (net.Conn, error) {
					if tries++; tries > 2 {
						return srv.Dial(c, network, address)
					}
					mine, peer := net.Pipe()
					go func() { // ends when the client has hung up, which it must
						defer peer.Close()
						peer.Read(make([]byte, 64))
						peer.Write(answer)
						if answer != nil {
							io.Copy(io.Discard, peer)
						}
					}()
					return mine, nil
				}
				w := newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, nil)
				begin := time.Now()
				cl := w.client()
				ok(w, cl.Get(ctx, "/"))
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("connecting took %v", took)
				}
				if tries < 3 {
					t.Errorf("%d connections: the hostile one was believed", tries)
				}
			})
		})
	}
}

// A tap is a connection to a real server into which a test can put bytes, as if the server had sent them.
type tap struct {
	net.Conn
	mu    sync.Mutex
	cond  *sync.Cond
	bytes []byte
	err   error
}

func newTap(nc net.Conn) *tap {
	c := &tap{Conn: nc}
	c.cond = sync.NewCond(&c.mu)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := nc.Read(buf)
			c.put(buf[:n], err)
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *tap) put(b []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes = append(c.bytes, b...)
	if err != nil {
		c.err = err
	}
	c.cond.Broadcast()
}

func (c *tap) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.bytes) == 0 && c.err == nil {
		c.cond.Wait()
	}
	if len(c.bytes) == 0 {
		return 0, c.err
	}
	n := copy(b, c.bytes)
	c.bytes = c.bytes[n:]
	return n, nil
}

// tapped returns a world whose newest connection can be tapped.
func tapped(t *testing.T) (w *world, put func(b []byte)) {
	srv := zktest.NewServer(t)
	pool := handler.NewPool()
	var newest *tap
	pool.Dialer = func(c context.Context, network, address string) (net.Conn, error) {
		nc, err := srv.Dial(c, network, address)
		if err == nil {
			newest = newTap(nc)
			nc = newest
		}
		return nc, err
	}
	w = newWorld(&world{T: t, h: pool, addr: "127.0.0.1:2181", srv: srv, sleep: time.Sleep}, nil)
	return w, func(b []byte) { newest.put(b, nil) }
}

func reply(xid int32, zxid int64, code wire.Code, body ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(xid))
	b = binary.BigEndian.AppendUint64(b, uint64(zxid))
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	return frame(append(b, body...)...)
}

func event(typ int32, path string) []byte {
	var e wire.Encoder
	if err := e.AppendEvent(-1, &proto.WatcherEvent{Type: typ, State: 3, Path: path}); err != nil {
		panic(err)
	}
	return e.B
}

// What no server may send costs the connection; the session, its watches and what is called next live on.
func TestHostileFrames(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  error
	}{
		"a huge length":            {[]byte{0x7f, 0xff, 0xff, 0xff}, zk.ErrTooLong},
		"a negative length":        {[]byte{0x80, 0, 0, 0}, zk.ErrProtocol},
		"an empty frame":           {frame(), zk.ErrProtocol},
		"text":                     {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), zk.ErrTooLong},
		"half a header":            {frame(0, 0, 0, 7, 0, 0, 0, 0), zk.ErrProtocol},
		"half the header of event": {frame(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), zk.ErrProtocol},
		"an unknown xid":           {reply(4711, 1, 0), zk.ErrProtocol},
		"xid 0":                    {reply(0, 1, 0), zk.ErrProtocol},
		"an unknown negative xid":  {reply(-77, 1, 0), zk.ErrProtocol},
		"a pong without a ping":    {reply(wire.XidPing, 1, 0), zk.ErrProtocol},
		"an auth reply":            {reply(wire.XidAuth, 0, 0), zk.ErrProtocol},
		"a setWatches reply":       {reply(wire.XidSetWatches, 1, 0), zk.ErrProtocol},
		"-6 for nobody":            {reply(4711, -1, wire.CodeUnimplemented), zk.ErrProtocol},
		"an event without a body":  {reply(wire.XidWatch, -1, 0), zk.ErrProtocol},
		"half an event":            {reply(wire.XidWatch, -1, 0, 0, 0, 0, 1, 0, 0), zk.ErrProtocol},
		"an event, endless path":   {reply(wire.XidWatch, -1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0x7f, 0xff, 0xff, 0xff), zk.ErrProtocol},
		"a second welcome":         {welcome(4000, 1, make([]byte, 16)), zk.ErrProtocol},
		"an event with an xid > 0": {append(frame(), event(1, "/w")...), zk.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w, put := tapped(t)
				cl := w.client()
				id := cl.Session().ID
				watched := ok(w, cl.ExistsAndWatch(ctx, "/w"))
				log := states(cl)
				put(c.bytes)
				w.until("another connection", func() bool { return log.len() == 2 })
				changes := log.all()
				if got := path(t, changes); got != "SUSPENDED CONNECTED" || !errors.Is(changes[0].Err, c.want) {
					t.Errorf("states %s, because: %v, want %v", got, changes[0].Err, c.want)
				}
				if cl.Session().ID != id {
					t.Error("it has cost the session")
				}
				ok(w, cl.Create(ctx, "/w", nil))
				if ev := ok(w, watched.Changed); ev.Type != zk.NodeCreated {
					t.Errorf("event %+v", ev)
				}
			})
		})
	}
}

// Events that mean nothing to this client are nothing.
func TestMeaninglessEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, put := tapped(t)
		cl := w.client()
		watched := ok(w, cl.ExistsAndWatch(ctx, "/w"))
		kids := ok(w, cl.ChildrenAndWatch(ctx, "/"))
		log := states(cl)
		for _, typ := range []int32{1, 2, 3, 4} {
			put(event(typ, "/unknown"))
			put(event(typ, ""))
			put(event(typ, "no path \xff"))
		}
		for _, typ := range []int32{-2, -1, 0, 5, 6, 7, 8, 99, 1 << 30} {
			put(event(typ, "/w"))
			put(event(typ, "/"))
		}
		put(event(4, "/w")) // is not what is watched there
		put(event(3, "/"))
		ok(w, cl.Sync(ctx, "/"))
		if watched.Changed.Ready() || kids.Changed.Ready() || log.len() != 0 {
			t.Errorf("watches fired: %v %v, states %v", watched.Changed.Ready(), kids.Changed.Ready(), log.all())
		}
	})
}

// An error code that this client does not know is still an error, of that request only.
func TestUnknownCodes(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		log := states(cl)
		for _, code := range []wire.Code{-4711, -126, -1, 1, 1 << 30, -1 << 31, wire.CodeConnectionLoss, wire.CodeMarshallingError} {
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op == wire.OpSetData {
					return core.Verdict{Code: code}
				}
				return core.Pass
			})
			err := cl.Set(ctx, "/", nil, 0).WaitErr()
			var got zk.Code
			if isRefusal(w, err, code, false); !errors.As(err, &got) || got != code {
				w.Errorf("code %d: %v", code, err)
			}
		}
		if log.len() != 0 {
			w.Errorf("states %v", log.all())
		}
	})
}

// A server that lists children with impossible names does not lead DeleteAll anywhere.
func TestHostileNames(t *testing.T) {
	onPool(t, func(w *world) {
		cl := w.client()
		ok(w, cl.Create(ctx, "/a", nil))
		ok(w, cl.Create(ctx, "/precious", nil))
		for _, name := range []string{"", ".", "..", "../precious", "x/../../precious", "x\x00", strings.Repeat("x", 2<<20)} {
			w.intercept(func(in *core.Incoming) core.Verdict {
				if in.Op != wire.OpGetChildren2 || in.Path != "/a" {
					return core.Pass
				}
				return core.Verdict{Edit: func(reply []byte) []byte {
					e := wire.Encoder{B: append([]byte(nil), reply[:wire.ReplyHeaderLen]...)}
					if err := e.Encode(&proto.GetChildren2Response{Children: []string{name}}); err != nil {
						panic(err)
					}
					return e.B
				}}
			})
			err := cl.DeleteAll(ctx, "/a").WaitErr()
			if !errors.Is(err, zk.ErrBadArguments) && !errors.Is(err, zk.ErrTooLong) {
				w.Errorf("name %.20q: %v", name, err)
			}
		}
		w.intercept(nil)
		if st := ok(w, cl.Exists(ctx, "/precious")); st == nil {
			w.Error("it has led out of the tree")
		}
	})
}
