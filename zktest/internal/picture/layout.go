package picture

import (
	"cmp"
	"slices"
	"time"
)

// A layout says where everything is drawn. Time runs down, but not evenly: within a burst of events it runs with their
// usual latency, idle time is squeezed into a gap, and where labels would cover each other it is stretched. It never
// runs backwards.
type layout struct {
	c *chart
	p *past

	columns       []float64 // by lane: the middle, 0 for lanes that are not drawn
	column        float64   // the width of one
	width, height float64
	top, bottom   time.Duration // the time at the upper end; at the lower end it is the chart's end

	rows  []row       // everything that has a line of its own, in order
	gaps  []gap       // squeezed time
	ticks []tick      // the axis
	curve []placement // what time is where, rising in both
	sky   skyline
	scale float64 // pixels for a nanosecond

	sendY, arriveY []float64 // by arrow
	markY          []float64 // by mark
	fromY, toY     []float64 // by bar; the others are interpolated
	bandY          []float64 // by band: its upper edge
	endY           float64   // of the violation

	noted map[noteKey]bool  // where notes are drawn
	times [][]time.Duration // by lane: when arrows and marks are drawn on it, in order
}

type noteKey struct {
	lane string
	step uint64
}

// A row is a moment at which something is drawn with a label.
type row struct {
	at    time.Duration
	step  uint64
	what  what
	index int32
	band  bool // index is that of a band
}

type gap struct {
	y, height float64
	from, to  time.Duration
	hidden    int
}

type tick struct {
	y      float64
	at     time.Duration
	hidden int           // arrows since the tick before it, or in the gap above it, that are not drawn
	since  time.Duration // where they begin
}

type placement struct {
	at time.Duration
	y  float64
}

const (
	axisWidth   = 92.0
	marginRight = 120.0
	fontSize    = 11.5
	boldSize    = 12.6 // what bold letters of that size are as wide as
	lineHeight  = 14.0
	usualLength = 16.0 // pixels for the usual latency
	longLength  = 64.0 // more pixels than this for an idle time become a gap
	gapHeight   = 22.0
	maxBarRows  = 200
)

func newLayout(c *chart, p *past) *layout {
	l := &layout{
		c: c, p: p,
		sendY: make([]float64, len(c.run.Arrows)), arriveY: make([]float64, len(c.run.Arrows)),
		noted: make(map[noteKey]bool),
		markY: make([]float64, len(c.run.Marks)), bandY: make([]float64, len(c.run.Bands)),
		fromY: make([]float64, len(c.run.Bars)), toY: make([]float64, len(c.run.Bars)),
	}
	for i := range c.run.Marks {
		if m := &c.run.Marks[i]; p.marks[i] && m.Step != 0 && m.Kind == Note {
			l.noted[noteKey{m.Lane, m.Step}] = true
		}
	}
	l.placeLanes()
	l.chooseRows()
	l.chooseScale()
	l.run()
	return l
}

func (l *layout) placeLanes() {
	n := 0
	for _, drawn := range l.p.lanes {
		if drawn {
			n++
		}
	}
	switch {
	case n <= 7:
		l.column = 176
	case n <= 10:
		l.column = 154
	default:
		l.column = 124
	}
	l.columns = make([]float64, len(l.c.lanes))
	x := l.column / 2
	for i, drawn := range l.p.lanes {
		if drawn {
			l.columns[i] = x
			x += l.column
		}
	}
	l.width = x - l.column/2 + marginRight
	l.sky = newSkyline(l.width)
}

// x is the middle of a lane's column.
func (l *layout) x(lane string) float64 { return l.columns[l.c.index[lane]] }

func (l *layout) drawn(lane string) bool { return l.p.lanes[l.c.index[lane]] }

