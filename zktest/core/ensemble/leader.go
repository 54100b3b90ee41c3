package ensemble

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// leader is a member that leads, or is about to:
//
//	discovery --a quorum has connected--> epoch --a quorum has promised it--> syncing --a quorum has the history--> serving
//	    |                                   |                                    |                                    |
//	    +-----------------------------------+------ InitLimit is over -----------+      no quorum for SyncLimit ------+--> looking
type leader struct {
	*core.Leader // while serving

	phase    leaderPhase
	epoch    int32
	learners []handler // by peer; its own is not used
	until    time.Time // InitLimit

	halfTick  time.Time
	skip      bool // the quorum is counted at every other half tick
	nextSweep time.Time

	retired             bool  // by the change of members that was committed last: it commits no more
	heir                int64 // who leads by that; itself unless it is retired
	proposed, committed int64
	syncs               []pendingSync
}

type leaderPhase uint8

const (
	leaderDiscovery leaderPhase = iota
	leaderEpoch
	leaderSyncing
	leaderServing
)

var leaderPhases = [...]string{"discovery", "epoch", "syncing", "serving"}

func (p leaderPhase) String() string { return leaderPhases[p] }

// handler is what the leader knows of one learner:
//
//	away --LEARNERINFO--> connected --ACKEPOCH--> ready --(epoch is promised)--> sent --ACK of NEWLEADER--> acked --> upToDate
type handler struct {
	link     link
	phase    handlerPhase
	observer bool
	accepted int32 // epochs and zxid that it came with
	current  int32
	zxid     int64

	acked    int64 // written there
	heard    time.Time
	owes     time.Time // since when a proposal waits for its acknowledgement; zero: none does
	owesZxid int64
}

type handlerPhase uint8

const (
	away handlerPhase = iota
	connected
	ready
	sent
	acked
	upToDate
)

var handlerPhases = [...]string{"away", "connected", "ready", "sent", "acked", "up to date"}

func (p handlerPhase) String() string { return handlerPhases[p] }

// nobody owns a session that a new leader takes over. Its client has lost its connection, as all have, and writes only
// after it has renewed it somewhere.
const nobody = -1

// pendingSync is a sync that waits for what was proposed before it.
type pendingSync struct {
	zxid    int64
	server  int // index of the peer
	session int64
	tag     uint64
}

// lead begins to lead.
func (m *Member) lead(now time.Time) {
	m.become(Leading)
	m.leader = &leader{
		learners: make([]handler, len(m.ids)), until: now.Add(m.cfg.initTime()), proposed: m.last(), committed: m.last(),
		heir: m.id,
	}
	m.discover(now)
}

// followed reports whether something is true of a quorum of followers, the leader itself always among them.
func (m *Member) followed(is func(*handler) bool) bool {
	return m.quorum(func(i int) bool {
		h := &m.leader.learners[i]
		return i == m.self || !h.observer && is(h)
	})
}

// fromLearner takes a message of another member.
func (m *Member) fromLearner(now time.Time, peer int, msg *Message) {
	h := &m.leader.learners[peer]
	if msg.Type == LearnerInfo {
		*h = handler{link: link{id: msg.Link}}
	}
	if msg.Link != h.link.id {
		m.reject(peer, msg)
		return
	}
	if msg.Type == Close {
		m.dropLearner(h)
		return
	}
	if !h.link.accepts(msg) {
		m.hangUp(h)
		return
	}
	h.heard = now
	switch msg.Type {
	case LearnerInfo:
		h.phase, h.accepted, h.observer = connected, msg.Epoch, msg.Observe
		if m.leader.phase == leaderDiscovery {
			m.discover(now)
		} else {
			m.say(peer, Message{Type: LeaderInfo, Epoch: m.leader.epoch})
		}
	case AckEpoch:
		m.promised(now, peer, msg)
	case Ack:
		m.acknowledged(now, peer, msg.Zxid)
	case RequestMsg:
		m.request(now, peer, msg.Request)
	case Ping:
		m.touchAll(now, msg.Touched)
	case Revalidate:
		m.revalidate(now, peer, msg)
	case Notification, LeaderInfo, Diff, Trunc, Snap, NewLeader, UpToDate, Proposal, Commit, Inform, Sync, Close, CommitAndActivate,
		InformAndActivate:
		m.hangUp(h)
	}
}

func (m *Member) say(peer int, msg Message) { m.send(peer, &m.leader.learners[peer].link, msg) }

func (m *Member) dropLearner(h *handler) { *h = handler{} }

// hangUp closes the link to a learner.
func (m *Member) hangUp(h *handler) {
	for i := range m.leader.learners {
		if &m.leader.learners[i] == h && h.link.id != 0 {
			m.post(m.ids[i], Message{Type: Close, Link: h.link.id})
		}
	}
	m.dropLearner(h)
}

