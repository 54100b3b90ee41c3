package session

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// shots are the one-shot watches that stand for a post on a server that has no watches that stay: one by exists,
// and one by getChildren while the node is there. Whenever one has fired it is set again:
//
//	       ┌───────── it fires: subscriptions are told ─────────┐
//	       ▼                                                    │
//	(asked for) ──reply: versions have grown by what was told─▶ armed
//	       └─────reply: by more, or nobody can know: Resync───▶ armed
//
// What happens while a watch is not armed nobody tells. For a change of the data or the children the versions show it.
// They begin anew with the node, so that behind its creation and its deletion there is always a Resync.
type shots struct {
	conn    uint64 // the connection that all this is about
	data    shot   // by exists
	child   shot   // by getChildren
	there   bool   // by the newest answer to exists, the node is
	czxid   int64  // and this one, if so
	due     bool   // a Resync is, once both are known
	seen    uint64 // order of the newest exists request that was answered
	waiting []waiting
}

// A shot is one of the two watches.
type shot struct {
	asked   int   // requests that were not answered
	armed   bool  // the server has it
	known   bool  // what follows is about the node that is there
	version int32 // of the data or of the children, by the newest answer
	told    int32 // changes since
}

// waiting is a request to subscribe. It is answered behind an exists request that was made because of it, so
// that its answer has its place in the order.
type waiting struct {
	r  *Request
	by uint64 // order of the exists request
}

// shooting is a request of the machine's own that sets one of the watches.
type shooting struct {
	ownRequest
	p    *post
	s    *shots
	kind WatchKind // WatchData or WatchChild
}

// degrades returns the subscription that r asks for if one-shot watches are to do where nothing else will.
func degrades(r *Request) *Sub {
	if r.Op == wire.OpAddWatch {
		if s := r.Call.(Subscriber).Sub(); s.degrades() {
			return s
		}
	}
	return nil
}

// degrades reports whether one-shot watches will do. For what is below a node they cannot.
func (s *Sub) degrades() bool { return s.Degrade && !s.Recursive }

// degraded returns what stands for p on this connection, nil if nothing needs to.
func (m *Machine) degraded(p *post) *shots {
	if p.shots == nil || p.shots.conn != m.conn {
		return nil
	}
	return p.shots
}

// degrade has one-shot watches stand for p on this connection.
func (m *Machine) degrade(p *post) *shots {
	if m.degraded(p) == nil {
		p.shots = &shots{conn: m.conn}
	}
	return p.shots
}

// subscribeByShots handles r, an addWatch request that was the first in the queue: its place is taken by requests
// that the server understands.
func (m *Machine) subscribeByShots(r *Request, s *Sub) {
	p := m.posts.at(s.Path)
	h := m.degrade(p)
	r.state = reqWritten
	if !h.data.known || h.there && !h.child.known {
		m.shoot(p, h, WatchChild, true)
	}
	h.waiting = append(h.waiting, waiting{r, m.shoot(p, h, WatchData, true)})
	m.posts.waiting++
}

// shoot asks for a watch, before whatever is in the queue or behind it, and returns the order of the request.
func (m *Machine) shoot(p *post, h *shots, k WatchKind, first bool) (order uint64) {
	var body wire.Record
	r := &Request{Conn: m.conn, internal: true}
	if k == WatchChild {
		h.child.asked++
		r.Op, body = wire.OpGetChildren2, &proto.GetChildren2Request{Path: p.path, Watch: true}
	} else {
		h.data.asked++
		r.Op, body = wire.OpExists, &proto.ExistsRequest{Path: p.path, Watch: true}
	}
	r.Call = shooting{ownRequest{body}, p, h, k}
	m.watches.expect(p.path, k)
	if first {
		m.enqueueFirst(r, body)
	} else {
		m.enqueue(r)
	}
	return r.order
}

// rearm asks for those watches that have fired.
func (m *Machine) rearm(p *post, h *shots) {
	if !h.data.armed && h.data.asked == 0 {
		m.shoot(p, h, WatchData, false)
	}
	if h.data.armed && h.there && !(h.child.armed && h.child.known) && h.child.asked == 0 {
		m.shoot(p, h, WatchChild, false)
	}
}

// fired handles an event. Where a Resync is due, it will stand for this one as well: a deletion and a creation that
// nobody has told may lie between what was told last and the event.
func (m *Machine) fired(p *post, h *shots, e Event) {
	if h.due = h.due || (e.Type == wire.EventNodeCreated) == h.there; !h.due {
		m.hear(e)
	}
	switch e.Type {
	case wire.EventNodeDataChanged:
		h.data.armed = false
		h.data.told++
	case wire.EventNodeChildrenChanged:
		h.child.armed = false
		h.child.told++
	default:
		h.data.armed, h.data.known = false, false
		h.child.armed, h.child.known = false, false
		h.due = true
	}
	m.rearm(p, h)
}

