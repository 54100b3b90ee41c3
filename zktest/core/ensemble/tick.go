package ensemble

import "time"

// Tick does what is due: votes, pings, writes of the log, ends of sessions, and what the Front has to do.
func (m *Member) Tick(now time.Time) {
	m.Front.Tick(now)
	if m.journal.writing >= 0 && !now.Before(m.journal.until) {
		m.wrote(now)
		m.write(now)
	}
	m.apply(now)
	switch m.role {
	case Leading:
		m.leaderTick(now)
	case Following, Observing:
		m.learnerTick(now)
	case Looking, ReadOnly:
		m.electionTick(now)
	}
}

// NextDeadline is when Tick is to be called; earlier or in vain does no harm. There always is one.
func (m *Member) NextDeadline() (at time.Time, ok bool) {
	switch m.role {
	case Leading:
		at = m.leaderDeadline()
	case Following, Observing:
		at = m.learnerDeadline()
	case Looking, ReadOnly:
		at = m.electionDeadline()
	}
	if m.journal.writing >= 0 {
		at = earlier(at, m.journal.until)
	}
	if next, some := m.applying.next(); some {
		at = earlier(at, next)
	}
	if next, some := m.Front.NextDeadline(); some {
		at = earlier(at, next)
	}
	return at, true
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
