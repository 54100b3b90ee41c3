package recipes

import (
	"errors"
	"slices"

	"github.com/gazoo-go/gazoo/zk"
)

// A treeRead is what is asked about one node at one time. There is one for a node at a time, so answers about it come in the
// order in which they are true; and one session gets all its answers in that order.
//
//	touch ──▶ queued ──room in the window──▶ busy ──answers──▶ learn ──more to be read──▶ queued
//	                                          │touch: once more
type treeRead struct {
	n    *treeNode
	what treeReads
	due  uint64 // n.due when it was asked
	at   uint64 // its number
	left int    // answers that are still to come
	same bool   // it was answered by the node that is in the cache

	node     zk.Node // without data, its Stat
	dataErr  error
	exists   *zk.Stat
	existErr error
	list     zk.ChildList
	listErr  error
}

// touch has something read of a node, after what is being read of it now.
func (t *TreeCache) touch(n *treeNode, what treeReads) {
	if n.barred && what != 0 {
		what = readExist
	}
	n.want |= what
	if n.want != 0 && !n.busy && !n.queued && !n.gone {
		n.queued = true
		t.todo = append(t.todo, n)
	}
}

// readAll has everything looked at again.
func (t *TreeCache) readAll() {
	t.reading++
	t.owed = true
	t.walk(t.root, t.dueAgain)
}

// dueAgain has a node looked at, for Initialized to wait for.
func (t *TreeCache) dueAgain(n *treeNode) {
	if n.due == 0 {
		t.missing++
	}
	n.due = max(t.reading, 1)
	known := n.node.Load()
	switch {
	case known == nil, t.sub == nil && (n.data.Changed == nil || t.deep(n) && n.list.Changed == nil):
		t.touch(n, t.first(n)) // or watches have ended with their session
	case t.sub != nil && known.DataLength <= treeSmall:
		t.touch(n, readData) // with others, which is cheaper than a Stat alone
	default:
		t.touch(n, readStat)
	}
}

// first is what is read of a node that nothing is known of. Under a subscription its Stat tells whether it has children.
func (t *TreeCache) first(n *treeNode) treeReads {
	if t.sub == nil && t.deep(n) {
		return readData | readList
	}
	return readData
}

// deep reports whether children of n are wanted.
func (t *TreeCache) deep(n *treeNode) bool {
	return t.opt.depthLimit == 0 || n.depth+1 < t.opt.depthLimit
}

// failed decides about an answer that is none: what is to be read again; or out, if the node is not to be here.
func (t *TreeCache) failed(err error, what treeReads) (again treeReads, out bool) {
	switch {
	case errors.Is(err, zk.ErrNoNode):
		return 0, true
	case errors.Is(err, zk.ErrConnectionLoss):
		return what, false // requests wait for the next connection
	case errors.Is(err, zk.ErrClosed), errors.Is(err, zk.ErrAuthFailed), errors.Is(err, zk.ErrSessionExpired) && t.cl.PinnedTo() != 0:
		t.over(err)
		return 0, false
	case errors.Is(err, zk.ErrNoAuth), errors.Is(err, zk.ErrBadArguments):
		t.faults.tell(err)
		return 0, true
	case errors.Is(err, zk.ErrTooLong):
		t.faults.tell(err)
		return 0, what != readList // a node without its children is better than none
	case errors.Is(err, zk.ErrOverloaded):
		t.window = max(1, t.window/2)
	case !errors.Is(err, zk.ErrThrottled) && !errors.Is(err, zk.ErrSessionExpired):
		t.faults.tell(err)
	}
	t.pause()
	return what, false
}

// learn brings the cache up to date with the answers, and returns what they make necessary to be read.
func (t *TreeCache) learn(r *treeRead) (more treeReads) {
	n := r.n
	if r.what&readData != 0 {
		if r.dataErr != nil {
			again, out := t.failed(r.dataErr, readData)
			if more |= again; out {
				return t.absent(n, r.dataErr)
			}
		} else {
			more |= t.put(n, r)
		}
	}
	if r.what&readStat != 0 {
		switch {
		case r.existErr != nil:
			again, out := t.failed(r.existErr, readStat)
			if more |= again; out {
				return t.absent(n, r.existErr)
			}
		case r.exists == nil:
			return t.absent(n, zk.ErrNoNode)
		default:
			again, same := t.compare(n, r, *r.exists)
			if more |= again; same {
				more |= t.relist(n, r, r.exists)
			}
		}
	}
	if r.what&readExist != 0 {
		if r.existErr != nil {
			again, out := t.failed(r.existErr, readExist)
			if more |= again; out {
				return t.absent(n, r.existErr)
			}
		} else if r.exists != nil {
			more |= t.unbar(n, r.exists)
		} else if n != t.root {
			return t.absent(n, zk.ErrNoNode)
		} else {
			n.barred = false
		}
	}
	if r.what&readList != 0 {
		if r.listErr != nil {
			again, out := t.failed(r.listErr, readList)
			if more |= again; out {
				return more | t.absent(n, r.listErr)
			}
			if errors.Is(r.listErr, zk.ErrTooLong) {
				more |= t.tooMany(n)
			}
		} else {
			more |= t.children(n, r)
		}
	}
	return more
}