// discover finds the epoch once a quorum has connected: one more than any of them has promised.
func (m *Member) discover(now time.Time) {
	l := m.leader
	if !m.followed(func(h *handler) bool { return h.phase >= connected }) {
		return
	}
	l.epoch = m.disk.acceptedEpoch
	for i := range l.learners { // also of those that have no vote
		l.epoch = max(l.epoch, l.learners[i].accepted)
	}
	l.epoch++
	m.disk.acceptedEpoch = l.epoch
	l.phase = leaderEpoch
	for i := range l.learners {
		if l.learners[i].phase == connected {
			m.say(i, Message{Type: LeaderInfo, Epoch: l.epoch})
		}
	}
	m.elected(now)
}

// promised takes the answer to the epoch. A learner that knows more than the leader is not one.
func (m *Member) promised(now time.Time, peer int, msg *Message) {
	l := m.leader
	h := &l.learners[peer]
	if h.phase != connected {
		m.hangUp(h)
		return
	}
	h.phase, h.current, h.zxid = ready, msg.Epoch, msg.Zxid
	if h.current > m.disk.currentEpoch || h.current == m.disk.currentEpoch && h.zxid > m.last() && l.phase < leaderSyncing {
		m.hangUp(h)
		return
	}
	if l.phase >= leaderSyncing {
		m.bring(now, peer)
		return
	}
	m.elected(now)
}

// elected goes on to synchronization once a quorum has promised the epoch.
func (m *Member) elected(now time.Time) {
	l := m.leader
	if !m.followed(func(h *handler) bool { return h.phase >= ready && h.current >= 0 }) {
		return
	}
	l.phase = leaderSyncing
	m.disk.currentEpoch = l.epoch
	if v := m.disk.view; m.cfg.Reconfig && v.Version == 0 && m.next == nil {
		m.setNext(&View{Version: int64(l.epoch) << 32, Peers: v.Peers})
	}
	for i := range l.learners {
		if l.learners[i].phase == ready {
			m.bring(now, i)
		}
	}
	m.synced(now)
}

// synced begins to serve once a quorum has the history.
func (m *Member) synced(now time.Time) {
	l := m.leader
	if l.phase != leaderSyncing || !m.followed(func(h *handler) bool { return h.phase >= acked }) {
		return
	}
	l.phase = leaderServing
	l.Leader = core.NewLeader(m.cfg.Config, m.state, now)
	l.Pipelined = true
	l.Reconfigure = m.reconfigure
	l.SetEpoch(l.epoch)
	l.proposed, l.committed = l.Zxid(), l.Zxid()
	m.state.SetZxid(l.Zxid())
	for _, s := range m.state.Sessions() {
		l.Sessions.Track(now, s.ID, int32(s.Timeout.Milliseconds()), nobody)
	}
	if m.next != nil {
		m.activateLed(m.next)
	}
	l.skip = true
	l.halfTick = now.Add(m.cfg.TickTime / 2)
	l.nextSweep = now.Add(m.cfg.SweepInterval)
	m.election.vote.Epoch = l.epoch
	for i := range l.learners {
		if h := &l.learners[i]; h.phase == acked {
			h.phase = upToDate
			m.say(i, Message{Type: UpToDate, View: m.disk.view, Leader: l.heir})
		}
	}
	m.serve()
}

// leaderTick does what is due twice a tick, and ends sessions.
func (m *Member) leaderTick(now time.Time) {
	l := m.leader
	if l.phase < leaderServing {
		if !now.Before(l.until) {
			m.look(now, "no quorum of followers in time")
		}
		return
	}
	for _, id := range l.Sessions.Expired(now) {
		m.propose(now, l.Prepare(now, &core.Request{Session: id, Op: wire.OpCloseSession}))
	}
	if !now.Before(l.nextSweep) {
		for _, t := range l.Sweep(now) {
			m.propose(now, t)
		}
		l.nextSweep = now.Add(m.cfg.SweepInterval)
	}
	if now.Before(l.halfTick) {
		return
	}
	l.halfTick = now.Add(m.cfg.TickTime / 2)
	if !l.skip && !m.followed(func(h *handler) bool { return h.phase == upToDate }) {
		m.look(now, "not sufficient followers synced")
		return
	}
	l.skip = !l.skip
	for i := range l.learners {
		if l.learners[i].phase >= acked {
			m.ping(now, i)
		}
	}
}

// ping also closes the link of a learner that is silent, or that owes an acknowledgement for too long.
func (m *Member) ping(now time.Time, peer int) {
	h, limit := &m.leader.learners[peer], m.cfg.syncTime()
	if now.Sub(h.heard) > limit || !h.owes.IsZero() && now.Sub(h.owes) > limit {
		m.hangUp(h)
		return
	}
	m.say(peer, Message{Type: Ping})
}

func (m *Member) leaderDeadline() time.Time {
	l := m.leader
	if l.phase < leaderServing {
		return l.until
	}
	at := l.halfTick
	if next, some := l.Sessions.Next(); some {
		at = earlier(at, next)
	}
	if m.state.Swept() {
		at = earlier(at, l.nextSweep)
	}
	return at
}
