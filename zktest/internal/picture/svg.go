package picture

import (
	_ "embed" // the style
	"fmt"
	"io"
)

//go:embed diagram.css
var diagramCSS string

const svgDetail = 400 // bytes of one detail, in an SVG file

// SVG writes the diagram as a file of its own: what broke, the lanes, the past of the violation, a legend. It needs no
// script and no network, and follows the viewer's light or dark mode.
func SVG(w io.Writer, run *Run) error {
	c := newChart(run)
	p := newPen(newLayout(c, c.slice(MaxArrows)), svgDetail)
	p.body()
	body := p.take()
	const pad = 14.0
	width := axisWidth + p.width + 2*pad
	y := pad + 18
	for _, line := range wrap(headline(run), width-2*pad, 17, 3) {
		p.f(`<text x="%.1f" y="%.1f" style="font-size:17px;font-weight:600">%s</text>`+"\n", pad, y, escape(line))
		y += 22
	}
	for _, line := range wrap(subline(run), width-2*pad, 12, 2) {
		p.f(`<text class="axist" x="%.1f" y="%.1f" style="font-size:12px">%s</text>`+"\n", pad, y-2, escape(line))
		y += 17
	}
	place := func(x, y float64, draw func()) {
		p.f(`<g transform="translate(%.1f %.1f)">`+"\n", x, y)
		draw()
		p.f("</g>\n")
	}
	place(pad+axisWidth, y, p.heads)
	y += headHeight + 2
	place(pad, y, func() { p.axis(nil) })
	place(pad+axisWidth, y, func() { p.buf.Write(body) })
	y += p.height + 8
	x := pad
	for _, s := range p.legend() {
		signWidth := 42 + textWidth(s.text, fontSize) + 16
		if x+signWidth > width && x > pad {
			x, y = pad, y+24
		}
		place(x, y, func() { p.f(`%s<text x="42" y="12">%s</text>`, s.picture, escape(s.text)) })
		x += signWidth
	}
	height := y + 24 + pad
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="picture" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`+
		"\n<style>\n%s</style>\n%s"+`<rect class="paper" width="100%%" height="100%%"/>`+"\n%s</svg>\n",
		width, height, width, height, escape(headline(run)), diagramCSS, patterns, p.take())
	return err
}

// take empties the pen.
func (p *pen) take() []byte {
	out := append([]byte(nil), p.buf.Bytes()...)
	p.buf.Reset()
	return out
}

// headline is the one sentence that says what broke.
func headline(run *Run) string {
	if !run.broken() {
		return "Nothing was broken in this run."
	}
	return violationSentence(&run.Violation)
}

// subline says where that was.
func subline(run *Run) string {
	text := ""
	if run.broken() {
		text = "Broken: " + violationName(&run.Violation) + ", " + when(run.Violation.At, run.Violation.Step)
	}
	if run.Name != "" {
		text = join(text, run.Name)
	}
	if run.Seed != "" {
		text = join(text, "seed "+run.Seed)
	}
	return text
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " · " + b
}
