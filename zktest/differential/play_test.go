package differential

import (
	"fmt"
	"slices"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A transcript is what came of a script.
type transcript struct {
	Steps [][]entry // by step, and one more for each slot that had a connection in the end: its session is closed
	State []node    // before those
}

// A player plays a script on one stage.
type player struct {
	stage   *stage
	servers int // of the real host: what one server would not do is not done on the other either
	view    *view
	slots   [slots]slot
	ends    map[int64]bool // zxids of transactions that ended a session
	seen    coverage
	fault   error // of the host, not of its answers
	notes   []entry
}

// A slot has at most one connection.
type slot struct {
	peer    *peer // nil without one
	server  int   // of the connection
	session int   // index in view.sessions, -1 if it never had one
	ended   bool  // a session has ended since the connection was last read
	xid     int32
}

// play plays a script, and counts in seen what comes back.
func play(h host, servers int, root string, sc script, seen coverage) (*transcript, error) {
	s, err := h.begin(root)
	if s != nil {
		defer s.end()
	}
	if err != nil {
		return nil, fmt.Errorf("before the script: %w", err)
	}
	p := &player{stage: s, servers: servers, view: newView(s.base), ends: make(map[int64]bool), seen: seen}
	for i := range p.slots {
		p.slots[i].session = -1
		defer func() { p.slots[i].hangUp() }()
	}
	t := new(transcript)
	for _, st := range sc {
		t.Steps = append(t.Steps, p.step(st))
	}
	if t.State, err = p.tree(); err != nil {
		return nil, fmt.Errorf("after the script: %w", err)
	}
	for i := range p.slots {
		if p.slots[i].peer != nil {
			t.Steps = append(t.Steps, p.step(step{Slot: i, Requests: []request{{Op: wire.OpCloseSession}}}))
		}
	}
	if p.fault == nil {
		p.fault = s.finish(p.view.sessions)
	}
	return t, p.fault
}

func (p *player) step(st step) []entry {
	p.notes = nil
	s := &p.slots[st.Slot]
	switch {
	case st.Dial != nil:
		p.dial(st.Slot, st.Dial)
	case st.Expire != nil:
		p.expire(st.Slot, st.Expire)
	case len(st.Requests) == 0 && st.Raw == nil:
		p.cut(st.Slot)
	default:
		if s.peer == nil {
			d := &dial{Server: st.Slot, Timeout: longTimeout}
			if p.stage.readOnly {
				d.ReadOnly = readOnlyTrue
			}
			p.dial(st.Slot, d)
		}
		p.settle(s.server)
		if s.peer != nil && st.Raw != nil {
			p.probe(st.Slot) // what was said on it but not yet written is lost when the server closes it
		}
		if s.peer != nil && st.Raw != nil {
			s.peer.send(st.Raw)
			p.drain(st.Slot)
		} else if s.peer != nil {
			p.exchange(st.Slot, st.Requests)
		}
	}
	return p.notes
}

func (p *player) note(e entry) { p.notes = append(p.notes, e) }

// settle makes a server ready for a step.
func (p *player) settle(server int) {
	if err := p.stage.settle(server); err != nil && p.fault == nil {
		p.fault = err
	}
}

// cut hangs up, having read all that the server has to say so far.
func (p *player) cut(i int) {
	s := &p.slots[i]
	if s.peer == nil {
		return
	}
	p.settle(s.server)
	p.probe(i)
	s.hangUp()
}

func (s *slot) hangUp() {
	if s.peer != nil {
		s.peer.hangUp()
		s.peer = nil
	}
}

// probe pings a connection: what was sent on it comes before the answer. One that the server has closed says so.
func (p *player) probe(i int) {
	p.exchange(i, []request{{Op: wire.OpPing, Xid: wire.XidPing}})
}

func (p *player) dial(i int, d *dial) {
	if !d.Stay || p.servers > 1 {
		p.cut(i)
	}
	req := &wire.ConnectRequest{HasReadOnly: d.ReadOnly != readOnlyAbsent, ReadOnly: d.ReadOnly == readOnlyTrue}
	req.ProtocolVersion, req.TimeOut, req.Passwd = d.Protocol, d.Timeout, make([]byte, wire.PasswdLen)
	if of := p.slots[d.Of].session; d.Resume && of >= 0 {
		req.SessionId, req.Passwd = p.view.sessions[of].id, slices.Clone(p.view.sessions[of].password)
	}
	if d.Unknown {
		req.SessionId = 0x7fff_0000_1234_5678
	}
	switch d.Password {
	case wrongPassword:
		req.Passwd[0] ^= 1
	case nullPassword:
		req.Passwd = nil
	case shortPassword:
		req.Passwd = req.Passwd[:3]
	case longPassword:
		req.Passwd = append(req.Passwd, 0)
	}
	for j := range p.slots {
		switch {
		case !p.holds(j, req.SessionId):
		case p.servers > 1: // it could be on another server, which then would go on reading
			p.cut(j)
		default: // what was said on it but not yet written is lost when the server closes it
			p.probe(j)
		}
	}
	p.settle(d.Server)
	req.LastZxidSeen = p.resolve(d.Zxid)
	peer, err := p.stage.dial(d.Server)
	if err != nil {
		p.fault = err
		return
	}
	body, err := wire.Append(nil, req)
	if err != nil {
		p.fault = err
		return
	}
	peer.send(framed(d.Mangle.apply(body, true)))
	p.handshaken(i, peer, d.Server)
	// Connections that had the session until now.
	for j := range p.slots {
		if j != i && p.holds(j, req.SessionId) {
			p.probe(j)
		}
	}
	if d.End && p.slots[i].peer != nil {
		p.exchange(i, []request{{Op: wire.OpCloseSession}})
	}
}

// holds reports whether the slot has a connection of the session.
func (p *player) holds(i int, session int64) bool {
	s := &p.slots[i]
	return s.peer != nil && s.session >= 0 && p.view.sessions[s.session].id == session
}

// handshaken reads the answer to a handshake and makes the connection that of the slot.
func (p *player) handshaken(i int, peer *peer, server int) {
	s := &p.slots[i]
	frame, err := peer.frame()
	if s.peer != nil {
		p.probe(i)
		s.hangUp()
	}
	if err != nil {
		p.note(entry{Slot: i, What: "handshake: " + err.Error()})
		peer.close()
		return
	}
	resp, err := wire.DecodeConnectResponse(frame)
	if err != nil {
		p.note(entry{Slot: i, What: "handshake: " + err.Error()})
		peer.close()
		return
	}
	e := entry{Slot: i, What: "handshake", Body: p.view.join(&resp)}
	p.seen.note(wire.OpCreateSession, wire.OK)
	if resp.Expired() {
		if _, err := peer.frame(); err != errClosed {
			e.What = "handshake, and the connection stays open"
		}
		peer.close()
	} else {
		*s = slot{peer: peer, server: server, session: p.view.session(resp.SessionId) - 1}
	}
	p.note(e)
}

func (p *player) resolve(z zxid) int64 {
	switch z.From {
	case fromBase:
		return p.view.base + z.Plus
	case fromLast:
		// Not as far back as what all scripts share.
		return max(p.view.last+z.Plus, p.view.base-1)
	}
	return z.Plus
}

// exchange writes requests at once, and reads until all are answered or the connection ends.
func (p *player) exchange(i int, requests []request) {
	s := &p.slots[i]
	var out []byte
	for k := range requests {
		r := &requests[k]
		xid := r.Xid
		if xid == 0 {
			s.xid++
			xid = s.xid
		}
		body, err := wire.Append(nil, &proto.RequestHeader{Xid: xid, Type: int32(r.Op)})
		if err == nil && r.Record != nil {
			var record []byte
			record, err = wire.Append(nil, resolved(r.Record, p.stage.root, p.resolve(r.Zxid)))
			body = append(body, r.Mangle.apply(record, false)...)
		}
		if err != nil {
			p.fault = err
			return
		}
		out = append(out, framed(body)...)
	}
	s.peer.send(out)
	begin := len(p.notes)
	for k := range requests {
		if p.answer(i, &requests[k]) {
			p.drain(i)
			break
		}
	}
	sortEvents(p.notes[begin:], p.ends, s.ended)
	if s.peer != nil {
		s.ended = false
	}
}

// answer reads up to a reply. It reports whether the server is about to close the connection, or has.
func (p *player) answer(i int, r *request) (last bool) {
	s, op := &p.slots[i], r.Op
	for {
		frame, err := s.peer.frame()
		if err != nil {
			p.lost(i, err)
			return true
		}
		if h, _, err := wire.ReadReplyHeader(frame); err == nil && h.Xid == wire.XidWatch {
			p.note(p.view.event(i, frame))
			p.seen.note(wire.OpNotification, wire.OK)
			continue
		}
		e := p.view.reply(i, op, frame)
		p.note(e)
		p.seen.reply(r, &e)
		if op == wire.OpCloseSession && e.Code == wire.OK {
			p.ended(s.session, e.Zxid)
			return true
		}
		return e.Code == wire.CodeAuthFailed || e.Code == wire.CodeSessionClosedRequireSASLAuth ||
			e.Code == wire.CodeUnimplemented && e.Zxid == -1
	}
}

// ended remembers that a session has ended.
func (p *player) ended(session int, zxid int64) {
	p.view.sessions[session].ended = true
	p.ends[zxid] = true
	for j := range p.slots {
		p.slots[j].ended = true
	}
}

// drain reads until the server closes the connection, and notes the events. Replies are left out, see explained.
func (p *player) drain(i int) {
	s := &p.slots[i]
	for s.peer != nil {
		frame, err := s.peer.frame()
		if err != nil {
			p.lost(i, err)
		} else if h, _, err := wire.ReadReplyHeader(frame); err == nil && h.Xid == wire.XidWatch {
			p.note(p.view.event(i, frame))
		} else if err == nil {
			p.seen.note(wire.OpCloseSession, wire.Code(h.Err))
		}
	}
}

func (p *player) lost(i int, err error) {
	p.note(entry{Slot: i, What: err.Error()})
	p.slots[i].hangUp()
}

func framed(body []byte) []byte {
	return append([]byte{byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}
