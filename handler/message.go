package handler

import "time"

// messages is the stream of messages of one direction.
//
// It stands for a connection that the two nodes keep, and make anew when it breaks:
//
//	(none) ──Send──▶ connected ──Reset, Kill, the first Send after a loss──▶ (none), and OnDisconnect
type messages struct {
	from, to *Node // who is connected; nil: nobody
	deaf     bool  // something was lost
	dice     dice
	queue    []message // on their way, oldest first
	arrival  *event    // of the oldest one
}

type message struct {
	at    time.Duration
	from  uint64 // the step that has sent it
	to    *Node
	label string
	fn    func()
}

// messageArrival is what happens when a message arrives.
type messageArrival Link

func (a *messageArrival) happen() { (*Link)(a).deliver() }

func (a *messageArrival) describe(ev *Event) {
	ev.Peer = a.from.name
	if len(a.messages.queue) > 0 { // it has not happened yet
		ev.Label = a.messages.queue[0].label
	}
}

func (l *Link) prepareArrival() {
	l.messages.arrival = &event{via: l, kind: KindMessage, what: (*messageArrival)(l), off: true, input: true, locked: true}
}

// Send makes fn happen on another node when a message of so many bytes has got there, as an event of its own.
// Messages from one node to another are a stream, like the bytes of a connection: they arrive in order or not
// at all, and stalls and losses concern them. Nothing arrives at a dead node nor leaves one.
// label says to an observer what it is.
func (nw *Network) Send(from, to *Node, size int, label string, fn func()) {
	defer nw.lock().Unlock()
	if from.dead.Load() {
		return
	}
	l := nw.link(from.machine, to.machine)
	back := nw.opposite(l)
	m := &l.messages
	switch {
	case l.losing || to.machine.off:
		m.deaf = true
		return
	case to.dead.Load():
		return
	case m.deaf && m.from == nil: // it could not connect
		m.deaf = false
	case m.from != nil && m.from != from: // a restarted node connects anew
		nw.disconnect(from.machine, to.machine)
	case m.deaf || m.from != nil && m.to != to: // and the others notice that they have to
		nw.disconnect(from.machine, to.machine)
		return
	}
	m.from, m.to = from, to
	back.messages.from, back.messages.to = to, from
	l.post(message{to: to, label: label, fn: fn})
}

// post puts a message on its way. The caller holds the world's mu.
func (l *Link) post(msg message) {
	m := &l.messages
	msg.at, msg.from = l.nw.w.time()+l.draw(&m.dice), l.nw.w.trace.steps
	m.queue = append(m.queue, msg)
	if len(m.queue) == 1 {
		l.expect()
	}
}

// expect makes the oldest message arrive. The caller holds the world's mu.
func (l *Link) expect() {
	m := &l.messages
	m.arrival.node, m.arrival.label = m.queue[0].to, mix(l.from.label, fnv(m.queue[0].label))
	l.nw.w.scheduleFrom(m.arrival, m.queue[0].at, m.queue[0].from)
}

// deliver is the event of an arrival. It is called with the world's lock held, and lets go of it.
func (l *Link) deliver() {
	w := l.nw.w
	m := &l.messages
	msg := m.queue[0]
	m.queue = append(m.queue[:0], m.queue[1:]...)
	if len(m.queue) > 0 {
		l.expect()
	}
	w.mu.Unlock()
	msg.fn()
}

// hangUp forgets what is on its way, and the connection. The caller holds the world's mu.
func (l *Link) hangUp() {
	m := &l.messages
	m.from, m.to, m.deaf = nil, nil, false
	if len(m.queue) > 0 {
		l.nw.w.cancel(m.arrival)
		clear(m.queue)
		m.queue = m.queue[:0]
		l.prepareArrival() // the old one may still be among what happens now
	}
}

// farewell tells the other side that this one is gone, in its turn. The caller holds the world's mu.
func (l *Link) farewell() {
	m := &l.messages
	if from, to := m.from, m.to; from != nil && !m.deaf && !l.losing {
		l.post(message{to: to, label: "disconnect", fn: func() { to.lost(from) }})
	}
	m.from, m.to, m.deaf = nil, nil, false
}

// disconnect breaks the stream of messages between two machines now, and lets both know. The caller holds the
// world's mu.
func (nw *Network) disconnect(a, b *machine) {
	for _, l := range []*Link{a.links[b], b.links[a]} {
		if l == nil || l.messages.from == nil {
			continue
		}
		from, to := l.messages.from, l.messages.to
		l.hangUp()
		e := &event{node: to, label: mix(from.label, disconnectLabel), kind: KindMessage, input: true}
		e.what = eventFunc(func() { to.lost(from) })
		nw.w.schedule(e, nw.w.time())
	}
}

var disconnectLabel = fnv("disconnect")

func (n *Node) lost(peer *Node) {
	n.w.mu.Lock()
	fn := n.peerLost
	n.w.mu.Unlock()
	if fn != nil {
		fn(peer)
	}
}

// OnDisconnect makes fn run, as an event of the node, whenever the stream of messages between it and another
// has broken: one was reset, killed, or found out that something had been lost.
func (n *Node) OnDisconnect(fn func(peer *Node)) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	n.peerLost = fn
}
