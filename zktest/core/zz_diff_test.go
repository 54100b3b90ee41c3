//go:build zkdiff

package core

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// link is one connection to either server.
type link interface {
	send([]byte)
	recv() []byte // nil: closed
	close()
}

type realLink struct{ nc net.Conn }

func dialReal() link {
	nc, err := net.Dial("tcp", "127.0.0.1:21877")
	if err != nil {
		panic(err)
	}
	return &realLink{nc}
}
func (l *realLink) send(b []byte) { l.nc.Write(b) }
func (l *realLink) recv() []byte {
	l.nc.SetReadDeadline(time.Now().Add(2 * time.Second))
	var h [4]byte
	if _, err := io.ReadFull(l.nc, h[:]); err != nil {
		if strings.Contains(err.Error(), "timeout") {
			return []byte("TIMEOUT")
		}
		return nil
	}
	b := make([]byte, binary.BigEndian.Uint32(h[:]))
	io.ReadFull(l.nc, b)
	return b
}
func (l *realLink) close() { l.nc.Close() }

type coreLink struct{ p *peer }

func (l *coreLink) send(b []byte) { l.p.write(b) }
func (l *coreLink) recv() []byte  { l.p.w.pump(); return l.p.frame() }
func (l *coreLink) close() {
	if !l.p.closed {
		l.p.hangUp()
	}
}

type side struct {
	name  string
	dial  func() link
	links []link
	sess  []int64
	all   []int64
	pw    [][]byte
	log   []string
	raw   bool
	old   []link
}

func (s *side) owner(id int64) string {
	if i := slices.Index(s.all, id); id != 0 && i >= 0 {
		return fmt.Sprintf("S%d", i)
	}
	return fmt.Sprint(id)
}

func (s *side) stat(st data.Stat) string {
	return fmt.Sprintf("{c%d m%d p%d v%d cv%d av%d o%s l%d n%d}", st.Czxid, st.Mzxid, st.Pzxid, st.Version, st.Cversion, st.Aversion, s.owner(st.EphemeralOwner), st.DataLength, st.NumChildren)
}

func (s *side) body(op wire.Op, b []byte) string {
	switch op {
	case wire.OpMulti, wire.OpMultiRead:
		var m wire.MultiResponse
		if err := wire.Decode(b, &m); err != nil {
			return fmt.Sprintf("RAW%x", b)
		}
		var out []string
		for _, r := range m.Results {
			out = append(out, fmt.Sprintf("%v/%v:%s", r.Type, r.Code, s.rec(r.Record)))
		}
		return strings.Join(out, " ; ")
	}
	r := op.NewResponse()
	if r == nil || len(b) == 0 {
		return fmt.Sprintf("%x", b)
	}
	if err := wire.Decode(b, r); err != nil {
		return fmt.Sprintf("RAW%x", b)
	}
	return s.rec(r)
}

func (s *side) rec(r wire.Record) string {
	switch r := r.(type) {
	case nil:
		return "-"
	case *proto.CreateResponse:
		return r.Path
	case *proto.Create2Response:
		return r.Path + s.stat(r.Stat)
	case *proto.SetDataResponse:
		return s.stat(r.Stat)
	case *proto.SetACLResponse:
		return s.stat(r.Stat)
	case *proto.ExistsResponse:
		return s.stat(r.Stat)
	case *proto.GetDataResponse:
		return fmt.Sprintf("%v/%q%s", r.Data == nil, r.Data, s.stat(r.Stat))
	case *proto.GetACLResponse:
		return fmt.Sprintf("%v%s", r.Acl, s.stat(r.Stat))
	case *proto.GetChildrenResponse:
		sort.Strings(r.Children)
		return fmt.Sprint(r.Children)
	case *proto.GetChildren2Response:
		sort.Strings(r.Children)
		return fmt.Sprint(r.Children, s.stat(r.Stat))
	case *proto.GetEphemeralsResponse:
		sort.Strings(r.Ephemerals)
		return fmt.Sprint(r.Ephemerals)
	case *proto.WhoAmIResponse:
		var l []string
		for _, c := range r.ClientInfo {
			l = append(l, c.AuthScheme+"="+c.User)
		}
		sort.Strings(l)
		return fmt.Sprint(l)
	}
	return fmt.Sprintf("%+v", r)
}

