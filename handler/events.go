package handler

import (
	"math"
	"time"
)

// forever is later than anything that happens.
const forever = time.Duration(math.MaxInt64)

// An event is something that happens once, at a time: a timer, the arrival of bytes.
type event struct {
	at    time.Duration // since the beginning of the world
	seq   uint64        // how many have been scheduled before
	from  uint64        // the step that has scheduled it
	node  *Node
	label uint64
	kind  string // for observers
	what  interface{ happen() }
	via   *Link // what it comes over; nil: nothing
	index int32 // place in the heap; -1 when it is not there

	off     bool // taken back when it was due already, or has happened
	kernel  bool // it happens in a kernel: also when its node is paused or dead
	input   bool // a node that has been paused does this first
	arrives bool // what is an *arrival, whose bytes belong into the trace
	locked  bool // it happens with the world's lock held, and lets go of it
}

// An eventFunc is what happens when it needs no type of its own.
type eventFunc func()

func (fn eventFunc) happen() { fn() }

func (e *event) begin() (ok, more bool) {
	if e.via != nil && !e.off && e.via.keep(e) {
		return false, false
	}
	ok = !e.off
	e.off = true
	return ok, false
}

func (e *event) owner() *Node {
	if e.kernel {
		return nil
	}
	return e.node
}

func (e *event) identity() (n *Node, label uint64, data []byte) {
	if e.arrives {
		data = e.what.(*arrival).data()
	}
	return e.node, e.label, data
}

func (e *event) cause() uint64 { return e.from }
func (e *event) end()          {}

func (e *event) run() {
	if !e.locked {
		e.node.w.mu.Unlock()
	}
	e.what.happen()
}

func (e *event) describe(v *Event) {
	v.Node, v.Kind = e.node.name, e.kind
	if d, ok := e.what.(interface{ describe(*Event) }); ok {
		d.describe(v)
	}
}

// An eventHeap has the next event on top, and of several at the same time the one that was scheduled
// first. They become runnable together, and the policy picks.
type eventHeap []place

// A place has what is compared, so that nobody has to look at the events.
type place struct {
	at  time.Duration
	seq uint64
	e   *event
}

func (p *place) before(q *place) bool { return p.at < q.at || p.at == q.at && p.seq < q.seq }

func (h *eventHeap) push(e *event) {
	*h = append(*h, place{})
	h.up(len(*h)-1, place{e.at, e.seq, e})
}

func (h *eventHeap) pop() *event {
	e := (*h)[0].e
	h.remove(e)
	return e
}

// remove lets the hole that e leaves sink to the bottom, and what was last rise from there: it mostly belongs there.
func (h *eventHeap) remove(e *event) {
	list, last := *h, len(*h)-1
	i := int(e.index)
	for child := 2*i + 1; child < last; child = 2*i + 1 {
		if child+1 < last && list[child+1].before(&list[child]) {
			child++
		}
		list[i] = list[child]
		list[i].e.index = int32(i)
		i = child
	}
	p := list[last]
	list[last] = place{}
	*h = list[:last]
	e.index = -1
	if i < last {
		h.up(i, p)
	}
}

// drop removes the events of a node.
func (h *eventHeap) drop(n *Node) {
	var gone []*event
	for i := range *h {
		if e := (*h)[i].e; e.owner() == n {
			gone = append(gone, e)
		}
	}
	for _, e := range gone {
		h.remove(e)
		e.off = true
	}
}

// up puts p at i or above.
func (h eventHeap) up(i int, p place) {
	for i > 0 {
		parent := (i - 1) / 2
		if !p.before(&h[parent]) {
			break
		}
		h[i] = h[parent]
		h[i].e.index = int32(i)
		i = parent
	}
	h[i] = p
	p.e.index = int32(i)
}
