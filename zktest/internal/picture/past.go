package picture

import "slices"

// MaxArrows is how many arrows HTML and SVG draw at most.
const MaxArrows = 150

const (
	maxMarks = 150
	// What is farther away than this explains little, and is drawn only if there is little else.
	farAway   = 11
	fewArrows = 20

	// So few faults are all drawn, however far away: a plan that was made smaller has none without need.
	fewFaults = 6

	maxQuiet = 2 // routine arrows that are drawn of each chain of causes that leads to the violation
)

// A past says what of a chart is drawn.
type past struct {
	arrows, marks []bool
	lanes         []bool

	quiet, far int // arrows that are not drawn: routine; too far from the violation
	unrelated  int // arrows that cannot have led to it
}

// Past is the run with only the causal past of its violation, nearest first and at most that many arrows, less if what is left
// is far-fetched: what
// scheduled it; what came before on the same lanes, above all about the same subject; and, of these, in turn the same.
// Quiet arrows are left out but for the last few of the violation's own causes. Without a violation it is the past of
// the last events.
func (r *Run) Past(arrows int) *Run {
	c := newChart(r)
	p := c.slice(arrows)
	kept := *r
	kept.Lanes, kept.Arrows, kept.Marks, kept.Bars = nil, nil, nil, nil
	for i, lane := range c.lanes {
		if p.lanes[i] {
			kept.Lanes = append(kept.Lanes, lane)
		}
	}
	for i := range r.Arrows {
		if p.arrows[i] {
			kept.Arrows = append(kept.Arrows, r.Arrows[i])
		}
	}
	for i := range r.Marks {
		if p.marks[i] {
			kept.Marks = append(kept.Marks, r.Marks[i])
		}
	}
	for i := range r.Bars {
		if p.lanes[c.index[r.Bars[i].Lane]] && c.past(r.Bars[i].From, r.Bars[i].FromStep) {
			kept.Bars = append(kept.Bars, r.Bars[i])
		}
	}
	return &kept
}

// slice walks from the violation into the past, cheapest way first.
func (c *chart) slice(maxArrows int) *past {
	p := &past{
		arrows: make([]bool, len(c.run.Arrows)),
		marks:  make([]bool, len(c.run.Marks)),
		lanes:  make([]bool, len(c.lanes)),
	}
	w := newWalk(c)
	loud := w.start()
	arrows, marks := 0, 0
	known := make([]bool, len(c.run.Arrows)) // reached, drawn or not
	for {
		i, ok := w.next()
		if !ok {
			break
		}
		pt := &c.points[i]
		switch pt.what {
		case sends, arrives:
			if known[pt.index] {
				continue
			}
			known[pt.index] = true
			a := &c.run.Arrows[pt.index]
			switch {
			case a.Quiet && !loud[pt.index]:
				p.quiet++
			case arrows == maxArrows, w.at > farAway && arrows >= fewArrows:
				p.far++
			default:
				arrows++
				p.arrows[pt.index] = true
				p.lanes[c.index[a.From]], p.lanes[c.index[a.To]] = true, true
			}
		case marked:
			near := arrows < maxArrows && (w.at <= farAway || arrows < fewArrows)
			if near && marks < maxMarks && !p.marks[pt.index] {
				marks++
				p.marks[pt.index] = true
				if pt.lane >= 0 {
					p.lanes[pt.lane] = true
				}
			}
		}
	}
	p.keepFaults(c)
	for _, name := range c.run.Violation.Lanes {
		p.lanes[c.index[name]] = true
	}
	if !slices.Contains(p.lanes, true) {
		for i := range p.lanes {
			p.lanes[i] = true
		}
	}
	for i := range c.run.Arrows {
		switch a := &c.run.Arrows[i]; {
		case known[i] || !c.past(a.Sent, a.SentStep):
		case a.Quiet:
			p.quiet++
		default:
			p.unrelated++
		}
	}
	return p
}

// keepFaults draws all faults if they are few.
func (p *past) keepFaults(c *chart) {
	var faults []int
	for i := range c.run.Marks {
		if m := &c.run.Marks[i]; m.Kind == Fault && c.past(m.At, m.Step) {
			faults = append(faults, i)
		}
	}
	if len(faults) > fewFaults {
		return
	}
	for _, i := range faults {
		p.marks[i] = true
		if lane := c.run.Marks[i].Lane; lane != "" {
			p.lanes[c.index[lane]] = true
		}
	}
}
