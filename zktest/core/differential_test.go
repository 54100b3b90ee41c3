//go:build differential

package core

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// The same random requests go to this package and to a real ZooKeeper, and everything that comes back is compared: codes,
// zxids, Stats, events and their order. Only times, session ids and the order of lists are left out.
//
//	ZKCORE_REAL=127.0.0.1:2181 ZKCORE_VERSION=3.9.5 ZKCORE_SEED=1 go test -tags differential -run Differential ./zktest/core
//
// The server must be fresh (zxids are compared as they are), alone, and configured as follows; its session timeouts are
// real time, so a busy machine can make a session expire in it that lives on here.
//
//	tickTime=500 maxSessionTimeout=60000 maxClientCnxns=0
//	-Dzookeeper.extendedTypesEnabled=true -Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=
//
// 3.5.10, 3.6.4, 3.7.1, 3.7.2, 3.8.0, 3.8.2, 3.8.4, 3.9.0 and 3.9.5 were found to be the same. 3.4.14 is, but for what it
// still takes from a connection after it has decided to close it.
func TestDifferential(t *testing.T) {
	address := os.Getenv("ZKCORE_REAL")
	if address == "" {
		t.Fatal("ZKCORE_REAL: the address of a fresh ZooKeeper; see the comment of this test")
	}
	version := V3_9
	if v, ok := wire.ParseVersion(os.Getenv("ZKCORE_VERSION")); ok {
		version = Version{v}
	}
	seed, _ := strconv.ParseUint(os.Getenv("ZKCORE_SEED"), 10, 64)
	steps := 5000
	if n, err := strconv.Atoi(os.Getenv("ZKCORE_STEPS")); err == nil {
		steps = n
	}

	w := newWorld(t, Config{
		Version: version, ExtendedTypes: true, SuperDigest: Digest("super:test"), TickTime: 500 * time.Millisecond,
		MaxSessionTimeout: time.Minute,
	})
	model := &side{dial: func() (link, error) { return modelLink{w.open()}, nil }}
	real := &side{dial: func() (link, error) {
		nc, err := net.Dial("tcp", address)
		return realLink{nc}, err
	}}
	g := &generator{r: stream(seed, 7)}
	different := 0
	for i := range steps {
		s := g.step(i, real)
		want, got := real.run(t, s), model.run(t, s)
		if s.op == wire.OpCloseSession { // ephemerals go in any order
			slices.Sort(want)
			slices.Sort(got)
		}
		if !slices.Equal(want, got) {
			t.Errorf("step %d, connection %d: %s\n  ZooKeeper:\n\t%s\n  here:\n\t%s", i, s.conn, s.what,
				strings.Join(want, "\n\t"), strings.Join(got, "\n\t"))
			if different++; different == 5 {
				t.FailNow()
			}
		}
	}
}

// link is a connection to either server.
type link interface {
	send([]byte)
	frame() ([]byte, error) // io.EOF when it is closed
	close()
}

type realLink struct{ nc net.Conn }

func (l realLink) send(b []byte) { l.nc.Write(b) } // an error shows when reading
func (l realLink) close()        { l.nc.Close() }

