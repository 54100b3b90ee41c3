package picture_test

import (
	_ "embed"
	"encoding/json"
	"html"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// A browser is a headless Chromium with a profile of its own.
type browser struct {
	t    *testing.T
	path string
	dir  string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		dir, err := os.MkdirTemp("", "picture")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			// A helper of the browser may still write there: what cannot be removed now stays in the temporary directory.
			if err := os.RemoveAll(dir); err != nil {
				t.Log(err)
			}
		})
		return &browser{t, path, dir}
	}
	t.Skip("there is no chromium here, so nobody looks at the page; install the package chromium")
	return nil
}

// show opens a page and returns what the browser prints.
func (b *browser) show(page string, args ...string) string {
	b.t.Helper()
	file := filepath.Join(b.dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		b.t.Fatal(err)
	}
	args = append([]string{
		"--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
		"--user-data-dir=" + filepath.Join(b.dir, "profile"),
	}, args...)
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // it refuses to have one as root
	}
	cmd := exec.CommandContext(b.t.Context(), b.path, append(args, "file://"+file)...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("%v: %v\n%s", cmd, err, complaints.String())
	}
	return string(out)
}

//go:embed testdata/probe.js
var probeJS string

// A finding is what testdata/probe.js sees in a page.
type finding struct {
	Errors     []string // of scripts
	Overlaps   []string // pairs of labels that cover each other
	Outside    []string // labels that leave the drawing
	Wide       []string // prose that is wider than the window
	Things     int
	Card       string // what is shown when the watch event gets the focus
	Led        int    // how many things are highlighted then
	Next       string // after the arrow key
	Escaped    bool   // whether Escape closed it
	Linked     string // what a link of the story leads to
	Tabbable   bool   // whether everything that can be pointed at can be reached with the keyboard
	HeadsStick bool
}

func (b *browser) probe(page string, args ...string) finding {
	b.t.Helper()
	page = strings.Replace(page, "</head>", "<script>window.errors = []; addEventListener('error', (e) => errors.push(e.message))</script></head>", 1)
	page = strings.Replace(page, "</body>", "<script>"+probeJS+"</script></body>", 1)
	dom := b.show(page, append(args, "--dump-dom")...)
	_, found, _ := strings.Cut(dom, `<pre id="probe">`)
	found, _, ok := strings.Cut(found, "</pre>")
	if !ok {
		b.t.Fatalf("the probe did not run; the page is\n%.3000s", dom)
	}
	var f finding
	if err := json.Unmarshal([]byte(html.UnescapeString(found)), &f); err != nil {
		b.t.Fatalf("%v in %s", err, found)
	}
	return f
}

func TestInABrowserEverythingIsReadableAndWithinReach(t *testing.T) {
	b := newBrowser(t)
	page := render(t, picture.HTML, twoHolders())
	for name, size := range map[string]string{"desktop": "1400,900", "phone": "500,800"} {
		f := b.probe(page, "--window-size="+size)
		if diff := cmp.Diff(finding{}, finding{Errors: f.Errors, Overlaps: f.Overlaps, Outside: f.Outside, Wide: f.Wide}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if f.Things < 40 || !f.Tabbable || !f.HeadsStick || !f.Escaped {
			t.Errorf("%s: %+v", name, f)
		}
		if !strings.Contains(f.Card, "server2 → worker2: NodeDeleted") || !strings.Contains(f.Card, "arrived at 10.7") || f.Led < 3 {
			t.Errorf("%s: the watch event shows %q and %d causes", name, f.Card, f.Led)
		}
		if f.Next == "" || f.Next == f.Card {
			t.Errorf("%s: the arrow key leads to %q", name, f.Next)
		}
		if !strings.Contains(f.Linked, "partition: worker3") {
			t.Errorf("%s: the story's link to the partition shows %q", name, f.Linked)
		}
	}
}

func TestInABrowserBigPicturesAreReadable(t *testing.T) {
	b := newBrowser(t)
	f := b.probe(render(t, picture.HTML, crowd(3000)), "--window-size=1400,900")
	if diff := cmp.Diff(finding{}, finding{Errors: f.Errors, Overlaps: f.Overlaps, Outside: f.Outside, Wide: f.Wide}, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestInABrowserThePageLooksLikeOne(t *testing.T) {
	b := newBrowser(t)
	page := render(t, picture.HTML, twoHolders())
	for _, tt := range []struct {
		name  string
		arg   string
		paper color.RGBA // the background
		line  color.RGBA // the violation
	}{
		{"light", "preferredColorScheme=1", color.RGBA{0xff, 0xff, 0xff, 0xff}, color.RGBA{0xcf, 0x22, 0x2e, 0xff}},
		{"dark", "preferredColorScheme=0", color.RGBA{0x0d, 0x11, 0x17, 0xff}, color.RGBA{0xff, 0x7b, 0x72, 0xff}},
	} {
		file := filepath.Join(b.dir, tt.name+".png")
		b.show(page, "--window-size=1400,3000", "--blink-settings="+tt.arg, "--screenshot="+file)
		shot := readPNG(t, file)
		if got := color.RGBAModel.Convert(shot.At(1398, 2)); got != tt.paper {
			t.Errorf("%s: the background is %v, want %v", tt.name, got, tt.paper)
		}
		colours, longest := map[color.Color]bool{}, 0
		for y := range shot.Bounds().Dy() {
			run := 0
			for x := range shot.Bounds().Dx() {
				c := color.RGBAModel.Convert(shot.At(x, y))
				colours[c] = true
				if c == tt.line {
					run++
					longest = max(longest, run)
				} else {
					run = 0
				}
			}
		}
		if len(colours) < 100 {
			t.Errorf("%s: %d colours only", tt.name, len(colours))
		}
		if longest < 300 {
			t.Errorf("%s: the line of the violation is %d pixels long", tt.name, longest)
		}
	}
}

func readPNG(t *testing.T, file string) image.Image {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shot, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return shot
}
