package picture

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"time"
)

// A pen writes the pieces of the diagram as SVG. Whatever can be pointed at is a group of class e with an id, a title
// that says all there is to say, and, in data-c, the ids of what led to it.
type pen struct {
	*layout
	buf    bytes.Buffer
	limit  int // bytes of one detail
	causes *causes
	tokens map[int64]int // colour by token

	overlaps int // how many pairs of believers were drawn
}

func newPen(l *layout, limit int) *pen {
	return &pen{layout: l, limit: limit, causes: newCauses(l), tokens: tokenColours(l)}
}

const tokenPalette = 6

// tokenColours gives neighbouring tokens different colours.
func tokenColours(l *layout) map[int64]int {
	var tokens []int64
	for i := range l.c.run.Bars {
		if b := &l.c.run.Bars[i]; b.Kind == Lock && l.barDrawn(b) {
			tokens = append(tokens, b.Token)
		}
	}
	slices.Sort(tokens)
	colours := make(map[int64]int)
	for i, token := range slices.Compact(tokens) {
		colours[token] = i % tokenPalette
	}
	return colours
}

func (p *pen) f(format string, args ...any) { fmt.Fprintf(&p.buf, format, args...) }

// open begins something that can be pointed at.
func (p *pen) open(class, id, detail, causes string) {
	p.f(`<g class="e %s" id="%s" tabindex="0" role="img"`, class, id)
	if causes != "" {
		p.f(` data-c="%s"`, causes)
	}
	p.f(`><title>%s</title>`, escape(detail))
}

func (p *pen) close() { p.f("</g>\n") }

func (p *pen) text(class string, x, y float64, anchor, text string) {
	p.f(`<text class="%s" x="%.1f" y="%.1f"`, class, x, y)
	if anchor != "" {
		p.f(` text-anchor="%s"`, anchor)
	}
	p.f(`>%s</text>`, escape(text))
}

// body writes the diagram without its axis and its heads.
func (p *pen) body() {
	run := p.c.run
	for _, g := range p.gaps {
		p.f(`<rect class="gap" x="0" y="%.1f" width="%.1f" height="%.1f"/>`, g.y, p.width, g.height)
	}
	for i := range run.Bands {
		if b := &run.Bands[i]; p.bandDrawn(b) {
			p.bandArea(i, b)
		}
	}
	for i, lane := range p.c.lanes {
		if x := p.columns[i]; x > 0 {
			p.f(`<line class="lane k%d" x1="%.1f" x2="%.1f" y1="0" y2="%.1f"/>`+"\n", lane.Kind, x, x, p.endY)
		}
	}
	p.believers()
	for _, kind := range []BarKind{Lock, Session, Role, Paused, Down} {
		for i := range run.Bars {
			if b := &run.Bars[i]; b.Kind == kind && p.barDrawn(b) {
				p.bar(i, b)
			}
		}
	}
	for _, r := range p.rows {
		switch {
		case r.band && r.what == marked:
			p.band(int(r.index), &run.Bands[r.index])
		case r.band:
		case r.what == sends:
			p.arrow(int(r.index), &run.Arrows[r.index])
		case r.what == marked:
			p.mark(int(r.index), &run.Marks[r.index])
		}
	}
	for _, g := range p.gaps {
		text := length(g.to-g.from) + " pass"
		if g.hidden > 0 {
			text += ", " + plural(g.hidden, "arrow") + " not drawn"
		}
		p.text("gapt", 10, g.y+g.height/2+4, "", "⋮ "+text)
	}
	if run.broken() {
		p.violation()
	}
}

