package handler

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// PCT gives every source a random priority, and the one with the highest goes first. At depth-1 random
// steps out of the first so many the source whose turn it is falls below all others. That is
// probabilistic concurrency testing: of bugs that need depth things to happen in a particular order it
// finds each with a probability of at least 1/(sources * steps^(depth-1)), which for shallow bugs is
// much more than Uniform does.
//
// A depth of 1, which is the least, has no such steps. steps is about how long a run is; 0 means 10,000.
func PCT(depth int, steps uint64) Policy {
	if steps == 0 {
		steps = 10_000
	}
	return pctPolicy{max(depth, 1), steps}
}

type pctPolicy struct {
	depth int
	steps uint64
}

// String returns the policy's name and parameters.
func (p pctPolicy) String() string { return fmt.Sprintf("pct(%d,%d)", p.depth, p.steps) }

func (p pctPolicy) chooser(w *world) chooser {
	c := &pct{rng: newStream(w.timing, "scheduler")}
	c.key = c.rng.Uint64()
	for range p.depth - 1 {
		c.changes = append(c.changes, c.rng.Uint64N(p.steps))
	}
	slices.Sort(c.changes)
	return c
}

// pct keeps what may happen now with its priority. A source's priority follows from the seed and its own
// labels, so that it does not depend on what other sources there are, unless it has fallen.
type pct struct {
	rng     *rand.Rand
	key     uint64
	changes []uint64 // steps at which somebody falls, in order
	fallen  []uint64 // the sources that have, the first to fall first; 0 for one that has fallen again
	steps   uint64
	list    []ranked
	last    ranked
	taken   int // in a row, without regard for those that wait
}

type ranked struct {
	it   item
	rank uint64
}

func (c *pct) empty() bool   { return len(c.list) == 0 }
func (c *pct) add(it item)   { c.list = append(c.list, ranked{it, c.rank(it)}) }
func (c *pct) again(it item) { c.list = append(c.list, c.last) }

// source returns a number for who has it, which is also its priority at first: larger than those of the
// fallen.
func (c *pct) source(it item) uint64 {
	n, label, _ := it.identity()
	return mix(c.key^n.label, label) | 1<<63
}

func (c *pct) rank(it item) uint64 {
	source := c.source(it)
	if i := slices.Index(c.fallen, source); i >= 0 {
		return uint64(len(c.changes) - i)
	}
	return source
}

func (c *pct) take() item {
	if len(c.list) == 0 {
		c.taken = 0
		return nil
	}
	best := c.best()
	for n := len(c.fallen); n < len(c.changes) && c.steps >= c.changes[n]; n++ {
		c.fall(c.source(c.list[best].it))
		best = c.best()
	}
	c.steps++
	if c.taken++; c.taken > patience {
		c.taken = 0
		best = c.rng.IntN(len(c.list))
	}
	last := len(c.list) - 1
	c.last = c.list[best]
	c.list[best], c.list[last] = c.list[last], ranked{}
	c.list = c.list[:last]
	return c.last.it
}

// best returns the index of the highest priority.
func (c *pct) best() int {
	best := 0
	for i := range c.list {
		if c.list[i].rank > c.list[best].rank {
			best = i
		}
	}
	return best
}

// fall makes a source the last of all.
func (c *pct) fall(source uint64) {
	if i := slices.Index(c.fallen, source); i >= 0 {
		c.fallen[i] = 0
	}
	c.fallen = append(c.fallen, source)
	for i := range c.list {
		c.list[i].rank = c.rank(c.list[i].it)
	}
}

func (c *pct) remove(match func(item) bool) (taken []item) {
	kept, out := split(c.list, func(r ranked) bool { return match(r.it) })
	c.list = kept
	for _, r := range out {
		taken = append(taken, r.it)
	}
	return taken
}