// shot handles the answer to r, if r is such a request.
func (m *Machine) shot(r *Request, code wire.Code, body []byte) error {
	a, ok := r.Call.(shooting)
	if !ok {
		return nil
	}
	p, h := a.p, a.s
	if m.degraded(p) != h || m.posts.byPath[p.path] != p {
		return nil // everybody has gone meanwhile
	}
	if a.kind == WatchChild {
		h.child.asked--
	} else {
		h.data.asked--
		h.seen = max(h.seen, r.order)
	}
	switch {
	case disowns(code):
		return nil // the connection ends
	case code != wire.OK && code != wire.CodeNoNode:
		m.endShots(p, h, code)
		return nil
	}
	st, err := a.stat(code, body)
	if err != nil {
		return err
	}
	if a.kind == WatchChild {
		m.childShot(h, code == wire.OK, st)
	} else {
		m.dataShot(h, code == wire.OK, st)
	}
	if h.data.known && (!h.there || h.child.known) {
		if p.conn != m.conn || h.due {
			m.have(p, wire.ModePersistent)
			m.resync(p)
		}
		h.due = false
		m.answerWaiting(p, h)
	}
	if m.posts.byPath[p.path] == p {
		m.rearm(p, h)
	}
	return nil
}

// stat returns what the answer says of the node.
func (a shooting) stat(code wire.Code, body []byte) (data.Stat, error) {
	if code != wire.OK {
		return data.Stat{}, nil
	}
	if a.kind == WatchChild {
		var r proto.GetChildren2Response
		err := wire.Decode(body, &r)
		return r.Stat, err
	}
	var r proto.ExistsResponse
	err := wire.Decode(body, &r)
	return r.Stat, err
}

func (m *Machine) dataShot(h *shots, there bool, st data.Stat) {
	same := h.data.known && there == h.there && (!there || st.Czxid == h.czxid && st.Version == h.data.version+h.data.told)
	h.due = h.due || !same
	if !there || st.Czxid != h.czxid {
		h.child.known = false
		h.child.armed = h.child.armed && there
	}
	h.there, h.czxid = there, st.Czxid
	h.data = shot{asked: h.data.asked, armed: true, known: true, version: st.Version}
}

func (m *Machine) childShot(h *shots, there bool, st data.Stat) {
	if !there { // it was deleted since exists was answered: that has been told
		h.child.armed, h.child.known = false, false
		return
	}
	same := h.child.known && st.Czxid == h.czxid && st.Cversion == h.child.version+h.child.told
	h.due = h.due || !same
	h.child = shot{asked: h.child.asked, armed: true, known: true, version: st.Cversion}
}

// answerWaiting answers the requests to subscribe whose turn it is.
func (m *Machine) answerWaiting(p *post, h *shots) {
	for len(h.waiting) > 0 && h.waiting[0].by <= h.seen {
		r := h.waiting[0].r
		h.waiting = h.waiting[1:]
		m.posts.waiting--
		if r.state != reqAbandoned {
			s := r.Call.(Subscriber).Sub()
			s.epoch = m.sess.Epoch
			m.posts.add(p, s)
			m.answer(r, proto.ReplyHeader{Xid: r.xid, Zxid: m.lastZxid}, make([]byte, 4))
		}
		m.arrived(r)
	}
}

// endShots ends whatever depends on one-shot watches on a path that the server does not grant.
func (m *Machine) endShots(p *post, h *shots, code wire.Code) {
	m.endSubs(p, code, every)
	m.failShots(h, func(r *Request) { m.answer(r, proto.ReplyHeader{Xid: r.xid, Zxid: m.lastZxid, Err: int32(code)}, nil) })
	if m.posts.byPath[p.path] == p {
		m.tend(p, nil)
	}
}

// failShots ends all requests to subscribe that wait for h.
func (m *Machine) failShots(h *shots, end func(r *Request)) {
	all := h.waiting
	h.waiting = nil
	m.posts.waiting -= len(all)
	for _, w := range all {
		end(w.r)
		m.arrived(w.r)
	}
}

// failWaiting fails those that were waiting when the connection was lost.
func (m *Machine) failWaiting(err error) {
	if m.posts.waiting == 0 {
		return
	}
	for _, p := range m.posts.all() {
		if p.shots != nil {
			m.failShots(p.shots, func(r *Request) { m.complete(r, err) })
		}
	}
}

// tendShots is tend where one-shot watches stand for a post.
func (m *Machine) tendShots(p *post, h *shots, r *Request) (used bool) {
	if len(p.subs)+p.coming[0]+p.coming[1] > 0 {
		return false
	}
	m.posts.drop(p)
	return m.forgetTables(p.path, h.data.armed || h.data.asked > 0, h.child.armed || h.child.asked > 0, r)
}
