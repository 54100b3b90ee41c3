package core

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/google/go-cmp/cmp"
)

// ensemble is a leader and servers, with a network that moves nothing unless told: what the exported parts of this package
// are for.
type ensemble struct {
	t      *testing.T
	leader *Leader
	nodes  []*ensembleNode // the leader's own is the first
	log    []*Txn
}

type ensembleNode struct {
	*world
	e       *ensemble
	id      int64
	applied int    // of e.log
	out     []any  // to the leader: *Request, renewal
	syncs   []sync // answered by the leader, to be delivered when applied has come so far
}

type renewal struct {
	session int64
	timeout int32
	tag     uint64
}

type sync struct {
	at      int
	session int64
	tag     uint64
}

func newEnsemble(t *testing.T, n int, cfg Config) *ensemble {
	e := &ensemble{t: t}
	for id := range int64(n) {
		cfg := cfg
		cfg.ServerID = id + 1
		node := &ensembleNode{e: e, id: id + 1}
		state := NewState(cfg.withDefaults().Version)
		node.world = &world{t: t, now: epoch}
		node.world.s = &Server{Front: NewFront(cfg, state, node, epoch)}
		e.nodes = append(e.nodes, node)
	}
	e.leader = NewLeader(cfg, e.nodes[0].s.state, epoch)
	e.leader.Pipelined = true
	e.leader.SetEpoch(1)
	return e
}

func (n *ensembleNode) Submit(_ time.Time, r *Request) { n.out = append(n.out, r) }

func (n *ensembleNode) Touch(now time.Time, session int64, timeout int32) bool {
	n.e.leader.Sessions.Touch(now, session, timeout)
	return true // a follower does not know better
}

func (n *ensembleNode) Renew(_ time.Time, session int64, timeout int32, tag uint64) {
	n.out = append(n.out, renewal{session, timeout, tag})
}

func (n *ensembleNode) Mode() string {
	if n.id == 1 {
		return "leader"
	}
	return "follower"
}

// propose delivers what a server has sent to the leader.
func (n *ensembleNode) propose() {
	e := n.e
	for _, m := range n.out {
		switch m := m.(type) {
		case *Request:
			if m.Op == wire.OpSync {
				n.syncs = append(n.syncs, sync{len(e.log), m.Session, m.Tag})
			} else {
				e.log = append(e.log, e.leader.Prepare(n.now, m))
			}
		case renewal:
			alive := e.leader.Sessions.Touch(n.now, m.session, m.timeout)
			if alive {
				e.leader.Sessions.Move(m.session, n.id)
			}
			n.s.Renewed(n.now, m.session, m.tag, alive)
		}
	}
	n.out = nil
	n.pump()
}

// apply delivers the next txns commits; -1 for all.
func (n *ensembleNode) apply(txns int) {
	e := n.e
	for {
		for len(n.syncs) > 0 && n.syncs[0].at <= n.applied {
			n.s.Synced(n.now, n.syncs[0].session, n.syncs[0].tag)
			n.syncs = n.syncs[1:]
		}
		if txns == 0 || n.applied == len(e.log) {
			break
		}
		t := e.log[n.applied]
		n.applied++
		txns--
		n.s.Commit(n.now, t)
		if n == e.nodes[0] {
			e.leader.Applied(t.Zxid)
		}
	}
	n.pump()
}

// settle lets everything arrive.
func (e *ensemble) settle() {
	for range 3 {
		for _, n := range e.nodes {
			n.propose()
		}
		for _, n := range e.nodes {
			n.apply(-1)
		}
	}
}

func (n *ensembleNode) join() *peer {
	n.t.Helper()
	c := n.open()
	c.write(connectFrame(newSession(10 * time.Second)))
	n.e.settle()
	resp, err := wire.DecodeConnectResponse(c.frame())
	if err != nil || resp.Expired() {
		n.t.Fatal("no session", err)
	}
	c.session, c.passwd = resp.SessionId, resp.Passwd
	return c
}

func (e *ensemble) same() {
	e.t.Helper()
	e.settle()
	for _, n := range e.nodes[1:] {
		if d := cmp.Diff(e.nodes[0].s.state.Nodes("/"), n.s.state.Nodes("/")); d != "" {
			e.t.Errorf("server %d differs: %s", n.id, d)
		}
		if d := cmp.Diff(e.nodes[0].s.state.Sessions(), n.s.state.Sessions()); d != "" {
			e.t.Errorf("sessions of server %d differ: %s", n.id, d)
		}
	}
	is(e.t, "staged", len(e.leader.staged)+len(e.leader.order), 0)
}
