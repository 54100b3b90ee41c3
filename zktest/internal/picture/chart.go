package picture

import (
	"cmp"
	"slices"
	"time"
)

// A chart is a Run made ready for drawing: lanes have numbers, and everything that has a place has a point.
type chart struct {
	run   *Run
	lanes []Lane         // in the order of their columns, undeclared ones included
	index map[string]int // lane by name

	end    time.Duration // where the picture ends: at the violation, if there is one
	points []point       // until then, by time and step
	later  int           // how many arrows and marks come after it
}

// A point is one end of something: of an arrow, of a bar; or a mark.
type point struct {
	at      time.Duration
	step    uint64
	subject int32 // 0 for none
	lane    int32 // -1 for a mark that concerns everybody
	index   int32 // of the arrow, mark or bar
	what    what
	quiet   bool
}

type what uint8

// What a point is, in the order in which points of one step happened.
const (
	arrives what = iota
	ends         // a bar
	begins       // a bar
	marked
	sends
)

func newChart(run *Run) *chart {
	c := &chart{run: run, index: make(map[string]int)}
	c.nameLanes()
	c.findEnd()
	c.findPoints()
	return c
}

// nameLanes puts clients first and servers next; those that nobody declared stand at the far right.
func (c *chart) nameLanes() {
	c.lanes = slices.Clone(c.run.Lanes)
	slices.SortStableFunc(c.lanes, func(a, b Lane) int { return cmp.Compare(a.Kind, b.Kind) })
	for i := len(c.lanes) - 1; i >= 0; i-- {
		c.index[c.lanes[i].Name] = i
	}
	declare := func(names ...string) {
		for _, name := range names {
			if _, known := c.index[name]; !known {
				c.index[name] = len(c.lanes)
				c.lanes = append(c.lanes, Lane{Name: name, Kind: Other})
			}
		}
	}
	for i := range c.run.Arrows {
		declare(c.run.Arrows[i].From, c.run.Arrows[i].To)
	}
	for i := range c.run.Bars {
		declare(c.run.Bars[i].Lane)
	}
	for i := range c.run.Marks {
		if name := c.run.Marks[i].Lane; name != "" {
			declare(name)
		}
	}
	for i := range c.run.Bands {
		declare(c.run.Bands[i].A...)
		declare(c.run.Bands[i].B...)
	}
	declare(c.run.Violation.Lanes...)
}

// broken reports whether there is a violation at all: a run can also be drawn for its own sake.
func (r *Run) broken() bool {
	v := &r.Violation
	return v.Name != "" || v.Sentence != "" || v.At != 0 || v.Step != 0
}

func (c *chart) findEnd() {
	if c.run.broken() {
		c.end = c.run.Violation.At
		return
	}
	for i := range c.run.Arrows {
		a := &c.run.Arrows[i]
		c.end = max(c.end, a.Sent)
		if !a.Lost {
			c.end = max(c.end, a.Arrived)
		}
	}
	for i := range c.run.Marks {
		c.end = max(c.end, c.run.Marks[i].At)
	}
	for i := range c.run.Bars {
		b := &c.run.Bars[i]
		c.end = max(c.end, b.From)
		if !b.Open {
			c.end = max(c.end, b.To)
		}
	}
}

// past reports whether something happened before the end of the picture, or as its last step.
func (c *chart) past(at time.Duration, step uint64) bool {
	if last := c.run.Violation.Step; at == c.end && step != 0 && last != 0 {
		return step <= last
	}
	return at <= c.end
}

func (c *chart) findPoints() {
	subjects := map[string]int32{"": 0}
	number := func(name string) int32 {
		n, known := subjects[name]
		if !known {
			n = int32(len(subjects))
			subjects[name] = n
		}
		return n
	}
	add := func(p point) bool {
		if !c.past(p.at, p.step) {
			return false
		}
		c.points = append(c.points, p)
		return true
	}
	c.points = make([]point, 0, 2*len(c.run.Arrows)+len(c.run.Marks)+2*len(c.run.Bars))
	for i := range c.run.Arrows {
		a := &c.run.Arrows[i]
		p := point{
			at: a.Sent, step: a.SentStep, lane: int32(c.index[a.From]), index: int32(i), what: sends,
			subject: number(a.Subject), quiet: a.Quiet,
		}
		if !add(p) {
			c.later++
			continue
		}
		if !a.Lost {
			p.at, p.step, p.lane, p.what = a.Arrived, a.ArrivedStep, int32(c.index[a.To]), arrives
			add(p)
		}
	}
	for i := range c.run.Marks {
		m := &c.run.Marks[i]
		lane := int32(-1)
		if m.Lane != "" {
			lane = int32(c.index[m.Lane])
		}
		if !add(point{at: m.At, step: m.Step, lane: lane, index: int32(i), what: marked, subject: number(m.Subject)}) {
			c.later++
		}
	}
	for i := range c.run.Bars {
		b := &c.run.Bars[i]
		p := point{at: b.From, step: b.FromStep, lane: int32(c.index[b.Lane]), index: int32(i), what: begins}
		add(p)
		if !b.Open {
			p.at, p.step, p.what = b.To, b.ToStep, ends
			add(p)
		}
	}
	slices.SortFunc(c.points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), cmp.Compare(a.what, b.what),
			cmp.Compare(a.index, b.index))
	})
}
