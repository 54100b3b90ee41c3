package ensemble

import "time"

// Vote is what a server thinks of an election, and with it what it is doing.
type Vote struct {
	Leader int64 // Peer.ID; what an observer proposes is noVote
	Zxid   int64
	Epoch  int32 // current epoch of the leader voted for
	Round  int64 // of elections, as the voter counts them
	Role   Role
	View   *View // of the voter
}

// noVote is the leader that a server without a vote votes for, to begin with. Nobody counts it.
const noVote = -1

// beats orders votes of one round: the later epoch, then the later zxid, then the larger id.
func (v *Vote) beats(w *Vote) bool {
	switch {
	case v.Epoch != w.Epoch:
		return v.Epoch > w.Epoch
	case v.Zxid != w.Zxid:
		return v.Zxid > w.Zxid
	}
	return v.Leader > w.Leader
}

// election is ZooKeeper's FastLeaderElection.
//
//	         better vote: take it over, tell everybody
//	           +---+
//	           v   |
//	looking --> voting --a quorum has this vote--> finalizing --FinalizeWait--> a role
//	               ^                                   |
//	               +------------ better vote ----------+
//
// A server that looks while others have a leader learns of it from their answers: a quorum that follows the same one, the
// leader itself among them, is joined at once.
type election struct {
	vote     Vote
	received []ballot // by peer, of this round
	settled  []ballot // by peer, of those that do not look

	interval time.Duration
	resend   time.Time
	finalize time.Time // zero: no quorum yet
}

type ballot struct {
	vote Vote
	here bool
}

func (m *Member) ownVote() Vote {
	v := Vote{Leader: m.id, Zxid: m.last(), Epoch: m.disk.currentEpoch, Round: m.election.vote.Round, Role: Looking}
	if !m.electorate(m.self) {
		v.Leader, v.Zxid, v.Epoch = noVote, -1, -1
	}
	return v
}

// elect begins a round.
func (m *Member) elect(now time.Time) {
	e := &m.election
	e.vote.Round++
	e.vote = m.ownVote()
	e.received, e.settled = make([]ballot, len(m.ids)), make([]ballot, len(m.ids))
	e.interval = m.cfg.FinalizeWait
	e.finalize = time.Time{}
	m.campaign(now)
	m.count(now)
}

// campaign tells everybody who votes what this server votes.
func (m *Member) campaign(now time.Time) {
	e := &m.election
	e.received[m.self] = ballot{e.vote, true}
	e.resend = now.Add(e.interval)
	for i := range m.ids {
		if i != m.self && m.electorate(i) {
			m.notify(i)
		}
	}
}

func (m *Member) notify(peer int) {
	v := m.election.vote
	v.View = m.disk.view
	m.post(m.ids[peer], Message{Type: Notification, Vote: &v})
}

// notified takes a vote.
func (m *Member) notified(now time.Time, peer int, v Vote) {
	e := &m.election
	looking := m.role == Looking || m.role == ReadOnly
	if looking && v.View.Version > m.disk.view.Version {
		m.activate(v.View, noVote)
		m.setNext(m.pending())
		m.elect(now)
	}
	if !m.electorate(peer) {
		m.notify(peer) // it does not count, but wants to know
		return
	}
	if !looking {
		if v.Role == Looking {
			m.notify(peer)
		}
		return
	}
	if v.Role == Looking {
		if v.Round < e.vote.Round {
			m.notify(peer)
			return
		}
		m.voted(now, peer, v)
		return
	}
	m.joining(now, peer, v)
}

// voted takes the vote of a server that looks, too.
func (m *Member) voted(now time.Time, peer int, v Vote) {
	e := &m.election
	better := v.beats(&e.vote)
	if !e.finalize.IsZero() && !better {
		e.finalize = now.Add(m.cfg.FinalizeWait) // and it is not looked at, as in ZooKeeper
		return
	}
	e.finalize = time.Time{}
	e.interval = m.cfg.FinalizeWait
	switch {
	case v.Round > e.vote.Round:
		e.vote.Round = v.Round
		clear(e.received)
		own := m.ownVote()
		if v.beats(&own) && !m.observes {
			m.take(&v)
		} else {
			e.vote = own
		}
		m.campaign(now)
	case better && !m.observes: // also one that has no vote, as far as it knows: others may know more
		m.take(&v)
		m.campaign(now)
	}
	e.received[peer] = ballot{v, true}
	m.count(now)
}

