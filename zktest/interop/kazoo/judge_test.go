package kazoo

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A verdict compares what came of Kazoo's tests with what is expected.
type verdict struct {
	passed   int
	problems []string // tests that did not pass and should have
	notes    []string // tests that did not pass, as expected, and those that did, against expectation
}

// judge takes the tests that are not expected to pass, each with the reason.
func judge(expected map[string]string, outcomes map[string]outcome) (v verdict) {
	for _, name := range slices.Sorted(maps.Keys(outcomes)) {
		o := outcomes[name]
		reason, known := expected[name]
		switch {
		case o.kind == pass && known:
			v.notes = append(v.notes, fmt.Sprintf("passes, against expectation: %s (%s)", name, reason))
			v.passed++
		case o.kind == pass:
			v.passed++
		case known:
			v.notes = append(v.notes, fmt.Sprintf("%s, as expected: %s (%s)", o.kind, name, reason))
		default:
			v.problems = append(v.problems, fmt.Sprintf("%s: %s: %s", name, o.kind, o.message))
		}
	}
	return v
}

// readExpected reads a list of tests that are not expected to pass. A line that starts with # is the reason for those
// below it.
func readExpected(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	expected := make(map[string]string)
	reason := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			reason = strings.TrimSpace(comment)
		} else if line != "" && reason == "" {
			return nil, fmt.Errorf("%s: no reason for %s", path, line)
		} else if line != "" {
			expected[line] = reason
		}
	}
	return expected, nil
}

// The comparison on planted input: one that never finds fault proves nothing.
func TestJudge(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	expected, err := readExpected(write("list", "# no luck\ntest_a.A.test_unlucky\ntest_a.A.test_lucky\n\n# no time\ntest_b.B.test_late\n"))
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := readReport(write("report", `<?xml version="1.0"?><testsuites><testsuite name="pytest">
		<testcase classname="kazoo.tests.test_a.A" name="test_good" time="0.1"/>
		<testcase classname="test_a.A" name="test_lucky"/>
		<testcase classname="test_a.A" name="test_unlucky"><failure message="so it goes">trace</failure></testcase>
		<testcase classname="test_b.B" name="test_late"><skipped message="too late"/></testcase>
		<testcase classname="test_b.B" name="test_bad"><failure message="assert 1 == 2">trace</failure></testcase>
		<testcase classname="test_b.B" name="test_bad"><error message="and its tearDown">trace</error></testcase>
		<testcase classname="test_b.B" name="test_lazy"><skipped message="not today"/></testcase>
		<testcase classname="test_b.B" name="test_broken"><error message="setUp">trace</error></testcase>
	</testsuite></testsuites>`))
	if err != nil {
		t.Fatal(err)
	}
	v := judge(expected, outcomes)
	wantProblems := []string{
		"test_b.B.test_bad: failed: assert 1 == 2",
		"test_b.B.test_broken: broken: setUp",
		"test_b.B.test_lazy: skipped: not today",
	}
	wantNotes := []string{
		"passes, against expectation: test_a.A.test_lucky (no luck)",
		"failed, as expected: test_a.A.test_unlucky (no luck)",
		"skipped, as expected: test_b.B.test_late (no time)",
	}
	if v.passed != 2 || !slices.Equal(v.problems, wantProblems) || !slices.Equal(v.notes, wantNotes) {
		t.Errorf("%d pass\nproblems %q\nnotes %q", v.passed, v.problems, v.notes)
	}
	if _, err := readExpected(write("list", "test_a.A.test_unlucky\n")); err == nil {
		t.Error("a test without a reason is expected to fail")
	}
}
