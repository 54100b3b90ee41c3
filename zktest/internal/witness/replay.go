package witness

import "fmt"

// replay goes through all operations in the order in which they were called.
func (c *checker) replay() *Violation {
	c.children()
	var done answers
	views := make([]view, len(c.h.Clients))
	for i := range views {
		views[i].op = -1
	}
	for i := range c.h.Ops {
		op := &c.h.Ops[i]
		n := &c.nodes[op.Path]
		if op.Kind == Event || n.ignored || op.Outcome == Unknown {
			continue
		}
		began, by := done.before(op.Call)
		if v := c.judge(i, op, n, &views[op.Client], began, by); v != nil {
			return v
		}
		if op.wrote() {
			done.add(op.Return, op.zxid(), int32(i))
		}
	}
	return nil
}

// A view is the newest zxid that a client has certainly seen, and the operation that showed it.
type view struct {
	zxid int64
	op   int32
}

// judge looks at one operation. began is the newest zxid of a write that was answered before the operation was called.
func (c *checker) judge(i int, op *Op, n *node, mine *view, began int64, by int32) *Violation {
	// In what the client itself has seen, operations out of turn have no place.
	if op.Mode&Unordered != 0 {
		mine = &view{op: -1}
	}
	if op.After > mine.zxid {
		*mine = view{op.After, -1}
	}
	if op.Zxid != 0 && op.Zxid < mine.zxid {
		return c.violation("order", fmt.Sprintf("%s had seen zxid %#x and got an answer of zxid %#x", c.who(op), mine.zxid, op.Zxid), int(mine.op), i)
	}
	switch {
	case op.wrote():
		return c.write(i, op, n, mine, began, by)
	case op.found():
		return c.read(i, op, n, mine)
	case op.absent():
		_, hi := op.between()
		return c.gone(i, op, n, mine, max(mine.zxid, op.Zxid), hi)
	case op.Outcome == Failed && op.Refusal != Other:
		return c.refused(i, op, n, mine, began)
	}
	return nil
}

func (c *checker) write(i int, op *Op, n *node, mine *view, began int64, by int32) *Violation {
	z := op.zxid()
	if z <= began && !c.together(int32(i), by) {
		return c.violation("real time", fmt.Sprintf("%s was written with zxid %#x, although a write with %#x had been answered before", c.path(op), z, began), int(by), i)
	}
	if z < mine.zxid || z == mine.zxid && (mine.op < 0 || !c.together(int32(i), mine.op)) {
		return c.violation("order", fmt.Sprintf("%s had seen zxid %#x and then wrote with zxid %#x", c.who(op), mine.zxid, z), int(mine.op), i)
	}
	*mine = view{z, int32(i)}
	return nil
}

func (c *checker) read(i int, op *Op, n *node, mine *view) *Violation {
	k := n.at(op.Mzxid)
	s := &n.states[k]
	switch {
	case op.Czxid != s.czxid:
		return c.violation("read", fmt.Sprintf("%s of zxid %#x was created at zxid %#x, and here at %#x", c.path(op), op.Mzxid, s.czxid, op.Czxid), int(s.op), i)
	case op.Version != s.version:
		return c.violation("read", fmt.Sprintf("%s of zxid %#x has version %d, and was read with version %d", c.path(op), op.Mzxid, s.version, op.Version), int(s.op), i)
	case op.Kind == Get && s.value >= 0 && op.Value != s.value:
		return c.violation("read", fmt.Sprintf("%s of zxid %#x has the data %q, and was read with %q", c.path(op), op.Mzxid, c.h.Values[s.value], c.h.Values[op.Value]), int(s.op), i)
	}
	lo, lower := max(mine.zxid, op.Czxid, op.Mzxid, op.Pzxid, op.Zxid), mine.op
	if lo > mine.zxid {
		lower = int32(i)
	}
	if k+1 < len(n.states) && n.states[k+1].czxid == s.czxid && n.states[k+1].zxid <= lo {
		next := &n.states[k+1]
		return c.violation("stale", fmt.Sprintf("%s read %s of zxid %#x, but had seen zxid %#x, and %s was set at zxid %#x", c.who(op), c.path(op), s.zxid, lo, c.path(op), next.zxid),
			int(next.op), differ(lower, i, next.op), i)
	}
	l := n.lifeOf(s.czxid)
	if lo > l.endLo {
		if lo+1 >= l.endHi {
			return c.violation("stale", fmt.Sprintf("%s read %s of zxid %#x, but had seen zxid %#x, and %s was gone before zxid %#x", c.who(op), c.path(op), s.zxid, lo, c.path(op), l.endHi),
				int(l.hiOp), differ(lower, i, l.hiOp), i)
		}
		l.endLo, l.loOp = lo, int32(i)
	}
	*mine = view{lo, int32(i)}
	if op.Kind == Children {
		return c.list(i, op, lo)
	}
	return nil
}

