package picture

import (
	"cmp"
	"slices"
	"time"
)

// run gives every row its line.
func (l *layout) run() {
	hidden := l.hidden()
	seen := 0 // of hidden, before now
	y, at := 8.0, l.top
	l.bottom = l.c.end
	l.curve = append(l.curve, placement{at, y})
	tickAt, tickSeen := at, 0
	advance := func(to time.Duration) {
		if to <= at {
			return
		}
		step := float64(to-at) * l.scale
		if step <= longLength {
			y += step
			at = to
			return
		}
		for seen < len(hidden) && hidden[seen] <= at {
			seen++
		}
		first := seen
		for seen < len(hidden) && hidden[seen] < to {
			seen++
		}
		g := gap{y: max(y, l.sky.bottom(0, l.width)) + 8, height: gapHeight, from: at, to: to, hidden: seen - first}
		l.gaps = append(l.gaps, g)
		l.curve = append(l.curve, placement{at, g.y}, placement{to, g.y + g.height})
		y = g.y + g.height + 6
		at = to
		l.sky.take(0, l.width, g.y+g.height+1)
		tickAt, tickSeen = to, seen
	}
	for _, r := range l.rows {
		advance(r.at)
		y = l.place(r, y)
		l.curve = append(l.curve, placement{r.at, y})
		for seen < len(hidden) && hidden[seen] <= r.at {
			seen++
		}
		if n := len(l.ticks); n == 0 || (y-l.ticks[n-1].y >= 17 && clock(l.ticks[n-1].at) != clock(r.at)) {
			l.ticks = append(l.ticks, tick{y: y, at: r.at, hidden: seen - tickSeen, since: tickAt})
			tickAt, tickSeen = r.at, seen
		}
	}
	advance(l.c.end)
	l.endY = max(y, l.sky.bottom(0, l.width)) + 12
	l.curve = append(l.curve, placement{l.c.end, l.endY})
	l.height = l.endY + 12
	for i := range l.c.run.Bars {
		b := &l.c.run.Bars[i]
		if l.fromY[i] == 0 {
			l.fromY[i] = l.y(b.From)
		}
		if b.Open || b.To > l.c.end {
			l.toY[i] = l.endY
		} else if l.toY[i] == 0 {
			l.toY[i] = l.y(b.To)
		}
	}
}

// hidden is when the arrows that are not drawn were sent.
func (l *layout) hidden() []time.Duration {
	var times []time.Duration
	for i := range l.c.run.Arrows {
		if a := &l.c.run.Arrows[i]; !l.p.arrows[i] && a.Sent >= l.top && l.c.past(a.Sent, a.SentStep) {
			times = append(times, a.Sent)
		}
	}
	slices.Sort(times)
	return times
}

// y interpolates: where a moment is that has no row.
func (l *layout) y(at time.Duration) float64 {
	i, found := slices.BinarySearchFunc(l.curve, at, func(p placement, at time.Duration) int { return cmp.Compare(p.at, at) })
	switch {
	case found, i == 0:
		return l.curve[i].y
	case i == len(l.curve):
		return l.curve[i-1].y
	}
	a, b := l.curve[i-1], l.curve[i]
	return a.y + (b.y-a.y)*float64(at-a.at)/float64(b.at-a.at)
}

