package witness

import (
	"fmt"
	"slices"
)

// settle finds the lives of every node, and what ended them.
func (c *checker) settle() *Violation {
	for p := range c.nodes {
		n := &c.nodes[p]
		if v := c.live(n); v != nil {
			return v
		}
		if v := c.end(n, int32(p)); v != nil {
			return v
		}
	}
	return nil
}

// live divides the states of a node into lives, and checks that versions count.
func (c *checker) live(n *node) *Violation {
	lives := 0
	for k := range n.states {
		if k == 0 || n.states[k-1].czxid != n.states[k].czxid {
			lives++
		}
	}
	n.lives = make([]life, 0, lives)
	for k := range n.states {
		s := &n.states[k]
		if k > 0 && n.states[k-1].zxid == s.zxid && !c.together(n.states[k-1].op, s.op) {
			return c.violation("order", fmt.Sprintf("two writes to %s have the same zxid %#x", c.path(&c.h.Ops[s.op]), s.zxid), int(n.states[k-1].op), int(s.op))
		}
		if k == 0 || n.states[k-1].czxid != s.czxid {
			if v := c.born(n, k); v != nil {
				return v
			}
			n.lives = append(n.lives, life{czxid: s.czxid, owner: s.owner, from: k, to: k + 1, endLo: s.zxid, endHi: never, loOp: s.op, hiOp: -1})
			if i := len(n.lives) - 2; i >= 0 {
				n.lives[i].endHi, n.lives[i].hiOp = s.czxid+1, s.op
			}
			continue
		}
		l := &n.lives[len(n.lives)-1]
		l.to, l.endLo, l.loOp = k+1, s.zxid, s.op
		if v := c.counts(&n.states[k-1], s); v != nil {
			return v
		}
	}
	return nil
}

func (c *checker) together(a, b int32) bool {
	return c.h.Ops[a].Txn != 0 && c.h.Ops[a].Txn == c.h.Ops[b].Txn
}

// born checks the first state of a life.
func (c *checker) born(n *node, k int) *Violation {
	s := &n.states[k]
	path := c.h.Paths[c.h.Ops[s.op].Path]
	if s.zxid != s.czxid || k > 0 && s.czxid < n.states[k-1].czxid {
		return c.violation("read", fmt.Sprintf("%s of zxid %#x was created at zxid %#x, but nobody did it then", path, s.zxid, s.czxid), int(s.op))
	}
	if s.version != 0 && !c.inTxn(s) {
		return c.violation("version", fmt.Sprintf("%s was created at zxid %#x with version %d, not 0", path, s.zxid, s.version), int(s.op))
	}
	return nil
}

func (c *checker) inTxn(s *state) bool { return s.seen || c.h.Ops[s.op].Txn != 0 }

// counts checks two states of one life that follow each other.
func (c *checker) counts(a, b *state) *Violation {
	path := c.h.Paths[c.h.Ops[b.op].Path]
	if b.version <= a.version {
		return c.violation("version", fmt.Sprintf("%s had version %d at zxid %#x and version %d later, at zxid %#x: a write got lost",
			path, a.version, a.zxid, b.version, b.zxid), int(a.op), int(b.op))
	}
	if b.version > a.version+1 && len(c.nodes[c.h.Ops[b.op].Path].unknown) == 0 && !c.inTxn(b) {
		return c.violation("version", fmt.Sprintf("%s went from version %d at zxid %#x to version %d at zxid %#x, but nobody wrote in between",
			path, a.version, a.zxid, b.version, b.zxid), int(a.op), int(b.op))
	}
	if op := &c.h.Ops[b.op]; !b.seen && op.Kind == Set && op.Expected >= 0 && op.Version != op.Expected+1 {
		return c.violation("version", fmt.Sprintf("a set of %s was conditional on version %d, and made version %d", path, op.Expected, op.Version), int(a.op), int(b.op))
	}
	return nil
}

// end finds out which deletes may have ended which lives.
func (c *checker) end(n *node, p int32) *Violation {
	path := c.h.Paths[p]
	for _, d := range n.deletes {
		if v := c.deleted(n, d); v != nil {
			return v
		}
	}
	late := int64(never) // an unknown delete may have ended what lived after this
	for _, i := range n.unknown {
		if c.h.Ops[i].Kind == Delete {
			late = min(late, c.floor[i])
		}
	}
	for i := range n.lives {
		l := &n.lives[i]
		switch {
		case l.mayEnd:
		case late < l.endHi:
			l.mayEnd = true
		case l.owner != 0:
			l.mayEnd = true
			if proof := c.proofs[l.owner]; proof > l.endLo {
				l.endLo, l.loOp = proof, c.proofOf(l.owner)
			}
		}
		if l.endHi != never && (!l.mayEnd || l.endLo+1 >= l.endHi) {
			return c.violation("create", fmt.Sprintf("%s was created at zxid %#x although it was there since zxid %#x and was not deleted", path, l.endHi-1, l.czxid),
				int(n.states[l.from].op), int(l.hiOp))
		}
	}
	return nil
}

func (c *checker) proofOf(session int64) int32 {
	return int32(slices.IndexFunc(c.h.Ops, func(op Op) bool {
		return op.Owner == session && op.wrote() && op.zxid() == c.proofs[session]
	}))
}

// deleted finds the life that the answered delete d has ended.
func (c *checker) deleted(n *node, d int32) *Violation {
	op := &c.h.Ops[d]
	lo, hi := op.between()
	first, last := -1, -1
	for i := max(0, n.lifeUpTo(lo)); i < len(n.lives) && n.lives[i].czxid <= hi; i++ {
		if l := &n.lives[i]; n.states[l.to-1].zxid <= hi && l.endHi-1 > lo {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	switch {
	case first < 0 && !c.mayCreate(n, hi):
		return c.violation("delete", fmt.Sprintf("%s was deleted by %s, but it was not there", c.path(op), c.who(op)), int(d))
	case first < 0:
		return nil
	}
	for i := first; i <= last; i++ {
		n.lives[i].mayEnd = true
	}
	if first != last || len(n.unknown) > 0 {
		return nil
	}
	l := &n.lives[first]
	if l.killed {
		return c.violation("delete", fmt.Sprintf("%s was deleted twice, and created once, at zxid %#x", c.path(op), l.czxid), int(n.states[l.from].op), int(l.by), int(d))
	}
	l.killed, l.by = true, d
	if s := &n.states[l.to-1]; op.Expected >= 0 && op.Expected != s.version {
		return c.violation("version", fmt.Sprintf("a delete of %s was conditional on version %d, and the node had version %d", c.path(op), op.Expected, s.version), int(s.op), int(d))
	}
	if lo > l.endLo || op.Zxid != 0 {
		l.endLo, l.loOp = lo, d
	}
	if hi != never && hi+1 < l.endHi {
		l.endHi, l.hiOp = hi+1, d
	}
	return nil
}

// between is the range of zxids that the operation may have had: more than lo, at most hi.
func (op *Op) between() (lo, hi int64) {
	switch z := op.zxid(); {
	case z != 0 && op.Kind <= Delete:
		return z - 1, z
	case op.Zxid != 0:
		return op.Zxid - 1, op.Zxid
	case op.Return == 0 || op.Seen == 0:
		return op.After, never
	}
	return op.After, op.Seen
}

// mayCreate reports whether an unknown write may have created the node up to some zxid, without anybody seeing it.
func (c *checker) mayCreate(n *node, hi int64) bool {
	return slices.ContainsFunc(n.unknown, func(i int32) bool {
		return c.h.Ops[i].Kind == Create && c.floor[i] < hi
	})
}
