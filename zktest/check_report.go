package zktest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// report says what broke, how to see it again, and where the smaller plan and the picture are.
func (c *checker) report(o outcome) {
	c.out.Helper()
	var b strings.Builder
	c.headline(&b, o)
	small := o
	if !c.noShrink {
		small = c.shrink(o)
	}
	c.keep(&b, small)
	c.out.Errorf("%s", b.String())
}

// headline says what broke, where and when, and how to see it again.
func (c *checker) headline(b *strings.Builder, o outcome) {
	f := o.failure
	fmt.Fprintf(b, "zktest: %s\n", f.whatAndWhen())
	if f.stack != nil {
		fmt.Fprintf(b, "%s\n", f.stack)
	}
	fmt.Fprintf(b, "replay: %s\n", c.replay(o.plan))
}

// replay is the command that runs a plan, or the seed that it comes from, again.
func (c *checker) replay(p plan.Plan) string {
	rev := ""
	if v := revision(); v != "" {
		rev = " ZKSIM_REV=" + v
	}
	tier := ""
	if c.tier == goroutines {
		tier = " ZKSIM_TIER=goroutines"
	}
	what := fmt.Sprintf("ZKSIM_SEED=%#x", p.Seed)
	if c.replaying != "" { // the seed alone would be another world
		what = "ZKSIM_PLAN=" + c.replaying
	}
	return fmt.Sprintf("%s%s%s %s", what, rev, tier, c.command())
}

// shrink looks for a smaller plan with the same failure.
func (c *checker) shrink(o outcome) outcome {
	best, began, steps := o, time.Now(), uint64(0)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	_, stats := plan.Shrink(ctx, o.plan, func(p plan.Plan) plan.Result {
		tried := c.world(p, manner{until: muchLater(best.failure.at)})
		if steps += tried.steps; steps > shrinkSteps {
			stop()
		}
		if !o.failure.same(tried.failure) {
			return plan.Result{}
		}
		best = tried
		return best.failed()
	}, plan.Shrinking{
		Processes: o.processes, Duration: o.longest, First: o.failed(), Replays: shrinkReplays,
	})
	c.out.Logf("zktest: made smaller in %v, by %d replays, trace hash %016x: %s",
		time.Since(began).Round(time.Millisecond), stats.Replays, best.hash, best.failure.whatAndWhen())
	return best
}

// failed is when a world failed.
func (o *outcome) failed() plan.Result {
	return plan.Result{Failed: true, Run: o.failure.run, At: o.failure.inRun}
}

// muchLater is when to give up a smaller plan of one that failed then: what has not failed by now seldom will.
func muchLater(then time.Duration) time.Duration { return then + max(then/4, 5*time.Second) }

// How long a failure is made smaller: as far as it comes with so many replays, and, in large worlds, until their steps
// are so many in all. Neither depends on how fast the machine is.
const (
	shrinkReplays = 500
	shrinkSteps   = 20_000_000
)

// keep writes the plan and the picture.
func (c *checker) keep(b *strings.Builder, o outcome) {
	name := fmt.Sprintf("%s-%x", fileName(c.out.Name()), o.plan.Seed)
	file := filepath.Join(c.dir, name+".json")
	if err := writePlan(file, o.plan); err != nil {
		fmt.Fprintf(b, "shrunk: %v\n", err)
		return
	}
	traced := c.world(o.plan, manner{record: true})
	fmt.Fprintf(b, "shrunk: ZKSIM_PLAN=%s   %s   ", file, size(o))
	page := filepath.Join(os.TempDir(), "zksim-"+name+".html")
	if err := c.draw(page, traced); err != nil {
		fmt.Fprintf(b, "no picture: %v\n", err)
	} else {
		fmt.Fprintf(b, "picture: %s\n", page)
	}
	b.WriteString(o.plan.Report())
	if c.fullTrace {
		_ = picture.Text(b, c.picture(traced))
	}
}

// draw makes the page of a run.
func (c *checker) draw(file string, o outcome) error {
	var page bytes.Buffer
	if err := picture.HTML(&page, c.picture(o)); err != nil {
		return err
	}
	return os.WriteFile(file, page.Bytes(), 0o644)
}

// picture is a run as the pages show it.
func (c *checker) picture(o outcome) *picture.Run {
	about := picture.Run{
		Name: c.out.Name(), Seed: fmt.Sprintf("%#x", o.plan.Seed), Replay: c.replay(o.plan), Plan: strings.Split(strings.TrimSpace(o.plan.Report()), "\n"),
	}
	if f := o.failure; f != nil {
		about.Violation = picture.Violation{Name: f.name, Sentence: f.text, Detail: string(f.stack), At: f.at, Step: f.step, Lanes: f.lanes, Steps: f.steps}
		switch last := o.trace.Last(); {
		case len(f.lanes) > 0:
		case f.kind == "liveness": // all of them wait
			about.Violation.Lanes = o.started()
		case last != "":
			about.Violation.Lanes = []string{last}
		}
	}
	run := o.trace.Run(about)
	return &run
}

// planDir is where plans are kept, beside the test.
const planDir = "testdata/sim"

func readPlan(file string) (plan.Plan, error) {
	f, err := os.Open(file)
	if err != nil {
		return plan.Plan{}, err
	}
	defer f.Close()
	p, err := plan.Read(f)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

func writePlan(file string, p plan.Plan) error {
	var b bytes.Buffer
	if err := plan.Write(&b, p); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// stored replays the plans of bugs that were found before. It returns false when one of them is back.
func (c *checker) stored() bool {
	c.out.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, fileName(c.out.Name())+"-*.json"))
	if err != nil {
		c.out.Errorf("zktest: %v", err)
		return false
	}
	for _, file := range files {
		p, err := readPlan(file)
		if err != nil {
			c.out.Errorf("zktest: %v", err)
			return false
		}
		if o := c.world(p, manner{}); o.failure != nil {
			var b strings.Builder
			c.replaying = file
			c.headline(&b, o)
			c.out.Errorf("%s", strings.TrimSuffix(b.String(), "\n"))
			return false
		}
	}
	return true
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// fileName is a test's name as a file's.
func fileName(name string) string { return notPlain.ReplaceAllString(name, "_") }

// runPattern is the argument of -run for a test: each part of its name, exactly.
func runPattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// packageDir is the directory of the test, as seen from its module.
func packageDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			rel, err := filepath.Rel(root, dir)
			if err != nil || rel == "." {
				return "."
			}
			return "./" + filepath.ToSlash(rel)
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}

// command runs the test alone.
func (c *checker) command() string {
	tags := ""
	if v := setting("-tags"); v != "" {
		tags = "-tags " + v + " "
	}
	return fmt.Sprintf("go test %s%s -run '%s'", tags, packageDir(), runPattern(c.out.Name()))
}

// revision is the commit that the test was built from, if Go noted it.
func revision() string {
	v := setting("vcs.revision")
	return v[:min(len(v), 7)]
}

// setting is what Go noted about how the test was built, "" for nothing.
func setting(key string) string {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// size is how large a failure is, as far as that makes it hard to understand.
func size(o outcome) string {
	return count(len(o.plan.Faults), "fault", "faults") + ", " + count(len(o.started()), "process", "processes")
}

// started are the processes that the plan has not left out.
func (o *outcome) started() (names []string) {
	for _, name := range o.processes {
		if !slices.Contains(o.plan.Without, name) {
			names = append(names, name)
		}
	}
	return names
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
