package java

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// A rawSession is the least of a client: a handshake, create, exists. Errors are ZooKeeper's codes.
type rawSession struct {
	conn     net.Conn
	id       int64
	password []byte
	xid      uint32
}

const codeNoNode = -101

func dialSession(t *testing.T, addr string) *rawSession {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	reply, err := call(conn, connectRequest(0, make([]byte, 16), 20*time.Second))
	must(t, err)
	return &rawSession{conn: conn, id: int64(binary.BigEndian.Uint64(reply[8:])), password: reply[20:36]}
}

func (r *rawSession) request(opcode uint32, body []byte) (code int32, err error) {
	r.xid++
	header := binary.BigEndian.AppendUint32(nil, r.xid)
	header = binary.BigEndian.AppendUint32(header, opcode)
	reply, err := call(r.conn, append(header, body...))
	if err != nil {
		return 0, err
	}
	return int32(binary.BigEndian.Uint32(reply[12:])), nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

func (r *rawSession) create(t *testing.T, path string, flags uint32) {
	t.Helper()
	body := appendString(appendString(nil, path), "data")
	body = binary.BigEndian.AppendUint32(body, 1) // one ACL: all permissions, world:anyone
	body = binary.BigEndian.AppendUint32(body, 31)
	body = appendString(appendString(body, "world"), "anyone")
	code, err := r.request(1, binary.BigEndian.AppendUint32(body, flags))
	if err != nil || code != 0 {
		t.Fatalf("create %s: code %d, %v", path, code, err)
	}
}

func (r *rawSession) exists(t *testing.T, path string) bool {
	t.Helper()
	code, err := r.request(3, append(appendString(nil, path), 0))
	must(t, err)
	if code != 0 && code != codeNoNode {
		t.Fatalf("exists %s: code %d", path, code)
	}
	return code == 0
}

func TestRealEndSession(t *testing.T) {
	e := start(t, Config{Proxied: true})
	addr := e.Server(0).Addr()
	victim, witness := dialSession(t, addr), dialSession(t, addr)
	const ephemeral = 1
	victim.create(t, "/ephemeral", ephemeral)
	if !witness.exists(t, "/ephemeral") {
		t.Fatal("the node is not there")
	}
	must(t, e.EndSession(t.Context(), victim.id, victim.password))
	if witness.exists(t, "/ephemeral") {
		t.Error("the session is over and its node is still there")
	}
	if _, err := victim.request(3, append(appendString(nil, "/"), 0)); !errors.Is(err, io.EOF) {
		t.Errorf("the session's own connection ended by %v, want end-of-file", err)
	}
	must(t, e.EndSession(t.Context(), victim.id, victim.password)) // ending it again is no error
	if !witness.exists(t, "/") {
		t.Error("another session suffered")
	}

	if n := e.Server(0).Proxy().Cut(0); n == 0 {
		t.Error("clients do not go through the proxy")
	}
	if _, err := witness.request(3, append(appendString(nil, "/"), 0)); err == nil {
		t.Error("the connection survived the cut")
	}
	_ = e.Server(0).Stop(t.Context())
	if err := e.EndSession(t.Context(), victim.id, victim.password); !errors.Is(err, ErrNotServing) {
		t.Errorf("with no server: %v", err)
	}
}

func TestConnectRequest(t *testing.T) {
	got := fmt.Sprintf("%x", connectRequest(0x0102, []byte{0xaa, 0xbb}, time.Second))
	const want = "00000000" + "0000000000000000" + "000003e8" + "0000000000000102" + "00000002aabb" + "00"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
