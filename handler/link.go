package handler

import "time"

// A LatencyKind is how the latencies of a link are distributed.
type LatencyKind uint8

const (
	// UniformLatency draws from Min to Max, all equally likely. It is the default.
	UniformLatency LatencyKind = iota
	// ConstantLatency is always Min.
	ConstantLatency
	// ExponentialLatency is Min and something that is Mean on average; not more than Max, unless that is 0.
	ExponentialLatency
	// LongTailLatency draws from Min to Max, and once in a hundred times from Max to 20 times Max.
	LongTailLatency
)

// A Latency says how long bytes travel. As an option of [NewDeterministic] it is the network's default,
// which otherwise is from 100 to 500 µs.
type Latency struct {
	Kind           LatencyKind
	Min, Max, Mean time.Duration // Mean is for ExponentialLatency alone
}

func (l Latency) deterministic(d *Deterministic) { d.w.network.latency = l }

// draw returns how long something takes that travels now.
func (l *Latency) draw(d *dice) time.Duration {
	switch l.Kind {
	case ConstantLatency:
		return l.Min
	case ExponentialLatency:
		t := l.Min + d.exponential(l.Mean)
		if l.Max > 0 {
			t = min(t, l.Max)
		}
		return t
	case LongTailLatency:
		if d.below(100) == 0 {
			return d.between(l.Max, 20*l.Max)
		}
	}
	return d.between(l.Min, l.Max)
}

// A Link is one direction between two nodes, and what is wrong with it. It belongs to the machines and not
// to what runs there: it stays the same when they are restarted.
//
// Every connection between the nodes has a stream of bytes in each direction, and so have the messages
// of [Network.Send]. Inside a stream nothing is lost or overtaken, whatever happens; between streams there
// is no order.
//
//	flowing ◀──Flow── Stall ──▶ stalled: what would arrive waits
//	sound   ◀──Lose(false)── Lose(true) ──▶ losing: what is sent is gone, and its stream is dead
type Link struct {
	nw       *Network
	from, to *machine
	back     *Link // the other direction, once it has been asked for; guarded by the world's mu

	// Guarded by the world's mu:
	latency  *Latency // nil: the network's default
	stalled  bool
	parked   []*event // what would have arrived since it stalled, in that order
	losing   bool
	drip     bool
	reset    int // so many bytes, and the connection of the last is reset; 0: none is
	messages messages
}

func newLink(nw *Network, from, to *machine) *Link {
	l := &Link{nw: nw, from: from, to: to}
	l.messages.dice = newDice(nw.key, mix(from.label, to.label))
	l.prepareArrival()
	return l
}

// Latency sets how long what is sent from now on travels. Inside a stream, what was sent before
// keeps back what follows.
func (l *Link) Latency(t Latency) {
	defer l.nw.lock().Unlock()
	l.latency = &t
}

// Stall keeps everything that would arrive, attempts to connect and the ends of connections included,
// until Flow.
func (l *Link) Stall() {
	defer l.nw.lock().Unlock()
	l.stalled = true
}

// Flow ends Stall: what was kept arrives at once, in one burst.
func (l *Link) Flow() {
	defer l.nw.lock().Unlock()
	l.stalled = false
	parked := l.parked
	l.parked = nil
	for _, e := range parked {
		if !e.off {
			l.nw.w.scheduleFrom(e, e.at, e.from)
		}
	}
}

// Lose makes everything vanish that is sent while it is on, the ends of connections included, and with
// it whatever the same streams send later: the other side hears nothing any more and is told nothing.
// Connections made later are not concerned.
func (l *Link) Lose(on bool) {
	defer l.nw.lock().Unlock()
	l.losing = on
}

// Drip makes bytes that are sent while it is on travel one by one: each leaves when the one before has
// arrived, and has a latency of its own.
func (l *Link) Drip(on bool) {
	defer l.nw.lock().Unlock()
	l.drip = on
}

// ResetAfter lets so many more bytes of connections through; the connection of the last of them is then
// reset, on both sides. That happens once. 0 takes it back.
func (l *Link) ResetAfter(bytes int) {
	defer l.nw.lock().Unlock()
	l.reset = max(bytes, 0)
}

// counts takes note of bytes that are sent, and reports whether they are the last. The caller holds the
// world's mu.
func (l *Link) counts(bytes int) bool {
	if l.reset == 0 {
		return false
	}
	l.reset -= bytes
	return l.reset == 0
}

// draw returns how long something takes that is sent now. The caller holds the world's mu.
func (l *Link) draw(d *dice) time.Duration {
	if l.latency != nil {
		return l.latency.draw(d)
	}
	return l.nw.latency.draw(d)
}

// keep parks what arrives if the link is stalled. The caller holds the world's mu.
func (l *Link) keep(e *event) bool {
	if l.stalled {
		l.parked = append(l.parked, e)
	}
	return l.stalled
}
