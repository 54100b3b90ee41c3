package session

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A SASLStep asks the mechanism for its next message. [Machine.Stepped] follows.
type SASLStep struct {
	Conn      uint64 // to be given back
	Host      string // of the server, host:port as configured
	Addr      string // its address
	First     bool   // an exchange begins
	Challenge []byte // what the server has said; nil at first
}

// saslExchange is the authentication of one connection. Nothing else is sent until it is over, not even a ping: a server
// that insists on SASL closes the connection at anything else.
//
//	asking ──response──▶ waiting ──reply──▶ asking … until the mechanism is done and the server content
//
//	asking:  the mechanism is at work, outside of the lock and of the connection's goroutines, since it may have to ask
//	         others: what it answers comes by Stepped.
//	waiting: its message is out; the reply is the next challenge, or after the last message the end.
//
// Until the first success of this client whatever ends an exchange, but for a server that breaks the protocol and for a
// lost connection, is final: the credential is wrong, or there is no SASL here. After it, it costs the connection: a
// credential that was good is so still, and what it takes to use it comes back.
//
// A server before 3.5 does not say that it refuses: it closes the connection. Three connections in a row that end while
// the mechanism's message waits for an answer are a refusal.
type saslExchange struct {
	steps   int   // messages that the mechanism was asked for
	xid     int32 // of the last message
	waiting bool
	done    bool // the mechanism wants no further challenge
}

const (
	// maxSASLSteps bounds the messages of an exchange. DIGEST-MD5 takes two, Kerberos three.
	maxSASLSteps = 16
	// maxSASLToken bounds a server's message, in bytes.
	maxSASLToken = 64 << 10
	// maxSASLHangUps is how many connections in a row may end in place of an answer.
	maxSASLHangUps = 3
)

var (
	errNoSASL    = errors.New("the server has no SASL")
	errSASLIdle  = errors.New("the server refuses, and would go on with nobody in particular")
	errSASLEnded = errors.New("the servers refuse: they close the connection in place of an answer")
	errSASLEmpty = errors.New("the mechanism is done before the server has said anything")
)

// askSASL asks the mechanism for the next message.
func (m *Machine) askSASL(challenge []byte) {
	m.sasl.steps++
	m.do(DoSASL, &SASLStep{m.conn, m.hosts.host, m.addr, m.sasl.steps == 1, challenge})
}

// Stepped reports what the mechanism wants said to the server: nil is nothing, an empty response is a message. done says
// that it wants no further challenge.
func (m *Machine) Stepped(now time.Duration, conn uint64, response []byte, done bool, err error) {
	m.Tick(now)
	s := &m.sasl
	if conn != m.conn || m.phase != phaseSASL || s.waiting {
		return
	}
	if err == nil && done && s.steps == 1 {
		err = errSASLEmpty
	}
	switch {
	case errors.Is(err, ErrProtocol):
		m.hangUp(now, fmt.Errorf("SASL: %w", err))
		return
	case err == nil && done && response == nil:
		m.identified(now)
		return
	case err == nil:
		s.xid++
		s.waiting, s.done = true, done
		err = m.ctl.AppendRequest(s.xid, wire.OpSASL, &proto.GetSASLRequest{Token: append([]byte{}, response...)}, m.cfg.MaxRequest)
		m.wantWake = true
	}
	if err != nil {
		if err = m.saslFailed(err); err != nil {
			m.hangUp(now, err)
		}
	}
}

// saslReply handles what the server says to the mechanism's message.
func (m *Machine) saslReply(now time.Duration, h proto.ReplyHeader, body []byte) error {
	s := &m.sasl
	if !s.waiting || h.Xid != s.xid {
		return fmt.Errorf("%w: reply with xid %d instead of SASL", ErrProtocol, h.Xid)
	}
	s.waiting = false
	if h.Err != 0 {
		return m.saslFailed(fmt.Errorf("the server refuses: %w", wire.Code(h.Err)))
	}
	var resp proto.SetSASLResponse
	if err := wire.Decode(body, &resp); err != nil {
		return fmt.Errorf("SASL: %w", err)
	}
	switch {
	case s.done && len(resp.Token) > 0:
		return fmt.Errorf("%w: SASL: another challenge behind the last", ErrProtocol)
	case s.done:
		m.identified(now)
	case resp.Token == nil && s.steps == 1:
		return m.saslFailed(errNoSASL)
	case resp.Token == nil: // it is told to let such clients in
		return m.saslFailed(errSASLIdle)
	case s.steps == maxSASLSteps:
		return fmt.Errorf("%w: SASL: more than %d challenges", ErrProtocol, maxSASLSteps)
	default:
		m.askSASL(bytes.Clone(resp.Token))
	}
	return nil
}

// saslHungUp notes how a connection has ended, and reports whether that ended the machine.
func (m *Machine) saslHungUp() bool {
	if m.phase != phaseSASL || !m.sasl.waiting || m.saslWorked {
		m.saslHangUps = 0
		return false
	}
	if m.saslHangUps++; m.saslHangUps < maxSASLHangUps {
		return false
	}
	m.saslHangUps = 0
	m.phase = phasePause // there is no connection to hang up
	_ = m.saslFailed(errSASLEnded)
	return true
}

// saslFailed ends the machine, unless the server has accepted the credential before: then it returns the end of the
// connection.
func (m *Machine) saslFailed(err error) error {
	err = fmt.Errorf("SASL: %w", err)
	if m.saslWorked {
		return err
	}
	m.authFailed(err)
	return nil
}

// greeted goes on behind a handshake that the server has granted: the client says who it is.
func (m *Machine) greeted(now, timeout time.Duration) {
	m.limit, m.changed = now+timeout*2/3, true
	if !m.cfg.SASL {
		m.authenticated(now)
		return
	}
	m.phase, m.sasl = phaseSASL, saslExchange{}
	if m.caps.lacks(wire.OpSASL) {
		if err := m.saslFailed(errNoSASL); err != nil {
			m.hangUp(now, err)
		}
		return
	}
	m.askSASL(nil)
}

// identified ends the exchange: the server knows us.
func (m *Machine) identified(now time.Duration) {
	m.saslWorked = true
	m.authenticated(now)
}

// authenticated does what the connection was made for.
func (m *Machine) authenticated(now time.Duration) {
	if m.bury == nil || m.anew {
		m.settle(now)
		return
	}
	m.phase = phaseBurial
	m.credentials()
	m.request(burialXid, wire.OpCloseSession, nil)
}
