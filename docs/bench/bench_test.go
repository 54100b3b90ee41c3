package main

import (
	"os"
	"strings"
	"testing"
)

// The processes that a run starts are this program again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "canned" || os.Args[1] == "zktest" || os.Args[1] == "work") {
		main()
		return
	}
	os.Exit(m.Run())
}

// Everything that needs neither Java nor Python is measured, if not for long.
func TestRun(t *testing.T) {
	r := &run{rounds: 2, millis: 10, results: map[point][]outcome{}, skipped: map[point]string{}}
	for _, p := range points() {
		if p.client != isJava && p.client != isKazoo && p.server != "real" {
			p.n = min(p.n, 300) // many are not needed
			r.points = append(r.points, p)
		}
	}
	if err := r.measure(); err != nil {
		t.Fatal(err)
	}
	for _, p := range r.points {
		if r.skipped[p] == "" && len(r.results[p]) != r.rounds {
			t.Errorf("%v: measured %d times, want %d", p, len(r.results[p]), r.rounds)
		}
	}
	var text strings.Builder
	r.report(&text)
	for _, g := range goals() {
		if s := g.value(r); len(s) > 0 && !strings.Contains(text.String(), g.what) {
			t.Errorf("the report does not mention: %s", g.what)
		}
	}
	if t.Failed() {
		t.Log(text.String())
	}
	if err := r.write(t.TempDir(), text.String()); err != nil {
		t.Error(err)
	}
}

func TestFigures(t *testing.T) {
	if got := (series{3, 1, 2}).median(); got != 2 {
		t.Errorf("the median is %v, want 2", got)
	}
	if got := (series{4, 1, 2, 3}).median(); got != 2.5 {
		t.Errorf("the median is %v, want 2.5", got)
	}
	if got := (series{4, 9}).over(series{2, 3}).String(); got != "2.50 (2.00 … 3.00)" {
		t.Error(got)
	}
	for x, want := range map[float64]string{0: "0", 0.00123: "0.0012", 0.25: "0.25", 12.345: "12.3", 123.4: "123", 1234: "1.23 k", 99999: "100 k", 1234567: "1.23 M", 12345678: "12.3 M"} {
		if got := short(x); got != want {
			t.Errorf("%v is written %q, want %q", x, got, want)
		}
	}
	if got := (table{{"a", "b"}, {"long", "1"}}).String(); got != "  a     b\n  long  1\n" {
		t.Errorf("%q", got)
	}
}
