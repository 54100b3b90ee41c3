package session

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// zxidDoubt decides when lastZxid is given up. A server refuses a client that has seen more than it
// has, by closing the connection without a word; so does a server without a quorum. Only when every
// host of a round did so, and there is no session to be kept, the next round starts from zero, and
// the first zxid that is then seen tells which it was.
type zxidDoubt struct {
	refused    bool  // a host of this round refused
	other      bool  // a host of this round failed in another way
	was        int64 // lastZxid before it was given up; 0 if it was not
	rolledBack bool  // a server that has less is being used
}

func (z *zxidDoubt) closed(p phase, bytes int, lastZxid int64) {
	if p == phaseHandshake && bytes == 0 && lastZxid > 0 {
		z.refused = true
	} else {
		z.other = true
	}
}

// roundOver starts a new round and reports whether every host of the old one refused.
func (z *zxidDoubt) roundOver() bool {
	all := z.refused && !z.other
	z.refused, z.other = false, false
	return all
}

// handshake writes the ConnectRequest: for the session that is to be buried, for the one that we have, or
// for a new one.
func (m *Machine) handshake() {
	req := wire.ConnectRequest{ReadOnly: m.cfg.ReadOnly, HasReadOnly: true}
	req.LastZxidSeen = m.lastZxid
	req.TimeOut = int32(min(m.cfg.Timeout.Milliseconds(), math.MaxInt32))
	s := m.asked()
	req.SessionId, req.Passwd = s.ID, s.Password
	if req.SessionId == 0 {
		req.Passwd = make([]byte, wire.PasswdLen)
	}
	m.append(&req)
}

func (m *Machine) append(r wire.Record) {
	if err := m.ctl.AppendFrame(r); err != nil {
		panic(err) // records of our own making always encode
	}
	m.wantWake = true
}

// welcomed handles the server's first frame.
func (m *Machine) welcomed(now time.Duration, frame []byte) error {
	resp, err := wire.DecodeConnectResponse(frame)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if !resp.HasReadOnly {
		m.caps.elder()
	}
	if resp.ReadOnly {
		return m.welcomedReadOnly(now, resp)
	}
	granted := !resp.Expired()
	if granted && resp.SessionId == 0 {
		return fmt.Errorf("handshake: %w: session 0", ErrProtocol)
	}
	timeout := time.Duration(resp.TimeOut) * time.Millisecond
	switch asked := m.asked(); {
	case m.bury != nil && m.anew: // a server that can bury
		m.anew = false
		m.again(now)
		return nil
	case granted && m.bury != nil && resp.SessionId == asked.ID:
		m.greeted(now, timeout)
		return nil
	case m.bury != nil:
		m.bury = nil
	case asked.ID == 0 && !granted:
		return errors.New("handshake: the server refuses a new session")
	case asked.ID != 0 && resp.SessionId != asked.ID:
		m.expire(wire.CodeSessionExpired, false)
	}
	// Now there is no session but what has been granted. Some servers grant a new one instead of
	// refusing the old one.
	switch {
	case m.sess.ID == 0 && m.closing != nil:
		m.finish(Closed, nil, ErrClosed)
	case granted:
		m.adopt(resp, timeout)
		m.greeted(now, timeout)
	default:
		m.again(now)
	}
	return nil
}

// asked returns the session that the handshake is about.
func (m *Machine) asked() *Info {
	switch {
	case m.bury != nil && !m.anew:
		return m.bury
	case m.local: // whoever answers does not know it
		return &Info{}
	}
	return &m.sess
}

// burialXid is the number of the only request, but for credentials, on a connection that buries a session.
const burialXid int32 = 1

// buried handles the answer to that request. Whatever it says, nothing more can be done.
func (m *Machine) buried(now time.Duration, h proto.ReplyHeader) error {
	if h.Xid == wire.XidAuth && h.Err == 0 {
		return nil
	}
	if h.Xid != burialXid && h.Xid != wire.XidAuth { // whose refusal is the last that the server says
		return fmt.Errorf("%w: reply with xid %d to closeSession", ErrProtocol, h.Xid)
	}
	m.bury = nil
	if m.closing != nil {
		m.finish(Closed, nil, ErrClosed)
		return nil
	}
	m.again(now)
	return nil
}

// again asks the same server once more, on a new connection.
func (m *Machine) again(now time.Duration) {
	m.zxids.other = true // it has not refused what we have seen
	m.do(DoHangUp, nil)
	m.drop()
	m.hosts.again(m.addr)
	m.connect(now)
}

