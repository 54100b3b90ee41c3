package java

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails the package when a goroutine or a process outlives the tests.
func TestMain(m *testing.M) {
	if os.Getenv(orphanVariable) != "" {
		orphan()
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if left := children(); code == 0 && len(left) > 0 {
			fmt.Printf("processes outlive the tests: %q\n", left)
			code = 1
		}
		os.Exit(code)
	}))
}

// children lists the command lines of this process's children, on Linux.
func children() (left []string) {
	if runtime.GOOS != "linux" {
		return nil
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		pids, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		for pid := range strings.FieldsSeq(string(pids)) {
			command, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			left = append(left, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return left
}

// start starts an ensemble that ends with the test.
func start(t *testing.T, config Config) *Ensemble {
	t.Helper()
	begun := time.Now()
	e, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d servers of ZooKeeper %s serve after %v", e.Len(), e.Config().Install.Version, time.Since(begun).Round(time.Millisecond))
	t.Cleanup(func() {
		if t.Failed() {
			for _, s := range e.servers {
				t.Logf("log of server %d ends:\n%s", s.id, s.Tail(50))
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func leader(t *testing.T, e *Ensemble) int {
	t.Helper()
	i, err := e.Leader(t.Context())
	must(t, err)
	return i
}

// until polls cond for at most a minute.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute:", what)
		}
	}
}