func (m *Member) take(v *Vote) {
	e := &m.election
	e.vote.Leader, e.vote.Zxid, e.vote.Epoch = v.Leader, v.Zxid, v.Epoch
}

// count looks for a quorum with the vote of this server; an observer takes any that there is.
func (m *Member) count(now time.Time) {
	e := &m.election
	if m.observes {
		for i := range e.received {
			if b := &e.received[i]; b.here && b.vote.Leader != noVote && m.agree(e.received, &b.vote) {
				m.take(&b.vote)
				e.finalize = now.Add(m.cfg.FinalizeWait)
				return
			}
		}
		return
	}
	if m.agree(e.received, &e.vote) {
		e.finalize = now.Add(m.cfg.FinalizeWait)
	}
}

// agree reports whether a quorum has cast its ballots for the same leader in the same epoch; those of servers that still
// look must be the same vote.
func (m *Member) agree(ballots []ballot, v *Vote) bool { return m.quorum(sameVote(ballots, v)) }

func sameVote(ballots []ballot, v *Vote) func(i int) bool {
	return func(i int) bool {
		b := &ballots[i]
		if !b.here || b.vote.Leader != v.Leader || b.vote.Epoch != v.Epoch {
			return false
		}
		looks := v.Role == Looking || b.vote.Role == Looking
		return !looks || b.vote.Zxid == v.Zxid && b.vote.Round == v.Round
	}
}

// joining takes the vote of a server that has a leader. Whoever has a quorum of the view is one, even if it was elected
// without those of a change that is in the log here and was never committed. (ZooKeeper asks for a quorum of them, too, and those
// who have such a change may then wait for ever.)
func (m *Member) joining(now time.Time, peer int, v Vote) {
	e := &m.election
	b := ballot{v, true}
	if v.Round == e.vote.Round {
		e.received[peer] = b
		if majority(m.voters, sameVote(e.received, &v)) && m.leads(e.received, &v) {
			m.settle(now, v)
			return
		}
	}
	e.settled[peer] = b
	if majority(m.voters, sameVote(e.settled, &v)) && m.leads(e.settled, &v) {
		m.settle(now, v)
	}
}

// leads reports whether the leader itself says so.
func (m *Member) leads(ballots []ballot, v *Vote) bool {
	if v.Leader == m.id {
		return v.Round == m.election.vote.Round
	}
	i := m.index(v.Leader)
	return i >= 0 && ballots[i].here && ballots[i].vote.Role == Leading
}

// settle ends the election.
func (m *Member) settle(now time.Time, v Vote) {
	e := &m.election
	e.vote.Round = v.Round
	m.take(&v)
	e.received, e.settled = nil, nil
	switch {
	case m.observes:
		e.vote.Role = Observing
		m.learn(now, Observing)
	case v.Leader == m.id:
		e.vote.Role = Leading
		m.lead(now)
	default:
		e.vote.Role = Following
		m.learn(now, Following)
	}
}

func (m *Member) electionTick(now time.Time) {
	e := &m.election
	switch {
	case !e.finalize.IsZero() && !now.Before(e.finalize):
		m.settle(now, e.vote)
		return
	case !now.Before(e.resend):
		e.interval = min(2*e.interval, m.cfg.MaxNotificationInterval)
		m.campaign(now)
	}
	if !m.readOnlyAt.IsZero() && !now.Before(m.readOnlyAt) {
		m.readOnlyAt = time.Time{}
		m.role = ReadOnly
		m.SetReadOnly(true)
		m.SetServing(true)
	}
}

func (m *Member) electionDeadline() time.Time {
	at := m.election.resend
	if f := m.election.finalize; !f.IsZero() {
		at = earlier(at, f)
	}
	if !m.readOnlyAt.IsZero() {
		at = earlier(at, m.readOnlyAt)
	}
	return at
}
