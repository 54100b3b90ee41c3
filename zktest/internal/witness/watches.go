package witness

import (
	"fmt"
	"slices"
)

// watches checks of every watch that its client was told before it saw the change, or anything later.
func (c *checker) watches() *Violation {
	if len(c.events) == 0 {
		return nil
	}
	known := c.knowledge()
	for _, e := range c.events {
		ev := &c.h.Ops[e]
		op := &c.h.Ops[ev.Watch]
		change, by := c.change(op)
		if change == never {
			continue
		}
		log := known[op.Client]
		end := len(log)
		if ev.Return != 0 {
			end, _ = slices.BinarySearchFunc(log, ev.Return, func(f fact, m Moment) int { return cmpInt(int64(f.at), int64(m)) })
		}
		for k := end - 1; k >= 0 && log[k].best >= change; k-- {
			if log[k].zxid < change {
				continue
			}
			first := k
			for j := k - 1; j >= 0 && log[j].best >= change; j-- {
				if log[j].zxid >= change {
					first = j
				}
			}
			told := "was not told yet"
			if ev.Return == 0 {
				told = "was never told"
			}
			return c.violation("watch", fmt.Sprintf("%s saw zxid %#x, but %s that %s, which it watched, had changed at zxid %#x",
				c.who(op), log[first].zxid, told, c.path(op), change), int(ev.Watch), int(by), int(log[first].op), int(e))
		}
	}
	return nil
}

// A fact is a zxid that a client certainly knew from a moment on.
type fact struct {
	at   Moment
	zxid int64
	best int64 // greatest zxid up to here
	op   int32
}

// knowledge lists what each client learned, in the order of moments.
func (c *checker) knowledge() [][]fact {
	known := make([][]fact, len(c.h.Clients))
	for i := range c.h.Ops {
		op := &c.h.Ops[i]
		if z := op.shows(); z != 0 && op.Return != 0 {
			known[op.Client] = append(known[op.Client], fact{at: op.Return, zxid: z, op: int32(i)})
		}
	}
	for _, log := range known {
		if !slices.IsSortedFunc(log, byMoment) {
			slices.SortFunc(log, byMoment)
		}
		best := int64(0)
		for k := range log {
			best = max(best, log[k].zxid)
			log[k].best = best
		}
	}
	return known
}

func byMoment(a, b fact) int { return cmpInt(int64(a.at), int64(b.at)) }

// shows is the greatest zxid that the answer tells.
func (op *Op) shows() int64 {
	switch {
	case op.Kind == Event || op.Outcome == Unknown:
		return 0
	case op.found():
		return max(op.Zxid, op.Czxid, op.Mzxid, op.Pzxid)
	case op.wrote():
		return op.zxid()
	}
	return op.Zxid
}

// change is when at the latest the watch that op has registered must have been triggered, and by what. It is never if that is
// not certain, or not certain to be told.
func (c *checker) change(op *Op) (zxid int64, by int32) {
	n := &c.nodes[op.Path]
	if op.absent() {
		// What was created and deleted while the client had no connection, nobody tells.
		_, hi := op.between()
		k := n.lifeUpTo(hi) + 1
		if k == len(n.lives)-1 && !n.lives[k].mayEnd {
			return n.lives[k].czxid, n.states[n.lives[k].from].op
		}
		return never, -1
	}
	if !op.found() {
		return never, -1
	}
	if op.Kind == Children {
		return c.newChild(op)
	}
	k := n.at(op.Mzxid)
	if k+1 < len(n.states) && n.states[k+1].czxid == op.Czxid {
		return n.states[k+1].zxid, n.states[k+1].op
	}
	return n.endOf(op.Czxid)
}

// endOf is when the life with this czxid has ended at the latest.
func (n *node) endOf(czxid int64) (zxid int64, by int32) {
	if l := n.lifeOf(czxid); l != nil && l.endHi != never {
		return l.endHi - 1, l.hiOp
	}
	return never, -1
}

// newChild is when the list that op read has changed by a creation, or by the end of the parent.
func (c *checker) newChild(op *Op) (zxid int64, by int32) {
	zxid, by = c.nodes[op.Path].endOf(op.Czxid)
	for _, kid := range c.family[op.Path].kids {
		n := &c.nodes[kid.path]
		if k := n.lifeUpTo(op.Pzxid) + 1; k < len(n.lives) && n.lives[k].czxid < zxid {
			zxid, by = n.lives[k].czxid, n.states[n.lives[k].from].op
		}
	}
	return zxid, by
}
