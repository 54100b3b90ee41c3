package picture_test

import (
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// line is the only line of the text that contains all of these.
func line(t *testing.T, text string, parts ...string) string {
	t.Helper()
	var found []string
	for l := range strings.Lines(text) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(l, part)
		}
		if all {
			found = append(found, strings.TrimRight(l, "\n"))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines with %q:\n%s", len(found), parts, text)
	}
	return found[0]
}

func TestTextHasALineForEveryEvent(t *testing.T) {
	run := &picture.Run{
		Lanes: []picture.Lane{{Name: "client"}, {Name: "server", Kind: picture.Server}, {Name: "c"}},
		Arrows: []picture.Arrow{
			{From: "client", To: "server", Label: "get /a", Sent: 2 * ms, SentStep: 2, Arrived: 5 * ms, ArrivedStep: 4},
			{From: "server", To: "client", Label: "NoNode", Sent: 5 * ms, SentStep: 4, Lost: true},
		},
		Bars: []picture.Bar{
			{Lane: "client", Kind: picture.Session, State: picture.Connected, From: ms, To: 6 * ms, FromStep: 1, ToStep: 5},
			{Lane: "client", Kind: picture.Session, State: picture.Suspended, From: 6 * ms, FromStep: 5, Open: true},
			{Lane: "client", Kind: picture.Lock, Lock: "/l", Token: 42, From: ms, FromStep: 1, Open: true},
			{Lane: "server", Kind: picture.Role, State: picture.Leading, Open: true},
			{Lane: "c", Kind: picture.Paused, From: 3 * ms, FromStep: 3, To: 7 * ms, ToStep: 6},
		},
		Bands:     []picture.Band{{Label: "partition", A: []string{"client"}, B: []string{"server"}, From: 4 * ms, To: 8 * ms}},
		Marks:     []picture.Mark{{Lane: "c", Kind: picture.Alarm, Label: "write refused", At: 9 * ms, Step: 9}},
		Violation: picture.Violation{Name: "order", Sentence: "It came too late.", At: 10 * ms, Step: 10, Lanes: []string{"c"}},
	}
	text := render(t, picture.Text, run)
	// Columns: client, c, server; the state of each at that moment.
	// Columns: client, c, server; the state of each at that moment.
	for _, want := range [][]string{
		{"4      ", "  0.005000 s  ●──────────▶┃", "client → server get /a (3.0 ms)"},
		{" 2  ", "  0.002000 s  ●──────────▷┃", "client → server get /a"},
		{"│✗──────────●", "server → client NoNode (never arrives)"},
		{" 5  ", "  0.006000 s  ●#42", "client: session is suspended"},
		{"0.004000 s  │#42", "░", "⚡ partition: client ✂ server"},
		{" 6  ", "  0.007000 s  ┊#42", "c: no longer paused"},
		{"0.008000 s  ┊#42", "healed: partition"},
		{"‼ c: write refused"},
		{"10  ", "  0.010000 s  ━━━━", "✗ order: It came too late."},
	} {
		line(t, text, want...)
	}
}

func TestTextOfThePastIsShort(t *testing.T) {
	run := twoHolders()
	full, past := render(t, picture.Text, run), render(t, picture.Text, run.Past(30))
	if !strings.Contains(full, "ping") || strings.Contains(past, "ping") {
		t.Error("pings belong into the whole text only")
	}
	if f, p := strings.Count(full, "\n"), strings.Count(past, "\n"); p > 100 || f < 5*p {
		t.Errorf("%d lines, and %d of the past", f, p)
	}
	for _, text := range []string{full, past} {
		if !strings.HasPrefix(text, run.Violation.Sentence+"\n") || !strings.Contains(text, "replay: "+run.Replay) {
			t.Errorf("the beginning is %.200q", text)
		}
	}
	last := strings.Split(strings.TrimSpace(full), "\n")
	if got := last[len(last)-1]; !strings.Contains(got, "━ ") || !strings.Contains(got, "lock exclusion") {
		t.Errorf("the last line is %q", got)
	}
}
