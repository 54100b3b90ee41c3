package handler

// A halt keeps what a paused node would do.
//
//	(none) ──Pause──▶ paused ──Resume──▶ catching up ──nothing is kept any more──▶ (none)
//	                     ▲─────────Pause────────┘
//
// A node that catches up does one thing after the other: first what has come from outside, in order, then
// the rest, its timers among it, in the order in which it became due.
type halt struct {
	n      *Node
	paused bool
	listed bool // it is among what may happen now
	input  itemQueue
	rest   itemQueue
	now    item // what happens
}

// Pause stops the node as SIGSTOP or a long garbage collection does: nothing of it runs until Resume.
// Its kernel still accepts connections and takes what arrives, its clock goes on, and what is on its way
// from it arrives. A dead node cannot be paused.
func (n *Node) Pause() {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	if n.dead.Load() {
		return
	}
	h := n.halt
	if h == nil {
		h = &halt{n: n}
		n.halt = h
	}
	h.paused = true
	for _, it := range n.w.take(n) {
		h.hold(it)
	}
}

// Resume ends Pause. The node does first what it has missed: it sees what has arrived in the meantime, in
// order, and then its timers fire.
func (n *Node) Resume() {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	h := n.halt
	if h == nil || !h.paused {
		return
	}
	h.paused = false
	if !h.listed {
		h.listed = true
		n.w.add(h)
	}
}

// hold keeps an item. The caller holds the world's mu, as do those of the methods below, except run.
func (h *halt) hold(it item) {
	if e, ok := it.(*event); ok && e.input {
		h.input.push(it)
	} else {
		h.rest.push(it)
	}
}

func (h *halt) owner() *Node { return nil }

func (h *halt) begin() (ok, more bool) {
	for !h.paused {
		q := &h.input
		if q.empty() {
			q = &h.rest
		}
		if q.empty() {
			h.n.halt = nil
			break
		}
		it := q.pop()
		ok, more := it.begin()
		if more {
			h.rest.push(it)
		}
		if ok {
			h.now = it
			return true, true
		}
	}
	h.listed = false
	return false, false
}

func (h *halt) identity() (*Node, uint64, []byte) {
	if h.now == nil {
		return h.n, haltLabel, nil
	}
	return h.now.identity()
}

func (h *halt) cause() uint64     { return h.now.cause() }
func (h *halt) describe(e *Event) { h.now.describe(e) }
func (h *halt) run()              { h.now.run() }

func (h *halt) end() {
	h.now.end()
	h.now = nil
}

var haltLabel = fnv("halt")

type itemQueue struct {
	list []item
	head int
}

func (q *itemQueue) empty() bool { return q.head == len(q.list) }

func (q *itemQueue) push(it item) { q.list = append(q.list, it) }

func (q *itemQueue) pop() item {
	it := q.list[q.head]
	q.list[q.head] = nil
	if q.head++; q.empty() {
		q.list, q.head = q.list[:0], 0
	}
	return it
}
