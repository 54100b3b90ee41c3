package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// ErrProtocol says that the server sent what no server may send. It ends the connection.
var ErrProtocol = errors.New("protocol error")

// tlsAlert is how a TLS server's complaint begins, about a client that does not speak TLS.
var tlsAlert = []byte{21, 3}

var errTLS = fmt.Errorf("%w: the server speaks TLS", ErrProtocol)

// maxWelcome is the longest first frame that makes sense, in bytes.
const maxWelcome = 4 << 10

// Received handles what has arrived and returns how many bytes of it are used up.
func (m *Machine) Received(now time.Duration, conn uint64, b []byte) (used int) {
	m.Tick(now)
	if conn != m.conn || m.phase < phaseHandshake {
		return len(b)
	}
	m.lastRecv = now
	m.bytes += len(b)
	for {
		limit := m.cfg.MaxReply
		switch m.phase {
		case phaseHandshake:
			limit = min(limit, maxWelcome)
		case phaseSASL:
			limit = min(limit, maxSASLToken)
		}
		frame, n, err := wire.Split(b[used:], limit)
		if err == nil && n > 0 {
			used += n
			m.stats.BytesIn += uint64(n)
			err = m.frame(now, frame)
		}
		if conn != m.conn {
			return len(b) // this connection is history
		}
		if err != nil {
			if m.phase == phaseHandshake && bytes.HasPrefix(b, tlsAlert) {
				err = errTLS
			}
			m.tooLong(b[used:], err)
			m.hangUp(now, err)
			return len(b)
		}
		if n == 0 {
			if m.depart(now); conn != m.conn {
				return len(b)
			}
			return used
		}
	}
}

// tooLong fails the oldest request with err, if that is about its reply, which b begins with: one that is longer than it may
// be. Whoever takes that for a lost connection asks again, and costs everybody the next one.
func (m *Machine) tooLong(b []byte, err error) {
	const header = 4 + 4 // length and xid; if that has not come, it may be nonsense
	var long *wire.FrameError
	if m.phase != phaseUp || m.sent.n == 0 || !errors.As(err, &long) || long.Length <= 0 {
		return
	}
	r := m.sent.at(0)
	if r == m.closing || len(b) < header || int32(binary.BigEndian.Uint32(b[4:])) != r.xid {
		return
	}
	m.complete(r, err)
}

func (m *Machine) frame(now time.Duration, frame []byte) error {
	if m.phase == phaseHandshake {
		return m.welcomed(now, frame)
	}
	h, body, err := wire.ReadReplyHeader(frame)
	if err != nil {
		return err
	}
	switch {
	case m.phase == phaseSASL:
		return m.saslReply(now, h, body)
	case m.phase == phaseBurial:
		return m.buried(now, h)
	case h.Xid == wire.XidPing:
		return m.pong(now, h)
	case h.Xid == wire.XidWatch:
		return m.event(h, body)
	case h.Xid == wire.XidAuth:
		return m.authReply(now, h)
	case h.Xid == wire.XidSetWatches && m.replay.watches > 0:
		return m.watchesSet(now, h)
	}
	return m.reply(now, h, body)
}

func (m *Machine) pong(now time.Duration, h proto.ReplyHeader) error {
	if m.replay.ping {
		if m.replay.readOnly && h.Zxid < m.zxids.was {
			return errBehind
		}
		m.replay.ping = false
		m.zxids.rolledBack = h.Zxid < m.zxids.was
		m.zxids.was, m.lastZxid = 0, h.Zxid
		m.replayed(now)
		return nil
	}
	if len(m.pings) == 0 {
		return fmt.Errorf("%w: answer to a ping that was not sent", ErrProtocol)
	}
	m.answered(answer{m.pings[0], now}, false)
	m.pings = append(m.pings[:0], m.pings[1:]...)
	return nil
}

func (m *Machine) event(h proto.ReplyHeader, body []byte) error {
	var ev proto.WatcherEvent
	if err := wire.Decode(body, &ev); err != nil {
		return fmt.Errorf("watch event: %w", err)
	}
	m.stats.Events++
	e := Event{Type: wire.EventType(ev.Type), Path: ev.Path, Zxid: h.Zxid}
	if len(m.posts.byPath) > 0 && m.retold(e) {
		return nil
	}
	for _, w := range m.watches.take(e.Type, e.Path) {
		m.do(DoFire, &Fired{Watch: w, Event: e})
	}
	if len(m.posts.byPath) > 0 {
		m.notify(e)
	}
	return nil
}

