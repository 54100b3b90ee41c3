package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// A goal is what issue and README promise, and how it is measured.
type goal struct {
	what  string
	bound float64
	most  bool   // the bound is an upper one
	unit  string // behind the figures
	value func(r *run) series
}

// met compares with the precision that the bound has: counts are of the whole process, background work of Go's included.
func (g goal) met(s series) string {
	m := s.median()
	if g.bound >= 1 || g.bound == 0 {
		m = math.Round(m*20) / 20
	}
	if g.most && m <= g.bound || !g.most && m >= g.bound {
		return "yes"
	}
	return "no"
}

func (g goal) sign() string {
	if g.most {
		return "≤ "
	}
	return "≥ "
}

// points lists all that can be measured.
func points() []point { return append(getPoints(), manyPoints()...) }

func goals() []goal { return append(getGoals(), manyGoals()...) }

func (r *run) report(w io.Writer) {
	fmt.Fprintf(w, "%s\n", r.header())
	r.reportGets(w)
	r.reportMany(w)
	t := table{{"goal", "at least / at most", "measured", "met"}}
	for _, g := range goals() {
		if s := g.value(r); len(s) > 0 {
			t = append(t, []string{g.what, g.sign() + short(g.bound) + g.unit, s.String(), g.met(s)})
		}
	}
	if len(t) > 1 {
		fmt.Fprintf(w, "\ngoals\n%s", t)
	}
	for _, note := range r.notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
}

// has reports whether something was measured.
func (r *run) has(p point) bool { return len(r.results[p]) > 0 }

// reasons lists why points were skipped, each reason once.
func (r *run) reasons(bench string) (out []string) {
	for _, p := range r.points {
		if why := r.skipped[p]; p.bench == bench && why != "" {
			if line := p.client + ": " + why; !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}
