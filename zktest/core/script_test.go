package core

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A script is any bytes, read as steps: connect, hang up, send, send a request of some kind, let time pass. It is how the
// fuzzer and the test of determinism drive a server.
type script struct {
	w     *world
	rest  []byte
	peers []*peer
	sent  int
	trace bytes.Buffer // all that the server said, and to whom
}

func (s *script) byte() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

func (s *script) bytes() []byte {
	n := min(int(s.byte()), len(s.rest))
	b := s.rest[:n]
	s.rest = s.rest[n:]
	return b
}

func (s *script) path() string {
	paths := [...]string{"/", "/a", "/b", "/a/b", "/a/b/c", "/zookeeper/config", "/zookeeper/quota", "", "/a/", "bad"}
	if i := int(s.byte()); i < 250 {
		return paths[i%len(paths)]
	}
	return string(s.bytes())
}

func (s *script) acl() []data.ACL {
	switch s.byte() % 8 {
	case 0:
		return nil
	case 1:
		return []data.ACL{acl(int32(s.byte()), "auth", ""), acl(int32(s.byte()), "world", "anyone")}
	case 2:
		return []data.ACL{acl(int32(s.byte()), "digest", string(s.bytes()))}
	case 3:
		return []data.ACL{acl(int32(s.byte()), "ip", string(s.bytes()))}
	}
	return openACL
}

func (s *script) record(op wire.Op) wire.Record {
	version := int32(s.byte()%4) - 1
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		return &proto.CreateRequest{Path: s.path(), Data: s.bytes(), Acl: s.acl(), Flags: int32(s.byte() % 8)}
	case wire.OpCreateTTL:
		return &proto.CreateTTLRequest{Path: s.path(), Acl: s.acl(), Flags: int32(s.byte() % 8), Ttl: int64(s.byte()) * 100}
	case wire.OpDelete:
		return &proto.DeleteRequest{Path: s.path(), Version: version}
	case wire.OpSetData:
		return &proto.SetDataRequest{Path: s.path(), Data: s.bytes(), Version: version}
	case wire.OpSetACL:
		return &proto.SetACLRequest{Path: s.path(), Acl: s.acl(), Version: version}
	case wire.OpCheck:
		return &proto.CheckVersionRequest{Path: s.path(), Version: version}
	case wire.OpExists:
		return &proto.ExistsRequest{Path: s.path(), Watch: true}
	case wire.OpGetData:
		return &proto.GetDataRequest{Path: s.path(), Watch: true}
	case wire.OpGetChildren:
		return &proto.GetChildrenRequest{Path: s.path(), Watch: true}
	case wire.OpGetChildren2:
		return &proto.GetChildren2Request{Path: s.path()}
	case wire.OpAddWatch:
		return &proto.AddWatchRequest{Path: s.path(), Mode: int32(s.byte() % 3)}
	case wire.OpRemoveWatches:
		return &proto.RemoveWatchesRequest{Path: s.path(), Type: int32(s.byte() % 7)}
	case wire.OpSetWatches2:
		return &proto.SetWatches2{RelativeZxid: int64(s.byte()), DataWatches: []string{s.path()}, ChildWatches: []string{s.path(), s.path()}, PersistentRecursiveWatches: []string{s.path()}}
	case wire.OpAuth:
		return &proto.AuthPacket{Scheme: [...]string{"digest", "ip", "nope", "digest"}[s.byte()%4], Auth: s.bytes()}
	case wire.OpMulti:
		var m wire.MultiRequest
		for range s.byte() % 6 {
			op := [...]wire.Op{wire.OpCreate, wire.OpDelete, wire.OpSetData, wire.OpCheck, wire.OpCreateTTL, wire.OpCreateContainer, wire.OpCreate2}[s.byte()%7]
			m.Ops = append(m.Ops, wire.MultiOp{Op: op, Record: s.record(op)})
		}
		return &m
	}
	return op.NewRequest()
}

