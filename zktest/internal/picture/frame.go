package picture

import (
	"fmt"
	"slices"
	"time"
)

const headHeight = 46.0

// heads writes the names of the lanes, for a place 46 pixels high.
func (p *pen) heads() {
	for i, lane := range p.c.lanes {
		x := p.columns[i]
		if x == 0 {
			continue
		}
		class := fmt.Sprintf("headbox k%d", lane.Kind)
		if p.c.run.broken() && slices.Contains(p.c.run.Violation.Lanes, lane.Name) {
			class += " bad"
		}
		w := p.column - 14
		p.f(`<rect class="%s" x="%.1f" y="4" width="%.1f" height="38" rx="5"/>`, class, x-w/2, w)
		y := 28.0
		if lane.Note != "" {
			y = 20
			p.text("note1", x, 35, "middle", fit(oneLine(lane.Note), w-8, 10.5))
		}
		p.text("name", x, y, "middle", fit(oneLine(lane.Name), w-8, 13))
	}
}

// axis writes the times, right-aligned, and how many arrows are not drawn since the time before. Where a link leads, to
// the text of what is not drawn, the caller knows; without, there is none.
func (p *pen) axis(link func(since time.Duration) string) {
	for _, t := range p.ticks {
		p.text("axist", axisWidth-6, t.y+4, "end", clock(t.at))
		if t.hidden == 0 {
			continue
		}
		tag, href := "g", ""
		if link != nil {
			if id := link(t.since); id != "" {
				tag, href = "a", ` href="#`+id+`"`
			}
		}
		p.f(`<%s%s><title>%s not drawn before this</title>`, tag, href, plural(t.hidden, "arrow"))
		p.text("hid", 2, t.y+4, "", fmt.Sprintf("+%d", t.hidden))
		p.f("</%s>\n", tag)
	}
	if p.c.run.broken() {
		p.text("violationt", axisWidth-6, p.endY+26, "end", clock(p.c.end))
	}
}

// patterns are what the diagram fills areas with.
const patterns = `<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
	`<line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>` + "\n"

// A sign explains one thing that can be seen. Its picture is 34 by 16 pixels.
type sign struct{ picture, text string }

// legend explains what this diagram shows, and nothing that it does not.
func (p *pen) legend() []sign {
	var signs []sign
	add := func(seen bool, picture, text string) {
		if seen {
			signs = append(signs, sign{picture, text})
		}
	}
	run := p.c.run
	arrow := func(match func(*Arrow) bool) bool {
		for i := range run.Arrows {
			if p.p.arrows[i] && match(&run.Arrows[i]) {
				return true
			}
		}
		return false
	}
	bar := func(kind BarKind, state string) bool {
		return slices.ContainsFunc(run.Bars, func(b Bar) bool {
			return b.Kind == kind && (state == "" || b.State == state) && p.barDrawn(&b)
		})
	}
	mark := func(kind MarkKind) bool {
		for i := range run.Marks {
			if p.p.marks[i] && run.Marks[i].Kind == kind {
				return true
			}
		}
		return false
	}
	line := func(class string) string {
		return `<g class="arrow ` + class + `"><line class="line" x1="1" y1="6" x2="28" y2="9"/><path class="head" d="M33 9.5l-8 2.6 .8-7.2z"/></g>`
	}
	box := func(class string, width int) string {
		return fmt.Sprintf(`<g class="%s"><rect x="%d" y="0" width="%d" height="16" rx="2"/></g>`, class, 17-width/2, width)
	}
	for kind, what := range []string{
		"request", "reply", "watch event", "connection made or ended", "message between servers", "other call",
	} {
		class := [...]string{"request", "reply", "notification", "connection", "peer", "call"}[kind]
		add(arrow(func(a *Arrow) bool { return int(a.Kind) == kind }), line(class), what)
	}
	add(arrow(func(a *Arrow) bool { return a.Unanswered }),
		`<g class="arrow unanswered"><line class="line" x1="1" y1="8" x2="33" y2="8"/></g>`, "never answered")
	add(arrow(func(a *Arrow) bool { return a.Lost }),
		`<g class="arrow lost"><line class="line" x1="1" y1="8" x2="22" y2="8"/><path class="cross" d="M18 3.5l9 9m0-9l-9 9"/></g>`, "never arrived")
	add(arrow(func(a *Arrow) bool { return !a.Lost && a.Arrived > p.c.end }),
		`<g class="arrow"><line class="line" x1="1" y1="8" x2="25" y2="8"/><circle class="onway" cx="27" cy="8" r="3"/></g>`, "still on its way at the end")
	for _, state := range []string{Connected, Connecting, Suspended, Lost, Closed} {
		add(bar(Session, state), box("session s-"+state, 6), "session "+state)
	}
	for _, state := range []string{Leading, Following, Looking, Observing, ReadOnly} {
		text := map[string]string{Leading: "server leads", Following: "server follows", Looking: "server looks for a leader",
			Observing: "server observes", ReadOnly: "server is read-only"}[state]
		add(bar(Role, state), box("session r-"+state, 6), text)
	}
	add(bar(Lock, ""), `<g class="lock t0"><rect x="2" y="0" width="13" height="16" rx="2"/></g><g class="lock t1"><rect x="19" y="0" width="13" height="16" rx="2"/></g>`,
		"believes that it holds the lock, a colour for each token")
	add(p.overlaps > 0, `<rect class="both" x="1" y="0" width="32" height="16"/>`, "two believe that they hold the same lock")
	add(bar(Paused, ""), box("paused", 30), "stands still")
	add(bar(Down, ""), box("down", 30), "is down")
	for i := range run.Bands {
		if p.bandDrawn(&run.Bands[i]) {
			add(true, `<rect class="cut" x="0" y="0" width="15" height="16"/><rect class="cut far" x="19" y="0" width="15" height="16"/>`,
				"cut off: the darker from the lighter ones")
			break
		}
	}
	add(mark(Fault), `<g class="mark fault"><path class="dot" d="M18 0l-4 8h4l-3 8l9-11h-5l4-5z"/></g>`, "fault that the plan made")
	add(mark(Note), `<g class="mark note"><circle class="dot" cx="17" cy="8" r="5"/></g>`, "step of the program")
	add(mark(Alarm), `<g class="mark alarm"><path class="dot" d="M17 0l8 15h-16z"/><path class="bang" d="M17 5v5m0 2v1.6"/></g>`, "should not have happened")
	add(len(p.gaps) > 0, `<rect class="gap" x="0" y="0" width="34" height="16"/><text class="gapt" x="13" y="12">⋮</text>`, "time in which nothing is drawn, squeezed")
	add(run.broken(), `<g class="violation"><line x1="0" x2="34" y1="8" y2="8"/><circle cx="17" cy="8" r="6"/></g>`, "the rule is broken here, by these")
	return signs
}
