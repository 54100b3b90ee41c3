package zktest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest"
)

// A witness is a test that may fail without this one failing.
type witness struct {
	testing.TB
	failed   bool
	said     strings.Builder
	cleanups []func()
}

func (w *witness) Helper()                   {}
func (w *witness) Failed() bool              { return w.failed }
func (w *witness) Cleanup(f func())          { w.cleanups = append(w.cleanups, f) }
func (w *witness) Logf(f string, a ...any)   { fmt.Fprintf(&w.said, f+"\n", a...) }
func (w *witness) Errorf(f string, a ...any) { w.failed = true; w.Logf(f, a...) }
func (w *witness) Fatalf(f string, a ...any) { w.Errorf(f, a...); runtime.Goexit() }

// run runs f as the body of the witness's test, and its clean-up.
func (w *witness) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(w.cleanups) - 1; i >= 0; i-- {
				w.cleanups[i]()
			}
		}()
		f()
	}()
	<-done
}

func TestStartZooKeeperSaysWhatIsMissing(t *testing.T) {
	for _, name := range []string{"ZOOKEEPER_PATH", "ZOOKEEPER_CLASSPATH", "ZOOKEEPER_VERSION"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	w := &witness{TB: t}
	w.run(func() { zktest.StartZooKeeper(w, 3) })
	if !w.failed || !strings.Contains(w.said.String(), "make zookeeper") {
		t.Errorf("failed %v, said %q", w.failed, w.said.String())
	}
}

func TestStartZooKeeperRefusesBadSettings(t *testing.T) {
	for name, n := range map[string]int{"ten": 10, "minus one": -1} {
		w := &witness{TB: t}
		w.run(func() { zktest.StartZooKeeper(w, n) })
		if !w.failed {
			t.Errorf("started %s servers", name)
		}
	}
	t.Setenv("ZOOKEEPER_CLUSTER_SIZE", "three")
	w := &witness{TB: t}
	w.run(func() { zktest.StartZooKeeper(w, 0) })
	if !w.failed || !strings.Contains(w.said.String(), "ZOOKEEPER_CLUSTER_SIZE") {
		t.Errorf("failed %v, said %q", w.failed, w.said.String())
	}
}

// What cannot be done fails the test, and a failed test shows what the servers have logged.
func TestRealFailureShowsLogs(t *testing.T) {
	w := &witness{TB: t}
	w.run(func() {
		ens := zktest.StartZooKeeper(w, 1, zktest.WithServerConfig("snapCount=4321"))
		ens.Stop(0)
		ens.Restart(0)
		ens.Kill(0)
		ens.FourLetter(0, "ruok")
		t.Error("a dead server has answered")
	})
	for _, want := range []string{"asking server 0 for ruok", "server 0 (not running), its log ends", "ZooKeeper"} {
		if !strings.Contains(w.said.String(), want) {
			t.Errorf("it does not say %q: %s", want, w.said.String())
		}
	}
}
