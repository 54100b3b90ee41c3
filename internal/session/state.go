package session

import (
	"fmt"
	"time"
)

// A State is what a client knows about its session.
type State uint8

const (
	// Lost: there is no session. It is the first state, and follows when the server says that the
	// session has expired, or when it cannot be believed to live any longer.
	Lost State = iota
	// Connecting: started, no session yet.
	Connecting
	// Connected: the session lives and requests are carried out.
	Connected
	// ConnectedReadOnly: connected to a server without a quorum: reads only, and no proof of life.
	ConnectedReadOnly
	// Suspended: the connection is gone; the session may live. Requests wait.
	Suspended
	// AuthFailed: a required credential was refused. Final until the next start.
	AuthFailed
	// Closed: closed by the user.
	Closed
)

var stateNames = [...]string{"LOST", "CONNECTING", "CONNECTED", "CONNECTED_RO", "SUSPENDED", "AUTH_FAILED", "CLOSED"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Up reports whether requests are being carried out.
func (s State) Up() bool { return s == Connected || s == ConnectedReadOnly }

// Info describes a session.
type Info struct {
	ID       int64
	Password []byte
	Epoch    uint64        // counts the sessions of this client, from 1; 0: there was none yet
	Timeout  time.Duration // as negotiated
	Resumed  bool          // it is the session that the client was told to resume
}

// A Change is a change of state.
type Change struct {
	From, To State
	Info     Info   // of the session that the change is about
	Addr     string // of the server, when connected
	New      bool   // To is up, and this is not the session of the last time
	Rollback bool   // To is up, and the server has forgotten what this client has seen
	Err      error  // why, for Suspended, Lost and AuthFailed
}
