package witness

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Check replays the history. The error is the first contradiction that it finds, a [*Violation].
func (h *History) Check() error {
	c := &checker{h: h}
	for _, step := range []func() *Violation{c.sort, c.resolve, c.settle, c.replay, c.watches} {
		if v := step(); v != nil {
			return v
		}
	}
	return nil
}

// never is later than every zxid.
const never = math.MaxInt64

// A checker holds what is known of every path. Its steps run in this order:
//
//	sort     what answered writes did, by path and zxid
//	resolve  what else was seen, and which unknown write may have done it
//	settle   when nodes came to be and went away
//	replay   every operation again, in the order of calls
//	watches  what each client knew before it was told
type checker struct {
	h       *History
	nodes   []node            // by path
	ids     map[string]int32  // path to number, when needed
	family  map[int32]*family // children that the history knows of, by parent, where lists were read
	unknown []int32           // writes that may have been done
	floor   map[int32]int64   // of an unknown write: it came after this zxid, if at all
	proofs  map[int64]int64   // by session: a zxid at which it lived
	events  []int32
}

// A node is what is known of one path.
type node struct {
	states  []state          // by zxid
	lives   []life           // by czxid
	deletes []int32          // answered ones
	unknown []int32          // writes that may have been done
	extra   map[int64]*state // that only reads have shown, by zxid, until they are among the states
	ignored bool

	cursor, lifeCursor int // where the last ones were found: operations come nearly in order of zxids
}

// A state is a node's data from one zxid on, until the next state or the end of the life.
type state struct {
	zxid, czxid    int64
	owner          int64
	version, value int32 // value -1: nobody has read it
	op             int32 // that wrote it, or the first that saw it
	seen           bool  // op only saw it
}

// A life is a node from its creation to its deletion. The deletion's zxid is between endLo and endHi, exclusively.
type life struct {
	czxid, owner   int64
	from, to       int // its states
	endLo, endHi   int64
	loOp, hiOp     int32 // that know so; -1
	mayEnd, killed bool  // something may have ended it; a delete certainly did
	by             int32 // that delete
}

func (c *checker) sort() *Violation {
	h := c.h
	c.nodes = make([]node, len(h.Paths))
	for i, p := range h.Paths {
		c.nodes[i].ignored = p == "/" || p == "/zookeeper" || strings.HasPrefix(p, "/zookeeper/")
	}
	counts := make([]int32, len(h.Paths))
	var last Moment = -1
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Call < last {
			return c.violation("order", "the history is not in the order of calls", i)
		}
		last = op.Call
		if op.Outcome == OK && (op.Kind == Create || op.Kind == Set) {
			counts[op.Path]++
		}
		if op.Kind == Children && c.family[op.Path] == nil {
			if c.family == nil {
				c.family = map[int32]*family{}
			}
			c.family[op.Path] = &family{byName: map[string]int{}}
		}
	}
	total := 0
	for _, n := range counts {
		total += int(n)
	}
	all := make([]state, 0, total)
	for p := range c.nodes {
		from := len(all)
		all = all[:from+int(counts[p])]
		c.nodes[p].states = all[from : from : from+int(counts[p])]
	}
	for i := range h.Ops {
		op, n := &h.Ops[i], &c.nodes[h.Ops[i].Path]
		if n.ignored {
			continue
		}
		switch {
		case op.Kind == Event:
			c.events = append(c.events, int32(i))
		case op.Kind == Check || op.Kind > Check:
		case op.Outcome == Unknown:
			n.unknown = append(n.unknown, int32(i))
			c.unknown = append(c.unknown, int32(i))
		case op.Outcome == OK && op.Kind == Delete:
			n.deletes = append(n.deletes, int32(i))
		case op.Outcome == OK:
			n.states = append(n.states, state{op.zxid(), op.Czxid, op.Owner, op.Version, op.Value, int32(i), false})
			if op.Owner != 0 {
				if c.proofs == nil {
					c.proofs = map[int64]int64{}
				}
				c.proofs[op.Owner] = max(c.proofs[op.Owner], op.zxid())
			}
		}
	}
	for p := range c.nodes {
		sortStates(c.nodes[p].states)
	}
	return nil
}

func sortStates(s []state) {
	byZxid := func(a, b state) int {
		if a.zxid != b.zxid {
			return cmp.Compare(a.zxid, b.zxid)
		}
		return cmp.Compare(a.op, b.op)
	}
	if !slices.IsSortedFunc(s, byZxid) {
		slices.SortFunc(s, byZxid)
	}
}

// zxid is that of the change which an answered write or part of a transaction made, 0 if it is not known.
func (op *Op) zxid() int64 {
	switch {
	case op.Zxid != 0:
		return op.Zxid
	case op.Kind == Create:
		return op.Czxid
	case op.Kind == Set:
		return op.Mzxid
	}
	return 0
}

// found reports whether the operation saw a node and its Stat.
func (op *Op) found() bool {
	return op.Outcome == OK && (op.Kind == Get || op.Kind == Children || op.Kind == Exists && op.Czxid != 0)
}

// absent reports whether the operation saw that there is no node.
func (op *Op) absent() bool {
	switch op.Kind {
	case Get, Children:
		return op.Outcome == Failed && op.Refusal == NoNode
	case Exists:
		return op.Outcome == OK && op.Czxid == 0
	}
	return false
}

// at returns the last state with this zxid, or -1.
func (n *node) at(zxid int64) int {
	i := n.upTo(zxid)
	if i >= 0 && n.states[i].zxid == zxid {
		return i
	}
	return -1
}

// upTo returns the last state that is not newer than zxid, or -1.
func (n *node) upTo(zxid int64) int {
	n.cursor = gallop(n.cursor, len(n.states), func(i int) bool { return n.states[i].zxid <= zxid })
	return n.cursor
}

// lifeUpTo returns the last life that began not after zxid, or -1.
func (n *node) lifeUpTo(zxid int64) int {
	n.lifeCursor = gallop(n.lifeCursor, len(n.lives), func(i int) bool { return n.lives[i].czxid <= zxid })
	return n.lifeCursor
}

// gallop returns the last of n places for which low is true, or -1: it is true up to there. The search begins at a guess,
// which is seldom far away, and its steps grow.
func gallop(guess, n int, low func(i int) bool) int {
	lo, hi := -1, n // low(lo) is true, low(hi) is false
	if guess = min(guess, n-1); guess >= 0 {
		if low(guess) {
			lo = guess
			for step := 1; lo+step < n; step *= 2 {
				if !low(lo + step) {
					hi = lo + step
					break
				}
				lo += step
			}
		} else {
			hi = guess
			for step := 1; hi-step >= 0; step *= 2 {
				if low(hi - step) {
					lo = hi - step
					break
				}
				hi -= step
			}
		}
	}
	for lo+1 < hi {
		if mid := int(uint(lo+hi) / 2); low(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// lifeOf returns the life with this czxid.
func (n *node) lifeOf(czxid int64) *life {
	if i := len(n.lives) - 1; i >= 0 && n.lives[i].czxid == czxid {
		return &n.lives[i]
	}
	if i := n.lifeUpTo(czxid); i >= 0 && n.lives[i].czxid == czxid {
		return &n.lives[i]
	}
	return nil
}