func (s *side) connect(i int, req *wire.ConnectRequest) {
	l := s.dial()
	for len(s.links) <= i {
		s.links = append(s.links, nil)
		s.sess = append(s.sess, 0)
		s.pw = append(s.pw, nil)
	}
	if s.links[i] != nil {
		s.old = append(s.old, s.links[i]) // or the collector closes it
	}
	s.links[i] = l
	l.send(connectFrame(req))
	f := l.recv()
	if f == nil {
		s.log = append(s.log, fmt.Sprintf("connect %d: closed", i))
		return
	}
	resp, err := wire.DecodeConnectResponse(f)
	if err != nil {
		s.log = append(s.log, fmt.Sprintf("connect %d: %v %q", i, err, f))
		return
	}
	if resp.SessionId != 0 {
		s.sess[i], s.pw[i] = resp.SessionId, resp.Passwd
		if !slices.Contains(s.all, resp.SessionId) {
			s.all = append(s.all, resp.SessionId)
		}
	}
	s.log = append(s.log, fmt.Sprintf("connect %d: to=%d sess=%t ro=%t/%t", i, resp.TimeOut, resp.SessionId != 0, resp.ReadOnly, resp.HasReadOnly))
}

// drain reads up to the frame with xid.
func (s *side) drain(i int, op wire.Op, xid int32) {
	// Within a run of events of one transaction delivered to different tables order is kept; nothing is sorted.
	for {
		f := s.links[i].recv()
		if f == nil {
			s.log = append(s.log, fmt.Sprintf("%d: closed", i))
			s.links[i].close()
			s.links[i] = nil
			return
		}
		if string(f) == "TIMEOUT" {
			s.log = append(s.log, fmt.Sprintf("%d: TIMEOUT", i))
			return
		}
		h, b, _ := wire.ReadReplyHeader(f)
		if h.Xid == wire.XidWatch {
			var ev proto.WatcherEvent
			wire.Decode(b, &ev)
			s.log = append(s.log, fmt.Sprintf("%d: event %v %q state %d zxid %d", i, wire.EventType(ev.Type), ev.Path, ev.State, h.Zxid))
			continue
		}
		name := s.body(op, b)
		s.log = append(s.log, fmt.Sprintf("%d: %v xid %d zxid %d %v %s", i, op, h.Xid, h.Zxid, wire.Code(h.Err), name))
		if h.Xid == xid {
			return
		}
	}
}

type step struct {
	conn  int
	op    wire.Op
	xid   int32
	frame []byte
	desc  string
	dial  *wire.ConnectRequest
	renew int // -1: new
	kill  bool
}

func (s *side) run(st step) {
	switch {
	case st.kill:
		if s.links[st.conn] != nil {
			s.links[st.conn].close()
			s.links[st.conn] = nil
		}
		time.Sleep(0)
	case st.dial != nil:
		r := *st.dial
		if st.renew >= 0 {
			r.SessionId, r.Passwd = s.sess[st.renew], s.pw[st.renew]
		}
		s.connect(st.conn, &r)
	case s.links[st.conn] != nil:
		s.links[st.conn].send(st.frame)
		s.drain(st.conn, st.op, st.xid)
		for i, l := range s.links {
			if l != nil && i != st.conn {
				l.send(requestFrame(wire.XidPing, wire.OpPing, nil))
				s.drain(i, wire.OpPing, wire.XidPing)
			}
		}
	}
}

type gen struct {
	r   *rand.Rand
	xid int32
}

