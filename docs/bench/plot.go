package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A bar is one bar of a plot: a median and its spread.
type bar struct {
	label  string
	client string
	s      series
}

// A plot is bars to the right, on a logarithmic scale, in groups.
type plot struct {
	file, title, unit string
	groups            []group
}

type group struct {
	label string
	bars  []bar
}

var colours = map[string]string{isGazoo: "#0b6e4f", isGoZK: "#c8553d", isRaw: "#6b7280", isJava: "#3d6fc8", isKazoo: "#c89b3d"}

// write draws the plots, and stores the table beside them.
func (r *run) write(dir, text string) error {
	if err := os.WriteFile(filepath.Join(dir, "results.txt"), []byte(text), 0o666); err != nil {
		return err
	}
	for _, p := range r.getPlots() {
		if len(p.groups) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, p.file), []byte(p.svg()), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// getPlots are of Gets: how many in a second, and what each costs.
func (r *run) getPlots() []plot {
	draw := func(file, title, unit, server string, figure func(outcome) (float64, bool)) plot {
		p := plot{file: file, title: title, unit: unit}
		for _, kind := range []string{"blocking", "callbacks"} {
			for _, n := range getAt {
				g := group{label: fmt.Sprintf("%s, %d", kind, n)}
				for _, c := range clients {
					if s := r.of(point{"get", server, kind, n, c.name}, figure); len(s) > 0 && slices.Min(s) > 0 { // the scale has no zero
						g.bars = append(g.bars, bar{c.name, c.name, s})
					}
				}
				if len(g.bars) > 0 {
					p.groups = append(p.groups, g)
				}
			}
		}
		return p
	}
	return []plot{
		draw("get.svg", "Get of 100 bytes, server that answers at once", "Gets per second", "canned", rate),
		draw("cpu.svg", "CPU time of the client, server that answers at once", "ns per Get", "canned", cpu),
		draw("real.svg", "Get of 100 bytes, real ZooKeeper", "Gets per second", "real", rate),
		draw("realcpu.svg", "CPU time of the client, real ZooKeeper", "ns per Get", "real", cpu),
	}
}

const (
	plotWidth = 860
	plotLeft  = 150
	plotRight = 230
	barHeight = 16
	barGap    = 4
	groupGap  = 14
	plotTop   = 62
)

func (p plot) svg() string {
	least, most := math.Inf(1), 0.0
	height := plotTop
	for _, g := range p.groups {
		height += len(g.bars)*(barHeight+barGap) + groupGap
		for _, b := range g.bars {
			least, most = min(least, slices.Min(b.s)), max(most, slices.Max(b.s))
		}
	}
	low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	if high == low {
		high++
	}
	x := func(v float64) float64 {
		return plotLeft + (math.Log10(v)-low)/(high-low)*(plotWidth-plotLeft-plotRight)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<text x="12" y="22" font-size="15" font-weight="bold">%s</text>`+"\n", html.EscapeString(p.title))
	fmt.Fprintf(&b, `<text x="12" y="40" fill="#555">%s, logarithmic; median, and least to most as a line</text>`+"\n", html.EscapeString(p.unit))
	for e := low; e <= high; e++ {
		at := x(math.Pow(10, e))
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1[1]f" y2="%[3]d" stroke="#ddd"/>`+"\n", at, plotTop-6, height-groupGap/2)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#777" font-size="10">%s</text>`+"\n", at, plotTop-9, short(math.Pow(10, e)))
	}
	y := plotTop
	for _, g := range p.groups {
		fmt.Fprintf(&b, `<text x="12" y="%d" font-weight="bold">%s</text>`+"\n", y+12, html.EscapeString(g.label))
		for _, bar := range g.bars {
			middle := float64(y) + barHeight/2
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", plotLeft, y, x(bar.s.median())-plotLeft, barHeight, colours[bar.client])
			fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%[3]f" y2="%.1[2]f" stroke="#111"/>`+"\n", x(slices.Min(bar.s)), middle, x(slices.Max(bar.s)))
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f">%s %s</text>`+"\n", x(slices.Max(bar.s))+6, middle+4, short(bar.s.median()), html.EscapeString(bar.label))
			y += barHeight + barGap
		}
		y += groupGap
	}
	b.WriteString("</svg>\n")
	return b.String()
}