// barDrawn reports whether a bar reaches into the picture. A lock that was held and given back explains nothing if
// nothing else is drawn that happened meanwhile.
func (l *layout) barDrawn(b *Bar) bool {
	if !l.drawn(b.Lane) || !l.c.past(b.From, b.FromStep) || !b.Open && b.To < l.top {
		return false
	}
	return b.Kind != Lock || b.Open || b.To > l.c.end || l.busy(b)
}

// busy reports whether an arrow or a mark is drawn on a bar.
func (l *layout) busy(b *Bar) bool {
	times := l.times[l.c.index[b.Lane]]
	i, _ := slices.BinarySearch(times, b.From)
	return i < len(times) && times[i] <= b.To
}

// bandDrawn reports whether a band cut off a lane that is drawn, while it is drawn.
func (l *layout) bandDrawn(b *Band) bool {
	return l.c.past(b.From, b.Step) && (b.Open || b.To > l.top) &&
		(slices.ContainsFunc(b.A, l.drawn) || slices.ContainsFunc(b.B, l.drawn))
}

func (l *layout) chooseRows() {
	run := l.c.run
	l.top = l.c.end
	l.times = make([][]time.Duration, len(l.c.lanes))
	for i := range l.c.points {
		pt := &l.c.points[i]
		switch {
		case pt.what == sends && l.p.arrows[pt.index], pt.what == arrives && l.p.arrows[pt.index],
			pt.what == marked && l.p.marks[pt.index]:
			l.rows = append(l.rows, row{at: pt.at, step: pt.step, what: pt.what, index: pt.index})
			l.top = min(l.top, pt.at)
			if pt.lane >= 0 {
				l.times[pt.lane] = append(l.times[pt.lane], pt.at)
			}
		}
	}
	// The grants of the locks that the violation is about are part of the story, however old.
	for _, b := range run.Bars {
		if b.Kind == Lock && b.Open && slices.Contains(run.Violation.Lanes, b.Lane) && l.c.past(b.From, b.FromStep) {
			l.top = min(l.top, b.From)
		}
	}
	bars := 0
	for i := range l.c.points {
		pt := &l.c.points[i]
		if pt.what != begins && pt.what != ends {
			continue
		}
		if b := &run.Bars[pt.index]; pt.at < l.top || !l.barDrawn(b) || bars == maxBarRows {
			continue
		}
		bars++
		l.rows = append(l.rows, row{at: pt.at, step: pt.step, what: pt.what, index: pt.index})
	}
	// What began before the picture does is labelled at its upper end.
	for i := range run.Bars {
		if b := &run.Bars[i]; b.From < l.top && l.barDrawn(b) && bars < maxBarRows {
			bars++
			l.rows = append(l.rows, row{at: l.top, what: begins, index: int32(i)})
		}
	}
	for i := range run.Bands {
		if b := &run.Bands[i]; l.bandDrawn(b) {
			l.rows = append(l.rows, row{at: max(b.From, l.top), step: b.Step, what: marked, index: int32(i), band: true})
			if !b.Open && b.To <= l.c.end {
				l.rows = append(l.rows, row{at: b.To, what: ends, index: int32(i), band: true})
			}
		}
	}
	slices.SortFunc(l.rows, func(a, b row) int {
		order := cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), cmp.Compare(a.what, b.what))
		if order == 0 && a.band != b.band {
			if a.band {
				return -1
			}
			return 1
		}
		return cmp.Or(order, cmp.Compare(a.index, b.index))
	})
}

// chooseScale draws the usual latency with the usual length.
func (l *layout) chooseScale() {
	var latencies []time.Duration
	for i := range l.c.run.Arrows {
		if a := &l.c.run.Arrows[i]; l.p.arrows[i] && !a.Lost && a.Arrived > a.Sent {
			latencies = append(latencies, a.Arrived-a.Sent)
		}
	}
	usual := time.Millisecond
	if len(latencies) > 0 {
		slices.Sort(latencies)
		usual = latencies[len(latencies)/2]
	}
	l.scale = usualLength / float64(usual)
}
