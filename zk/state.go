package zk

import (
	"bytes"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/session"
)

// A State is what a client knows about its session:
//
//	                              ┌────────────────┐ the same session
//	                              ▼                │
//	Lost ──Start──▶ Connecting ─▶ Connected ─▶ Suspended
//	                              ▲                │ expired, or silence for too long
//	                              │                ▼
//	                              └───────────── Lost    a new session, or the old one if the server
//	                                                     still had it when it was called lost
//
// ConnectedReadOnly stands where Connected does. AuthFailed and Closed are reached from everywhere; Start
// leads from there to Connecting.
type State = session.State

// The states.
const (
	Lost              = session.Lost              // no session: the first state, and after expiry; a new session is sought
	Connecting        = session.Connecting        // started, no session yet
	Connected         = session.Connected         // the session lives
	ConnectedReadOnly = session.ConnectedReadOnly // connected to a server without quorum: reads only
	Suspended         = session.Suspended         // the connection is gone, the session may live; requests wait
	AuthFailed        = session.AuthFailed        // a credential given as an option was refused; final
	Closed            = session.Closed            // by Close
)

// A Session describes a session. Copies of one are what [WithSession] and [Client.Pinned] take.
type Session struct {
	ID       int64
	Password []byte        // whoever has it can take over the session: do not log it
	Epoch    uint64        // counts the sessions of this client, from 1; 0: there was none yet
	Timeout  time.Duration // as negotiated
	// Deadline is up to when the servers cannot have ended the session, by the handler's monotonic
	// clock and if their clocks and ours run at the same speed. Zero when nothing is certain. An idle
	// client's Deadline is seldom renewed; see [Client.Hold].
	Deadline time.Time
	Resumed  bool // it is the one given by WithSession
}

func sessionOf(i session.Info) Session {
	return Session{ID: i.ID, Password: bytes.Clone(i.Password), Epoch: i.Epoch, Timeout: i.Timeout, Resumed: i.Resumed}
}

// String shows everything but the password.
func (s Session) String() string {
	return fmt.Sprintf("session %#x (epoch %d, timeout %v)", uint64(s.ID), s.Epoch, s.Timeout)
}

// Format keeps the password out of every verb, %+v and %#v included.
func (s Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// A StateChange is one step from state to state.
type StateChange struct {
	From, To State
	Session  Session // that the change is about
	Server   string  // address of the server, when connected
	// SessionChanged: To is connected, and this is another session than last time, or the first:
	// watches of the last one are gone, and so are its ephemeral nodes, but for a rare case that docs/semantics.md
	// tells of (States). If that began at a read-only server, watches go on.
	SessionChanged bool
	// Rollback: To is connected, and the servers have less than this client has seen before: they
	// were restored from a backup, or wiped.
	Rollback bool
	Err      error // why, for Suspended, Lost and AuthFailed
}

func (c StateChange) String() string {
	s := fmt.Sprintf("%v -> %v", c.From, c.To)
	if c.Err != nil {
		s += ": " + c.Err.Error()
	}
	return s
}

// State returns the current state.
func (c *Client) State() State {
	s, _, _, _ := c.driver.State()
	return s
}

// Session returns the current session. If there is none it returns the Epoch of the last one and nothing else.
func (c *Client) Session() Session {
	_, info, _, deadline := c.driver.State()
	s := sessionOf(info)
	s.Deadline = deadline
	return s
}
