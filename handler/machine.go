package handler

import (
	"net/netip"
	"sync/atomic"
)

// A machine is what stays of a [Node] when it dies and is restarted: its name, its address, its place in
// the network and its clock.
type machine struct {
	name    string
	label   uint64
	address netip.Addr
	clock   atomic.Pointer[clock] // written under the world's mu

	// Guarded by the world's mu:
	node    *Node // the present one
	lives   int   // how many nodes there have been
	links   map[*machine]*Link
	touched []*Link // all that begin or end here, in the order of their making
	refuses bool
	off     bool // the power is
}

// newMachine makes a machine. Its address follows from its name, so that it does not depend on what other
// machines there are, unless two agree. The caller holds the world's mu.
func (nw *Network) newMachine(name string) *machine {
	m := &machine{name: name, label: fnv(name)}
	m.address = netip.AddrFrom4([4]byte{10, byte(m.label >> 16), byte(m.label >> 8), byte(m.label)})
	for nw.machines[m.address] != nil {
		if m.address = m.address.Next(); m.address.As4()[0] != 10 {
			m.address = netip.AddrFrom4([4]byte{10, 0, 0, 1})
		}
	}
	nw.machines[m.address] = m
	return m
}

// ends is a list of connections, oldest first.
type ends struct{ first, last *end }

func (l *ends) add(e *end) {
	e.prev, e.next = l.last, nil
	if l.last == nil {
		l.first = e
	} else {
		l.last.next = e
	}
	l.last, e.listed = e, true
}

func (l *ends) remove(e *end) {
	if !e.listed {
		return
	}
	if e.prev == nil {
		l.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next, e.listed = nil, nil, false
}

// each calls fn, which may remove anything.
func (l *ends) each(fn func(*end)) {
	var list []*end
	for e := l.first; e != nil; e = e.next {
		list = append(list, e)
	}
	for _, e := range list {
		fn(e)
	}
}
