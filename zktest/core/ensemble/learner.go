package ensemble

import (
	"time"
)

// learner is a member that follows or observes:
//
//	connecting --LEADERINFO--> syncing --NEWLEADER, written--> synced --UPTODATE--> serving
//	     |                        |                              |                    |
//	     +------------------------+-- silence, Close, disorder --+--------------------+--> looking
//
// A leader that does not lead yet refuses the connection, which is tried again for a while.
type learner struct {
	leader int // index of the peer
	link   link
	phase  learnerPhase
	epoch  int32
	tries  int
	retry  time.Time // to connect again; zero: not waiting for it

	heard    time.Time // when the leader was last heard of
	watchdog time.Time // when that is looked at
	limit    time.Duration

	newLeader int64 // zxid of a NEWLEADER that is to be acknowledged once everything is written; 0 for none
	touched   []Touch
	index     map[int64]int // of touched, by session
}

type learnerPhase uint8

const (
	connecting learnerPhase = iota
	syncing
	synced
	serving
)

var learnerPhases = [...]string{"connecting", "syncing", "synced", "serving"}

func (p learnerPhase) String() string { return learnerPhases[p] }

// A leader that refuses connections is asked this often, this far apart (Learner.connectToLeader).
const (
	connectTries = 5
	connectDelay = 100 * time.Millisecond
)

// learn begins to follow or observe the leader of the vote.
func (m *Member) learn(now time.Time, r Role) {
	m.become(r)
	m.learner = learner{leader: m.peer(m.election.vote.Leader), heard: now, limit: m.cfg.initTime(), index: make(map[int64]int)}
	m.learner.watchdog = now.Add(m.learner.limit)
	m.connect(now)
}

func (m *Member) connect(now time.Time) {
	l := &m.learner
	m.links++
	l.tries++
	l.link = link{id: m.links}
	l.retry = now.Add(m.cfg.TickTime << min(l.tries-1, 4)) // should even the refusal be lost
	m.tell(Message{Type: LearnerInfo, Epoch: m.disk.acceptedEpoch, Zxid: m.last(), Observe: m.observes})
}

func (m *Member) tell(msg Message) { m.send(m.learner.leader, &m.learner.link, msg) }

// lostLeader is the end of the connection to the leader, as far as there was one.
func (m *Member) lostLeader(now time.Time, why string) {
	l := &m.learner
	if l.phase == connecting && l.tries < connectTries {
		l.link = link{}
		l.retry = now.Add(connectDelay)
		return
	}
	m.look(now, why)
}

// fromLeader takes a message from the leader, or from a member that is not the leader of this one.
func (m *Member) fromLeader(now time.Time, peer int, msg *Message) {
	l := &m.learner
	if peer != l.leader || msg.Link != l.link.id {
		m.reject(peer, msg)
		return
	}
	if msg.Type == Close {
		m.lostLeader(now, "the leader closed the connection")
		return
	}
	if !l.link.accepts(msg) {
		m.look(now, "a message of the leader is missing")
		return
	}
	l.heard = now
	switch msg.Type {
	case LeaderInfo:
		m.newEpoch(now, msg)
	case Diff, Trunc, Snap:
		m.synchronize(now, msg)
	case Proposal:
		m.proposed(now, msg)
	case Commit:
		m.commit(now, msg.Zxid)
	case Inform:
		if m.proposed(now, msg); m.role == Observing {
			m.commit(now, msg.Txn.Zxid)
		}
	case CommitAndActivate:
		m.activateAt(now, msg)
	case InformAndActivate:
		if m.proposed(now, &Message{Txn: msg.Txn}); m.role == Observing {
			m.activateAt(now, &Message{Zxid: msg.Txn.Zxid, Leader: msg.Leader})
		}
	case NewLeader:
		if m.setNext(nil); msg.View.Version > m.disk.view.Version {
			m.setNext(msg.View)
		}
		l.newLeader = msg.Zxid
		m.journal.force = true
		m.write(now)
	case UpToDate:
		if m.activate(msg.View, msg.Leader) || msg.Leader != m.ids[peer] {
			m.beginAnew(now, msg.Leader)
			return
		}
		m.upToDate()
	case Ping:
		m.tell(Message{Type: Ping, Touched: l.touched})
		l.touched = nil
		clear(l.index)
	case Sync:
		m.applying.sync(now, m, msg.Session, msg.Tag)
	case Revalidate:
		m.Renewed(now, msg.Session, msg.Tag, msg.Alive)
	case Notification, LearnerInfo, AckEpoch, Ack, RequestMsg, Close:
		m.look(now, "a message that is not for a learner")
	}
}

