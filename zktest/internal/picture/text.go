package picture

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Text writes the run as a grid: what broke, a legend, then one line per event, with a column per lane that shows what
// state the lane is in. An arrow has two lines, where it leaves and where it arrives. What comes after the violation is
// left out; give it [Run.Past] for less. Quiet arrows are written.
func Text(w io.Writer, run *Run) error {
	g := newGrid(newChart(run))
	out := bufio.NewWriter(w)
	put := func(lines ...string) {
		for _, line := range lines {
			if line != "" {
				fmt.Fprintln(out, clean(line)) // the writer keeps its error for Flush
			}
		}
	}
	put(headline(run), subline(run))
	if run.Replay != "" {
		put("replay: " + oneLine(run.Replay))
	}
	for _, line := range run.Plan {
		put("plan: " + oneLine(line))
	}
	put("", g.legend(), g.head())
	g.lines(0, func(_ time.Duration, line string) { put(line) })
	if run.broken() {
		put(g.last())
	}
	return out.Flush()
}

// A grid writes the lines of the text. It goes through the events once, with the state of every lane in hand.
type grid struct {
	c      *chart
	widths []int
	starts []int // the columns' first cells
	width  int

	session []string // state of its Session or Role bar, by lane
	held    []int    // Lock bars that are open, by lane
	token   []int64  // of the last of them
	paused  []int
	down    []int
}

func newGrid(c *chart) *grid {
	n := len(c.lanes)
	g := &grid{
		c: c, session: make([]string, n), held: make([]int, n), token: make([]int64, n),
		paused: make([]int, n), down: make([]int, n),
	}
	for _, lane := range c.lanes {
		w := min(max(utf8.RuneCountInString(oneLine(lane.Name)), 4), 10) + 1
		g.starts = append(g.starts, g.width)
		g.widths = append(g.widths, w)
		g.width += w
	}
	return g
}

func (g *grid) legend() string {
	return "● happens  ──▷ leaves  ──▶ arrives  ─✗ lost │ connected or following  ┃ leads  ┊ suspended or looking  × lost  ░ paused  (blank) down or closed  #7 holds token 7"
}

func (g *grid) head() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%10s  %14s  ", "step", "time")
	for i, lane := range g.c.lanes {
		name := []rune(oneLine(lane.Name))
		if len(name) > g.widths[i]-1 {
			name = append(name[:g.widths[i]-2], '…')
		}
		fmt.Fprintf(&s, "%-*s", g.widths[i], string(name))
	}
	return strings.TrimRight(s.String(), " ")
}

// lines calls put for every line, with its time, or only for those of the last so many events; 0 is all.
// It returns how many events it left out.
func (g *grid) lines(last int, put func(time.Duration, string)) (left int) {
	c := g.c
	events := g.events()
	if last > 0 {
		left = max(len(events)-last, 0)
	}
	for i, e := range events {
		if i < left {
			if e.band < 0 && (e.point.what == begins || e.point.what == ends) {
				g.change(int(e.point.lane), &c.run.Bars[e.point.index], e.point.what == begins)
			}
			continue
		}
		if e.band >= 0 {
			b := &c.run.Bands[e.band]
			text := "⚡ " + bandLabel(b)
			if e.healed {
				text = "healed: " + bandLabel(b)
			}
			put(e.at, g.line(e.at, e.step, -1, 0, nil, text))
			continue
		}
		pt := e.point
		lane := int(pt.lane)
		switch pt.what {
		case sends, arrives:
			a := &c.run.Arrows[pt.index]
			from, to := c.index[a.From], c.index[a.To]
			text := fmt.Sprintf("%s → %s  %s", a.From, a.To, oneLine(a.Label))
			head := '▷'
			switch {
			case pt.what == arrives:
				head = '▶'
				text += fmt.Sprintf("  (%s)", length(a.Arrived-a.Sent))
			case a.Lost:
				head = '✗'
				text += "  (never arrives)"
			case a.Unanswered:
				text += "  (never answered)"
			}
			put(e.at, g.line(e.at, pt.step, from, head, &to, text))
		case marked:
			m := &c.run.Marks[pt.index]
			sign := [...]string{"", "⚡ ", "‼ "}[min(max(int(m.Kind), 0), 2)]
			put(e.at, g.line(e.at, pt.step, lane, '●', nil, sign+prefix(m.Lane)+oneLine(m.Label)))
		case begins, ends:
			b := &c.run.Bars[pt.index]
			on := pt.what == begins
			g.change(lane, b, on)
			text := prefix(b.Lane) + barStory(b)
			switch {
			case on:
			case b.Kind == Session || b.Kind == Role:
				continue // its next state has a line
			default:
				text = prefix(b.Lane) + "no longer " + barLabel(b)
			}
			put(e.at, g.line(e.at, pt.step, lane, '●', nil, text))
		}
	}
	return left
}