func (m *Machine) reply(now time.Duration, h proto.ReplyHeader, body []byte) error {
	if m.sent.n == 0 || m.sent.at(0).xid != h.Xid {
		return m.overtaking(h)
	}
	if err := m.next(now, h, body); err != nil {
		return err
	}
	for m.sent.n > 0 && m.sent.at(0).refused {
		early := proto.ReplyHeader{Xid: m.sent.at(0).xid, Zxid: m.lastZxid, Err: int32(wire.CodeNotReadOnly)}
		if err := m.next(now, early, nil); err != nil {
			return err
		}
	}
	return nil
}

// overtaking takes a reply in that is not that of the oldest request. There are two that overtake others.
func (m *Machine) overtaking(h proto.ReplyHeader) error {
	i, code := m.sent.find(h.Xid), wire.Code(h.Err)
	switch {
	case i >= 0 && code == wire.CodeUnimplemented: // The replies before it will not come any more.
		r := m.sent.at(i)
		m.caps.learn(r.Op, false)
		m.answer(r, h, nil)
		return fmt.Errorf("%v: %w", r.Op, code)
	case i >= 0 && code == wire.CodeNotReadOnly && m.state == ConnectedReadOnly && !m.sent.at(i).refused:
		// A read-only server refuses writes at once, whatever it has still to answer. They have their turn nevertheless.
		m.sent.at(i).refused = true
		return nil
	}
	return fmt.Errorf("%w: reply with xid %d out of order", ErrProtocol, h.Xid)
}

// next takes in the reply to the oldest request.
func (m *Machine) next(now time.Duration, h proto.ReplyHeader, body []byte) error {
	code := wire.Code(h.Err)
	r, sent := m.sent.pop()
	if h.Zxid > m.lastZxid {
		m.lastZxid = h.Zxid
	}
	m.stats.replied(now - sent)
	m.answered(answer{sent, now}, isWrite(r.Op) && proves(code))
	again := false
	if r == m.solo {
		frame, needs := m.soloFrame, r.needs()
		m.solo, m.soloFrame = nil, nil
		var unknown bool
		unknown, again = m.ages(r, frame, h)
		m.caps.learn(needs, !unknown)
	}
	if r.internal && r.Op == wire.OpSync {
		m.syncing, m.changed = false, true
	}
	m.wantWake = m.wantWake || m.sent.n == 0 && m.queue.reqs.n > 0
	if r == m.closing {
		var err error
		if m.state == ConnectedReadOnly && !m.local {
			err = errNotClosed
		}
		m.finish(Closed, err, ErrClosed)
		return nil
	}
	var bad error
	if !again {
		m.watch(r, code)
		if r.Op == wire.OpAddWatch {
			m.added(r, h)
		}
		if r.internal {
			bad = m.shot(r, code, body)
		}
		m.arrived(r)
		m.answer(r, h, body)
	}
	if unknownOp(h) || disowns(code) { // the server closes the connection: nothing may be written to it any more
		return fmt.Errorf("%v: %w", r.Op, code)
	}
	return bad
}

// answered notes an answer, given with the leader's help or without.
func (m *Machine) answered(a answer, leader bool) {
	if m.state == Connected || m.local {
		m.answers.add(a.sent)
	}
	if m.state == Connected {
		m.proof.add(a, m.sess.Timeout, leader)
	}
}

// unknownOp reports whether the server did not understand the request. With a zxid the same code says
// that a feature is switched off.
func unknownOp(h proto.ReplyHeader) bool {
	return wire.Code(h.Err) == wire.CodeUnimplemented && h.Zxid == -1
}

// disowns reports whether the server says that the session is not its to serve.
func disowns(code wire.Code) bool {
	switch code {
	case wire.CodeSessionExpired, wire.CodeUnknownSession, wire.CodeSessionMoved:
		return true
	}
	return false
}

// proves reports whether the answer to a write comes from the leader. Other refusals may be those of
// the server that is connected, which need not have a leader.
func proves(code wire.Code) bool {
	switch code {
	case wire.OK, wire.CodeNoNode, wire.CodeNoAuth, wire.CodeBadVersion, wire.CodeNodeExists,
		wire.CodeNotEmpty, wire.CodeNoChildrenForEphemerals:
		return true
	}
	return false
}

// answer completes r with what the server said.
func (m *Machine) answer(r *Request, h proto.ReplyHeader, body []byte) {
	if r.state == reqAbandoned {
		return
	}
	r.state = reqDone
	e := m.effect()
	e.Kind, e.Req = DoComplete, r
	p := &e.Reply
	if h.Err != 0 {
		p.Err = wire.Code(h.Err).Err()
	}
	p.Body, p.Zxid, p.Xid, p.Written, p.Replied, p.Epoch, p.Conn = body, h.Zxid, h.Xid, true, true, m.sess.Epoch, m.conn
}
