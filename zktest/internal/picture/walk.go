package picture

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"time"
)

// The price of a way from an event to one before it. What is cheap to reach from the violation explains it best.
const (
	costCause   = 1 // it scheduled the other
	costStep    = 1 // it was part of the same step
	costSubject = 2 // it was the last thing on the same lane about the same subject
	costState   = 2 // it last changed what the lane believes, or was the last fault of the lane
	costLane    = 5 // it was the last thing on the same lane
	costSibling = 5 // it was sent in the same step
	maxCost     = 1 << 16
)

// A walk goes over the points of a chart in the order of their distance from the violation.
type walk struct {
	c       *chart
	byStep  []int32    // points that have a step, by step
	visible []uint64   // by step: the nearest cause that has a point
	before  [3][]int32 // by point: what came before it, -1 for nothing; see the constants
	sibling []int32    // by point: the arrow's other end, -1 for none
	queue   [][]int32  // points to visit, by distance
	at      int        // the distance of the walk
	done    []bool
}

const (
	bySubject = iota
	byState
	byLane
)

func newWalk(c *chart) *walk {
	w := &walk{c: c, done: make([]bool, len(c.points)), sibling: make([]int32, len(c.points))}
	w.linkLanes()
	for i := range c.points {
		if c.points[i].step != 0 {
			w.byStep = append(w.byStep, int32(i))
		}
	}
	slices.SortFunc(w.byStep, func(a, b int32) int {
		return cmp.Or(cmp.Compare(c.points[a].step, c.points[b].step), cmp.Compare(a, b))
	})
	w.visible = make([]uint64, len(c.run.Causes))
	next := 0 // in byStep
	has := make([]bool, len(c.run.Causes))
	for ; next < len(w.byStep); next++ {
		if s := c.points[w.byStep[next]].step; s < uint64(len(has)) {
			has[s] = true
		}
	}
	for s := range w.visible {
		switch cause := c.run.Causes[s]; {
		case cause >= uint64(s): // no cause, or not one
		case has[cause]:
			w.visible[s] = cause
		default:
			w.visible[s] = w.visible[cause]
		}
	}
	return w
}

// linkLanes finds for every point what came before it on its lane.
func (w *walk) linkLanes() {
	type key struct{ lane, subject int32 }
	n := len(w.c.points)
	for k := range w.before {
		w.before[k] = make([]int32, n)
	}
	lastSubject := make(map[key]int32)
	lastState, lastLane := make([]int32, len(w.c.lanes)+1), make([]int32, len(w.c.lanes)+1)
	for i := range lastLane {
		lastState[i], lastLane[i] = -1, -1
	}
	sent := make([]int32, len(w.c.run.Arrows))
	for i := range sent {
		sent[i] = -1
	}
	for i := range w.c.points {
		pt := &w.c.points[i]
		here := int32(i)
		lane := pt.lane + 1 // 0: everybody
		w.before[byLane][i], w.before[byState][i], w.before[bySubject][i] = lastLane[lane], lastState[lane], -1
		if pt.subject != 0 {
			k := key{pt.lane, pt.subject}
			if last, ok := lastSubject[k]; ok {
				w.before[bySubject][i] = last
			}
			if !pt.quiet {
				lastSubject[k] = here
			}
		}
		w.sibling[i] = -1
		switch pt.what {
		case sends:
			sent[pt.index] = here
		case arrives:
			w.sibling[i] = sent[pt.index]
		case begins, ends:
			lastState[lane] = here
		case marked:
			if w.c.run.Marks[pt.index].Kind == Fault {
				lastState[lane] = here
			}
		}
		if !pt.quiet {
			lastLane[lane] = here
		}
	}
}

// start puts the ends of the picture into the queue, and tells which routine arrows to draw all the same.
func (w *walk) start() (loud map[int32]bool) {
	loud = make(map[int32]bool)
	v := &w.c.run.Violation
	steps := v.Steps
	if v.Step != 0 {
		steps = append([]uint64{v.Step}, steps...)
	}
	for _, s := range steps {
		w.pushStep(s, 0, true)
		w.pushCause(s, 0)
		quiet := 0
		for ; quiet < maxQuiet; s = w.visible[s] {
			for _, i := range w.pointsOf(s) {
				if pt := &w.c.points[i]; pt.quiet && pt.what == arrives {
					loud[pt.index] = true
					quiet++
				}
			}
			if s >= uint64(len(w.visible)) || w.visible[s] == 0 {
				break
			}
		}
	}
	wanted := make([]bool, len(w.c.lanes))
	for _, name := range v.Lanes {
		wanted[w.c.index[name]] = true
	}
	all := len(v.Lanes) == 0 && len(w.queue) == 0
	for i := len(w.c.points) - 1; i >= 0; i-- {
		if pt := &w.c.points[i]; pt.lane >= 0 && (wanted[pt.lane] || all) && !pt.quiet {
			wanted[pt.lane] = false
			w.push(int32(i), costState)
			if all {
				break
			}
		}
	}
	return loud
}

// next is the nearest point that was not visited yet.
func (w *walk) next() (int32, bool) {
	for w.at < len(w.queue) {
		q := w.queue[w.at]
		if len(q) == 0 {
			w.at++
			continue
		}
		i := q[len(q)-1]
		w.queue[w.at] = q[:len(q)-1]
		if w.done[i] {
			continue
		}
		w.done[i] = true
		w.spread(i)
		return i, true
	}
	return 0, false
}

func (w *walk) spread(i int32) {
	pt := &w.c.points[i]
	if last := w.before[byLane][i]; last >= 0 {
		w.push(last, costLane+w.age(i, last))
	}
	if last := w.before[byState][i]; last >= 0 {
		w.push(last, costState+w.age(i, last))
	}
	if last := w.before[bySubject][i]; last >= 0 {
		w.push(last, costSubject+w.age(i, last)/2)
	}
	if pt.step != 0 {
		w.pushStep(pt.step, costStep, false)
		w.pushCause(pt.step, costCause)
	}
	w.push(w.sibling[i], 0)
}

// age is what a long time between two points adds to a price: 1 for 10 ms, 4 for 100 ms, 7 for a second.
func (w *walk) age(late, early int32) int {
	d := w.c.points[late].at - w.c.points[early].at
	return bits.Len64(uint64(d / (10 * time.Millisecond)))
}

func (w *walk) pushCause(step uint64, cost int) {
	if step < uint64(len(w.visible)) && w.visible[step] != 0 {
		w.pushStep(w.visible[step], cost, true)
	}
}

// pushStep queues what the step did: at its price what came in, at a higher one what it sent besides.
func (w *walk) pushStep(step uint64, cost int, first bool) {
	for _, i := range w.pointsOf(step) {
		if w.c.points[i].what == sends && !first {
			w.push(i, cost+costSibling)
		} else {
			w.push(i, cost)
		}
	}
}

func (w *walk) pointsOf(step uint64) []int32 {
	low := sort.Search(len(w.byStep), func(k int) bool { return w.c.points[w.byStep[k]].step >= step })
	high := low
	for high < len(w.byStep) && w.c.points[w.byStep[high]].step == step {
		high++
	}
	return w.byStep[low:high]
}

func (w *walk) push(i int32, cost int) {
	if i < 0 || w.done[i] {
		return
	}
	cost = min(w.at+cost, maxCost)
	for len(w.queue) <= cost {
		w.queue = append(w.queue, nil)
	}
	w.queue[cost] = append(w.queue[cost], i)
}