// differ returns op unless it is i or other, and else -1, which no sentence mentions.
func differ(op int32, i int, other int32) int {
	if int(op) == i || op == other {
		return -1
	}
	return int(op)
}

// gone is an operation that found no node, at some zxid after lo and up to hi; lo itself will do if the client had seen it.
func (c *checker) gone(i int, op *Op, n *node, mine *view, lo, hi int64) *Violation {
	hi = max(hi, lo)
	k := n.lifeUpTo(lo)
	if k < 0 {
		return nil // it was not there at lo yet
	}
	// From the last life that had begun at lo on, is there room for the absence before the next one begins?
	for ; k < len(n.lives) && n.lives[k].czxid <= hi; k++ {
		l := &n.lives[k]
		next := int64(never)
		if k+1 < len(n.lives) {
			next = n.lives[k+1].czxid
		}
		earliest := max(lo, l.endLo+1)
		if !l.mayEnd || earliest > hi || earliest >= next {
			continue
		}
		if hi < next && hi+1 < l.endHi && l.czxid <= lo {
			l.endHi, l.hiOp = hi+1, int32(i)
		}
		return nil
	}
	l := &n.lives[max(0, n.lifeUpTo(lo))]
	if !l.mayEnd {
		return c.violation("lost", fmt.Sprintf("%s found no %s, which was created at zxid %#x and never deleted", c.who(op), c.path(op), l.czxid), int(n.states[l.from].op), differ(mine.op, i, n.states[l.from].op), i)
	}
	return c.violation("read", fmt.Sprintf("%s found no %s up to zxid %#x, but it was there from zxid %#x to %#x at least", c.who(op), c.path(op), hi, l.czxid, l.endLo),
		int(n.states[l.from].op), differ(l.loOp, i, n.states[l.from].op), i)
}

// refused is a write that the server refused for a reason that can be checked.
func (c *checker) refused(i int, op *Op, n *node, mine *view, began int64) *Violation {
	lo, hi := op.between()
	lo = max(lo, mine.zxid, began)
	hi = max(hi, lo)
	switch op.Refusal {
	case NoNode:
		if op.Kind != Create { // whose parent it was that is missing
			return c.gone(i, op, n, mine, lo, hi)
		}
	case NodeExists:
		k := n.lifeUpTo(hi)
		if k >= 0 && n.lives[k].endHi > lo+1 || c.mayCreate(n, hi) {
			return nil
		}
		if k < 0 {
			return c.violation("refusal", fmt.Sprintf("%s could not create %s because it existed, but nobody had created it", c.who(op), c.path(op)), i)
		}
		return c.violation("refusal", fmt.Sprintf("%s could not create %s because it existed, but it was gone before zxid %#x", c.who(op), c.path(op), n.lives[k].endHi),
			int(n.lives[k].hiOp), i)
	case BadVersion:
		k := n.upTo(lo)
		if k < 0 || len(n.unknown) > 0 || n.states[k].version != op.Expected || k+1 < len(n.states) && n.states[k+1].zxid <= hi {
			return nil
		}
		if l := n.lifeOf(n.states[k].czxid); l.mayEnd && l.endHi > lo && l.endLo < hi {
			return nil
		}
		return c.violation("refusal", fmt.Sprintf("%s was refused version %d of %s, which was its version from zxid %#x on", c.who(op), op.Expected, c.path(op), n.states[k].zxid),
			int(n.states[k].op), i)
	}
	return nil
}
