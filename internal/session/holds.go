package session

import "github.com/gazoo-go/gazoo/future"

// A Hold is somebody's belief that the session lives, from Hold to Release. While there is one, the
// session is proved by a sync every quarter of the timeout. It ends at the latest one timeout after
// the last proof.
type Hold struct {
	Call HoldCall

	epoch      uint64
	prev, next *Hold
	err        error // why it has ended
}

// A HoldCall is told, at most once, that the hold has ended by itself. It must not block or run user code.
type HoldCall interface {
	Lost(b *future.Batch, err error)
}

// holds is a ring of holds.
type holds struct {
	root Hold
	n    int
}

func (h *holds) init() { h.root.prev, h.root.next = &h.root, &h.root }

func (h *holds) add(x *Hold) {
	x.prev, x.next = h.root.prev, &h.root
	h.root.prev.next, h.root.prev = x, x
	h.n++
}

func (h *holds) remove(x *Hold) bool {
	if x.next == nil {
		return false
	}
	x.prev.next, x.next.prev = x.next, x.prev
	x.prev, x.next = nil, nil
	h.n--
	return true
}
