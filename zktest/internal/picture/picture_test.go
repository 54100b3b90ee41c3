package picture_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func render(t *testing.T, how func(io.Writer, *picture.Run) error, run *picture.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := how(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A thing is what can be pointed at in a diagram.
type thing struct{ class, id, title, causes string }

// things reads an SVG file as XML, and so checks that it is.
func things(t *testing.T, svg string) []thing {
	t.Helper()
	var found []thing
	var open []int // by depth: the index in found, or -1
	inTitle := false
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch el := token.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range el.Attr {
				attr[a.Name.Local] = a.Value
			}
			here := -1
			if class, isThing := strings.CutPrefix(attr["class"], "e "); isThing {
				here = len(found)
				found = append(found, thing{class: class, id: attr["id"], causes: attr["data-c"]})
			}
			inTitle = el.Name.Local == "title"
			open = append(open, here)
		case xml.EndElement:
			inTitle = false
			open = open[:len(open)-1]
		case xml.CharData:
			if n := len(open); inTitle && n > 1 && open[n-2] >= 0 {
				found[open[n-2]].title += string(el)
			}
		}
	}
}

func with(found []thing, class string) []thing {
	var some []thing
	for _, x := range found {
		if strings.HasPrefix(x.class, class) {
			some = append(some, x)
		}
	}
	return some
}

func titled(found []thing, prefix string) []thing {
	var some []thing
	for _, x := range found {
		if strings.HasPrefix(x.title, prefix) {
			some = append(some, x)
		}
	}
	return some
}

func TestThePageSaysWhatBrokeAndHowToSeeItAgain(t *testing.T) {
	run := twoHolders()
	page := render(t, picture.HTML, run)
	for _, want := range []string{
		"<h1>" + run.Violation.Sentence + "</h1>",
		run.Replay, run.Name, run.Seed, run.Plan[0], run.Beside[0].Href,
		"believes that it holds the lock", // the legend
		"worker3</b> state SUSPENDED: the program does not look",
		"partition: worker3 ✂ server1, server2, server3",
		"lock exclusion is broken",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if i, k := strings.Index(page, "<h1>"), strings.Index(page, "<main"); i > k {
		t.Error("the sentence does not stand above the diagram")
	}
}

func TestThePageLoadsNothing(t *testing.T) {
	page := render(t, picture.HTML, twoHolders())
	for _, loading := range []string{"<link", "src=", "@import", "url(http", "url(//", "fetch(", "import("} {
		if strings.Contains(page, loading) {
			t.Errorf("the page contains %q", loading)
		}
	}
	if strings.Contains(page, "://") {
		t.Error("the page names an address on the network")
	}
}

func TestTheDiagramShowsTheWayToTheViolation(t *testing.T) {
	found := things(t, render(t, picture.SVG, twoHolders()))
	for _, want := range []string{
		"worker3 → server3: create /locks/report/_c_9fcb-lock-",
		"worker2 → server2: exists, watch /locks/report/_c_9fcb-lock-",
		"server2 → worker2: NodeDeleted",
		"server2 → worker2: 1 child",
		"worker3: believes that it holds /locks/report (token 4)",
		"worker2: believes that it holds /locks/report (token 5)",
		"worker3: session is suspended",
		"server2: is leading",
		"partition: worker3 ✂ server1, server2, server3",
		"lock exclusion: ",
	} {
		if len(titled(found, want)) == 0 {
			t.Errorf("missing: %s", want)
		}
	}
	for _, unwanted := range []string{"worker1", "worker4", "worker2 → server2: ping"} {
		if some := titled(found, unwanted); len(some) > 0 {
			t.Errorf("%s has nothing to do with it: %q", unwanted, some[0].title)
		}
	}
	if n := len(with(found, "arrow")); n > 60 {
		t.Errorf("%d arrows for so short a story", n)
	}
}

func TestPointingAtAnArrowShowsItsFrame(t *testing.T) {
	found := things(t, render(t, picture.SVG, twoHolders()))
	create := titled(found, "worker3 → server3: create /locks/report/_c_9fcb-lock-")
	if len(create) != 1 {
		t.Fatalf("%d such arrows", len(create))
	}
	for _, want := range []string{
		"sent at 6.200000 s (step ", "arrived at 6.20", "1.2 ms later",
		`path: "/locks/report/_c_9fcb-lock-"`, "00000000  00 00 00 2a", "|...*........",
	} {
		if !strings.Contains(create[0].title, want) {
			t.Errorf("no %q in:\n%s", want, create[0].title)
		}
	}
}

func TestEverythingLeadsBackToItsCause(t *testing.T) {
	found := things(t, render(t, picture.SVG, twoHolders()))
	byID := map[string]thing{}
	for _, x := range found {
		if _, twice := byID[x.id]; twice {
			t.Errorf("two things have the id %s", x.id)
		}
		byID[x.id] = x
	}
	// From the violation, over the reply and the watch event, to the expired session.
	at := with(found, "violation")[0]
	var way []string
	for at.causes != "" && len(way) < 20 {
		next, known := byID[strings.Fields(at.causes)[0]]
		if !known {
			t.Fatalf("%q has causes %q, which are not drawn", at.title, at.causes)
		}
		way = append(way, strings.SplitN(next.title, "\n", 2)[0])
		at = next
	}
	told := strings.Join(way, "\n")
	at1, at2, at3 := strings.Index(told, "1 child"), strings.Index(told, "NodeDeleted"), strings.Index(told, "closeSession worker3")
	if at1 < 0 || at2 < at1 || at3 < at2 {
		t.Errorf("the way back is:\n%s", told)
	}
}

func TestSameRunSameBytes(t *testing.T) {
	for name, how := range map[string]func(io.Writer, *picture.Run) error{
		"HTML": picture.HTML, "SVG": picture.SVG, "Text": picture.Text,
	} {
		first, second := render(t, how, twoHolders()), render(t, how, twoHolders())
		if first != second {
			t.Errorf("%s differs from time to time", name)
		}
	}
}

func TestTheRunIsNotChanged(t *testing.T) {
	run := twoHolders()
	for _, how := range []func(io.Writer, *picture.Run) error{picture.HTML, picture.SVG, picture.Text} {
		render(t, how, run)
	}
	run.Past(10)
	if diff := cmp.Diff(twoHolders(), run); diff != "" {
		t.Errorf("the run was changed: %s", diff)
	}
}

type broken struct{}

var errBroken = errors.New("disk full")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestAWritersErrorIsReported(t *testing.T) {
	for name, how := range map[string]func(io.Writer, *picture.Run) error{
		"HTML": picture.HTML, "SVG": picture.SVG, "Text": picture.Text,
	} {
		if err := how(broken{}, twoHolders()); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
