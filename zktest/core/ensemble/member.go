package ensemble

import (
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Role is what a member is doing:
//
//	             a quorum votes for itself
//	         +--------------------------------> leading ----+
//	         |   or for another                             | no quorum follows or is in sync;
//	looking -+--------------------------------> following --+ the leader is silent or gone;
//	 ^   |   |                                              | the other side knows better
//	 |   |   +-- (an observer) ---------------> observing --+
//	 |   |                                                  |
//	 |   +-- no luck for a while ---> read-only             |
//	 +------------------------------------------------------+
type Role uint8

// Roles. A read-only member is looking, and serves reads meanwhile.
const (
	Looking Role = iota
	Following
	Leading
	Observing
	ReadOnly
)

var roles = [...]string{"looking", "following", "leading", "observing", "read-only"}

func (r Role) String() string { return roles[r] }

// Member is one server of an ensemble. Its methods for connections are those of [core.Front].
//
// It belongs to one caller at a time. Time must not go backwards from call to call.
type Member struct {
	*core.Front
	cfg   Config
	id    int64
	self  int     // in ids
	ids   []int64 // every server that was heard of; a "peer" is an index of it
	disk  *Disk
	state *core.State
	role  Role
	why   string // it last began to look
	out   []Envelope

	journal  journal
	applying applyQueue
	election election
	learner  learner
	leader   *leader // while leading

	next               *View  // that is proposed and not known to be committed, or nil
	voters, nextVoters []bool // by peer
	observes           bool   // has no vote, and begins as an observer
	appointed          *int64 // who leads, without an election, when this member looks for a leader

	links      uint64    // made so far
	rejected   []uint64  // by peer: the last link of it that was not known here
	readOnlyAt time.Time // zero: not waiting for it
}

// NewMember starts a server of an ensemble, which looks for a leader first. peers are all members; one that is not among them
// follows whom they elect, and may be made a member. It panics if two have the same id. A disk that is not empty knows better
// who they are.
func NewMember(cfg Config, disk *Disk, peers []Peer, now time.Time) *Member {
	cfg = cfg.withDefaults()
	m := &Member{cfg: cfg, id: cfg.ServerID, disk: disk}
	m.setView(peers)
	disk.starts++
	m.links = disk.starts << 32
	m.state = core.NewState(cfg.Version)
	m.Front = core.NewFront(cfg.Config, m.state, (*upstream)(m), now)
	m.cfg.Config = m.Front.Config()
	m.SkipTags(disk.starts << 32)
	m.journal = journal{log: disk.log, writing: -1}
	m.setState(disk.replay(m.cfg.Version))
	m.look(now, "started")
	return m
}

// look begins an election, after whatever the member was doing.
func (m *Member) look(now time.Time, why string) {
	m.why = why
	switch m.role {
	case Leading:
		for i := range m.leader.learners {
			m.hangUp(&m.leader.learners[i])
		}
		m.leader = nil
	case Following, Observing:
		m.post(m.ids[m.learner.leader], Message{Type: Close, Link: m.learner.link.id})
	case Looking, ReadOnly:
	}
	m.role = Looking
	m.learner = learner{}
	m.SetReadOnly(false)
	m.SetServing(false)
	m.applying = applyQueue{}
	m.flush()
	m.setNext(m.pending())
	if heir := m.appointed; heir != nil {
		m.appointed = nil
		v := m.election.vote
		v.Leader, v.Zxid, v.Epoch = *heir, m.last(), m.disk.currentEpoch
		m.settle(now, v)
		return
	}
	if m.cfg.ReadOnlyMode {
		m.readOnlyAt = now.Add(max(2*time.Second, m.cfg.TickTime))
	}
	m.elect(now)
}

// become ends an election.
func (m *Member) become(r Role) {
	m.role = r
	m.readOnlyAt = time.Time{}
	m.SetServing(false)
	m.SetReadOnly(false)
}

// serve lets clients in.
func (m *Member) serve() { m.SetServing(true) }

// Deliver takes a message of another member. Those of one member come in the order in which they were in its Outbox; some
// may be missing.
func (m *Member) Deliver(now time.Time, from int64, msg Message) {
	if from == m.id {
		return
	}
	peer := m.peer(from)
	if msg.Type == Notification {
		m.notified(now, peer, *msg.Vote)
		return
	}
	switch m.role {
	case Leading:
		m.fromLearner(now, peer, &msg)
	case Following, Observing:
		m.fromLeader(now, peer, &msg)
	case Looking, ReadOnly:
		m.reject(peer, &msg)
	}
}

// reject answers what came on a link that is not known here, as TCP does; once, however much is on its way.
func (m *Member) reject(peer int, msg *Message) {
	if msg.Type != Close && m.rejected[peer] != msg.Link {
		m.rejected[peer] = msg.Link
		m.post(m.ids[peer], Message{Type: Close, Link: msg.Link})
	}
}

// Disconnected says that the connection to a peer broke. What was sent on it may be lost.
func (m *Member) Disconnected(now time.Time, peer int64) {
	i := m.index(peer)
	if i < 0 || i == m.self {
		return
	}
	switch m.role {
	case Leading:
		m.dropLearner(&m.leader.learners[i])
	case Following, Observing:
		if m.learner.leader == i {
			m.lostLeader(now, "connection to the leader broke")
		}
	case Looking, ReadOnly:
	}
}

// Outbox appends to buf what is to be sent to other members since the last call, and forgets it. An empty buf becomes the
// member's, for what comes next.
func (m *Member) Outbox(buf []Envelope) []Envelope {
	if len(buf) == 0 {
		buf, m.out = m.out, buf
		return buf
	}
	buf = append(buf, m.out...)
	clear(m.out)
	m.out = m.out[:0]
	return buf
}

func (m *Member) post(to int64, msg Message) { m.out = append(m.out, Envelope{To: to, Message: msg}) }

func (m *Member) index(id int64) int {
	return slices.Index(m.ids, id)
}
