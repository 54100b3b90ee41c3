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
	index int           // place in the heap; -1 when it is not there
	node  *Node
	label uint64
	data  []byte // what arrives; for the trace
	kind  string // for observers
	what  interface{ happen() }
	via   *Link // what it comes over; nil: nothing

	off    bool // taken back when it was due already, or has happened
	kernel bool // it happens in a kernel: also when its node is paused or dead
	input  bool // a node that has been paused does this first
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

func (e *event) identity() (*Node, uint64, []byte) { return e.node, e.label, e.data }
func (e *event) cause() uint64                     { return e.from }
func (e *event) run()                              { e.what.happen() }
func (e *event) end()                              {}

func (e *event) describe(v *Event) {
	v.Node, v.Kind = e.node.name, e.kind
	if d, ok := e.what.(interface{ describe(*Event) }); ok {
		d.describe(v)
	}
}

// An eventHeap has the next event on top, and of several at the same time the one that was scheduled
// first. They become runnable together, and the policy picks.
type eventHeap []*event

func (h eventHeap) less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}

func (h eventHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *eventHeap) push(e *event) {
	e.index = len(*h)
	*h = append(*h, e)
	h.up(e.index)
}

func (h *eventHeap) pop() *event {
	e := (*h)[0]
	h.remove(e)
	return e
}

func (h *eventHeap) remove(e *event) {
	i, last := e.index, len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	if i < last {
		h.down(i)
		h.up(i)
	}
}

// drop removes the events of a node.
func (h *eventHeap) drop(n *Node) {
	for i := len(*h) - 1; i >= 0; i-- { // what moves to i has been looked at
		if e := (*h)[i]; e.owner() == n {
			h.remove(e)
			e.off = true
		}
	}
}

func (h eventHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h eventHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h.less(child+1, child) {
			child++
		}
		if !h.less(child, i) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
