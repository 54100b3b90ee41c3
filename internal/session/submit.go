package session

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// pullBytes bounds what one Pull takes from the queue, so that a long queue does not become one long write.
const pullBytes = 256 << 10

// Submit queues r: from now on it has its place in the order. Failures are completions too.
func (m *Machine) Submit(r *Request) {
	if err := m.refusal(r); err != nil {
		m.complete(r, err)
		return
	}
	r.canCancel = r.Ctx != nil && r.Ctx.Done() != nil
	m.enqueue(r)
}

// refusal returns why r may not be queued.
func (m *Machine) refusal(r *Request) error {
	switch {
	case m.state == AuthFailed:
		return wire.CodeAuthFailed
	case m.phase == phaseOff || m.closing != nil:
		return ErrClosed
	case r.Epoch != 0 && r.Epoch != m.sess.Epoch, r.Epoch != 0 && m.sess.ID == 0:
		return wire.CodeSessionExpired
	case r.Conn != 0 && r.Conn != m.conn:
		return wire.CodeConnectionLoss
	case m.queue.bytes() >= m.cfg.MaxQueued:
		return ErrOverloaded
	case r.rewatch() > m.cfg.MaxRequest:
		return &wire.FrameError{Length: int64(r.rewatch()), Max: m.cfg.MaxRequest}
	}
	return nil
}

func (m *Machine) enqueue(r *Request) {
	m.submitted++
	r.order = m.submitted
	if r.Op == wire.OpAuth {
		r.xid = wire.XidAuth
	} else {
		m.xid = wire.NextXid(m.xid)
		r.xid = m.xid
	}
	if err := m.queue.push(r, m.cfg.MaxRequest); err != nil {
		m.complete(r, err)
		return
	}
	if r.Watch != nil || r.Op == wire.OpAddWatch {
		m.coming(r)
	}
	m.wantWake = m.wantWake || m.phase == phaseUp
}

// coming notes that r will leave a watch.
func (m *Machine) coming(r *Request) {
	if r.Watch != nil {
		m.watches.expect(r.Watch.Path, r.Watch.Kind)
	} else {
		m.adding(r)
	}
}

// written reports whether r waits for its reply.
func (m *Machine) written(r *Request) bool {
	return r.state == reqWritten || r.state == reqQueued && r.order <= m.wrote
}

// Cancel completes r with err unless it is complete already. The connection does not notice.
func (m *Machine) Cancel(r *Request, err error) {
	switch {
	case m.written(r):
		m.complete(r, err)
		r.state = reqAbandoned
	case r.state == reqQueued:
		m.complete(r, err)
		m.queue.abandon(r)
		m.arrived(r)
	}
}

// complete completes a request that got no reply.
func (m *Machine) complete(r *Request, err error) {
	if r.state == reqAbandoned || r.state == reqDone {
		return
	}
	written := m.written(r)
	r.state = reqDone
	e := m.effect()
	e.Kind, e.Req = DoComplete, r
	e.Reply = Reply{Err: err, Xid: r.xid, Written: written, Epoch: m.sess.Epoch, Conn: m.conn}
}

// failSent fails what was written and has no reply.
func (m *Machine) failSent(err error) {
	for r, _ := m.sent.pop(); r != nil; r, _ = m.sent.pop() {
		if r == m.closing {
			r.state = reqNew // it is sent again on the next connection
			m.enqueue(r)
			continue
		}
		m.complete(r, err)
		m.arrived(r)
	}
	m.failWaiting(err)
}

// failPinned fails what was to be written on this connection only.
func (m *Machine) failPinned() {
	for _, r := range m.queue.pinned(m.conn) {
		m.Cancel(r, wire.CodeConnectionLoss)
	}
}

// failQueued fails what was not written.
func (m *Machine) failQueued(err error) {
	for r := m.queue.first(); r != nil; r = m.queue.first() {
		m.queue.drop()
		if r != m.closing {
			m.complete(r, err)
			m.arrived(r)
		}
	}
}

// hasOutput reports whether Pull may have something to append.
func (m *Machine) hasOutput() bool {
	return len(m.ctl.B) > 0 || m.phase == phaseUp && m.queue.reqs.n > 0
}

// Pull appends what goes into the next write.
func (m *Machine) Pull(now time.Duration, conn uint64, buf []byte) []byte {
	m.Tick(now)
	if conn != m.conn || m.phase < phaseHandshake {
		return buf
	}
	m.wantWake = false
	start := len(buf)
	buf = append(buf, m.ctl.B...)
	m.ctl.B = emptied(m.ctl.B)
	if m.phase == phaseUp {
		buf = m.pullQueue(now, buf)
	}
	if len(buf) > start {
		m.lastSend = now
		m.stats.BytesOut += uint64(len(buf) - start)
	}
	return buf
}

func (m *Machine) pullQueue(now time.Duration, buf []byte) []byte {
	if m.leaving.why != nil {
		return buf
	}
	if m.solo == nil && m.queue.plain() && !m.caps.old && m.queue.bytes() <= pullBytes {
		m.wrote = m.submitted
		m.stats.Requests += uint64(m.queue.reqs.n)
		return m.queue.takeAll(&m.sent, now, buf)
	}
	for limit := len(buf) + pullBytes; len(buf) < limit && m.solo == nil; {
		r := m.queue.first()
		if r == nil {
			break
		}
		m.age(r)
		if err := m.unfit(r); err != nil {
			m.queue.drop()
			if s := degrades(r); s != nil && err == wire.CodeUnimplemented {
				m.subscribeByShots(r, s)
				continue
			}
			m.complete(r, err)
			m.arrived(r)
			continue
		}
		alone := m.caps.alone(r.needs())
		if alone && m.sent.n > 0 || r.Watch != nil && m.unsettled(r.Watch.Path) {
			break
		}
		start := len(buf)
		buf = m.queue.shift(buf)
		if r.Watch != nil && m.covers(r.Watch.Path, r.Watch.Kind) {
			buf[len(buf)-1] = 0 // watch: false; events serve it
		} else if r.Op == wire.OpAddWatch {
			m.addWritten(r, buf)
		}
		r.state = reqWritten
		m.stats.Requests++
		m.sent.push(r, now)
		if alone {
			m.solo, m.soloFrame = r, append([]byte(nil), buf[start:]...)
		}
	}
	return buf
}

// unfit returns why a queued request must not be written any more, or on this connection.
func (m *Machine) unfit(r *Request) error {
	if r.canCancel {
		//zkvet:allow select does not wait
		select {
		case <-r.Ctx.Done(): // not Err: that is the context's own code, and may ask the client, whose lock is taken
			return errCtxEnded
		default:
		}
	}
	if r.Epoch != 0 && r.Epoch != m.sess.Epoch {
		return wire.CodeSessionExpired
	}
	if r.Conn != 0 && r.Conn != m.conn {
		return wire.CodeConnectionLoss
	}
	if m.caps.lacks(r.needs()) {
		return wire.CodeUnimplemented
	}
	return nil
}