// adopt takes over the session that the server has granted.
func (m *Machine) adopt(resp wire.ConnectResponse, timeout time.Duration) {
	if m.sess.ID != resp.SessionId {
		m.sess = Info{ID: resp.SessionId, Epoch: m.sess.Epoch + 1}
		m.proof.forget()
	}
	m.sess.Password = append([]byte(nil), resp.Passwd...)
	m.sess.Timeout = timeout
	m.sess.Resumed = m.sess.Resumed || m.resuming
	if m.replay.readOnly = resp.ReadOnly; !resp.ReadOnly {
		m.resuming, m.local, m.cfg.Resume = false, false, nil
	}
	if !m.replay.readOnly || m.local {
		m.answers.reset(m.shook)
	}
	if !m.replay.readOnly {
		m.proof.reset(m.shook)
	}
}

// settle begins the replay, or goes up when there is nothing to replay.
func (m *Machine) settle(now time.Duration) {
	m.hosts.worked(m.addr)
	m.phase = phaseReplay
	m.replay.begin(m)
	if m.replay.left() == 0 {
		m.up(now)
	}
}

func (m *Machine) up(now time.Duration) {
	m.phase, m.upAt, m.changed, m.cause = phaseUp, now, true, nil
	to := Connected
	if m.replay.readOnly {
		to = ConnectedReadOnly
		m.beginSearch(now)
	}
	m.change(to, nil)
	m.restored()
	m.wantWake = m.wantWake || m.queue.reqs.n > 0
}

// request appends a request of the machine's own to what goes before the users' requests.
func (m *Machine) request(xid int32, op wire.Op, body wire.Record) {
	var err error
	if body == nil {
		err = m.ctl.AppendRequest(xid, op, nil, 0)
	} else {
		err = m.ctl.AppendRequest(xid, op, body, 0)
	}
	if err != nil {
		panic(err) // records of our own making always encode
	}
	m.wantWake = true
}

// replay is what a new connection needs before it can carry requests.
type replay struct {
	readOnly bool
	auth     []int   // indices into Machine.auth that were not answered yet, oldest first
	watches  int     // setWatches requests that were not answered yet
	stay     []bool  // for each of them: it is about watches that stay
	repairs  []*post // whose child watches are being set again, when all that is over
	ping     bool    // a ping that shows the server's zxid was not answered yet
}

func (r *replay) left() int {
	n := len(r.auth) + r.watches
	if r.ping {
		n++
	}
	return n
}

func (r *replay) begin(m *Machine) {
	for i := range m.auth {
		r.auth = append(r.auth, i)
	}
	m.credentials()
	m.setWatches()
	if m.zxids.was != 0 {
		m.request(wire.XidPing, wire.OpPing, nil)
		r.ping = true
	}
}

// credentials writes those that every connection has.
func (m *Machine) credentials() {
	for i := range m.auth {
		c := &m.auth[i]
		m.request(wire.XidAuth, wire.OpAuth, &proto.AuthPacket{Scheme: c.Scheme, Auth: c.Data})
	}
}

// addAuthReply handles the answer to an AddAuth.
func (m *Machine) addAuthReply(h proto.ReplyHeader) error {
	r := m.solo
	if r == nil || r.Op != wire.OpAuth {
		return fmt.Errorf("%w: answer to a credential that was not sent", ErrProtocol)
	}
	m.sent.pop()
	if h.Err == 0 { // it is sent again on later connections
		var sent proto.AuthPacket
		if err := wire.Decode(m.soloFrame[4+wire.RequestHeaderLen:], &sent); err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		m.addCredential(Credential{Scheme: sent.Scheme, Data: sent.Auth})
	}
	m.solo, m.soloFrame, m.wantWake = nil, nil, true
	m.answer(r, h, nil)
	if h.Err != 0 { // the server closes the connection: nothing may be written to it any more
		return fmt.Errorf("credential: %w", wire.Code(h.Err))
	}
	return nil
}

// addCredential remembers an accepted credential. The same one twice is one.
func (m *Machine) addCredential(c Credential) {
	c.accepted = true
	for i := range m.auth {
		if m.auth[i].Scheme == c.Scheme && bytes.Equal(m.auth[i].Data, c.Data) {
			m.auth[i].accepted = true
			return
		}
	}
	m.auth = append(m.auth, c)
}

// authReply handles the answer to a credential that was replayed.
func (m *Machine) authReply(now time.Duration, h proto.ReplyHeader) error {
	if len(m.replay.auth) == 0 {
		return m.addAuthReply(h)
	}
	i := m.replay.auth[0]
	m.replay.auth = m.replay.auth[1:]
	if h.Err != 0 {
		if !m.auth[i].accepted {
			m.authFailed(wire.Code(h.Err))
			return nil
		}
		return fmt.Errorf("credential of scheme %q: %w", m.auth[i].Scheme, wire.Code(h.Err))
	}
	m.auth[i].accepted = true
	m.replayed(now)
	return nil
}

func (m *Machine) replayed(now time.Duration) {
	if m.phase == phaseReplay && m.replay.left() == 0 {
		m.up(now)
	}
}
