package kazoo

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// TestKazooSuite runs Kazoo's own tests, as they are installed, on zkserver. Those that testdata/suite.txt lists are
// expected not to pass; every other has to.
//
// Kazoo's harness starts `java` with a zoo.cfg. Here a script of that name is in front of PATH, which starts zkserver with
// it. The cluster has one server.
func TestKazooSuite(t *testing.T) {
	interpreter := python.Find(t, "pytest", "mock", "objgraph")
	expected, err := readExpected("testdata/suite.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := exec.Command(interpreter, "-c", "import kazoo.tests; print(kazoo.tests.__path__[0])").Output()
	if err != nil {
		server.Missing(t, "%s has Kazoo without its tests, which Debian's python3-kazoo includes", interpreter)
	}
	parts := suiteParts(t, strings.TrimSpace(string(dir)))
	bin := javaIn(t)

	var suspects []string
	for name, reason := range expected {
		if strings.HasPrefix(reason, sometimes) {
			suspects = append(suspects, name)
		}
	}

	// Most of the time the tests wait, so the parts run at once; each has a server of its own.
	ctx, cancel := suiteContext(t)
	defer cancel()
	results := make(chan suiteResult)
	for i, files := range parts {
		go func() { results <- runPart(ctx, fmt.Sprint("part", i), interpreter, bin, files, suspects) }()
	}
	outcomes := make(map[string]outcome)
	for range parts {
		r := <-results
		if r.err != nil {
			t.Errorf("%s: %v\n%s", r.name, r.err, tail(r.output))
		}
		maps.Copy(outcomes, r.outcomes)
	}
	v := judge(expected, outcomes)
	for _, note := range v.notes {
		t.Log(note)
	}
	for _, problem := range v.problems {
		t.Error(problem)
	}
	t.Logf("%d of %d tests pass", v.passed, len(outcomes))
	if len(outcomes) < 250 { // 2.8.0 has 479, of which these are 309 unless everything was asked for
		t.Errorf("only %d tests ran", len(outcomes))
	}
}

// suiteParts says which files run together. The parts take about the same time; files that nothing here names are in the
// last one.
func suiteParts(t *testing.T, dir string) [][]string {
	parts := [][]string{
		{"test_client.py", "test_connection.py"},
		{"test_partitioner.py", "test_lock.py"},
		{"test_watchers.py", "test_cache.py"},
		{"test_sasl.py"},
		{},
	}
	// Only when everything was asked for: two files that repeat the tests of clients, locks and semaphores.
	slow := [][]string{{"test_gevent_handler.py"}, {"test_eventlet_handler.py"}}
	known := slices.Concat(slices.Concat(parts...), slices.Concat(slow...))
	if server.Full() {
		parts = append(slow, parts...)
	}
	files, err := filepath.Glob(filepath.Join(dir, "test_*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	last := &parts[len(parts)-1]
	for _, file := range files {
		if name := filepath.Base(file); !slices.Contains(known, name) {
			*last = append(*last, name)
		}
	}
	for _, part := range parts {
		for i, name := range part {
			part[i] = filepath.Join(dir, name)
		}
	}
	return parts
}

// suiteContext ends in time for what was started to be ended before the test process is.
func suiteContext(t *testing.T) (context.Context, context.CancelFunc) {
	limit := time.Now().Add(10 * time.Minute)
	if d, ok := t.Deadline(); ok && d.Add(-10*time.Second).Before(limit) {
		limit = d.Add(-10 * time.Second)
	}
	return context.WithDeadline(t.Context(), limit)
}
