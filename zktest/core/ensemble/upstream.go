package ensemble

import (
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// upstream is the way from the Front of a member to the leader, be it the same member.
type upstream Member

var modes = [...]string{"looking", "follower", "leader", "observer", "read-only"}

// Mode is what srvr says.
func (u *upstream) Mode() string { return modes[u.role] }

func (u *upstream) Submit(now time.Time, r *core.Request) {
	m := (*Member)(u)
	switch {
	case m.role == Leading:
		m.request(now, m.self, r)
	case m.learner.phase == serving:
		m.tell(Message{Type: RequestMsg, Request: r})
	}
}

// Touch keeps a session alive. A learner does not know which are; what it heard travels with the next ping.
func (u *upstream) Touch(now time.Time, session int64, timeout int32) bool {
	m := (*Member)(u)
	switch {
	case m.role == Leading:
		return m.leader.Leader != nil && m.leader.Sessions.Touch(now, session, timeout)
	case m.learner.phase == serving:
		m.learner.touch(session, timeout)
	}
	return true
}

// Renew asks the leader, however long it takes to answer.
func (u *upstream) Renew(now time.Time, session int64, timeout int32, tag uint64) {
	m := (*Member)(u)
	switch {
	case m.role == Leading && m.leader.Leader != nil:
		m.Renewed(now, session, tag, m.renew(now, m.id, session, timeout))
	case m.learner.phase == serving:
		m.tell(Message{Type: Revalidate, Session: session, Timeout: timeout, Tag: tag})
	case m.role == ReadOnly: // up to 3.6; from 3.7 on the Front lets none of these come here
		m.Renewed(now, session, tag, m.state.HasSession(session))
	default:
		m.Renewed(now, session, tag, false)
	}
}

// renew makes a session that is alive one of that server.
func (m *Member) renew(now time.Time, server, session int64, timeout int32) bool {
	s := m.leader.Sessions
	if !s.Touch(now, session, timeout) {
		return false
	}
	s.Move(session, server)
	return true
}

func (m *Member) revalidate(now time.Time, peer int, msg *Message) {
	if m.leader.Leader == nil {
		return
	}
	alive := m.renew(now, m.ids[peer], msg.Session, msg.Timeout)
	m.say(peer, Message{Type: Revalidate, Session: msg.Session, Tag: msg.Tag, Alive: alive})
}

func (m *Member) touchAll(now time.Time, touched []Touch) {
	if m.leader.Leader == nil {
		return
	}
	for _, t := range touched {
		m.leader.Sessions.Touch(now, t.Session, t.Timeout)
	}
}
