package ensemble

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// ID is the member's own.
func (m *Member) ID() int64 { return m.id }

// Role is what the member is doing. One that leads or follows may not serve yet, see [core.Front.Serving].
func (m *Member) Role() Role { return m.role }

// Why says in words why the member last began to look for a leader, for logs and traces.
func (m *Member) Why() string { return m.why }

// Leader is the id of the leader that the member leads as, follows or observes; ok is false while it looks for one.
func (m *Member) Leader() (id int64, ok bool) {
	switch m.role {
	case Leading:
		return m.id, true
	case Following, Observing:
		return m.ids[m.learner.leader], true
	case Looking, ReadOnly:
	}
	return 0, false
}

// Epoch is that of the last leader that the member was in sync with.
func (m *Member) Epoch() int32 { return m.disk.currentEpoch }

// State is the tree and the sessions as the member has applied them.
func (m *Member) State() *core.State { return m.state }

// Votes reports whether the member has a vote, as far as it knows: not an observer, nor a server that is not a member.
func (m *Member) Votes() bool { return m.voters[m.self] }

// View is who belongs to the ensemble, as far as the member knows. It is not to be written to.
func (m *Member) View() *View { return m.disk.view }

// ExpireSession ends a session as if its client had not been heard from. Only a leader that serves can: it reports whether
// it is one, and there was such a session.
func (m *Member) ExpireSession(now time.Time, id int64) bool {
	if m.role != Leading || m.leader.Leader == nil || !m.leader.Sessions.Live(id) {
		return false
	}
	m.propose(now, m.leader.Prepare(now, &core.Request{Session: id, Op: wire.OpCloseSession}))
	return true
}
