package differential

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A contest plays scripts to two hosts, one script after the other.
type contest struct {
	profile  profile
	real     host
	core     host
	coverage coverage
	scripts  *rapid.Generator[script]
	played   int // scripts
	steps    int
	requests int
	late     int // plays that were not over in time
}

// shortest is the shortest timeout of a session, but for those that are to expire. A script that takes longer, on a machine
// that has better things to do, loses sessions on the real server.
const shortest = 30 * time.Second

// play plays a script on both hosts and returns what is different, or "". A difference that may be due to the time that it
// took does not count, up to three times.
func (c *contest) play(sc script) (report string, err error) {
	for range 3 {
		begin := time.Now()
		report, err = c.playOnce(sc)
		took := time.Since(begin)
		if report == "" || err != nil {
			return report, err
		}
		report += fmt.Sprintf("it took %v\n", took.Round(time.Millisecond))
		if h, ok := c.real.(*javaHost); ok { // what only happens once is explained by nothing else
			report += "log of the real servers at that time:\n" + h.logs(10)
		}
		if took < shortest {
			return report, nil
		}
		c.late++
	}
	return report, nil
}

func (c *contest) playOnce(sc script) (report string, err error) {
	c.played++
	c.steps += len(sc)
	c.requests += sc.requests()
	root := ""
	if !c.profile.alone {
		root = rootOf(c.played)
	}
	var real, core *transcript
	var realErr, coreErr error
	var both sync.WaitGroup
	both.Go(func() { real, realErr = play(c.real, c.profile.servers, root, sc, c.coverage) })
	both.Go(func() { core, coreErr = play(c.core, c.profile.servers, root, sc, newCoverage()) })
	both.Wait()
	if realErr != nil || coreErr != nil {
		return "", fmt.Errorf("real: %v; core: %v", realErr, coreErr)
	}
	return compare(sc, root, real, core), nil
}

// rootOf is the root of the nth script of a test. Roots are of the same length.
func rootOf(n int) string { return fmt.Sprintf("/s%06d", n) }

// compare returns a report of the first step that differs.
func compare(sc script, root string, real, core *transcript) string {
	for i := range max(len(real.Steps), len(core.Steps)) {
		var a, b []entry
		if i < len(real.Steps) {
			a = real.Steps[i]
		}
		if i < len(core.Steps) {
			b = core.Steps[i]
		}
		if diff := diffOf(a, b); diff != "" {
			return report(sc, root, i, diff)
		}
	}
	if diff := diffOf(real.State, core.State); diff != "" {
		return report(sc, root, -1, diff)
	}
	return ""
}

// diffOf says how two values differ, and "" if they do not, which is the usual case and found out in a simpler way first.
func diffOf(real, core any) string {
	if reflect.DeepEqual(real, core) {
		return ""
	}
	return cmp.Diff(real, core, cmp.Comparer(func(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }))
}

func report(sc script, root string, at int, diff string) string {
	where, step := fmt.Sprintf("at step %d", at), ""
	switch {
	case at < 0:
		where = "in the tree at the end"
	case at >= len(sc):
		where = "when the sessions that were left were closed, in turn"
	default:
		step = sc[at].String()
	}
	return fmt.Sprintf("root %s, the script:\n%vdifferent %s:\n%s\n(-real +core; zxids count from %d, the creation of the root)\n%s",
		root, sc, where, step, zxidBase, diff)
}
