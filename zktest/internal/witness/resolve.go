package witness

import (
	"fmt"
	"slices"
)

// resolve finds what was seen that no answered write has done, and asks whether unknown writes explain it.
func (c *checker) resolve() *Violation {
	c.floors()
	var order []int32
	for i := range c.h.Ops {
		op := &c.h.Ops[i]
		if n := &c.nodes[op.Path]; n.ignored || !(op.found() || op.Outcome == OK && op.Kind == Set) {
			continue
		}
		if v := c.witnessed(i, op, &order); v != nil {
			return v
		}
	}
	for _, p := range order {
		c.nodes[p].merge()
		if v := c.explain(p); v != nil {
			return v
		}
	}
	return c.halves()
}

// witnessed adds the states that the Stat of op speaks of, if they are not known.
func (c *checker) witnessed(i int, op *Op, order *[]int32) *Violation {
	n := &c.nodes[op.Path]
	add := func(s state) {
		if n.extra == nil {
			n.extra = map[int64]*state{}
			*order = append(*order, op.Path)
		}
		n.extra[s.zxid] = &s
	}
	value := int32(-1)
	if op.Kind == Get {
		value = op.Value
	}
	if k := n.at(op.Mzxid); k < 0 {
		if s := n.extra[op.Mzxid]; s == nil {
			if len(n.unknown) == 0 && c.sequential(op.Path) < 0 {
				return c.violation("read", fmt.Sprintf("%s was changed at zxid %#x, but nobody did it", c.path(op), op.Mzxid), i)
			}
			add(state{op.Mzxid, op.Czxid, op.Owner, op.Version, value, int32(i), true})
		} else if s.value < 0 && value >= 0 {
			s.value, s.op = value, int32(i)
		}
	}
	if op.Czxid != op.Mzxid && n.at(op.Czxid) < 0 && n.extra[op.Czxid] == nil {
		if len(n.unknown) == 0 && c.sequential(op.Path) < 0 {
			return c.violation("read", fmt.Sprintf("%s was created at zxid %#x, but nobody did it", c.path(op), op.Czxid), i)
		}
		add(state{op.Czxid, op.Czxid, op.Owner, 0, -1, int32(i), true})
	}
	return nil
}

// merge puts what only reads have shown among the states.
func (n *node) merge() {
	extra := make([]state, 0, len(n.extra))
	for _, s := range n.extra { // in no order, but they are sorted
		extra = append(extra, *s)
	}
	n.extra = nil
	sortStates(extra)
	all := make([]state, 0, len(n.states)+len(extra))
	for _, s := range n.states {
		for len(extra) > 0 && extra[0].zxid < s.zxid {
			all, extra = append(all, extra[0]), extra[1:]
		}
		all = append(all, s)
	}
	n.states = append(all, extra...)
}

// floors finds out for each unknown write which zxids it must come after: those that its client had seen, and those of
// writes that were answered before it was called.
func (c *checker) floors() {
	if len(c.unknown) == 0 {
		return
	}
	c.floor = make(map[int32]int64, len(c.unknown))
	var done answers
	next := 0
	for i := range c.h.Ops {
		op := &c.h.Ops[i]
		z, _ := done.before(op.Call)
		if next < len(c.unknown) && c.unknown[next] == int32(i) {
			c.floor[int32(i)] = max(z, op.After)
			next++
		}
		if op.wrote() {
			done.add(op.Return, op.zxid(), int32(i))
		}
	}
}

// wrote reports whether the operation is an answered write with a zxid.
func (op *Op) wrote() bool {
	return op.Outcome == OK && op.Kind <= Check && op.Return != 0 && op.zxid() != 0
}

// explain asks whether the unknown writes to a path suffice for what was seen there. Each may explain one change.
func (c *checker) explain(p int32) *Violation {
	n := &c.nodes[p]
	var creates, sets claims
	byValue := map[int32]*claims{}
	var values []int32
	supply := n.unknown
	if more := c.sequentials(p); len(more) > 0 {
		supply = slices.Concat(supply, more)
	}
	for _, i := range supply {
		op := &c.h.Ops[i]
		if op.Kind == Delete {
			continue
		}
		kind := &sets
		if op.Kind == Create {
			kind = &creates
		}
		kind.supply = append(kind.supply, c.floor[i])
		if byValue[op.Value] == nil {
			byValue[op.Value] = &claims{}
			values = append(values, op.Value)
		}
		byValue[op.Value].supply = append(byValue[op.Value].supply, c.floor[i])
	}
	for k := range n.states {
		s := &n.states[k]
		if s.seen {
			kind := &sets
			if s.zxid == s.czxid {
				kind = &creates
			}
			kind.demand = append(kind.demand, claim{s.zxid, s.op})
			if s.value >= 0 {
				v := byValue[s.value]
				if v == nil {
					return c.violation("read", fmt.Sprintf("%s had the data %q from zxid %#x on, but nobody wrote that",
						c.h.Paths[p], c.h.Values[s.value], s.zxid), int(s.op))
				}
				v.demand = append(v.demand, claim{s.zxid, s.op})
			}
		}
		if k > 0 && n.states[k-1].czxid == s.czxid {
			for range s.version - n.states[k-1].version - 1 {
				sets.demand = append(sets.demand, claim{s.zxid, s.op})
			}
		}
	}
	for _, v := range values {
		if cl, ok := byValue[v].short(); ok {
			return c.violation("read", fmt.Sprintf("%s had the data %q from zxid %#x on, which is once more than it was written",
				c.h.Paths[p], c.h.Values[v], cl.zxid), int(cl.op))
		}
	}
	if cl, ok := creates.short(); ok {
		return c.violation("read", fmt.Sprintf("%s was created at zxid %#x, but nobody did it", c.h.Paths[p], cl.zxid), int(cl.op))
	}
	if cl, ok := sets.short(); ok {
		return c.violation("version", fmt.Sprintf("%s was set up to zxid %#x more often than anybody did it", c.h.Paths[p], cl.zxid), int(cl.op))
	}
	return nil
}

