package ensemble

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// applyQueue is what has been committed and is to be applied here, and syncs that wait for it, in order.
type applyQueue struct {
	list    []step
	head    int
	running bool
}

// step is a commit up to zxid, or if that is 0 the answer to a sync.
type step struct {
	at      time.Time
	zxid    int64
	session int64
	tag     uint64
}

// commit is told that everything up to zxid is committed.
func (m *Member) commit(now time.Time, zxid int64) { m.enqueue(now, step{zxid: zxid}) }

func (q *applyQueue) sync(now time.Time, m *Member, session int64, tag uint64) {
	m.enqueue(now, step{session: session, tag: tag})
}

func (m *Member) enqueue(now time.Time, s step) {
	q := &m.applying
	s.at = now
	if m.cfg.ApplyDelay != nil && s.zxid != 0 && m.Serving() {
		if d := m.cfg.ApplyDelay(); d > 0 {
			s.at = now.Add(d)
		}
	}
	q.list = append(q.list, s)
	m.apply(now)
}

// apply does the steps that are due. What it does may bring about more of them, which are then done by the outermost call.
func (m *Member) apply(now time.Time) {
	q := &m.applying
	if q.running {
		return
	}
	q.running = true
	for q.head < len(q.list) && !q.list[q.head].at.After(now) {
		s := q.list[q.head]
		if s.zxid == 0 {
			q.head++
			m.Synced(now, s.session, s.tag)
			continue
		}
		log := m.journal.log
		next := after(log, m.state.Zxid())
		if next == len(log) || log[next].Zxid > s.zxid {
			q.head++
			continue
		}
		m.Commit(now, log[next])
		m.applied(log[next])
	}
	q.running = false
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	m.compact()
}

// applied does what besides the State depends on transactions: who looks after the sessions.
func (m *Member) applied(t *core.Txn) {
	if m.role == Leading {
		m.leader.Applied(t.Zxid)
		if t.Op == wire.OpCloseSession {
			m.leader.Sessions.Remove(t.Session)
		}
		return
	}
	if t.Op == wire.OpCreateSession && m.learner.phase == serving {
		m.learner.touch(t.Session, t.Changes[0].Timeout) // whoever its client talks to (LearnerSessionTracker.commitSession)
	}
}

func (q *applyQueue) next() (time.Time, bool) {
	if q.head == len(q.list) {
		return time.Time{}, false
	}
	return q.list[q.head].at, true
}