// put takes what was read of a node itself.
func (t *TreeCache) put(n *treeNode, r *treeRead) (more treeReads) {
	now := &zk.Node{Path: n.path, Data: r.node.Data, Stat: r.node.Stat}
	if t.opt.noData {
		now.Data = nil // of one that was looked at together with others
	}
	old := n.node.Load()
	if old != nil && old.Czxid != now.Czxid { // deleted, and made again
		t.clear(n)
		old = nil
	}
	if old == nil {
		if up := n.up; up != nil && up.node.Load().Pzxid < now.Czxid {
			if n.held == nil || n.held.node.Czxid != now.Czxid {
				n.held = &heldNode{asked: t.asked}
				up.holds = append(up.holds, n)
			}
			n.held.node, n.held.due = now, r.due
			t.touch(up, readStat)
			return 0
		}
		return t.appear(n, now) &^ r.what
	}
	r.same = true
	if old.Mzxid == now.Mzxid {
		now.Data = old.Data
	}
	if old.Stat != now.Stat {
		n.node.Store(now)
	}
	if old.Mzxid != now.Mzxid {
		t.tell(NodeUpdated, now)
	}
	return t.relist(n, r, &now.Stat)
}

// relist has the children of a node read, when everything is looked at, if they are not those that are known.
func (t *TreeCache) relist(n *treeNode, r *treeRead, st *zk.Stat) treeReads {
	if n.long != nil {
		return t.fewer(n, st)
	}
	if r.due == 0 || !t.deep(n) || n.listed == listOf(st) {
		return 0
	}
	return readList &^ r.what
}

// appear adds a node, and returns what is to be read of it now.
func (t *TreeCache) appear(n *treeNode, now *zk.Node) treeReads {
	n.held = nil
	n.node.Store(now)
	t.tell(NodeAdded, now)
	if t.deep(n) && (t.sub == nil || now.NumChildren > 0) {
		return readList
	}
	n.listed = listOf(&now.Stat)
	return 0
}

// vouch adds the children of n that were held until it was read by a later request. It is the same node as before; so it
// was there all the time.
func (t *TreeCache) vouch(n *treeNode, at uint64) {
	holds := n.holds
	n.holds = nil
	for _, kid := range holds {
		switch held := kid.held; {
		case held == nil || kid.gone:
		case held.asked >= at && held.node.Czxid > n.node.Load().Pzxid:
			n.holds = append(n.holds, kid)
			t.touch(n, readStat)
		default:
			more := t.appear(kid, held.node)
			t.touch(kid, more)
			if more == 0 {
				t.settle(kid, held.due)
			}
		}
	}
}

// compare takes a Stat of a node that is in the cache, and reports whether it is the same one.
func (t *TreeCache) compare(n *treeNode, r *treeRead, st zk.Stat) (more treeReads, same bool) {
	now := n.node.Load()
	if now == nil || now.Czxid != st.Czxid {
		return t.first(n), false
	}
	r.same = true
	if now.Mzxid != st.Mzxid {
		return readData, true
	}
	if now.Stat != st {
		n.node.Store(&zk.Node{Path: n.path, Data: now.Data, Stat: st})
	}
	return 0, true
}

// children takes what was read of a node's children.
func (t *TreeCache) children(n *treeNode, r *treeRead) (more treeReads) {
	if n.held != nil {
		return 0 // when it is added they are read
	}
	list := r.list
	more, same := t.compare(n, r, list.Stat)
	if !same || !t.deep(n) {
		return more
	}
	n.forget()
	n.listed = listOf(&list.Stat)
	slices.Sort(list.Names)
	for _, kid := range n.children() {
		if _, there := slices.BinarySearch(list.Names, kid.name()); !there {
			t.touch(kid, readData) // which says that it is not; or it has come since
		}
	}
	for _, name := range list.Names {
		if n.kid(name) == nil {
			t.welcome(n, name)
		}
	}
	return more
}

// welcome makes a place for a child, and has it read.
func (t *TreeCache) welcome(n *treeNode, name string) {
	if !t.deep(n) || t.opt.selects != nil && !t.opt.selects(n.below(name)) {
		return
	}
	kid := n.add(name)
	if n.due != 0 {
		kid.due = n.due
		t.missing++
	}
	t.touch(kid, t.first(kid))
}

// absent says that there is no such node, or none that may be read.
func (t *TreeCache) absent(n *treeNode, err error) (more treeReads) {
	t.clear(n)
	if n == t.root && !errors.Is(err, zk.ErrNoNode) {
		t.ready.Complete(struct{}{}, err)
	}
	if errors.Is(err, zk.ErrTooLong) {
		return t.bar(n)
	}
	if n != t.root {
		if !errors.Is(err, zk.ErrNoNode) {
			n.up.listed.known = false // it is tried again behind a gap
		}
		t.leave(n)
		return 0
	}
	if errors.Is(err, zk.ErrNoNode) && t.sub == nil && n.data.Changed == nil {
		more = readExist
	}
	return more
}

// clear removes a node and all below it, the leaves first.
func (t *TreeCache) clear(n *treeNode) {
	for _, kid := range n.children() {
		t.clear(kid)
		t.leave(kid)
	}
	n.held, n.holds, n.listed = nil, nil, treeList{}
	n.forget()
	if old := n.node.Load(); old != nil {
		n.node.Store(nil)
		t.tell(NodeRemoved, old)
	}
}

// leave gives the place of a node up.
func (t *TreeCache) leave(n *treeNode) {
	n.gone = true
	t.settle(n, n.due)
	n.disarm()
	n.up.kids.Load().Delete(n.name())
}

func (t *TreeCache) tell(what TreeEventType, n *zk.Node) {
	ev := TreeEvent{Type: what}
	if n != nil {
		ev.Node = *n
	}
	t.events.tell(ev)
}