// claims are changes that were seen, and unknown writes that may have made them. A write explains any change after its
// floor, so what is needed up to some zxid must not be more than what may have been done up to it.
type claims struct {
	demand []claim
	supply []int64 // floors
}

type claim struct {
	zxid int64
	op   int32
}

// short returns the first change that is left without an explanation.
func (cs *claims) short() (claim, bool) {
	slices.SortFunc(cs.demand, func(a, b claim) int { return cmpInt(a.zxid, b.zxid) })
	slices.Sort(cs.supply)
	have := 0
	for i, d := range cs.demand {
		for have < len(cs.supply) && cs.supply[have] < d.zxid {
			have++
		}
		if have < i+1 {
			return d, true
		}
	}
	return claim{}, false
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sequential returns an unknown create of a sequential node that may be the one at path p, or -1.
func (c *checker) sequential(p int32) int32 {
	if s := c.sequentials(p); len(s) > 0 {
		return s[0]
	}
	return -1
}

// sequentials are the unknown creates of sequential nodes that may be the one at path p.
func (c *checker) sequentials(p int32) []int32 {
	if len(c.unknown) == 0 {
		return nil
	}
	return c.sequentialsAt(c.h.Paths[p])
}

func (c *checker) sequentialsAt(path string) (ops []int32) {
	const digits = 10
	if len(path) < digits {
		return nil
	}
	c.number()
	asked, ok := c.ids[path[:len(path)-digits]]
	if !ok {
		return nil
	}
	for _, i := range c.nodes[asked].unknown {
		if op := &c.h.Ops[i]; op.Kind == Create && op.Mode&Sequential != 0 {
			ops = append(ops, i)
		}
	}
	return ops
}

// number makes ids.
func (c *checker) number() {
	if c.ids != nil {
		return
	}
	c.ids = make(map[string]int32, len(c.h.Paths))
	for i, p := range c.h.Paths {
		c.ids[p] = int32(i)
	}
}

// halves looks for transactions that were done in part: of an unknown one, a part was seen at a zxid at which another part
// cannot have been done.
func (c *checker) halves() *Violation {
	for _, i := range c.unknown {
		op := &c.h.Ops[i]
		if op.Txn == 0 || op.Kind == Delete {
			continue
		}
		z, by := c.seenAs(i)
		if z == 0 {
			continue
		}
		for j := range c.parts(i) {
			other := &c.h.Ops[j]
			if other.Kind != Set || j == int(i) {
				continue
			}
			n := &c.nodes[other.Path]
			k := n.upTo(z)
			if k < 0 || n.states[k].zxid == z || k+1 == len(n.states) {
				continue
			}
			a, b := n.states[k], n.states[k+1]
			if a.czxid == b.czxid && b.version == a.version+1 {
				return c.violation("transaction", fmt.Sprintf("%s was changed at zxid %#x, and %s was not, which a transaction was to do together",
					c.path(op), z, c.path(other)), int(i), j, int(by), int(b.op))
			}
		}
	}
	return nil
}

// seenAs returns the zxid at which the unknown write i was done, if that is certain, and who saw it.
func (c *checker) seenAs(i int32) (zxid int64, by int32) {
	op := &c.h.Ops[i]
	n := &c.nodes[op.Path]
	for _, j := range n.unknown {
		if other := &c.h.Ops[j]; j != i && other.Kind != Delete && other.Value == op.Value {
			return 0, 0
		}
	}
	for k := range n.states {
		if s := &n.states[k]; s.seen && s.value == op.Value && (s.zxid == s.czxid) == (op.Kind == Create) {
			return s.zxid, s.op
		}
	}
	return 0, 0
}

// parts yields the parts of the transaction that operation i belongs to.
func (c *checker) parts(i int32) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		ops, txn := c.h.Ops, c.h.Ops[i].Txn
		from := int(i)
		for from > 0 && ops[from-1].Txn == txn {
			from--
		}
		for j := from; j < len(ops) && ops[j].Txn == txn; j++ {
			if !yield(j) {
				return
			}
		}
	}
}
