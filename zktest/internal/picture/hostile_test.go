package picture_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// all renders a run in every way and checks what must hold for any.
func all(t *testing.T, run *picture.Run) (page, svg, text string) {
	t.Helper()
	page, svg, text = render(t, picture.HTML, run), render(t, picture.SVG, run), render(t, picture.Text, run)
	found := things(t, svg)
	if n := len(with(found, "arrow")); n > picture.MaxArrows {
		t.Errorf("%d arrows", n)
	}
	if len(page) > picture.MaxPage {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, nonsense := range []string{`"NaN`, `"+Inf`, `"-Inf`} {
		if strings.Contains(svg, nonsense) {
			t.Errorf("the diagram contains %q", nonsense)
		}
	}
	return page, svg, text
}

func TestAnEmptyRunHasAPicture(t *testing.T) {
	page, _, text := all(t, &picture.Run{})
	if want := "Nothing was broken in this run."; !strings.Contains(page, want) || !strings.Contains(text, want) {
		t.Error("an empty run does not say that nothing was broken")
	}
}

func TestAViolationAloneHasAPicture(t *testing.T) {
	page, svg, _ := all(t, &picture.Run{Violation: picture.Violation{Name: "order", At: time.Second, Lanes: []string{"a", "b"}}})
	if want := "order was broken by a and b."; !strings.Contains(page, want) || !strings.Contains(svg, want) {
		t.Errorf("no %q", want)
	}
}

func TestLanesThatNobodyDeclaredAreDrawn(t *testing.T) {
	_, svg, _ := all(t, &picture.Run{
		Lanes:  []picture.Lane{{Name: "declared"}},
		Arrows: []picture.Arrow{{From: "a", To: "b", Label: "hello", Arrived: ms}},
		Bars:   []picture.Bar{{Lane: "c", Kind: picture.Lock, Open: true}},
		Marks:  []picture.Mark{{Lane: "d", Label: "mark"}, {Label: "for everybody"}},
		Violation: picture.Violation{
			Name: "x", At: time.Second, Lanes: []string{"a", "b", "c", "d"},
		},
	})
	for _, lane := range []string{"a", "b", "c", "d"} {
		if !strings.Contains(svg, `text-anchor="middle">`+lane+`</text>`) {
			t.Errorf("lane %s has no head", lane)
		}
	}
}

func TestTextIsOnlyText(t *testing.T) {
	evil := "</title></svg><script>alert(1)</script>&amp;\"'\x00\x1b[31m\xff\u2028\ufffe -->"
	run := &picture.Run{
		Name: evil, Seed: evil, Replay: evil, Plan: []string{evil}, Beside: []picture.Link{{Text: evil, Href: "a\" onclick=\"alert(1)"}},
		Lanes:  []picture.Lane{{Name: evil, Note: evil}},
		Arrows: []picture.Arrow{{From: evil, To: "b", Label: evil, Detail: evil, Subject: evil, Arrived: ms, Bytes: []byte(evil)}},
		Bars: []picture.Bar{
			{Lane: "b", Kind: picture.Session, State: evil, Open: true},
			{Lane: "b", Kind: picture.Lock, Lock: evil, Label: evil, Detail: evil, Open: true},
		},
		Bands:     []picture.Band{{Label: evil, A: []string{evil}, B: []string{"b"}, Open: true, Detail: evil}},
		Marks:     []picture.Mark{{Lane: "b", Label: evil, Detail: evil}},
		Violation: picture.Violation{Name: evil, Sentence: evil, Detail: evil, At: time.Second, Lanes: []string{"b", evil}},
	}
	page, svg, text := all(t, run)
	for name, out := range map[string]string{"page": page, "svg": svg} {
		if strings.Contains(out, "<script>alert") || strings.Contains(out, `" onclick="`) {
			t.Errorf("%s: markup got through", name)
		}
	}
	if n := strings.Count(page, "<script>"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
	if strings.ContainsAny(text, "\x00\x1b") {
		t.Error("the text contains control characters")
	}
}

func TestABigRunMakesASmallPage(t *testing.T) {
	page, _, _ := all(t, crowd(20_000))
	if !strings.Contains(page, "before that there is more than fits") {
		t.Error("the page does not say that its text begins late")
	}
	if !strings.Contains(page, "arrows of routine, such as pings") {
		t.Error("the page does not count what it leaves out")
	}
}

func TestAnyRunHasAPicture(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := drawRun(rt)
		all(t, run)
		if t.Failed() {
			rt.Fatalf("%+v", run)
		}
		past := run.Past(picture.MaxArrows)
		if len(past.Arrows) > len(run.Arrows) {
			rt.Fatal("the past has more arrows than the run")
		}
		again := past.Past(picture.MaxArrows)
		if len(again.Arrows) > len(past.Arrows) {
			rt.Fatal("the past of the past is larger")
		}
	})
}