// place finds the first line at or below y on which the row covers nothing.
func (l *layout) place(r row, y float64) float64 {
	run := l.c.run
	switch {
	case r.band && r.what == ends:
		return y + 4
	case r.band:
		b := &run.Bands[r.index]
		left, _ := l.bandSpan(b)
		right := left + textWidth(l.bandText(b), boldSize) + 20
		y = max(y, l.sky.bottom(left, right)+3)
		l.bandY[r.index] = y
		l.sky.take(left, right, y+19)
		return y
	case r.what == sends:
		a := &run.Arrows[r.index]
		text := l.arrowText(a)
		x0, x1 := l.labelSpan(a, text)
		y = max(y, l.sky.bottom(x0, x1)+lineHeight+1)
		l.sendY[r.index] = y
		l.sky.take(x0, x1, y+2)
		if a.From == a.To {
			l.sky.take(x0, x1, y+10)
		}
		return y
	case r.what == arrives:
		a := &run.Arrows[r.index]
		x := l.x(a.To)
		y = max(y, l.sendY[r.index]+5, l.sky.bottom(x-9, x+9)-4)
		l.arriveY[r.index] = y
		toward := 24.0
		if l.x(a.From) < x {
			toward = -24
		}
		l.sky.take(x, x+toward, y+3)
		return y
	case r.what == marked:
		m := &run.Marks[r.index]
		x0, lines := 4.0, 1
		x1 := x0 + textWidth(oneLine(m.Label), fontSize) + 16
		if m.Lane != "" {
			x0 = l.x(m.Lane)
			text := l.markText(m)
			lines = len(text)
			x1 = x0 + 12 + widest(text)
			x0 -= 9
		}
		y = max(y, l.sky.bottom(x0, x1)+9)
		l.markY[r.index] = y
		l.sky.take(x0, x1, y+float64(lines-1)*lineHeight+8)
		return y
	default: // begins, ends
		b := &run.Bars[r.index]
		x := l.x(b.Lane)
		if r.what == ends {
			y += 1
			l.toY[r.index] = y
			return y
		}
		text := l.barText(b, b.From < l.top)
		if text == nil {
			y = max(y, l.fromY[r.index])
			l.fromY[r.index] = y
			return y
		}
		x1 := x + barIndent(b) + widest(text) + 2
		y = max(y, l.sky.bottom(x-9, x1)+2)
		l.fromY[r.index] = y
		l.sky.take(x+9, x1, y+float64(len(text))*lineHeight+3)
		return y
	}
}

func widest(lines []string) float64 {
	w := 0.0
	for _, line := range lines {
		w = max(w, textWidth(line, fontSize))
	}
	return w
}

// labelSpan is what an arrow's label takes of the width: it stands beside the lane that sends.
func (l *layout) labelSpan(a *Arrow, text string) (x0, x1 float64) {
	x, w := l.x(a.From), textWidth(text, fontSize)
	if l.x(a.To) < x {
		return x - 12 - w, x - 6
	}
	return x + 6, x + 12 + w
}

// arrowText is an arrow's label, cut to the way it goes.
func (l *layout) arrowText(a *Arrow) string {
	way := l.x(a.To) - l.x(a.From)
	if way < 0 {
		way = -way
	}
	return fit(oneLine(a.Label), max(way, l.column)-30, fontSize)
}

func (l *layout) markText(m *Mark) []string { return wrap(m.Label, l.column-30, fontSize, 3) }

// barText is the label of a bar that has just begun; nil for none. The colour of a lane tells that it is connected, and
// who follows; and a note says better why a lock is held.
func (l *layout) barText(b *Bar, early bool) []string {
	label := barLabel(b)
	if b.Kind == Lock && l.noted[noteKey{b.Lane, b.FromStep}] && !early {
		return nil
	}
	if b.Label == "" {
		switch b.State {
		case Connected, Connecting, Following:
			return nil
		}
	}
	if label == "" {
		return nil
	}
	if early && b.Kind != Role {
		label += ", since " + clock(b.From)
	}
	return wrap(label, l.column-34, fontSize, 3)
}

// barIndent is how far beside its lane a bar's label stands.
func barIndent(b *Bar) float64 {
	if b.Kind == Paused || b.Kind == Down {
		return 19
	}
	return 13
}

// bandText is a band's label, cut to what is there of the drawing.
func (l *layout) bandText(b *Band) string {
	left, _ := l.bandSpan(b)
	return fit(bandLabel(b), l.width-left-24, boldSize)
}

// bandSpan is from the left edge of the leftmost column that a band concerns to the right edge of the rightmost.
func (l *layout) bandSpan(b *Band) (left, right float64) {
	left, right = l.width, 0
	for _, lane := range l.bandLanes(b) {
		x := l.columns[lane]
		left, right = min(left, x-l.column/2), max(right, x+l.column/2)
	}
	return left, right
}

func (l *layout) bandLanes(b *Band) []int {
	var lanes []int
	for i := range l.c.lanes {
		name := l.c.lanes[i].Name
		if l.p.lanes[i] && (slices.Contains(b.A, name) || slices.Contains(b.B, name)) {
			lanes = append(lanes, i)
		}
	}
	return lanes
}
