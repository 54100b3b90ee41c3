package core

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// The leader goes by what it has proposed, before any of it is applied.
func TestLeaderPipelines(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a, b := e.nodes[0].join(), e.nodes[1].join()
	is(t, "epoch", e.leader.Zxid()>>32, 1)
	for _, c := range []*peer{a, b} {
		c.send(wire.OpCreate, createRequest("/p", "", 0))
		for range 3 {
			c.send(wire.OpCreate, createRequest("/p/s", "", wire.FlagPersistentSequential))
		}
		c.send(wire.OpSetData, &proto.SetDataRequest{Path: "/p", Version: 0})
		c.send(wire.OpMulti, &wire.MultiRequest{Ops: []wire.MultiOp{opCreate("/p/s/x"), opDelete("/p", -1)}})
		c.send(wire.OpDelete, &proto.DeleteRequest{Path: "/p/s0000000000", Version: 0})
	}
	e.nodes[0].propose()
	e.nodes[1].propose()
	is(t, "nothing is applied", e.nodes[0].s.state.Zxid()&0xffff, 2)
	e.same()
	for _, x := range []struct {
		c    *peer
		want string
	}{
		{a, "/p /p/s0000000000 /p/s0000000001 /p/s0000000002 OK OK OK"},
		{b, "NODEEXISTS /p/s0000000003 /p/s0000000004 /p/s0000000005 BADVERSION OK NONODE"},
	} {
		got := ""
		for range 7 {
			reply := x.c.reply()
			var path proto.CreateResponse
			if reply.code == wire.OK && len(reply.body) > 4 && wire.Decode(reply.body, &path) == nil && len(path.Path) > 0 && path.Path[0] == '/' {
				got += path.Path + " "
			} else {
				got += reply.code.String() + " "
			}
		}
		is(t, "replies", got, x.want+" ")
	}
}

// A read waits for the session's own writes, not for anybody else's.
func TestReadsWaitForOwnWrites(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	n := e.nodes[1]
	a, b := n.join(), n.join()
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	a.send(wire.OpExists, &proto.ExistsRequest{Path: "/a", Watch: true})
	a.send(wire.OpPing, nil)
	a.send(wire.OpCreate, createRequest("/b", "", 0))
	is(t, "both writes are sent at once", len(n.out), 2)
	is(t, "no reply", a.reply() == nil, true)
	_, code := b.exists("/a", false)
	is(t, "another session does not wait", code, wire.CodeNoNode)
	n.propose()
	n.apply(1)
	is(t, "create", a.reply().code, wire.OK)
	is(t, "exists", a.reply().code, wire.OK)
	is(t, "ping", a.reply().xid, wire.XidPing)
	is(t, "second create waits", a.reply() == nil, true)
	n.apply(1)
	is(t, "second create", a.reply().code, wire.OK)
	e.same()
}

// A server that lags shows an older state, with its own zxid, and refuses clients that have seen more.
func TestLaggingServer(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a, b := e.nodes[0].join(), e.nodes[1].join()
	b.exists("/a", true)
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	e.nodes[0].propose()
	e.nodes[0].apply(-1)
	reply := a.reply()
	old := b.ask(wire.OpExists, &proto.ExistsRequest{Path: "/a"})
	is(t, "stale", old.code, wire.CodeNoNode)
	is(t, "own zxid", old.zxid, reply.zxid-1)
	is(t, "no event yet", b.takeEvents(), "")

	late := e.nodes[1].open()
	r := newSession(time.Second)
	r.LastZxidSeen = reply.zxid
	is(t, "refused", late.handshake(r) == nil && late.closed, true)

	// sync, with a read pipelined behind it.
	b.send(wire.OpSync, &proto.SyncRequest{Path: "/x"})
	b.send(wire.OpExists, &proto.ExistsRequest{Path: "/a"})
	e.nodes[1].propose()
	is(t, "sync waits for what is committed", b.reply() == nil, true)
	e.nodes[1].apply(-1)
	var echo proto.SyncResponse
	reply = b.reply()
	is(t, "sync", wire.Decode(reply.body, &echo) == nil && echo.Path == "/x", true)
	is(t, "read behind it", b.reply().code, wire.OK)
	is(t, "event", b.takeEvents(), "NodeCreated /a")
	e.same()
}

// safety.md 12: -6 overtakes what waits, whose replies are lost although it is applied.
func TestUnimplementedOvertakes(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a := e.nodes[1].join()
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	a.send(wire.Op(99), nil)
	a.send(wire.OpCreate, createRequest("/b", "", 0))
	reply := a.reply()
	is(t, "-6 first", reply.code, wire.CodeUnimplemented)
	is(t, "its xid", reply.xid, 2)
	is(t, "closed", a.closed, true)
	e.settle()
	is(t, "no more replies", len(a.in), 0)
	is(t, "the write in front is applied", e.nodes[1].has("/a"), true)
	is(t, "the one behind was not read", e.nodes[1].has("/b"), false)
}

