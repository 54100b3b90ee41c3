package session

import (
	"encoding/binary"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// covers reports whether what the server has on path tells of all that a one-shot watch would tell.
func (m *Machine) covers(path string, kind WatchKind) bool {
	p := m.posts.byPath[path]
	return p != nil && p.conn == m.conn && m.degraded(p) == nil && (p.mode == wire.ModePersistent || kind != WatchChild)
}

// claims reports whether a post has the server's table for itself, or is about to.
func (m *Machine) claims(path string, kind WatchKind) bool {
	p := m.posts.byPath[path]
	return p != nil && (m.degraded(p) != nil || kind != WatchChild || p.coming[wire.ModePersistent] > 0 || p.conn == m.conn && p.mode == wire.ModePersistent)
}

// unsettled reports whether a request for a one-shot watch has to wait: up to 3.8 its watch would take the
// place of the one that is being added. The next one, after the reply, knows whether it needs a watch.
func (m *Machine) unsettled(path string) bool {
	p := m.posts.byPath[path]
	return p != nil && p.written > 0
}

// adding says that r, an addWatch request, is on its way.
func (m *Machine) adding(r *Request) {
	s := r.Call.(Subscriber).Sub()
	s.written = false // it may be asked for again, where the first request has failed
	m.posts.at(s.Path).coming[s.needs()]++
}

// addWritten decides the mode of an addWatch request, whose frame is the end of buf: that which serves
// everybody on the path, since the server takes it in place of what it has.
func (m *Machine) addWritten(r *Request, buf []byte) {
	s := r.Call.(Subscriber).Sub()
	p := m.posts.at(s.Path)
	p.written++
	s.written, s.mode = true, s.needs()
	if s.Call != nil {
		s.mode = p.wanted()
		binary.BigEndian.PutUint32(buf[len(buf)-4:], uint32(s.mode))
	}
}

// added registers r's subscription if the server has.
func (m *Machine) added(r *Request, h proto.ReplyHeader) {
	if h.Err != 0 {
		return
	}
	s := r.Call.(Subscriber).Sub()
	p := m.posts.at(s.Path)
	m.have(p, s.mode)
	if s.Call != nil && r.state != reqAbandoned {
		s.epoch = m.sess.Epoch
		m.posts.add(p, s)
	}
	if p.mode == wire.ModePersistentRecursive && m.watches.taken(p.path, WatchChild) {
		// Up to 3.8 the child watch is gone. It is set again, from here on.
		p.repairs++
		m.replay.repairs = append(m.replay.repairs, p)
		m.request(wire.XidSetWatches, wire.OpSetWatches, &proto.SetWatches{RelativeZxid: h.Zxid,
			DataWatches: []string{}, ExistWatches: []string{}, ChildWatches: []string{p.path}})
		m.replay.watches++
		m.replay.stay = append(m.replay.stay, false)
	}
}

// have says what the server has at p now.
func (m *Machine) have(p *post, mode wire.WatchMode) {
	if p.conn != m.conn {
		p.repairs, p.gone = 0, false
	}
	p.conn, p.mode = m.conn, mode
}

// retold reports whether an event was told already. If a node is not there when its child watch is set again, the
// server says so, as if it were news; but the post has heard of it when it happened.
func (m *Machine) retold(e Event) bool {
	p := m.posts.byPath[e.Path]
	if p == nil || p.conn != m.conn || p.repairs == 0 {
		return false
	}
	again := p.gone && e.Type == wire.EventNodeDeleted
	p.gone = e.Type == wire.EventNodeDeleted || p.gone && e.Type != wire.EventNodeCreated
	return again
}

// repaired handles the answer to a child watch that is set again.
func (m *Machine) repaired() {
	if len(m.replay.repairs) == 0 {
		return
	}
	p := m.replay.repairs[0]
	m.replay.repairs = m.replay.repairs[1:]
	if p.repairs--; p.repairs == 0 {
		p.gone = false
	}
}

// addOver says that r, an addWatch request, is not on its way any more.
func (m *Machine) addOver(r *Request) {
	s := r.Call.(Subscriber).Sub()
	p := m.posts.at(s.Path)
	p.coming[s.needs()]--
	if s.written {
		p.written--
		m.wantWake = m.wantWake || p.written == 0 && m.queue.reqs.n > 0
	}
	if s.Call == nil {
		p.lowering = false
	}
	m.tend(p, nil)
}

// Unsubscribe forgets s. When nobody is left on the path, r is submitted, which asks the server to forget it
// too; otherwise r completes at once, without an answer. It reports whether s was registered.
func (m *Machine) Unsubscribe(s *Sub, r *Request) bool {
	p := s.post
	if p != nil {
		m.posts.remove(s)
		if m.tend(p, r) {
			return true
		}
	}
	m.complete(r, nil)
	return p != nil
}

// tend has the server watch at p what is wanted there and no more. It reports whether r was used for that.
func (m *Machine) tend(p *post, r *Request) (used bool) {
	if h := m.degraded(p); h != nil {
		return m.tendShots(p, h, r)
	}
	switch {
	case p.replay == m.conn && p.conn != m.conn && m.phase == phaseReplay:
		return false // when that is answered
	case len(p.subs)+p.coming[0]+p.coming[1] > 0:
		if p.conn == m.conn && p.mode == wire.ModePersistentRecursive && p.wanted() == wire.ModePersistent && !p.lowering && m.tells() {
			m.lower(p)
		}
		return false
	case p.conn != m.conn || !m.tells():
		m.posts.drop(p)
		return false
	}
	// Nobody is left but one-shot watches, and requests that count on being served.
	data, child := m.watches.owe(p.path, WatchData), m.watches.owe(p.path, WatchChild)
	if data || child {
		return false
	}
	data, child = m.watches.taken(p.path, WatchData), m.watches.taken(p.path, WatchChild)
	deep := p.mode == wire.ModePersistentRecursive
	switch {
	case deep && data:
		m.lower(p)
		return false
	case data || child && !deep:
		return false
	}
	m.posts.drop(p)
	if child {
		m.forget(p.path, wire.WatcherPersistentRecursive, nil)
		m.forget(p.path, wire.WatcherData, nil) // up to 3.8, where the other is not understood
		return false
	}
	m.forget(p.path, wire.WatcherAny, r)
	return r != nil
}

// lower takes the recursive mode back. From 3.9 on the server keeps it beside the other, until it is removed.
func (m *Machine) lower(p *post) {
	p.lowering = true
	m.enqueue(&Request{Op: wire.OpAddWatch, Conn: m.conn, internal: true, Call: lowering{
		ownRequest{&proto.AddWatchRequest{Path: p.path, Mode: int32(wire.ModePersistent)}}, &Sub{Path: p.path}}})
	m.forget(p.path, wire.WatcherPersistentRecursive, nil)
}

// lowering is an addWatch request of the machine's own. Its Sub is nobody's.
type lowering struct {
	ownRequest
	sub *Sub
}

func (l lowering) Sub() *Sub { return l.sub }

// tells reports whether the server can be told to forget watches.
func (m *Machine) tells() bool {
	return m.phase == phaseUp && m.state.Up() && m.closing == nil && !m.caps.lacks(wire.OpRemoveWatches)
}

// A Forgetter is the Call of a request to remove watches, whose type is decided when it is sent.
type Forgetter interface {
	Call
	Forget(t wire.WatcherType)
}

// forget tells the server of this connection to forget what it has on path, by r if that is not nil.
func (m *Machine) forget(path string, t wire.WatcherType, r *Request) {
	if r == nil {
		m.enqueue(&Request{Op: wire.OpRemoveWatches, Conn: m.conn, internal: true,
			Call: ownRequest{&proto.RemoveWatchesRequest{Path: path, Type: int32(t)}}})
		return
	}
	r.Conn = m.conn // the next connection does not know of the watch
	if f, ok := r.Call.(Forgetter); ok {
		f.Forget(t)
	}
	m.enqueue(r) // however full the queue is: else the server would keep the watch
}

// forgetTables tells the server to forget what it has on path in those tables, as far as nobody needs it, by r if that
// is not nil. It reports whether r was used for that.
func (m *Machine) forgetTables(path string, data, child bool, r *Request) (used bool) {
	data, child = data && m.useless(path, WatchData), child && m.useless(path, WatchChild)
	switch {
	case data && child:
		m.forget(path, wire.WatcherAny, r)
	case data:
		m.forget(path, wire.WatcherData, r)
	case child:
		m.forget(path, wire.WatcherChildren, r)
	default:
		return false
	}
	return r != nil
}

// RemoveWatches ends, with cause, every watch and subscription on path that t means, and has r tell the
// server, if need be. It reports whether there was any; if not, r usually completes with CodeNoWatcher, without an answer.
func (m *Machine) RemoveWatches(path string, t wire.WatcherType, cause error, r *Request) (any bool) {
	var gone []*Watch
	var data, child bool
	if t == wire.WatcherData || t == wire.WatcherAny {
		data = m.watches.taken(path, WatchData)
		gone = append(m.watches.grab(nil, WatchData, path), m.watches.grab(nil, WatchExist, path)...)
	}
	if t == wire.WatcherChildren || t == wire.WatcherAny {
		child = m.watches.taken(path, WatchChild)
		gone = m.watches.grab(gone, WatchChild, path)
	}
	for _, w := range gone {
		m.do(DoFire, &Fired{Watch: w, Err: cause})
	}
	any = len(gone) > 0
	if p := m.posts.byPath[path]; p != nil {
		any = m.endSubs(p, cause, func(s *Sub) bool {
			return t == wire.WatcherAny || t == wire.WatcherPersistent && !s.Recursive || t == wire.WatcherPersistentRecursive && s.Recursive
		}) || any
		if m.tend(p, r) {
			return any
		}
	}
	if !m.forgetTables(path, data, child, r) {
		var err error
		if !any {
			err = wire.CodeNoWatcher
		}
		m.complete(r, err)
	}
	return any
}

// endSubs ends those subscriptions at p that which chooses. The caller tends p.
func (m *Machine) endSubs(p *post, err error, which func(*Sub) bool) (any bool) {
	for _, s := range append([]*Sub(nil), p.subs...) {
		if which(s) {
			m.posts.remove(s)
			m.do(DoNotify, &Notice{Sub: s, Err: err})
			any = true
		}
	}
	return any
}

// endPosts ends those subscriptions of all that which chooses.
func (m *Machine) endPosts(err error, which func(*Sub) bool) {
	for _, p := range m.posts.all() {
		m.endSubs(p, err, which)
		m.tend(p, nil)
	}
}

func every(*Sub) bool { return true }

// notify tells the subscriptions of an event.
func (m *Machine) notify(e Event) {
	switch e.Type {
	case wire.EventNodeCreated, wire.EventNodeDeleted, wire.EventNodeDataChanged, wire.EventNodeChildrenChanged:
	default:
		return // a server sends no others
	}
	p := m.posts.byPath[e.Path]
	if p != nil {
		if h := m.degraded(p); h != nil {
			m.fired(p, h, e)
			return
		}
	}
	m.hear(e)
	if p != nil && len(p.subs) == 0 {
		m.tend(p, nil) // perhaps the last one-shot watch has gone
	}
}

func (m *Machine) hear(e Event) {
	m.posts.hears(m.conn, e, func(s *Sub, e Event) { m.do(DoNotify, &Notice{Sub: s, Event: e}) })
}

// restored says that the server has answered the replay. What happened since the last connection nobody
// will tell: every subscription gets a Resync, before anything that happens from now on.
func (m *Machine) restored() {
	if m.caps.lacks(wire.OpAddWatch) {
		m.endPosts(wire.CodeUnimplemented, func(s *Sub) bool { return !s.degrades() })
		for _, p := range m.posts.all() {
			if len(p.subs) > 0 {
				m.rearm(p, m.degrade(p))
			}
		}
		return
	}
	for _, p := range m.posts.all() {
		if p.replay == m.conn {
			m.have(p, p.mode)
		}
		m.resync(p)
		m.tend(p, nil)
	}
}

// resync tells everybody at p that events may be missing.
func (m *Machine) resync(p *post) {
	for _, s := range p.subs {
		ev := Event{Type: wire.EventResync, Path: p.path, Zxid: -1, SessionChanged: s.epoch != m.sess.Epoch}
		s.epoch = m.sess.Epoch
		m.do(DoNotify, &Notice{Sub: s, Event: ev})
	}
}
