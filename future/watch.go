package future

import "sync/atomic"

// A watch calls fn inline for every future of a list as it completes, with its index and with how
// many are left, until fn says that it has seen enough. fn may run concurrently with itself.
type watch struct {
	fn    func(b *Batch, i, left int) (waiters *node, enough bool)
	left  atomic.Int64
	over  atomic.Bool // fn has seen enough
	nodes []watchNode
}

type watchNode struct {
	node
	on    *core
	owner *watch
	i     int
}

func newWatch(cs []*core, fn func(b *Batch, i, left int) (waiters *node, enough bool)) *watch {
	w := &watch{fn: fn, nodes: make([]watchNode, len(cs))}
	w.left.Store(int64(len(cs)))
	for i, c := range cs { // all of them before the first is linked: unlink may come at any time then
		n := &w.nodes[i]
		n.on, n.owner, n.i, n.w = c, w, i, n
	}
	for i, c := range cs {
		n := &w.nodes[i]
		c.arm()
		if !c.link(&n.node) {
			wakeAll(n.wake(nil), nil)
		}
		if w.over.Load() {
			w.unlink() // it may have been over before n was linked
			break
		}
	}
	return w
}

func (n *watchNode) wake(b *Batch) *node {
	w := n.owner
	left := int(w.left.Add(-1))
	waiters, enough := w.fn(b, n.i, left)
	if enough && left > 0 && !w.over.Swap(true) {
		w.unlink()
	}
	return waiters
}

// unlink forgets the futures that are not complete. A list with a future that lives long must leave
// nothing behind there.
func (w *watch) unlink() {
	for i := range w.nodes {
		w.nodes[i].on.unlink(&w.nodes[i].node)
	}
}

// gathering prepares the promise of something made from futures.
func gathering[T any](cs []*core) *Promise[T] {
	p := &Promise[T]{}
	p.f.ex, p.f.outlook = together(cs)
	return p
}

// together returns the lane of what is made from futures, which is that of the first that has one, and
// its outlook: produced by the lane when any of them is, and promised when all are.
func together(cs []*core) (ex Executor, o outlook) {
	for _, c := range cs {
		if ex = c.ex; ex != nil {
			break
		}
	}
	o.promised = true
	for _, c := range cs {
		one := c.seenFrom(ex)
		o.produced = o.produced || one.produced
		o.promised = o.promised && one.promised
	}
	return ex, o
}

func bases[T any](fs []*Future[T]) []*core {
	cs := make([]*core, len(fs))
	for i, f := range fs {
		cs[i] = &f.core
	}
	return cs
}
