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

// A reason that begins like this is of tests that pass, mostly.
const sometimes = "sometimes"

// judge takes the tests that are not expected to pass, each with the reason.
func judge(expected map[string]string, outcomes map[string]outcome) (v verdict) {
	for _, name := range slices.Sorted(maps.Keys(outcomes)) {
		o := outcomes[name]
		reason, known := expected[name]
		switch {
		case o.kind == passed && known && !strings.HasPrefix(reason, sometimes):
			v.notes = append(v.notes, fmt.Sprintf("passes, against expectation: %s (%s)", name, reason))
			v.passed++
		case o.kind == passed:
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
	expected, err := readExpected(write("list", "# no luck\ntest_a.A.test_unlucky\ntest_a.A.test_lucky\n\n# no time\ntest_b.B.test_late\n# sometimes hangs\ntest_c.C.test_racy\ntest_c.C.test_racier\n"))
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := readJournal(write("journal", `{"test": "test_a.A.test_good"}
{"test": "test_a.A.test_good", "outcome": "passed", "message": ""}
{"test": "test_a.A.test_lucky"}
{"test": "test_a.A.test_lucky", "outcome": "passed", "message": ""}
{"test": "test_a.A.test_unlucky"}
{"test": "test_a.A.test_unlucky", "outcome": "failed", "message": "so it goes"}
{"test": "test_b.B.test_late"}
{"test": "test_b.B.test_late", "outcome": "skipped", "message": "too late"}
{"test": "test_b.B.test_lazy"}
{"test": "test_b.B.test_lazy", "outcome": "skipped", "message": "not today"}
{"test": "test_b.B.test_bad"}
{"test": "test_b.B.test_bad", "outcome": "failed", "message": "assert 1 == 2"}
{"test": "test_c.C.test_racy"}
{"test": "test_c.C.test_racy", "outcome": "passed", "message": ""}
{"test": "test_c.C.test_racier"}
{"test": "test_c.C.test_sleeping"}
`))
	if err != nil {
		t.Fatal(err)
	}
	v := judge(expected, outcomes)
	wantProblems := []string{
		"test_b.B.test_bad: failed: assert 1 == 2",
		"test_b.B.test_lazy: skipped: not today",
		"test_c.C.test_sleeping: hung: ",
	}
	wantNotes := []string{
		"passes, against expectation: test_a.A.test_lucky (no luck)",
		"failed, as expected: test_a.A.test_unlucky (no luck)",
		"skipped, as expected: test_b.B.test_late (no time)",
		"hung, as expected: test_c.C.test_racier (sometimes hangs)",
	}
	if v.passed != 3 || !slices.Equal(v.problems, wantProblems) || !slices.Equal(v.notes, wantNotes) {
		t.Errorf("%d pass\nproblems %q\nnotes %q", v.passed, v.problems, v.notes)
	}
	if _, err := readExpected(write("list", "test_a.A.test_unlucky\n")); err == nil {
		t.Error("a test without a reason is expected to fail")
	}
}
