package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A series is one figure from each round.
type series []float64

func (s series) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

func (s series) spread() string {
	if len(s) == 0 {
		return ""
	}
	return fmt.Sprintf("%s … %s", short(slices.Min(s)), short(slices.Max(s)))
}

// String is the median and the spread.
func (s series) String() string {
	if len(s) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s)", short(s.median()), s.spread())
}

// over is s divided by t, round by round.
func (s series) over(t series) (out series) {
	for i := range min(len(s), len(t)) {
		out = append(out, s[i]/t[i])
	}
	return out
}

// short writes a number with about three digits.
func short(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case a >= 9.995e6:
		return fmt.Sprintf("%.1f M", x/1e6)
	case a >= 0.9995e6:
		return fmt.Sprintf("%.2f M", x/1e6)
	case a >= 9995:
		return fmt.Sprintf("%.0f k", x/1e3)
	case a >= 1000:
		return fmt.Sprintf("%.2f k", x/1e3)
	case a >= 99.95:
		return fmt.Sprintf("%.0f", x)
	case a >= 9.995:
		return fmt.Sprintf("%.1f", x)
	case a == 0:
		return "0"
	case a < 0.00995:
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// of returns a figure of a point, from every round that has it.
func (r *run) of(p point, figure func(outcome) (float64, bool)) (s series) {
	for _, o := range r.results[p] {
		if x, ok := figure(o); ok {
			s = append(s, x)
		}
	}
	return s
}

func rate(o outcome) (float64, bool) { return o.rate(), o.Seconds > 0 }
func cpu(o outcome) (float64, bool)  { return o.CPU / o.Ops, o.Ops > 0 }

func allocs(o outcome) (float64, bool)    { return each(o.Allocs, o) }
func allocated(o outcome) (float64, bool) { return each(o.Bytes, o) }
func calls(o outcome) (float64, bool)     { return each(o.Calls, o) }

func each(x *float64, o outcome) (float64, bool) {
	if x == nil || o.Ops == 0 {
		return 0, false
	}
	return *x / o.Ops, true
}

// A table is rows of cells, the first row being the head. The first column is aligned to the left.
type table [][]string

func (t table) String() string {
	var widths []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range t {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				line.WriteString("  " + cell + gap)
			} else {
				line.WriteString("  " + gap + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