// newEpoch is discovery: the leader has found an epoch that is newer than all that a quorum knows.
func (m *Member) newEpoch(now time.Time, msg *Message) {
	l := &m.learner
	ack := Message{Type: AckEpoch, Epoch: m.disk.currentEpoch, Zxid: m.last()}
	switch {
	case msg.Epoch < m.disk.acceptedEpoch:
		m.look(now, "the leader's epoch is old")
		return
	case msg.Epoch == m.disk.acceptedEpoch:
		ack.Epoch = -1 // promised to it, or to another before: it does not count twice
	}
	m.disk.acceptedEpoch = msg.Epoch
	l.epoch, l.phase, l.retry = msg.Epoch, syncing, time.Time{}
	m.tell(ack)
}

// synchronize makes the history of this member a part of the leader's.
func (m *Member) synchronize(now time.Time, msg *Message) {
	switch msg.Type {
	case Trunc:
		m.truncate(msg.Zxid)
	case Snap:
		m.install(msg.History.Snapshot)
	default:
	}
	for _, t := range msg.History.Txns {
		if t.Zxid > m.last() {
			m.journal.log = append(m.journal.log, t)
		}
		m.commit(now, t.Zxid)
	}
	m.write(now)
}

func (m *Member) proposed(now time.Time, msg *Message) {
	if msg.Txn.Zxid <= m.last() && m.state.Zxid() != msg.Txn.Zxid&^0xffffffff {
		m.look(now, "a proposal that is not new")
		return
	}
	if v := viewOf(msg.Txn); v != nil {
		m.setNext(v)
	}
	m.append(now, msg.Txn)
}

// learnerWrote acknowledges what is on disk.
func (m *Member) learnerWrote(now time.Time) {
	l := &m.learner
	if l.phase == connecting {
		return
	}
	if l.newLeader != 0 {
		m.disk.currentEpoch = l.epoch
		m.tell(Message{Type: Ack, Zxid: l.newLeader})
		l.newLeader, l.phase = 0, max(l.phase, synced)
		l.limit = m.cfg.syncTime()
		l.watchdog = earlier(l.watchdog, now.Add(l.limit))
	}
	if log := m.disk.log; l.phase >= synced && m.role == Following && len(log) > 0 {
		m.tell(Message{Type: Ack, Zxid: log[len(log)-1].Zxid})
	}
}

// touch notes that a session was heard from.
func (l *learner) touch(session int64, timeout int32) {
	if i, ok := l.index[session]; ok {
		l.touched[i].Timeout = timeout
		return
	}
	l.index[session] = len(l.touched)
	l.touched = append(l.touched, Touch{session, timeout})
}

func (m *Member) upToDate() {
	l := &m.learner
	l.phase = serving
	m.election.vote.Epoch = l.epoch
	m.serve()
}

// learnerTick looks whether the leader is silent.
func (m *Member) learnerTick(now time.Time) {
	l := &m.learner
	if !l.retry.IsZero() && !now.Before(l.retry) {
		m.connect(now)
	}
	if now.Before(l.watchdog) {
		return
	}
	if silent := l.heard.Add(l.limit); now.Before(silent) {
		l.watchdog = silent
		return
	}
	m.look(now, "the leader is silent")
}

func (m *Member) learnerDeadline() time.Time {
	l := &m.learner
	if !l.retry.IsZero() {
		return earlier(l.retry, l.watchdog)
	}
	return l.watchdog
}