type event struct {
	at     time.Duration
	step   uint64
	point  *point
	band   int // -1 for none
	healed bool
}

func (g *grid) events() []event {
	events := make([]event, 0, len(g.c.points))
	for i := range g.c.points {
		pt := &g.c.points[i]
		events = append(events, event{at: pt.at, step: pt.step, point: pt, band: -1})
	}
	for i := range g.c.run.Bands {
		b := &g.c.run.Bands[i]
		if g.c.past(b.From, b.Step) {
			events = append(events, event{at: b.From, step: b.Step, band: i})
		}
		if !b.Open && g.c.past(b.To, 0) {
			events = append(events, event{at: b.To, band: i, healed: true})
		}
	}
	if len(events) > len(g.c.points) {
		slices.SortStableFunc(events, func(a, b event) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step))
		})
	}
	return events
}

func (g *grid) change(lane int, b *Bar, on bool) {
	delta := -1
	if on {
		delta = 1
	}
	switch b.Kind {
	case Session, Role:
		if on {
			g.session[lane] = b.State
		} else if g.session[lane] == b.State {
			g.session[lane] = ""
		}
	case Lock:
		g.held[lane] += delta
		if on {
			g.token[lane] = b.Token
		}
	case Paused:
		g.paused[lane] += delta
	case Down:
		g.down[lane] += delta
	}
}

// line writes the cells of one event: a sign at a lane, or an arrow from it to another.
func (g *grid) line(at time.Duration, step uint64, lane int, sign rune, to *int, text string) string {
	cells := make([]rune, g.width)
	for i := range cells {
		cells[i] = ' '
	}
	for i := range g.c.lanes {
		start := g.starts[i]
		cells[start] = g.state(i)
		if g.held[i] > 0 {
			copy(cells[start+1:start+g.widths[i]-1], []rune(fmt.Sprintf("#%d", g.token[i])))
		}
	}
	switch {
	case lane < 0 || sign == 0:
	case to == nil || *to == lane:
		cells[g.starts[lane]] = sign
	default:
		from, end := g.starts[lane], g.starts[*to]
		cells[from] = '●'
		if from < end {
			for i := from + 1; i < end; i++ {
				cells[i] = '─'
			}
			cells[end-1] = sign
		} else {
			for i := end + 1; i < from; i++ {
				cells[i] = '─'
			}
			cells[end+1] = map[rune]rune{'▷': '◁', '▶': '◀', '✗': '✗'}[sign]
		}
	}
	number := "-"
	if step != 0 {
		number = fmt.Sprint(step)
	}
	return fmt.Sprintf("%10s  %14s  %s  %s", number, clockFine(at), string(cells), oneLine(text))
}

func (g *grid) state(lane int) rune {
	switch {
	case g.down[lane] > 0:
		return ' '
	case g.paused[lane] > 0:
		return '░'
	}
	switch g.session[lane] {
	case Leading:
		return '┃'
	case Suspended, Looking:
		return '┊'
	case Lost:
		return '×'
	case Closed:
		return ' '
	case "", Connecting:
		return '·'
	}
	return '│'
}

// last is the violation.
func (g *grid) last() string {
	v := &g.c.run.Violation
	number := "-"
	if v.Step != 0 {
		number = fmt.Sprint(v.Step)
	}
	return fmt.Sprintf("%10s  %14s  %s  ✗ %s", number, clockFine(v.At), strings.Repeat("━", g.width), violationText(v))
}