func (g *gen) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *gen) path() string {
	if g.r.IntN(40) == 0 {
		return g.pick("", "/", "x", "/a/", "/a//b", "/.", "/a/..", "/a\x00", "//", "/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/é", "/\u0085", "/\ue000", "a/b", "/\x01", "/ ", "/...")
	}
	p := "/" + g.pick("a", "b", "c")
	for g.r.IntN(2) == 0 && len(p) < 6 {
		p += "/" + g.pick("a", "b", "c")
	}
	return p
}

func (g *gen) data() []byte {
	switch g.r.IntN(4) {
	case 0:
		return nil
	case 1:
		return []byte{}
	}
	return []byte(g.pick("one", "two", "three"))
}

func (g *gen) acl() []data.ACL {
	if g.r.IntN(3) > 0 {
		return openACL
	}
	n := g.r.IntN(4)
	acl := []data.ACL{}
	for range n {
		perms := []int32{31, 1, 2, 4, 8, 16, 3, 5, 63, 0, 25}[g.r.IntN(11)]
		id := []data.Id{{"world", "anyone"}, {"world", "x"}, {"auth", ""}, {"digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}, {"digest", "bad"}, {"digest", "a:b:"}, {"digest", "a:"}, {"digest", ":b"}, {"digest", ":"}, {"digest", "::"}, {"digest", ":b:"}, {"digest", "a:b:c"}, {"ip", "127.0.0.1"}, {"ip", "127.0.0.0/8"}, {"ip", "10.0.0.0/8"}, {"ip", "x"}, {"ip", "1.2.3"}, {"ip", "::1"}, {"ip", "1.2.3.4/33"}, {"ip", "1.2.3.4/"}, {"ip", "01.2.3.4"}, {"ip", "127.0.0.1/0"}, {"sasl", "x"}, {"super", ""}, {"nope", "x"}, {"digest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU="}, {"x509", "CN=a"}}[g.r.IntN(27)]
		acl = append(acl, data.ACL{Perms: perms, Id: id})
	}
	if len(acl) == 0 && g.r.IntN(2) == 0 {
		return nil
	}
	return acl
}

func (g *gen) version() int32 { return []int32{-1, -1, -1, 0, 1, 2, 7, -2}[g.r.IntN(8)] }

func (g *gen) flags() int32 {
	return []int32{0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, -1}[g.r.IntN(13)]
}

func (g *gen) record(op wire.Op) wire.Record {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer:
		return &proto.CreateRequest{Path: g.path(), Data: g.data(), Acl: g.acl(), Flags: g.flags()}
	case wire.OpCreateTTL:
		f := g.flags()
		ttl := []int64{0, 1, -5, 1 << 39, 1 << 40, 1<<40 - 1, 100000}[g.r.IntN(7)]
		return &proto.CreateTTLRequest{Path: g.path(), Data: g.data(), Acl: g.acl(), Flags: f, Ttl: ttl}
	case wire.OpDelete:
		return &proto.DeleteRequest{Path: g.path(), Version: g.version()}
	case wire.OpSetData:
		return &proto.SetDataRequest{Path: g.path(), Data: g.data(), Version: g.version()}
	case wire.OpSetACL:
		return &proto.SetACLRequest{Path: g.path(), Acl: g.acl(), Version: g.version()}
	case wire.OpCheck:
		return &proto.CheckVersionRequest{Path: g.path(), Version: g.version()}
	case wire.OpExists:
		return &proto.ExistsRequest{Path: g.path(), Watch: g.r.IntN(2) == 0}
	case wire.OpGetData:
		return &proto.GetDataRequest{Path: g.path(), Watch: g.r.IntN(2) == 0}
	case wire.OpGetACL:
		return &proto.GetACLRequest{Path: g.path()}
	case wire.OpGetChildren:
		return &proto.GetChildrenRequest{Path: g.path(), Watch: g.r.IntN(2) == 0}
	case wire.OpGetChildren2:
		return &proto.GetChildren2Request{Path: g.path(), Watch: g.r.IntN(2) == 0}
	case wire.OpSync:
		return &proto.SyncRequest{Path: g.path()}
	case wire.OpGetEphemerals:
		return &proto.GetEphemeralsRequest{PrefixPath: g.pick("", "/", "/a", "/b", "/a/b", " / ")}
	case wire.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberRequest{Path: g.path()}
	case wire.OpAddWatch:
		return &proto.AddWatchRequest{Path: g.path(), Mode: int32(g.r.IntN(4) - 1)}
	case wire.OpCheckWatches:
		return &proto.CheckWatchesRequest{Path: g.path(), Type: int32(g.r.IntN(7))}
	case wire.OpRemoveWatches:
		return &proto.RemoveWatchesRequest{Path: g.path(), Type: int32(g.r.IntN(7))}
	case wire.OpSetWatches:
		return &proto.SetWatches{RelativeZxid: g.r.Int64N(300), DataWatches: g.paths(), ExistWatches: g.paths(), ChildWatches: g.paths()}
	case wire.OpSetWatches2:
		return &proto.SetWatches2{RelativeZxid: g.r.Int64N(300), DataWatches: g.paths(), ExistWatches: g.paths(), ChildWatches: g.paths(), PersistentWatches: g.paths(), PersistentRecursiveWatches: g.paths()}
	case wire.OpMulti, wire.OpMultiRead:
		m := &wire.MultiRequest{}
		kinds := []wire.Op{wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpDelete, wire.OpSetData, wire.OpCheck, wire.OpSetData, wire.OpDelete}
		if op == wire.OpMultiRead {
			kinds = []wire.Op{wire.OpGetData, wire.OpGetChildren}
		}
		for range g.r.IntN(5) {
			o := kinds[g.r.IntN(len(kinds))]
			if g.r.IntN(40) == 0 {
				o = []wire.Op{wire.OpGetData, wire.OpCreate}[g.r.IntN(2)]
			}
			m.Ops = append(m.Ops, wire.MultiOp{o, g.record(o)})
		}
		return m
	case wire.OpAuth:
		s := g.pick("digest", "digest", "digest", "digest", "ip", "digest", "digest", "digest", "digest", "digest", "digest", "digest", "digest", "world", "nope", "digest", "digest", "digest")
		return &proto.AuthPacket{Scheme: s, Auth: []byte(g.pick("bob:pw", "alice:x", "nocolon", "super:test", "a:b:c"))}
	case wire.OpSASL:
		return &proto.GetSASLRequest{Token: []byte{}}
	case wire.OpReconfig:
		return &proto.ReconfigRequest{CurConfigId: -1}
	}
	return nil
}

func (g *gen) paths() []string {
	n := g.r.IntN(3)
	l := []string{}
	for range n {
		l = append(l, g.path())
	}
	return l
}

func (g *gen) step(conns int) step {
	c := g.r.IntN(conns)
	g.xid++
	switch g.r.IntN(150) {
	case 0:
		return step{conn: c, desc: "reconnect new", dial: newSession(30 * time.Second), renew: -1}
	case 1:
		return step{conn: c, desc: "renew own", dial: newSession(20 * time.Second), renew: c}
	case 2:
		return step{conn: c, desc: "kill", kill: true}
	case 3:
		return step{conn: c, desc: "closeSession", op: wire.OpCloseSession, xid: g.xid, frame: requestFrame(g.xid, wire.OpCloseSession, nil)}
	case 4:
		r := newSession(20 * time.Second)
		r.HasReadOnly = false
		return step{conn: c, desc: "renew own w/o ro", dial: r, renew: c}
	}
	ops := []wire.Op{
		wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDelete, wire.OpSetData, wire.OpSetData, wire.OpSetACL,
		wire.OpExists, wire.OpGetData, wire.OpGetACL, wire.OpGetChildren, wire.OpGetChildren2, wire.OpSync, wire.OpPing, wire.OpGetEphemerals, wire.OpGetAllChildrenNumber,
		wire.OpAddWatch, wire.OpCheckWatches, wire.OpRemoveWatches, wire.OpSetWatches, wire.OpSetWatches2, wire.OpMulti, wire.OpMulti, wire.OpMultiRead, wire.OpWhoAmI, wire.OpAuth,
		wire.OpExists, wire.OpGetData, wire.OpGetChildren, wire.OpSASL, wire.OpReconfig, wire.OpCreate, wire.OpCreate, wire.OpSetData,
	}
	op := ops[g.r.IntN(len(ops))]
	if op == wire.OpAuth && g.r.IntN(3) > 0 {
		op = wire.OpCreate
	}
	xid := g.xid
	if op == wire.OpPing {
		xid = wire.XidPing
	}
	if op == wire.OpAuth {
		xid = wire.XidAuth
	}
	r := g.record(op)
	if op == wire.OpCreateTTL && (r.(*proto.CreateTTLRequest).Flags < 5) && r.(*proto.CreateTTLRequest).Ttl < 0 {
		r.(*proto.CreateTTLRequest).Flags = 5
	}
	f := requestFrame(xid, op, r)
	desc := fmt.Sprintf("%v %+v", op, r)
	if len(f) > 13 && g.r.IntN(60) == 0 && op != wire.OpAuth && op != wire.OpSASL {
		cut := 12 + g.r.IntN(len(f)-12)
		f = slices.Clone(f[:cut])
		binary.BigEndian.PutUint32(f, uint32(len(f)-4))
		desc += fmt.Sprintf(" cut to %d", cut)
	}
	return step{conn: c, op: op, xid: xid, frame: f, desc: desc}
}

func TestDiff(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("DIFFSEED"), 10, 64)
	n, _ := strconv.Atoi(os.Getenv("DIFFSTEPS"))
	if n == 0 {
		n = 2000
	}
	w := newWorld(t, Config{ExtendedTypes: true, SuperDigest: "super:D/InIHSb7yEEbrWz8b9l71RjZJU=", TickTime: 500 * time.Millisecond, MaxSessionTimeout: time.Minute, Version: diffVersion()})
	real := &side{name: "real", dial: dialReal}
	fake := &side{name: "core", dial: func() link { return &coreLink{w.open()} }}
	g := &gen{r: rand.New(rand.NewPCG(seed, 7))}
	const conns = 3
	var steps []step
	for i := range conns {
		steps = append(steps, step{conn: i, desc: "connect", dial: newSession(30 * time.Second), renew: -1})
	}
	bad := 0
	for i := 0; i < n; i++ {
		var st step
		if i < len(steps) {
			st = steps[i]
		} else {
			st = g.step(conns)
			if real.links[st.conn] == nil && st.dial == nil {
				st = step{conn: st.conn, desc: "redial", dial: newSession(30 * time.Second), renew: -1}
			}
		}
		real.log, fake.log = nil, nil
		real.run(st)
		fake.run(st)
		if st.op == wire.OpCloseSession {
			slices.Sort(real.log)
			slices.Sort(fake.log)
		}
		if lo, _ := strconv.Atoi(os.Getenv("DIFFLO")); lo > 0 && i >= lo && i < lo+6 {
			t.Log(i, st.conn, st.desc, real.log, fake.log)
		}
		if a, b := strings.Join(real.log, "\n    "), strings.Join(fake.log, "\n    "); a != b {
			t.Errorf("step %d conn %d: %s\n  real\n    %s\n  core\n    %s", i, st.conn, st.desc, a, b)
			if os.Getenv("DIFFWATCH") != "" {
				t.Log(w.s.Watches())
			}
			if bad++; bad > 5 {
				t.FailNow()
			}
		}
	}
}

func diffVersion() Version {
	v, ok := wire.ParseVersion(os.Getenv("DIFFVERSION"))
	if !ok {
		return V(3, 9, 5)
	}
	return Version{v}
}
