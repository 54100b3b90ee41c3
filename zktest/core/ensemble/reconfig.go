package ensemble

import (
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// Who belongs to the ensemble changes by a transaction, one change at a time:
//
//	view --proposed--> view and next: a quorum of both is needed, for everything --committed--> next is the view
//
// A member that is left out goes on as one that follows and has no vote, until somebody ends it. A leader that is left out,
// or is only to observe, names who leads from then on: the commit carries that, all go there without an election, and what
// the old leader has not committed yet is lost or is committed by the new one. A server in no view that finds a leader follows
// it as well, and may then be made a member.
//
// Members that look for a leader tell each other of their view, and the newest counts.

// setView begins with what the members are on disk, or the first time with peers.
func (m *Member) setView(peers []Peer) {
	if m.disk.view == nil {
		peers = slices.Clone(peers)
		for i := range peers {
			if p := &peers[i]; p.Addrs == "" {
				p.Addrs = fmt.Sprintf("127.0.0.1:%d:%d", 20000+p.ID, 30000+p.ID)
			}
		}
		v := newView(0, peers)
		for i, p := range v.Peers {
			if i > 0 && v.Peers[i-1].ID == p.ID {
				panic(fmt.Sprintf("ensemble: two members with id %d", p.ID))
			}
		}
		m.disk.view, m.disk.first = v, v
	}
	m.meet(m.disk.view)
	m.self = m.peer(m.id)
	m.observes = m.disk.view.observes(m.id)
}

// meet makes sure that the members of a view are known.
func (m *Member) meet(v *View) {
	for i := range v.Peers {
		m.peer(v.Peers[i].ID)
	}
	m.recount()
}

// peer is the index of a server, which need not be a member.
func (m *Member) peer(id int64) int {
	if i := m.index(id); i >= 0 {
		return i
	}
	m.ids = append(m.ids, id)
	m.rejected = append(m.rejected, 0)
	if e := &m.election; e.received != nil {
		e.received, e.settled = append(e.received, ballot{}), append(e.settled, ballot{})
	}
	if m.leader != nil {
		m.leader.learners = append(m.leader.learners, handler{})
	}
	m.recount()
	return len(m.ids) - 1
}

// recount notes who votes.
func (m *Member) recount() {
	m.voters, m.nextVoters = m.voters[:0], m.nextVoters[:0]
	for _, id := range m.ids {
		m.voters = append(m.voters, m.disk.view.votes(id))
		m.nextVoters = append(m.nextVoters, m.next != nil && m.next.votes(id))
	}
}

// electorate reports whether a server votes, now or by the next view.
func (m *Member) electorate(i int) bool { return m.voters[i] || m.nextVoters[i] }

// quorum reports whether something is true of more than half of the voters, also of those of the next view.
func (m *Member) quorum(is func(i int) bool) bool {
	return majority(m.voters, is) && (m.next == nil || majority(m.nextVoters, is))
}

func majority(voters []bool, is func(i int) bool) bool {
	n, have := 0, 0
	for i, votes := range voters {
		if votes {
			if n++; is(i) {
				have++
			}
		}
	}
	return have > n/2
}

// setNext takes note of a change that is proposed.
func (m *Member) setNext(v *View) {
	if m.next = v; v != nil {
		m.meet(v)
		return
	}
	m.recount()
}

// pending is the change that is in the log and not known to be committed, nil if there is none.
func (m *Member) pending() *View {
	log := m.journal.log
	for i := len(log) - 1; i >= 0 && log[i].Zxid > m.disk.view.Version; i-- {
		if v := viewOf(log[i]); v != nil {
			return v
		}
	}
	return nil
}

// viewOf is what a transaction makes of the members; nil if it is about something else.
func viewOf(t *core.Txn) *View {
	if t.Op != wire.OpReconfig || t.Code != wire.OK {
		return nil
	}
	v, err := parseView(t.Changes[0].Data)
	if err != nil {
		panic(fmt.Sprintf("ensemble: a configuration of its own cannot be read: %v", err))
	}
	return v
}

// newest is the last view that was heard of, committed or not.
func (m *Member) newest() *View {
	if m.next != nil {
		return m.next
	}
	return m.disk.view
}

// activate makes a view the one that counts. It reports whether this member must begin anew: in another role, or with
// another leader.
func (m *Member) activate(v *View, leader int64) (anew bool) {
	d := m.disk
	if v.Version <= d.view.Version {
		return false
	}
	d.view = v
	if v.Version&0xffffffff == 0 { // no transaction says so
		d.first = v
		m.state.SetConfig(v.Text(), v.Version)
	}
	if m.next != nil && m.next.Version <= v.Version {
		m.next = nil
	}
	m.meet(v)
	observes := v.observes(m.id)
	anew = observes != m.observes
	m.observes = observes
	if now, ok := m.Leader(); ok && now != leader {
		anew = true
	}
	return anew
}

// beginAnew goes to a leader without an election.
func (m *Member) beginAnew(now time.Time, leader int64) {
	m.appointed = &leader
	m.look(now, "the members have changed")
}

// activateAt is the commit of the change with that zxid.
func (m *Member) activateAt(now time.Time, msg *Message) {
	at := after(m.journal.log, msg.Zxid) - 1
	if at < 0 || m.journal.log[at].Zxid != msg.Zxid || viewOf(m.journal.log[at]) == nil {
		m.look(now, "the commit of a change that was not proposed")
		return
	}
	anew := m.activate(viewOf(m.journal.log[at]), msg.Leader)
	m.commit(now, msg.Zxid)
	if anew {
		m.beginAnew(now, msg.Leader)
	}
}

// reconfigure is core.Leader.Reconfigure.
func (m *Member) reconfigure(r *proto.ReconfigRequest, zxid int64) ([]byte, wire.Code) {
	now := m.disk.view
	switch {
	case m.next != nil:
		return nil, wire.CodeReconfigInProgress
	case r.CurConfigId != -1 && r.CurConfigId != now.Version:
		return nil, wire.CodeBadVersion
	}
	next, code := now.change(r, zxid)
	if code != wire.OK {
		return nil, code
	}
	voters := make([]bool, len(m.ids))
	missing := 0 // of whom nothing was ever heard
	for i := range next.Peers {
		if p := &next.Peers[i]; !p.Observer {
			if at := m.index(p.ID); at >= 0 {
				voters[at] = true
			} else {
				missing++
			}
		}
	}
	voters = append(voters, slices.Repeat([]bool{true}, missing)...)
	synced := func(i int) bool {
		if i == m.self || i >= len(m.ids) {
			return i == m.self
		}
		// Who has just become an observer will come back as one, and not write what is proposed. (ZooKeeper counts it.)
		h := &m.leader.learners[i]
		return !h.observer && h.phase == upToDate && !now.observes(m.ids[i])
	}
	if !majority(voters, synced) {
		return nil, wire.CodeNewConfigNoQuorum
	}
	return next.Text(), wire.OK
}

// heir is who leads by a view: this leader as long as it may, or else who has written most of what was proposed.
func (m *Member) heir(v *View) int64 {
	if p, old := v.peer(m.id), m.disk.view.peer(m.id); p != nil && !p.Observer && (old == nil || old.Addrs == p.Addrs) {
		return m.id
	}
	best := -1
	for i := range m.leader.learners {
		if h := &m.leader.learners[i]; i != m.self && v.votes(m.ids[i]) && !h.observer && h.phase >= acked &&
			(best < 0 || h.acked > m.leader.learners[best].acked) {
			best = i
		}
	}
	if best < 0 {
		return m.id
	}
	return m.ids[best]
}

// activateLed makes a view that a quorum has written the one that counts, as the leader, who may have to go.
func (m *Member) activateLed(v *View) (heir int64) {
	heir = m.heir(v)
	m.activate(v, heir)
	if heir != m.id {
		m.leader.retired, m.leader.heir = true, heir
		m.appointed = &heir
	}
	return heir
}
