package ensemble

import (
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// bring sends a learner what it is missing, and from now on everything that is proposed.
func (m *Member) bring(now time.Time, peer int) {
	l := m.leader
	h := &l.learners[peer]
	known := m.journal.log[:after(m.journal.log, l.committed)] // what is behind is only proposed
	m.say(peer, m.difference(known, h.zxid))
	if !h.observer {
		for _, t := range m.journal.log[len(known):] {
			m.say(peer, Message{Type: Proposal, Txn: t})
		}
	}
	h.phase = sent
	m.say(peer, Message{Type: NewLeader, Zxid: int64(l.epoch) << 32, View: m.newest()})
	_ = now
}

// difference chooses how a learner with that last zxid is brought up to date (LearnerHandler.syncFollower). known is what
// is committed, of which as much as Config.CommitLogCount is used.
func (m *Member) difference(known []*core.Txn, zxid int64) Message {
	last := m.leader.committed
	if n := len(known); n > 0 {
		last = known[n-1].Zxid
		known = known[max(n-m.cfg.CommitLogCount, 0):]
	}
	at := after(known, zxid)
	missing := known[at:len(known):len(known)]
	fresh := zxid&0xffffffff == 0 // of an epoch without transactions, and not in any log
	switch {
	case zxid == m.leader.committed || zxid == last:
		return Message{Type: Diff, Zxid: zxid, History: new(History)}
	case zxid > last && !fresh:
		return Message{Type: Trunc, Zxid: last, History: new(History)}
	case at == 0 || zxid > last:
		return m.snapshot()
	case fresh || known[at-1].Zxid == zxid:
		return Message{Type: Diff, Zxid: last, History: &History{Txns: missing}}
	case known[at-1].Zxid>>32 == zxid>>32:
		return Message{Type: Trunc, Zxid: known[at-1].Zxid, History: &History{Txns: missing}}
	}
	return m.snapshot() // nothing is ever cut across epochs
}

func (m *Member) snapshot() Message {
	log, zxid := m.journal.log, m.state.Zxid()
	known := log[:after(log, m.leader.committed):len(log)] // the state may lag behind
	return Message{Type: Snap, Zxid: zxid, History: &History{Snapshot: m.state.Clone(), Txns: known[after(known, zxid):]}}
}

// propose takes a transaction on its way.
func (m *Member) propose(now time.Time, t *core.Txn) {
	l := m.leader
	l.proposed = t.Zxid
	if v := viewOf(t); v != nil {
		m.setNext(v)
	}
	for i := range l.learners {
		if h := &l.learners[i]; h.phase >= sent && !h.observer {
			if h.owes.IsZero() {
				h.owes, h.owesZxid = now, t.Zxid
			}
			m.say(i, Message{Type: Proposal, Txn: t})
		}
	}
	m.append(now, t)
}

// acknowledged takes an acknowledgement of a learner.
func (m *Member) acknowledged(now time.Time, peer int, zxid int64) {
	l := m.leader
	h := &l.learners[peer]
	switch {
	case h.phase < sent:
		m.hangUp(h)
		return
	case h.phase == sent:
		if zxid != int64(l.epoch)<<32 {
			m.hangUp(h)
			return
		}
		h.phase = acked
		if l.phase == leaderServing {
			h.phase = upToDate
			m.say(peer, Message{Type: UpToDate, View: m.disk.view, Leader: l.heir})
		}
		m.synced(now)
		return
	}
	h.acked = max(h.acked, zxid)
	if !h.owes.IsZero() && zxid >= h.owesZxid {
		h.owes = time.Time{}
		if zxid < l.proposed {
			h.owes, h.owesZxid = now, l.proposed
		}
	}
	m.tryCommit(now)
}

// leaderWrote is the leader's own acknowledgement.
func (m *Member) leaderWrote(now time.Time) {
	if m.leader.phase == leaderServing {
		m.tryCommit(now)
	}
}

// tryCommit commits what a quorum has written.
func (m *Member) tryCommit(now time.Time) {
	l := m.leader
	if l.phase < leaderServing || l.retired {
		return
	}
	zxid := m.written(m.voters)
	if m.next == nil || zxid < m.next.Version {
		m.commitTo(now, zxid)
		return
	}
	zxid = min(zxid, m.written(m.nextVoters))
	change := m.next.Version // what is in front of it does not need them
	m.commitTo(now, m.proposedBefore(change))
	if zxid >= change {
		m.commitChange(now, m.next)
		m.tryCommit(now) // what is behind it needs a quorum of the new view only
	}
}

// proposedBefore is the zxid of the last transaction in front of another.
func (m *Member) proposedBefore(zxid int64) int64 {
	if at := after(m.journal.log, zxid-1); at > 0 {
		return m.journal.log[at-1].Zxid
	}
	return 0
}

// written is up to where more than half of the voters have written the log.
func (m *Member) written(voters []bool) int64 {
	var buf [8]int64
	have := buf[:0]
	for i, votes := range voters {
		switch {
		case !votes:
		case i == m.self:
			have = append(have, m.disk.Zxid())
		default:
			have = append(have, m.leader.learners[i].acked)
		}
	}
	slices.Sort(have)
	return have[(len(have)-1)/2]
}

// commitChange commits a change of the members. Of those in front of it all are committed.
func (m *Member) commitChange(now time.Time, v *View) {
	l := m.leader
	t := m.journal.log[after(m.journal.log, v.Version)-1]
	l.committed = v.Version
	heir := m.activateLed(v)
	for i := range l.learners {
		switch h := &l.learners[i]; {
		case h.phase < sent:
		case h.observer:
			m.say(i, Message{Type: InformAndActivate, Txn: t, Leader: heir})
		default:
			m.say(i, Message{Type: CommitAndActivate, Zxid: v.Version, Leader: heir})
		}
	}
	m.committed(now)
}

// commitTo commits what a quorum has written.
func (m *Member) commitTo(now time.Time, zxid int64) {
	l := m.leader
	if zxid <= l.committed {
		return
	}
	from := after(m.journal.log, l.committed)
	l.committed = zxid
	for i := range l.learners {
		if l.learners[i].phase < sent {
			continue
		}
		if !l.learners[i].observer {
			m.say(i, Message{Type: Commit, Zxid: zxid})
			continue
		}
		for _, t := range m.journal.log[from:after(m.journal.log, zxid)] {
			m.say(i, Message{Type: Inform, Txn: t})
		}
	}
	m.committed(now)
}

// committed applies what is committed, and answers who waits for that.
func (m *Member) committed(now time.Time) {
	l, zxid := m.leader, m.leader.committed
	m.commit(now, zxid)
	n := 0
	for ; n < len(l.syncs) && l.syncs[n].zxid <= zxid; n++ {
		m.answerSync(now, l.syncs[n])
	}
	l.syncs = l.syncs[n:]
}

func (m *Member) answerSync(now time.Time, s pendingSync) {
	if s.server == m.self {
		m.applying.sync(now, m, s.session, s.tag)
		return
	}
	if m.leader.learners[s.server].phase >= sent {
		m.say(s.server, Message{Type: Sync, Session: s.session, Tag: s.tag})
	}
}

// request takes a write or sync of a client of any server.
func (m *Member) request(now time.Time, peer int, r *core.Request) {
	l := m.leader
	if l.phase < leaderServing || l.retired {
		return
	}
	if r.Op != wire.OpSync {
		m.propose(now, l.Prepare(now, r))
		return
	}
	s := pendingSync{zxid: l.proposed, server: peer, session: r.Session, tag: r.Tag}
	if l.committed < l.proposed {
		l.syncs = append(l.syncs, s)
		return
	}
	m.answerSync(now, s)
}
