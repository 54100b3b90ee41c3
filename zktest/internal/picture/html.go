package picture

import (
	"bytes"
	_ "embed" // style and script
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxPage is how many bytes a page has at most.
const MaxPage = 1_000_000

var (
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// HTML writes one page: what broke, the story in sentences, the diagram with all details at hand, a legend, and the events
// next to the violation as text. It loads nothing. Without scripts only the highlighting of causes is missing.
func HTML(w io.Writer, run *Run) error {
	// Long details give way before arrows do.
	var page []byte
	for _, try := range []struct{ arrows, detail int }{
		{MaxArrows, 2000}, {MaxArrows, 400}, {MaxArrows, 0}, {MaxArrows / 3, 0},
	} {
		page = newPage(run, try.arrows, try.detail)
		if len(page) <= MaxPage {
			break
		}
	}
	_, err := w.Write(page)
	return err
}

func newPage(run *Run, arrows, detail int) []byte {
	c := newChart(run)
	p := newPen(newLayout(c, c.slice(arrows)), detail)
	p.body()
	body := p.take()
	p.heads()
	heads := p.take()
	story := page{pen: p}
	story.top()
	foot := page{pen: p}
	foot.counts()

	fixed := story.buf.Len() + len(body) + len(heads) + foot.buf.Len() + len(diagramCSS) + len(pageCSS) + len(pageJS)
	lines, ids, first := textTail(c, MaxPage-fixed-50_000-len(p.ticks)*200)
	p.axis(func(since time.Duration) string {
		i, _ := slices.BinarySearch(ids, since)
		if i == len(ids) || since < first {
			return ""
		}
		return lineID(i)
	})
	axis := p.take()

	var out bytes.Buffer
	fmt.Fprintf(&out, `<!doctype html>
<html lang="en" class="picture">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, minimum-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>%s</title>
<style>
%s%s</style>
</head>
<body>
`, escape(headline(run)), diagramCSS, pageCSS)
	out.Write(story.buf.Bytes())
	fmt.Fprintf(&out, `<main class="diagram">
<div class="heads"><div class="axis"><svg width="%.0f" height="%.0f"></svg></div><svg width="%.0f" height="%.0f" aria-hidden="true">%s</svg></div>
<div class="rows"><div class="axis"><svg width="%.0f" height="%.0f">%s</svg></div><svg width="%.0f" height="%.0f" role="group" aria-label="the diagram">
%s%s</svg></div>
</main>
`, axisWidth, headHeight, p.width, headHeight, heads, axisWidth, p.height, axis, p.width, p.height, patterns, body)
	out.Write(foot.buf.Bytes())
	out.WriteString("<section class=\"prose\">\n<details><summary>Every event before the violation, as text</summary>\n")
	if first > 0 {
		fmt.Fprintf(&out, "<p>From %s on; before that there is more than fits.</p>\n", clock(first))
	}
	out.WriteString(`<pre class="all" tabindex="0">`)
	out.Write(lines)
	fmt.Fprintf(&out, "</pre></details>\n</section>\n<div id=\"card\" role=\"status\" hidden></div>\n<script>\n%s</script>\n</body>\n</html>\n", pageJS)
	return out.Bytes()
}

type page struct {
	*pen
	buf bytes.Buffer
}

func (p *page) f(format string, args ...any) { fmt.Fprintf(&p.buf, format, args...) }

// top is all that stands above the diagram.
func (p *page) top() {
	run := p.c.run
	p.f("<header class=\"prose\">\n<div class=\"what\">%s</div>\n", escape(subline(run)))
	class := ""
	if !run.broken() {
		class = ` class="good"`
	}
	p.f("<h1%s>%s</h1>\n", class, escape(headline(run)))
	if detail := run.Violation.Detail; detail != "" {
		p.f("<p>%s</p>\n", strings.ReplaceAll(escape(shorten(detail, 4000)), "\n", "<br>"))
	}
	if run.Replay != "" {
		p.f("<div class=\"replay\"><code id=\"replay\">%s</code><button id=\"copy\" hidden>copy</button></div>\n", escape(oneLine(run.Replay)))
	}
	for i, link := range run.Beside {
		if i == 0 {
			p.f("<p>See also: ")
		} else {
			p.f(", ")
		}
		p.f(`<a href="%s">%s</a>`, escape(link.Href), escape(link.Text))
		if i == len(run.Beside)-1 {
			p.f("</p>\n")
		}
	}
	if len(run.Plan) > 0 {
		open := ""
		if len(run.Plan) <= 12 {
			open = " open"
		}
		p.f("<details%s><summary>The plan: %s</summary>\n<ul class=\"plan\">\n", open, strconv.Itoa(len(run.Plan))+" faults and knobs")
		for _, line := range run.Plan[:min(len(run.Plan), 300)] {
			p.f("<li>%s</li>\n", escape(shorten(oneLine(line), 300)))
		}
		p.f("</ul></details>\n")
	}
	p.story()
	p.f("<h2>How to read the diagram</h2>\n<p>A column is a process or a server. Time runs down; an arrow leans by how long it was on its way. Point at anything to see all about it and, " +
		"in bold, what led to it; a click keeps it open, Esc closes it. Tab and the arrow keys go from one thing to the next.</p>\n<ul class=\"legend\">\n")
	for _, s := range p.legend() {
		p.f("<li><svg width=\"34\" height=\"16\" aria-hidden=\"true\">%s</svg>%s</li>\n", s.picture, escape(s.text))
	}
	p.f("</ul>\n</header>\n")
}

func (p *page) story() {
	moments, left := p.layout.story()
	if len(moments) == 0 {
		return
	}
	p.f("<details open><summary>What happened, in short</summary>\n<ol class=\"story\">\n")
	if left > 0 {
		p.f("<li><time>…</time><span>%s before this</span></li>\n", plural(left, "moment"))
	}
	for _, m := range moments {
		class, lane := "", ""
		if m.bad {
			class = ` class="bad"`
		}
		if m.lane != "" {
			lane = "<b>" + escape(m.lane) + "</b> "
		}
		p.f("<li%s><time>%s</time><a href=\"#%s\">%s%s</a></li>\n", class, clock(m.at), m.id, lane, escape(m.text))
	}
	if v := &p.c.run.Violation; p.c.run.broken() {
		p.f("<li class=\"bad\"><time>%s</time><a href=\"#violation\"><b>✗ %s</b></a></li>\n", clock(v.At), escape(violationName(v)+" is broken"))
	}
	p.f("</ol></details>\n")
}

// counts says what is not drawn.
func (p *page) counts() {
	p.f("<section class=\"prose\">\n<h2>What is not drawn</h2>\n<p>")
	var parts []string
	count := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", plural(n, "arrow"), what))
		}
	}
	count(p.p.far, "that came before the violation, but explain less of it")
	count(p.p.quiet, "of routine, such as pings")
	count(p.p.unrelated, "that cannot have led to it")
	if p.c.later > 0 {
		parts = append(parts, plural(p.c.later, "event")+" after it")
	}
	var idle []string
	for i, lane := range p.c.lanes {
		if !p.p.lanes[i] {
			idle = append(idle, oneLine(lane.Name))
		}
	}
	if len(idle) > 0 {
		parts = append(parts, "the columns of "+names(idle)+", which took no part")
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	text := strings.Join(parts, "; ")
	p.f("%s. A small +3 beside a time says that three arrows are missing there.</p>\n</section>\n", escape(strings.ToUpper(text[:1])+text[1:]))
}

// shortLine is less than a line of the text takes in the page: its number and id, the cells, the names.
const shortLine = 90

// textTail is the end of the text grid that fits into so many bytes, with an id at each line; when each line is; and,
// if lines are missing, when the first one is.
func textTail(c *chart, size int) (text []byte, at []time.Duration, first time.Duration) {
	g := newGrid(c)
	var lines []string
	var times []time.Duration
	left := g.lines(max(size/shortLine, 1), func(t time.Duration, line string) {
		lines = append(lines, line)
		times = append(times, t)
	})
	// From the end: only the lines that fit are escaped.
	fits := len(lines)
	for size -= len(g.head()) + 1000; fits > 0; fits-- {
		lines[fits-1] = escape(lines[fits-1])
		if size -= len(lines[fits-1]) + len("<span id=\"h000000\"></span>\n"); size < 0 {
			break
		}
	}
	if (left > 0 || fits > 0) && fits < len(times) {
		first = times[fits]
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, escape(g.legend()))
	fmt.Fprintln(&out, escape(g.head()))
	for i, line := range lines[fits:] {
		fmt.Fprintf(&out, "<span id=\"%s\">%s</span>\n", lineID(i), line)
	}
	if c.run.broken() {
		fmt.Fprintln(&out, escape(g.last()))
	}
	return out.Bytes(), times[fits:], first
}

func lineID(i int) string { return fmt.Sprintf("h%d", i) }
