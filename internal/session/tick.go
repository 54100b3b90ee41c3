package session

import (
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// errTimeout is the cause of a connection that was given up.
var errTimeout = errors.New("no answer in time")

// errNoProof is the cause of leaving a read-only server for good.
var errNoProof = errors.New("a read-only server cannot say whether the session lives")

// errGone is the cause of a session that was given up.
var errGone = fmt.Errorf("%w: %w", wire.CodeSessionExpired, errTimeout)

// Tick does what is due. Every event calls it first.
func (m *Machine) Tick(now time.Duration) {
	if m.phase == phaseOff {
		return
	}
	if m.phase == phaseUp && now >= m.silent() {
		m.hangUp(now, errTimeout)
	}
	m.checkSession(now)
	switch m.phase {
	case phasePause:
		if now >= m.limit {
			m.newRound()
			m.connect(now)
		}
	case phaseResolve:
		if now >= m.limit {
			m.zxids.other = true
			m.connect(now)
		}
	case phaseDial, phaseHandshake, phaseSASL, phaseBurial, phaseReplay:
		if now >= m.limit {
			m.hangUp(now, errTimeout)
		}
	case phaseUp:
		m.heartbeat(now)
		m.searching(now)
		m.depart(now)
	}
}

// silent returns when a connection that is up is given up: the server says nothing any more, or has
// forgotten a request, since answers to others, which came later, do arrive.
func (m *Machine) silent() time.Duration {
	at := m.lastRecv + m.sess.Timeout*2/3
	if m.sent.n > 0 {
		at = min(at, m.sent.oldest()+m.sess.Timeout)
	}
	return at
}

// accepted reports whether there is a session that a server has accepted.
func (m *Machine) accepted() bool { return m.sess.ID != 0 && !m.resuming }

// checkSession ends beliefs that are not justified any more.
func (m *Machine) checkSession(now time.Duration) {
	if m.holds.n > 0 && now >= m.owned() {
		m.endHolds(wire.CodeSessionExpired)
	}
	if !m.accepted() {
		return
	}
	if now >= m.doubtful() {
		if m.phase == phaseUp { // it talks, but it does not answer, or not as one that knows
			err := errTimeout
			if m.state == ConnectedReadOnly && !m.local {
				err = errNoProof
			}
			m.hangUp(now, err)
		}
		if m.state == Suspended {
			m.change(Lost, errGone)
		}
	}
	if now >= m.gone() {
		m.expire(errGone, !m.local)
		if m.phase >= phaseHandshake { // it is about the old session
			m.again(now)
		}
	}
}

// owned returns the time up to which the leader cannot have ended the session.
func (m *Machine) owned() time.Duration { return m.proof.confirmed + m.sess.Timeout }

// doubtful returns the time from which on the session is called lost, though a server may still have it.
func (m *Machine) doubtful() time.Duration { return m.answers.lastButOne + m.sess.Timeout }

// gone returns the time at which the session is given up.
func (m *Machine) gone() time.Duration {
	if m.cfg.LocalExpiry == 0 {
		return never
	}
	return m.answers.lastButOne + time.Duration(max(1, m.cfg.LocalExpiry)*float64(m.sess.Timeout))
}

// heartbeat keeps an idle session alive, and a held one proved.
func (m *Machine) heartbeat(now time.Duration) {
	if now >= m.nextSync() {
		m.syncing, m.lastSync = true, now
		m.enqueue(&Request{Op: wire.OpSync, Conn: m.conn, internal: true, Call: syncRoot})
	}
	if now >= m.nextPing() {
		m.lastSend = now
		m.pings = append(m.pings, now)
		m.request(wire.XidPing, wire.OpPing, nil)
	}
}

// syncRoot asks the leader for nothing but an answer.
var syncRoot Call = ownRequest{&proto.SyncRequest{Path: "/"}}

func (m *Machine) nextSync() time.Duration {
	if m.holds.n == 0 || m.syncing || m.state != Connected || m.closing != nil {
		return never
	}
	return max(m.proof.leader, m.lastSync) + m.sess.Timeout/4
}

func (m *Machine) nextPing() time.Duration {
	if m.closing != nil && m.written(m.closing) { // nothing is read behind it
		return never
	}
	return m.lastSend + m.sess.Timeout/3
}

// NextDeadline returns when Tick must be called, at the latest.
func (m *Machine) NextDeadline() time.Duration {
	d := never
	switch m.phase {
	case phaseOff:
		return never
	case phaseUp:
		d = min(m.silent(), m.nextPing(), m.nextSync())
		if m.leaving.why != nil {
			d = min(d, m.leaving.limit)
		} else if m.search.on {
			d = min(d, m.search.limit)
		}
	default:
		d = m.limit
	}
	if m.accepted() {
		d = min(d, m.gone())
		if m.state.Up() || m.state == Suspended {
			d = min(d, m.doubtful())
		}
	}
	if m.holds.n > 0 {
		d = min(d, m.owned())
	}
	return d
}

// Hold registers h for the session of that epoch. It fails if that session is not believed to live.
func (m *Machine) Hold(now time.Duration, h *Hold, epoch uint64) error {
	h.epoch, h.err = epoch, m.owns(now, epoch)
	if h.err != nil {
		return h.err
	}
	m.holds.add(h)
	m.changed = true
	m.Tick(now)
	return nil
}

// Release ends h. It reports whether it was still alive.
func (m *Machine) Release(h *Hold) bool { return m.holds.remove(h) }

// HoldErr returns nil while h may be believed in, else why not. It looks at the clock itself: no Tick
// need have happened.
func (m *Machine) HoldErr(now time.Duration, h *Hold) error {
	if h.err != nil {
		return h.err
	}
	return m.owns(now, h.epoch)
}

func (m *Machine) owns(now time.Duration, epoch uint64) error {
	if m.phase == phaseOff {
		return ErrClosed
	}
	if epoch != m.sess.Epoch || m.sess.ID == 0 || now >= m.owned() {
		return wire.CodeSessionExpired
	}
	return nil
}

// endHolds ends every hold with an error.
func (m *Machine) endHolds(err error) {
	for m.holds.n > 0 {
		h := m.holds.root.next
		m.holds.remove(h)
		h.err = err
		m.do(DoLost, h)
	}
}

// ownRequest is the Call of a request of the machine's own, whose outcome it sees in reply.
type ownRequest struct{ body wire.Record }

func (r ownRequest) Encode(e *wire.Encoder) error {
	if r.body == nil {
		return nil
	}
	return e.Encode(r.body)
}

func (ownRequest) Complete(*future.Batch, *Reply) {}