// Auth is answered ahead of what waits too, and applies to what comes after it.
func TestAuthOvertakes(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a := e.nodes[1].join()
	mine := []data.ACL{acl(31, "auth", "")}
	create := func(path string) { a.send(wire.OpCreate, &proto.CreateRequest{Path: path, Acl: mine}) }
	create("/before")
	a.send(wire.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("bob:pw")})
	create("/after")
	is(t, "auth first", a.reply().xid, wire.XidAuth)
	e.settle()
	is(t, "before", a.reply().code, wire.CodeInvalidACL)
	is(t, "after", a.reply().code, wire.OK)
}

// protocol.md 13: on the server that a session has left reads still work; a write ends the connection without a reply.
func TestSessionMoved(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a := e.nodes[0].join()
	b := e.nodes[1].open()
	r := newSession(10 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	b.write(connectFrame(r))
	is(t, "waits for the leader", len(b.in), 0)
	e.nodes[1].propose()
	resp, _ := wire.DecodeConnectResponse(b.frame())
	is(t, "renewed", resp.SessionId, a.session)
	is(t, "the old connection is open", a.closed, false)
	_, code := a.exists("/", false)
	is(t, "and reads", code, wire.OK)
	zxid := e.leader.Zxid()
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	e.settle()
	is(t, "a write closes it", a.closed, true)
	is(t, "without a reply", a.reply() == nil, true)
	is(t, "and costs a zxid", e.leader.Zxid(), zxid+1)
	b.send(wire.OpCreate, createRequest("/b", "", wire.FlagEphemeral))
	e.settle()
	is(t, "the new one writes", b.reply().code, wire.OK)
	is(t, "owner", e.nodes[0].s.state.Sessions()[0].ID, a.session)

	// Closing there ends a connection here.
	again := e.nodes[0].open()
	again.write(connectFrame(r))
	e.settle()
	again.frame()
	b.send(wire.OpCloseSession, nil) // moved away: the leader closes the session all the same
	e.settle()
	is(t, "closed everywhere", again.closed && b.closed, true)
	is(t, "sessions", len(e.nodes[0].s.state.Sessions()), 0)
	is(t, "ephemeral", e.nodes[1].has("/b"), false)
	e.same()

	refused := e.nodes[1].open()
	refused.write(connectFrame(r))
	e.settle()
	resp, _ = wire.DecodeConnectResponse(refused.frame())
	is(t, "refused", resp.Expired() && refused.closed, true)
}

// The end of a session takes ephemerals along that are proposed but not applied, and leaves those proposed to go.
func TestCloseSessionPipelined(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a, b := e.nodes[1].join(), e.nodes[0].join()
	a.send(wire.OpCreate, createRequest("/p", "", 0))
	a.send(wire.OpCreate, createRequest("/p/e1", "", wire.FlagEphemeral))
	a.send(wire.OpCreate, createRequest("/p/e2", "", wire.FlagEphemeral))
	e.settle()
	a.send(wire.OpDelete, &proto.DeleteRequest{Path: "/p/e1", Version: -1})
	a.send(wire.OpMulti, &wire.MultiRequest{Ops: []wire.MultiOp{opMake(wire.OpCreate, "/p/e3", 1), opSet("/p/e3", "", -1)}})
	b.send(wire.OpCreate, createRequest("/other", "", wire.FlagEphemeral))
	e.nodes[0].propose()
	a.send(wire.OpCloseSession, nil)
	a.send(wire.OpCreate, createRequest("/late", "", wire.FlagEphemeral))
	e.nodes[1].propose()
	last := e.log[len(e.log)-1]
	is(t, "a closing session writes no more", last.Code, wire.CodeSessionExpired)
	b.send(wire.OpCreate, createRequest("/p/e3", "again", 0))
	b.send(wire.OpDelete, &proto.DeleteRequest{Path: "/p", Version: -1})
	b.send(wire.OpDelete, &proto.DeleteRequest{Path: "/p/e3", Version: -1})
	b.send(wire.OpDelete, &proto.DeleteRequest{Path: "/p", Version: -1})
	e.nodes[0].propose()
	e.same()
	is(t, "an ephemeral of another session", b.reply().code == wire.OK && e.nodes[0].has("/other"), true)
	is(t, "the path is free at once", b.reply().code, wire.OK)
	is(t, "the parent is not", b.reply().code, wire.CodeNotEmpty)
	first, second := b.reply().code, b.reply().code
	is(t, "now it is", first == wire.OK && second == wire.OK, true)
	left := ""
	for _, n := range e.nodes[1].s.state.Nodes("/") {
		left += n.Path + " "
	}
	is(t, "left", left, "/ /other /zookeeper /zookeeper/config /zookeeper/quota ")
	for range 6 {
		a.reply()
	}
	is(t, "closed after its reply", a.closed, true)
}

// A transaction whose client is gone is applied, and answered to nobody, not even to the next connection.
func TestCommitWithoutConnection(t *testing.T) {
	e := newEnsemble(t, 1, Config{})
	n := e.nodes[0]
	a := n.join()
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	b := n.open()
	r := newSession(10 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	b.write(connectFrame(r))
	is(t, "old connection", a.closed, true)
	e.settle()
	is(t, "handshake only", len(b.frame()), 37)
	is(t, "nothing else", len(b.in), 0)
	is(t, "applied", n.has("/a"), true)

	// A handshake whose client has gone leaves a session behind.
	c := n.open()
	c.write(connectFrame(newSession(10 * time.Second)))
	c.hangUp()
	e.settle()
	is(t, "sessions", len(n.s.state.Sessions()), 2)
	n.s.Renewed(n.now, 12345, 1, true)
	n.s.Synced(n.now, 12345, 1)
}

// Servers number their requests each for itself: the same number from another one is not an answer.
func TestCommitOfAnotherServer(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	a := e.nodes[0].join()
	a.send(wire.OpCreate, createRequest("/a", "", 0))
	e.nodes[0].propose()
	b := e.nodes[1].open()
	r := newSession(10 * time.Second)
	r.SessionId, r.Passwd = a.session, a.passwd
	b.write(connectFrame(r))
	e.nodes[1].propose()
	b.frame()
	b.send(wire.OpDelete, &proto.DeleteRequest{Path: "/b", Version: -1})
	is(t, "the same number", b.conn.queue[0].tag, e.log[len(e.log)-1].Tag)
	e.nodes[1].apply(-1)
	is(t, "not answered", b.reply() == nil, true)
	e.settle()
	is(t, "answered", b.reply().code, wire.CodeNoNode)
	is(t, "here too", a.reply().code, wire.OK)
}

// A sweep goes by what is proposed.
func TestSweepPipelined(t *testing.T) {
	e := newEnsemble(t, 1, Config{ExtendedTypes: true})
	n := e.nodes[0]
	a := n.join()
	for _, path := range []string{"/again", "/gone", "/empty"} {
		a.send(wire.OpCreateContainer, createRequest(path, "", 4))
		a.send(wire.OpCreate, createRequest(path+"/kid", "", 0))
		a.send(wire.OpDelete, &proto.DeleteRequest{Path: path + "/kid", Version: -1})
	}
	e.settle()
	a.send(wire.OpCreate, createRequest("/again/kid", "", 0))
	a.send(wire.OpDelete, &proto.DeleteRequest{Path: "/gone", Version: -1})
	n.propose()
	txns := e.leader.Sweep(n.now)
	is(t, "due", len(txns), 1)
	is(t, "path", txns[0].Changes[0].Path, "/empty")
	e.log = append(e.log, txns...)
	a.send(wire.OpCreate, createRequest("/empty/kid", "", 0))
	e.same()
	a.takeEventsInto()
	is(t, "swept", n.has("/empty") || n.has("/gone"), false)
}

func TestEnsembleMode(t *testing.T) {
	e := newEnsemble(t, 2, Config{})
	for i, want := range []string{"leader", "follower"} {
		is(t, "mode", e.nodes[i].s.mode(), want)
	}
}

// Random writes from every server, delivered in random portions, leave the same state everywhere.
func TestStatesAreTheSame(t *testing.T) {
	for seed := range uint64(30) {
		e := newEnsemble(t, 3, Config{Seed: seed, ExtendedTypes: true})
		r := stream(seed, 1)
		var peers []*peer
		for _, n := range e.nodes {
			peers = append(peers, n.join(), n.join())
		}
		pick := func(list ...string) string { return list[r.IntN(len(list))] }
		path := func() string { return pick("/a", "/b", "/a/x", "/a/y", "/b/x") }
		for range 300 {
			c := peers[r.IntN(len(peers))]
			if c.closed {
				continue
			}
			flags := wire.CreateFlags(r.IntN(4))
			switch r.IntN(8) {
			case 0, 1:
				c.send(wire.OpCreate, createRequest(path(), "", flags))
			case 2:
				c.send(wire.OpDelete, &proto.DeleteRequest{Path: path(), Version: -1})
			case 3:
				c.send(wire.OpSetData, &proto.SetDataRequest{Path: path(), Version: int32(r.IntN(3)) - 1})
			case 4:
				c.send(wire.OpMulti, &wire.MultiRequest{Ops: []wire.MultiOp{opMake(wire.OpCreate, path(), flags), opSet(path(), "m", -1), opDelete(path(), -1)}})
			case 5:
				if r.IntN(40) == 0 {
					c.send(wire.OpCloseSession, nil)
				}
			case 6:
				e.nodes[r.IntN(3)].propose()
			case 7:
				e.nodes[r.IntN(3)].apply(r.IntN(6))
			}
		}
		e.same()
		if t.Failed() {
			t.Fatal(fmt.Sprint("seed ", seed))
		}
	}
}
