package handler

import "net"

// Kill ends the node at once, as SIGKILL does. Whoever is connected to it gets a RST. Whatever it would do is
// dropped: tasks, timers, connections, messages. No callback of it runs any more, and no Sink of it hears
// anything.
//
// Its processes and coroutines are unwound, so that they leave nothing behind: in a process Wait does not
// return, and the deferred functions run; in a coroutine Await fails with [future.ErrStopped] as when a node
// stops. Nothing that they do then gets out: they cannot dial, write, send or spawn, their lanes refuse tasks
// and their timers never fire. Whoever else waits for a future of the node gets [future.ErrStopped].
//
// A task or process that kills its own node goes on until it returns or waits.
func (n *Node) Kill() { n.die(true) }

// PowerOff is Kill of which nobody hears: who is connected to it is not told, and who dials it gets no
// answer. After Restart whatever is sent to it on an old connection is answered by a RST.
func (n *Node) PowerOff() { n.die(false) }

func (n *Node) die(heard bool) {
	if n.perish(heard) {
		n.life.stop()
		n.life.dropClosers()
	}
}

// perish is what dies at once. It reports whether the node was alive.
func (n *Node) perish(heard bool) bool {
	w := n.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.dead.Load() {
		return false
	}
	n.dead.Store(true)
	n.machine.off = !heard
	w.network.cut(n, heard)
	left := w.take(n)
	if h := n.halt; h != nil {
		left = append(left, h.rest.list[h.rest.head:]...)
		h.input, h.rest, n.halt = itemQueue{}, itemQueue{}, nil
	}
	w.events.drop(n)
	for _, it := range left {
		if p, ok := it.(*process); ok { // to be unwound
			w.add(p)
		}
	}
	for _, g := range n.queues {
		g.drop()
	}
	for _, p := range w.started {
		if p.node == n {
			p.wake()
		}
	}
	return true
}

// cut takes a node out of the network. The caller holds the world's mu.
func (nw *Network) cut(n *Node, heard bool) {
	n.ends.each(func(e *end) {
		e.err = net.ErrClosed
		n.ends.remove(e)
		if heard && e.peer != nil && e.peer.err == nil {
			e.answer()
		}
	})
	for at, l := range nw.listeners { // in any order: they are only forgotten
		if l.on == n {
			delete(nw.listeners, at)
		}
	}
	for _, l := range n.machine.touched {
		if l.to == n.machine {
			l.hangUp()
		} else if heard {
			l.farewell()
		}
	}
}

// Restart gives the machine of a dead node to a new one, with the same name and address and the same links,
// but with new random streams and nothing of what the old one had. It panics if the node is not dead or has
// been restarted already.
func (n *Node) Restart() *Node {
	w := n.w
	w.mu.Lock()
	m := n.machine
	if !n.dead.Load() || m.node != n {
		w.mu.Unlock()
		panic("handler: Restart is for a node that has been killed, once")
	}
	m.off = false
	fresh := newNode(w, m)
	w.nodes[m.name] = fresh
	w.order = append(w.order, fresh)
	w.mu.Unlock()
	if w.life.stopping.Load() {
		fresh.life.stop()
	}
	return fresh
}