// drawRun makes runs that no simulation would make: times and steps out of order, unknown kinds.
func drawRun(t *rapid.T) *picture.Run {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d e", ""})
	at := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.OneOf(
			rapid.Int64Range(0, int64(5*ms)), rapid.Int64Range(-int64(time.Second), int64(time.Hour)),
			rapid.SampledFrom([]int64{0, math.MaxInt64 / 4, math.MinInt64 / 4}),
		).Draw(t, "at"))
	})
	step := rapid.OneOf(rapid.Uint64Range(0, 30), rapid.SampledFrom([]uint64{0, math.MaxUint64}))
	label := rapid.OneOf(rapid.StringN(0, 60, 100), rapid.SampledFrom([]string{"", "create /a", strings.Repeat("x", 500)}))
	flag, kind := rapid.Bool(), rapid.IntRange(-1, 7)
	return &picture.Run{
		Lanes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) picture.Lane {
			return picture.Lane{Name: name.Draw(t, "name"), Kind: picture.LaneKind(kind.Draw(t, "kind"))}
		}), 0, 4).Draw(t, "lanes"),
		Arrows: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) picture.Arrow {
			return picture.Arrow{
				From: name.Draw(t, "from"), To: name.Draw(t, "to"), Sent: at.Draw(t, "sent"), Arrived: at.Draw(t, "arrived"),
				SentStep: step.Draw(t, "step"), ArrivedStep: step.Draw(t, "step"), Kind: picture.ArrowKind(kind.Draw(t, "kind")),
				Label: label.Draw(t, "label"), Subject: name.Draw(t, "subject"), Lost: flag.Draw(t, "lost"), Quiet: flag.Draw(t, "quiet"),
			}
		}), 0, 20).Draw(t, "arrows"),
		Bars: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) picture.Bar {
			return picture.Bar{
				Lane: name.Draw(t, "lane"), Kind: picture.BarKind(kind.Draw(t, "kind")), From: at.Draw(t, "from"), To: at.Draw(t, "to"),
				Open: flag.Draw(t, "open"), FromStep: step.Draw(t, "step"), Lock: name.Draw(t, "lock"), State: label.Draw(t, "state"),
			}
		}), 0, 10).Draw(t, "bars"),
		Bands: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) picture.Band {
			return picture.Band{
				Label: label.Draw(t, "label"), From: at.Draw(t, "from"), To: at.Draw(t, "to"), Open: flag.Draw(t, "open"),
				A: rapid.SliceOfN(name, 0, 3).Draw(t, "A"), B: rapid.SliceOfN(name, 0, 3).Draw(t, "B"), Step: step.Draw(t, "step"),
			}
		}), 0, 5).Draw(t, "bands"),
		Marks: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) picture.Mark {
			return picture.Mark{Lane: name.Draw(t, "lane"), At: at.Draw(t, "at"), Step: step.Draw(t, "step"), Kind: picture.MarkKind(kind.Draw(t, "kind")), Label: label.Draw(t, "label")}
		}), 0, 10).Draw(t, "marks"),
		Causes: rapid.SliceOfN(step, 0, 30).Draw(t, "causes"),
		Violation: picture.Violation{
			Name: label.Draw(t, "name"), At: at.Draw(t, "at"), Step: step.Draw(t, "step"),
			Lanes: rapid.SliceOfN(name, 0, 3).Draw(t, "lanes"), Steps: rapid.SliceOfN(step, 0, 3).Draw(t, "steps"),
		},
	}
}

func BenchmarkHTML(b *testing.B) {
	for _, arrows := range []int{5_000, 25_000} { // two events each
		run := crowd(arrows)
		b.Run(fmt.Sprint(2*arrows, " events"), func(b *testing.B) {
			for b.Loop() {
				var page bytes.Buffer
				if err := picture.HTML(&page, run); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(page.Len()), "bytes")
			}
		})
	}
}