// bandArea tints the columns of a band: those that were cut off more than those that they were cut off from.
func (p *pen) bandArea(i int, b *Band) {
	y0 := p.bandY[i]
	y1 := p.endY
	if !b.Open && b.To < p.c.end {
		y1 = p.y(b.To)
	}
	y1 = max(y1, y0+20)
	for _, lane := range p.bandLanes(b) {
		class := "cut far"
		if slices.Contains(b.A, p.c.lanes[lane].Name) {
			class = "cut"
		}
		p.f(`<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, p.columns[lane]-p.column/2, y0, p.column, y1-y0)
	}
	left, right := p.bandSpan(b)
	p.f(`<line class="cutline" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, right, y0, y0)
	if !b.Open && b.To < p.c.end {
		p.f(`<line class="cutline" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, right, y1, y1)
	}
	p.f("\n")
}

// band writes what a band is.
func (p *pen) band(i int, b *Band) {
	y := p.bandY[i]
	left, _ := p.bandSpan(b)
	p.open("band", fmt.Sprintf("d%d", i), bandDetail(b, p.limit), "")
	label := p.bandText(b)
	p.f(`<rect class="chip" x="%.1f" y="%.1f" width="%.1f" height="17" rx="3"/>`, left, y, textWidth(label, boldSize)+14)
	p.text("bandt", left+7, y+12.5, "", label)
	p.close()
}

// believers hatches the time during which two lanes hold the same lock.
func (p *pen) believers() {
	bars := p.c.run.Bars
	for i := range bars {
		for k := i + 1; k < len(bars); k++ {
			a, b := &bars[i], &bars[k]
			if a.Kind != Lock || b.Kind != Lock || a.Lock != b.Lock || a.Lane == b.Lane || !p.barDrawn(a) || !p.barDrawn(b) {
				continue
			}
			y0, y1 := max(p.fromY[i], p.fromY[k]), min(p.toY[i], p.toY[k])
			if max(a.From, b.From) >= p.barEnd(a) || max(a.From, b.From) >= p.barEnd(b) || y1-y0 < 1 {
				continue
			}
			x0, x1 := p.x(a.Lane), p.x(b.Lane)
			if x1 < x0 {
				x0, x1 = x1, x0
			}
			p.overlaps++
			p.f(`<rect class="both" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`+"\n", x0, y0, x1-x0, y1-y0)
		}
	}
}

func (l *layout) barEnd(b *Bar) time.Duration {
	if b.Open || b.To > l.c.end {
		return l.c.end + 1
	}
	return b.To
}

func (p *pen) bar(i int, b *Bar) {
	x, y0, y1 := p.x(b.Lane), p.fromY[i], max(p.toY[i], p.fromY[i]+3)
	class, width := "", 6.0
	switch b.Kind {
	case Session:
		class = "session s-" + b.State
	case Role:
		class = "session r-" + b.State
	case Lock:
		class, width = fmt.Sprintf("lock t%d", p.tokens[b.Token]), 18
	case Paused:
		class, width = "paused", 30
	case Down:
		class, width = "down", 30
	}
	p.open("bar "+escape(class), fmt.Sprintf("b%d", i), barDetail(b, p.limit), p.causes.of(b.FromStep, -1))
	p.f(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%d"/>`, x-width/2, y0, width, y1-y0, min(int(width)/5, 3))
	for n, line := range p.barText(b, b.From < p.top) {
		p.text("bart", x+barIndent(b), y0+float64(n)*lineHeight+11, "", line)
	}
	p.close()
}

func (p *pen) arrow(i int, a *Arrow) {
	class := [...]string{"request", "reply", "notification", "connection", "peer", "call"}[min(max(int(a.Kind), 0), 5)]
	if a.Lost {
		class += " lost"
	}
	if a.Unanswered {
		class += " unanswered"
	}
	p.open("arrow "+class, fmt.Sprintf("a%d", i), arrowDetail(a, p.limit), p.causes.of(a.SentStep, int32(i)))
	x0, y0, x1, y1 := p.x(a.From), p.sendY[i], p.x(a.To), p.arriveY[i]
	side := math.Copysign(1, x1-x0)
	if x0 == x1 {
		p.f(`<path class="line" d="M%.1f %.1fh26q6 0 6 6t-6 6h-20"/>`, x0+4, y0)
		p.head(x0+4, y0+12, x0+30, y0+12)
	} else {
		x0, x1 = x0+4*side, x1-5*side
		whole := true
		switch {
		case a.Lost:
			x1, y1, whole = x0+(x1-x0)*0.6, y0+10, false
		case y1 == 0: // still on its way at the end
			share := 0.5
			if way := float64(a.Arrived - a.Sent); way > 0 {
				share = min(max(float64(p.c.end-a.Sent)/way, 0.1), 0.95)
			}
			x1, y1, whole = x0+(x1-x0)*share, max(p.endY-4, y0), false
		}
		p.f(`<line class="hit" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, x0, y0, x1, y1)
		p.f(`<line class="line" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, x0, y0, x1, y1)
		switch {
		case whole:
			p.head(x1, y1, x0, y0)
		case a.Lost:
			p.f(`<path class="cross" d="M%.1f %.1fl9 9m0 -9l-9 9"/>`, x1-4.5, y1-4.5)
		default:
			p.f(`<circle class="onway" cx="%.1f" cy="%.1f" r="3"/>`, x1, y1)
		}
	}
	text := p.arrowText(a)
	if side < 0 {
		p.text("label", p.x(a.From)-12, y0-4, "end", text)
	} else {
		p.text("label", p.x(a.From)+12, y0-4, "", text)
	}
	p.close()
}

// head draws an arrow's head at x, y for a line that comes from fx, fy.
func (p *pen) head(x, y, fx, fy float64) {
	dx, dy := fx-x, fy-y
	n := math.Hypot(dx, dy)
	dx, dy = dx/n, dy/n
	p.f(`<path class="head" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fz"/>`, x, y, x+8*dx-3.6*dy, y+8*dy+3.6*dx, x+8*dx+3.6*dy, y+8*dy-3.6*dx)
}

func (p *pen) mark(i int, m *Mark) {
	class := [...]string{"note", "fault", "alarm"}[min(max(int(m.Kind), 0), 2)]
	p.open("mark "+class, fmt.Sprintf("m%d", i), markDetail(m, p.limit), p.causes.of(m.Step, -1))
	y := p.markY[i]
	if m.Lane == "" {
		text := fit(oneLine(m.Label), p.width-40, fontSize)
		p.f(`<line class="all" x1="0" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.width, y, y)
		p.f(`<rect class="chip" x="4" y="%.1f" width="%.1f" height="17" rx="3"/>`, y-8.5, textWidth(text, fontSize)+14)
		p.text("markt", 11, y+4, "", text)
		p.close()
		return
	}
	x := p.x(m.Lane)
	switch m.Kind {
	case Fault:
		p.f(`<path class="dot" d="M%.1f %.1fl-4 8h4l-3 8l9 -11h-5l4 -5z"/>`, x, y-8)
	case Alarm:
		p.f(`<path class="dot" d="M%.1f %.1fl8 14h-16z"/><path class="bang" d="M%.1f %.1fv5m0 2v1.6"/>`, x, y-9, x, y-4)
	default:
		p.f(`<circle class="dot" cx="%.1f" cy="%.1f" r="5"/>`, x, y)
	}
	for n, line := range p.markText(m) {
		p.text("markt", x+12, y+4+float64(n)*lineHeight, "", line)
	}
	p.close()
}

func (p *pen) violation() {
	v := &p.c.run.Violation
	detail := withDetail(violationText(v)+"\n"+when(v.At, v.Step), v.Detail, p.limit)
	p.open("violation", "violation", detail, p.causes.ofViolation())
	p.f(`<line x1="0" x2="%.1f" y1="%.1f" y2="%.1f"/>`, p.width, p.endY, p.endY)
	for i, lane := range p.c.lanes {
		if p.columns[i] > 0 && slices.Contains(v.Lanes, lane.Name) {
			p.f(`<circle cx="%.1f" cy="%.1f" r="8"/><path d="M%.1f %.1fl7 7m0 -7l-7 7"/>`, p.columns[i], p.endY, p.columns[i]-3.5, p.endY-3.5)
		}
	}
	y := p.endY + 22
	for _, line := range wrap("✗ "+violationText(v), p.width-20, 14, 4) {
		p.text("violationt", 6, y+4, "", line)
		y += 19
	}
	p.height = y + 6
	p.close()
}