var scriptOps = [...]wire.Op{
	wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpSetData, wire.OpSetACL,
	wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpGetChildren2, wire.OpAddWatch, wire.OpRemoveWatches, wire.OpSetWatches2,
	wire.OpAuth, wire.OpMulti, wire.OpMulti, wire.OpPing, wire.OpSync, wire.OpCloseSession, wire.OpWhoAmI, wire.OpGetEphemerals,
	wire.OpGetAllChildrenNumber, wire.OpMultiRead, wire.OpSASL, wire.OpReconfig, wire.OpDeleteContainer, wire.OpGetACL,
}

// open makes room for a connection, in the place of one that is closed if there are many; nil if there is none.
func (s *script) open() *peer {
	s.sent += 1000 // a connection has its price
	for i, p := range s.peers {
		if p.closed && len(s.peers) == 8 {
			s.peers[i] = s.w.open()
			return s.peers[i]
		}
	}
	if len(s.peers) == 8 {
		return nil
	}
	s.peers = append(s.peers, s.w.open())
	return s.peers[len(s.peers)-1]
}

// step does one step; false at the end.
func (s *script) step() bool {
	if len(s.rest) == 0 {
		return false
	}
	kind := s.byte()
	var c *peer
	if len(s.peers) > 0 {
		c = s.peers[int(kind>>4)%len(s.peers)]
	}
	send := func(b []byte) {
		if c != nil {
			s.sent += len(b)
			c.write(b)
		}
	}
	switch kind % 16 {
	case 0:
		if s.byte() < 64 {
			s.open()
		}
	case 1, 2:
		if c = s.open(); c != nil {
			send(connectFrame(newSession(time.Duration(s.byte()) * time.Second)))
		}
	case 3:
		if c != nil && !c.closed && s.byte() < 64 {
			c.hangUp()
		}
	case 4: // anything
		if s.byte() < 32 {
			send(s.bytes())
		}
	case 5: // a frame of anything
		if s.byte() < 32 {
			b := s.bytes()
			send(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
		}
	case 6:
		s.w.advance(time.Duration(s.byte()) * 100 * time.Millisecond)
	case 7: // renew a session on a new connection
		if c != nil {
			r := newSession(10 * time.Second)
			r.SessionId, r.Passwd = c.conn.Session(), password(c.conn.Session())
			if c = s.open(); c != nil {
				send(connectFrame(r))
			}
		}
	default:
		op := scriptOps[int(s.byte())%len(scriptOps)]
		if r := s.record(op); r != nil {
			send(requestFrame(int32(len(s.rest)), op, r))
		} else {
			send(requestFrame(int32(len(s.rest)), op, nil))
		}
	}
	for i, p := range s.peers {
		if len(p.in) > 0 {
			fmt.Fprintf(&s.trace, "%d:%x\n", i, p.in)
			p.in = nil
		}
	}
	return true
}

func (w *world) script(steps []byte) *script { return &script{w: w, rest: steps} }

// check finds contradictions in what the server keeps.
func (s *Server) check(t *testing.T) {
	t.Helper()
	tree := &s.state.tree
	nodes, ephemerals, swept, size := 0, 0, 0, int64(0)
	tree.root.walk(func(n *node) {
		nodes++
		size += int64(len(n.path) + len(n.data))
		if tree.nodes[n.path] != n {
			t.Errorf("%q is not found", n.path)
		}
		for i, child := range n.children {
			if child.slot != i || child.parent != n {
				t.Errorf("%q is not where it says", child.path)
			}
		}
		switch n.kind {
		case Ephemeral:
			ephemerals++
			if tree.ephemerals[n.owner][n.listed] != n || len(n.children) > 0 {
				t.Errorf("ephemeral %q of %#x is lost", n.path, n.owner)
			}
			if _, alive := s.state.sessions[n.owner]; !alive {
				t.Errorf("ephemeral %q of the dead session %#x", n.path, n.owner)
			}
		case Container, TTL:
			swept++
			if tree.swept[n.listed] != n {
				t.Errorf("%q is lost", n.path)
			}
		case Plain:
		}
	})
	is(t, "nodes", nodes, len(tree.nodes)-1)
	is(t, "ephemerals", ephemerals, tree.ephemeral)
	is(t, "swept", swept, len(tree.swept))
	is(t, "bytes", size, tree.bytes)
	is(t, "tracked sessions", len(s.leader.Sessions.sessions), len(s.state.sessions))
	is(t, "staged", len(s.leader.staged)+len(s.leader.order), 0)
	watches := 0
	for id, c := range s.sessions {
		is(t, "session of a connection", c.session, id)
	}
	for i, c := range s.conns {
		is(t, "slot", c.slot, i)
		watches += len(c.watches)
	}
	is(t, "watches", watches, len(s.data.index)+len(s.child.index))
}

// The same steps give the same bytes, and another seed shuffles differently.
func TestDeterminism(t *testing.T) {
	differ := 0
	for seed := range uint64(40) {
		steps := make([]byte, 12_000)
		r := stream(seed, 99)
		for i := range steps {
			steps[i] = byte(r.Uint32())
		}
		run := func(coreSeed uint64) string {
			w := newWorld(t, Config{Seed: coreSeed, ExtendedTypes: true, SweepInterval: time.Second})
			s := w.script(steps)
			for s.step() {
			}
			w.s.check(t)
			return s.trace.String()
		}
		first := run(seed)
		if run(seed) != first {
			t.Fatalf("script %d: two runs differ", seed)
		}
		if run(seed+1000) != first {
			differ++
		}
		if len(first) < 1000 {
			t.Errorf("script %d: %d bytes of answers", seed, len(first))
		}
	}
	if differ < 5 {
		t.Errorf("another seed made a difference in %d of 40 scripts only", differ)
	}
}

// FuzzServerInput: whatever clients send, the server neither panics nor contradicts itself, and what it keeps is in
// proportion to what they sent.
func FuzzServerInput(f *testing.F) {
	f.Add([]byte{1, 10, 8, 0, 0, 1, 3, 1, 2, 3, 4, 0})
	f.Add([]byte("\x01\x05\x08\x10\x03\x05\x00\x00\x00\x00\x00\x00\x00\x00\x04\x04ruok"))
	r := stream(7, 7)
	for range 20 {
		b := make([]byte, 300)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	versions := [...]Version{V3_9, V3_8, V(3, 8, 0), V3_6, V3_5, V3_4}
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) == 0 {
			return
		}
		w := newWorld(t, Config{
			Version: versions[int(steps[0])%len(versions)], ExtendedTypes: true, SweepInterval: time.Second, MaxConnsPerAddr: 12,
			Whitelist: []string{"*"}, MaxOutput: 1 << 20,
		})
		s := w.script(steps[1:])
		for s.step() {
		}
		w.s.check(t)
		kept := w.s.state.tree.bytes
		for _, c := range w.s.conns {
			kept += int64(len(c.out.B) + 100*len(c.watches) + 100*(len(c.queue)-c.head))
			for _, id := range c.ids {
				kept += int64(len(id.Id))
			}
		}
		if limit := int64(10_000 + 60*s.sent); kept > limit {
			t.Errorf("%d bytes kept for %d sent", kept, s.sent)
		}
	})
}

// One frame of the largest size costs memory in proportion, whatever it claims.
func TestLargestFrames(t *testing.T) {
	w := newWorld(t, Config{})
	for _, op := range scriptOps {
		c := w.connect()
		frame := make([]byte, 4+wire.DefaultMaxRequest)
		binary.BigEndian.PutUint32(frame, wire.DefaultMaxRequest)
		binary.BigEndian.PutUint32(frame[8:], uint32(op))
		for i := 12; i < len(frame); i++ {
			frame[i] = 0
		}
		// A path of 0 bytes, then counts that are as large as they can be.
		binary.BigEndian.PutUint32(frame[16:], 0x000fff00)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.write(frame)
		runtime.ReadMemStats(&after)
		if d := after.TotalAlloc - before.TotalAlloc; d > 40<<20 {
			t.Errorf("%v: %d MB for one frame", op, d>>20)
		}
		c.hangUp()
	}
}
