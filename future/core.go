package future

import (
	"sync"
	"sync/atomic"
)

// core is the part of a future that does not depend on the type of its result:
// whether it is complete, and who waits for that.
type core struct {
	ex  Executor // nil: laneless
	src Source   // nil: nobody wants to know

	mu      sync.Mutex  // guards what follows, and the callbacks of Future
	done    atomic.Bool // set under mu: err and the value are final, and may be read without mu by who has seen done
	queued  bool        // the future is in its lane's queue or running there
	settled bool        // src has been told
	outlook
	lastID  uint32 // of the newest callback
	firstID uint32 // of the oldest callback
	waiters *node  // the oldest in the ring of those to wake; when done, the mark of the Batch it was done in. May be nil
	err     error
}

// An outlook is what is known about where a result will come from.
type outlook struct {
	produced bool // by a task on the future's own lane
	promised bool // and in any case, also when the handler stops
}

// A node is a place in a future's ring of waiters. It is in one ring at most.
type node struct {
	prev, next *node
	w          waker
}

// A waker is told of a completion, inline, on the completing goroutine, outside the future's lock.
// Tasks go into b, so that one lock serves all that complete together; a nil b dispatches at once.
//
// A waker that completes another future returns that one's waiters, to be woken next. If it woke them
// itself, a long chain of futures would need a deep stack.
type waker interface{ wake(b *Batch) *node }

// Ready reports whether the future is complete.
func (c *core) Ready() bool { return c.done.Load() }

// Produced reports whether the result comes from a task on the future's own lane, so that a task of
// that lane would wait for it in vain. For handlers.
func (c *core) Produced() bool { return c.expected().produced }

// expected returns where the result is going to come from, as far as is known. What has a source comes from there.
func (c *core) expected() outlook {
	if c.src != nil {
		return outlook{promised: true}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.outlook
	o.promised = o.promised || c.done.Load()
	return o
}

// seenFrom is expected for a future on ex that will have the same result.
func (c *core) seenFrom(ex Executor) outlook {
	o := c.expected()
	o.produced = o.produced && c.ex == ex
	return o
}

// expect says where the result comes from now.
func (c *core) expect(o outlook) {
	c.mu.Lock()
	c.outlook = o
	c.mu.Unlock()
}

func (c *core) base() *core { return c }

// Notify runs t once, inline, on the goroutine that completes the future, or at once when it is
// complete. For handlers: t must not block and must not run user code.
func (c *core) Notify(t Task) (drop func() bool) {
	n := &notice{t: t}
	n.w = n
	if !c.link(&n.node) {
		t.Run()
		return func() bool { return false }
	}
	return func() bool { return c.unlink(&n.node) }
}

type notice struct {
	node
	t Task
}

func (n *notice) wake(*Batch) *node {
	n.t.Run()
	return nil
}

// link puts n into the ring. It returns false when the future is complete: n will not be woken.
func (c *core) link(n *node) bool {
	c.mu.Lock()
	pending := !c.done.Load()
	if pending {
		if oldest := c.waiters; oldest == nil {
			n.prev, n.next, c.waiters = n, n, n
		} else {
			n.prev, n.next = oldest.prev, oldest
			oldest.prev.next, oldest.prev = n, n
		}
	}
	c.mu.Unlock()
	return pending
}

// unlink takes n out of the ring. It returns false when n is not in it, and in particular when the
// future is complete: n has been or will be woken. So whoever unlinks a node or completes its future
// owns the waking, and nobody else.
func (c *core) unlink(n *node) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done.Load() || n.next == nil {
		return false
	}
	switch {
	case n.next == n:
		c.waiters = nil
	case n == c.waiters:
		c.waiters = n.next
	}
	n.prev.next, n.next.prev = n.next, n.prev
	n.prev, n.next = nil, nil
	return true
}

// detach empties the ring and returns its nodes as a list that ends with nil; the first one's prev is
// the last. b's mark takes their place, which saves every future a pointer.
// The caller holds mu and has set done, so nobody else touches the nodes any more.
func (c *core) detach(b *Batch) *node {
	first := c.waiters
	if first != nil {
		first.prev.next = nil
	}
	c.waiters = nil
	if b != nil {
		if b.mark.w == nil {
			b.mark.w = b
		}
		c.waiters = &b.mark
	}
	return first
}

// batch returns what the future was completed in; nil if in none. The caller has seen done.
func (c *core) batch() *Batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiters == nil {
		return nil
	}
	return c.waiters.w.(*Batch)
}

// wakeAll wakes the detached waiters of a future that has just completed, oldest first. Those of a
// future that a waiter completes come directly behind it.
func wakeAll(n *node, b *Batch) {
	for n != nil {
		rest := n.next // n belongs to its owner again once woken
		n.prev, n.next = nil, nil
		if more := n.w.wake(b); more != nil {
			more.prev.next = rest
			rest = more
		}
		n = rest
	}
}
