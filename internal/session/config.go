package session

import (
	"math/rand/v2"
	"time"
)

// Config is what a Machine is made of. All fields but InOrder, Auth, Resume and ReadOnly are required.
type Config struct {
	Hosts       []string      // host:port
	InOrder     bool          // they are tried in this order
	Timeout     time.Duration // of the session, as asked for
	LocalExpiry float64       // the session is given up after so many timeouts without proof of life; 0: never
	ReadOnly    bool          // content with a server without a quorum
	MaxRequest  int           // bytes of a frame
	MaxReply    int           // bytes of a frame
	MaxQueued   int           // bytes of requests that were not written
	Auth        []Credential  // required ones
	SASL        bool          // connections begin with a SASL exchange
	Resume      *Info         // the session to continue: ID, Password
	Rand        *rand.Rand
}

// A Credential is sent on every connection, before any request.
type Credential struct {
	Scheme string
	Data   []byte

	accepted bool // a server has accepted it once
}