func (l realLink) frame() ([]byte, error) {
	l.nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	var head [4]byte
	if _, err := io.ReadFull(l.nc, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		return nil, io.EOF
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(l.nc, b)
	return b, err
}

type modelLink struct{ *peer }

func (l modelLink) send(b []byte) { l.write(b) }

func (l modelLink) close() {
	if !l.closed {
		l.hangUp()
	}
}

func (l modelLink) frame() ([]byte, error) {
	if f := l.peer.frame(); f != nil {
		return f, nil
	}
	return nil, io.EOF
}

// side is one of the two servers, as its clients see it.
type side struct {
	dial     func() (link, error)
	links    [connections]link // nil when closed
	all      []link            // keeps the collector from closing those that were replaced
	sessions [connections]*wire.ConnectResponse
	known    []int64 // sessions in the order of their birth
	said     []string
}

func (s *side) note(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

// run does one step and returns what was said.
func (s *side) run(t *testing.T, st *step) []string {
	t.Helper()
	s.said = nil
	switch {
	case st.hangUp:
		if l := s.links[st.conn]; l != nil {
			l.close()
			s.links[st.conn] = nil
		}
	case st.connect != nil:
		l, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		s.all = append(s.all, l)
		s.links[st.conn] = l
		s.handshake(st, l)
	case s.links[st.conn] != nil:
		s.links[st.conn].send(st.frame)
		s.hear(st.conn, st.op, st.xid)
		for i, l := range s.links {
			if l != nil && i != st.conn { // a ping fetches the events of the others
				l.send(requestFrame(wire.XidPing, wire.OpPing, nil))
				s.hear(i, wire.OpPing, wire.XidPing)
			}
		}
	}
	return s.said
}

func (s *side) handshake(st *step, l link) {
	r := *st.connect
	if old := s.sessions[st.conn]; st.renew && old != nil {
		r.SessionId, r.Passwd = old.SessionId, old.Passwd
	}
	l.send(connectFrame(&r))
	frame, err := l.frame()
	if err != nil {
		s.note("%d: connect: %v", st.conn, err)
		return
	}
	resp, err := wire.DecodeConnectResponse(frame)
	if resp.SessionId != 0 {
		s.sessions[st.conn] = &resp
		if !slices.Contains(s.known, resp.SessionId) {
			s.known = append(s.known, resp.SessionId)
		}
	}
	s.note("%d: connect: session %s timeout %d readOnly %t %t %v", st.conn, s.owner(resp.SessionId), resp.TimeOut, resp.HasReadOnly, resp.ReadOnly, err)
}

// hear notes what a connection receives, up to a reply with the xid.
func (s *side) hear(i int, op wire.Op, xid int32) {
	for {
		frame, err := s.links[i].frame()
		if err != nil {
			s.note("%d: %v", i, err)
			s.links[i].close()
			s.links[i] = nil
			return
		}
		h, body, err := wire.ReadReplyHeader(frame)
		if h.Xid == wire.XidWatch {
			var ev proto.WatcherEvent
			err = errors.Join(err, wire.Decode(body, &ev))
			s.note("%d: event %v %q state %d zxid %d %v", i, wire.EventType(ev.Type), ev.Path, ev.State, h.Zxid, err)
			continue
		}
		s.note("%d: %v xid %d zxid %d %v %s %v", i, op, h.Xid, h.Zxid, wire.Code(h.Err).String(), s.body(op, body), err)
		if h.Xid == xid {
			return
		}
	}
}

func (s *side) body(op wire.Op, b []byte) string {
	r := op.NewResponse()
	if r == nil || len(b) == 0 {
		return fmt.Sprintf("%x", b)
	}
	if err := wire.Decode(b, r); err != nil {
		return fmt.Sprintf("%x", b)
	}
	return s.show(r)
}

// show is a record without what differs by nature.
func (s *side) show(r wire.Record) string {
	switch r := r.(type) {
	case *wire.MultiResponse:
		parts := make([]string, len(r.Results))
		for i, part := range r.Results {
			parts[i] = part.Type.String() + " " + part.Code.String()
			if part.Record != nil {
				parts[i] += " " + s.show(part.Record)
			}
		}
		return strings.Join(parts, "; ")
	case *proto.GetChildrenResponse:
		slices.Sort(r.Children)
	case *proto.GetChildren2Response:
		slices.Sort(r.Children)
		return fmt.Sprint(r.Children, s.stat(r.Stat))
	case *proto.GetEphemeralsResponse:
		slices.Sort(r.Ephemerals)
	case *proto.WhoAmIResponse:
		slices.SortFunc(r.ClientInfo, func(a, b data.ClientInfo) int { return strings.Compare(a.AuthScheme+a.User, b.AuthScheme+b.User) })
	case *proto.Create2Response:
		return r.Path + s.stat(r.Stat)
	case *proto.SetDataResponse:
		return s.stat(r.Stat)
	case *proto.SetACLResponse:
		return s.stat(r.Stat)
	case *proto.ExistsResponse:
		return s.stat(r.Stat)
	case *proto.GetDataResponse:
		return fmt.Sprintf("%t %q%s", r.Data == nil, r.Data, s.stat(r.Stat))
	case *proto.GetACLResponse:
		return fmt.Sprint(r.Acl, s.stat(r.Stat))
	}
	return fmt.Sprintf("%+v", r)
}

func (s *side) stat(st data.Stat) string {
	owner := s.owner(st.EphemeralOwner)
	st.Ctime, st.Mtime, st.EphemeralOwner = 0, 0, 0
	return fmt.Sprintf(" %+v of %s", st, owner)
}

func (s *side) owner(id int64) string {
	if i := slices.Index(s.known, id); i >= 0 {
		return fmt.Sprint("session ", i)
	}
	return strconv.FormatInt(id, 10)
}
