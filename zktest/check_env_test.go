package zktest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest"
)

// seedsTried is which seeds a Check makes worlds of. A second world of a seed does not count.
func seedsTried(t *testing.T, opts ...zktest.CheckOption) (seeds []uint64) {
	t.Helper()
	l := listen(t, func(s *zktest.Sim) {
		if !slices.Contains(seeds, s.Seed()) {
			seeds = append(seeds, s.Seed())
		}
	}, opts...)
	if l.errors.Len() > 0 {
		t.Error(l.errors.String())
	}
	return seeds
}

func TestCheckSeeds(t *testing.T) {
	for _, tt := range []struct {
		env, value string
		want       string
	}{
		{"", "", "[1 2 3]"}, // as the option says
		{"ZKSIM_SEED", "0x1f", "[31]"},
		{"ZKSIM_SEED", "0", "[0]"},
		{"ZKSIM_SEEDS", "4", "[1 2 3 4]"},
		{"ZKSIM_SEEDS", "0-2", "[0 1 2]"},
		{"ZKSIM_SEEDS", "7-0x9", "[7 8 9]"},
		{"ZKSIM_SEEDS", "18446744073709551614-18446744073709551615", "[18446744073709551614 18446744073709551615]"},
		{"ZKSIM_SLICE", "1/2", "[2]"},
		{"ZKSIM_SLICE", "0/2", "[1 3]"},
	} {
		t.Run(tt.env+tt.value, func(t *testing.T) {
			if tt.env != "" {
				t.Setenv(tt.env, tt.value)
			}
			if got := fmt.Sprint(seedsTried(t, zktest.Seeds(3))); got != tt.want {
				t.Errorf("seeds %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCheckTime(t *testing.T) {
	t.Setenv("ZKSIM_TIME", "1ns")
	if got := seedsTried(t, zktest.Seeds(3)); len(got) != 1 {
		t.Errorf("in no time: seeds %v", got)
	}
	t.Setenv("ZKSIM_TIME", "1h")
	t.Setenv("ZKSIM_SEEDS", "5-6")
	if got := seedsTried(t); len(got) != 2 {
		t.Errorf("whichever ends first: seeds %v", got)
	}
}

// What makes no sense is said, rather than done in some way.
func TestCheckRefuses(t *testing.T) {
	for _, tt := range []struct{ set, want string }{
		{"ZKSIM_SEED=x", `ZKSIM_SEED=x: "x" is not a number like 500 or 0x1f4`},
		{"ZKSIM_SEED=-1", `is not a number`},
		{"ZKSIM_SEEDS=0", "no seeds from 1 to 0"},
		{"ZKSIM_SEEDS=9-3", "no seeds from 9 to 3"},
		{"ZKSIM_SEEDS=1-2-3", `"2-3" is not a number`},
		{"ZKSIM_TIME=5", "missing unit"},
		{"ZKSIM_TIME=-5s", "want more than zero"},
		{"ZKSIM_TIME=0s", "want more than zero"},
		{"ZKSIM_JOBS=0", "want a number from 1 to 1000"},
		{"ZKSIM_JOBS=many", "want a number from 1 to 1000"},
		{"ZKSIM_SLICE=2/2", "want one like 0/2"},
		{"ZKSIM_SLICE=0/0", "want one like 0/2"},
		{"ZKSIM_SLICE=1/2x", "want one like 0/2"},
		{"ZKSIM_SHRINK=no", "want 1 or 0"},
		{"ZKSIM_TRACE=1", "want 0 or full"},
		{"ZKSIM_TWICE=yes", "want 0 or 1"},
		{"ZKSIM_STOP_AT=0", "steps count from 1"},
		{"ZKSIM_STOP_AT=end", "is not a number"},
		{"ZKSIM_TIER=threads", "want coroutines or goroutines"},
		{"ZKSIM_SEDES=5", "there is no such variable; there are ZKSIM_TIME, ZKSIM_SEEDS"},
	} {
		t.Run(tt.set, func(t *testing.T) {
			name, value, _ := strings.Cut(tt.set, "=")
			t.Setenv(name, value)
			if err := zktest.SettingsError(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	t.Setenv("ZKSIM_JOBS", "2")
	t.Setenv("ZKSIM_HASHES", "file")
	if err := zktest.SettingsError(); err == nil || !strings.Contains(err.Error(), "ZKSIM_HASHES needs ZKSIM_JOBS=1") {
		t.Errorf("two processes and one file: %v", err)
	}
}

// clockwork is a test that fails in every world, always at the same step and for the same reason.
func clockwork(s *zktest.Sim) {
	ticks := 0
	s.Process("p", func(p *zktest.Process) {
		for {
			p.Sleep(time.Second)
			if ticks++; ticks == 5 {
				s.Errorf("five")
			}
		}
	})
	s.Run(2 * time.Second)
	s.Run(time.Minute)
}

// The step that a report names is the one in front of which ZKSIM_STOP_AT stops, however many Runs there were before.
func TestCheckStopAt(t *testing.T) {
	report := listen(t, clockwork, zktest.NoShrink()).errors.String()
	m := regexp.MustCompile(`five at step (\d+)`).FindStringSubmatch(report)
	if m == nil {
		t.Fatal(report)
	}
	var world *zktest.Sim
	stopped := uint64(0)
	test := func(s *zktest.Sim) { world = s; clockwork(s) }
	t.Setenv("ZKSIM_STOP_AT", m[1])
	t.Setenv("ZKSIM_SEED", "1")
	listen(t, test, zktest.NoShrink(), zktest.AtStop(func() { stopped = world.World().Steps() + 1 }))
	if strconv.FormatUint(stopped, 10) != m[1] {
		t.Errorf("stopped in front of step %d, not %s", stopped, m[1])
	}
}

func TestCheckTrace(t *testing.T) {
	t.Setenv("ZKSIM_TRACE", "full")
	listen(t, clockwork, zktest.NoShrink()).wants("five", "TestCheckTrace")
}

func TestCheckTwice(t *testing.T) {
	worlds := 0
	t.Setenv("ZKSIM_TWICE", "1")
	listen(t, func(*zktest.Sim) { worlds++ }, zktest.Seeds(3))
	if worlds != 6 {
		t.Errorf("%d worlds of 3 seeds", worlds)
	}
}

func TestCheckHashes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hashes")
	t.Setenv("ZKSIM_HASHES", file)
	seedsTried(t, zktest.Seeds(3))
	text, err := os.ReadFile(file)
	if err != nil || !regexp.MustCompile(`^1 [0-9a-f]{16} \d+\n2 .*\n3 .*\n$`).Match(text) {
		t.Errorf("%v\n%s", err, text)
	}
}

// A plan that fails is reported with the command that replays the plan, not its seed.
func TestCheckPlan(t *testing.T) {
	usePlan(t, `"at": "1s", "kind": "pause", "on": "p"`)
	l := listen(t, func(s *zktest.Sim) {
		p := s.Process("p", func(p *zktest.Process) { p.Sleep(time.Hour) })
		s.Invariant("p is well", func() error {
			if !p.Alive() {
				return fmt.Errorf("it stands still")
			}
			return nil
		})
		s.Run(time.Minute)
	})
	l.wants("p is well: it stands still", "replay: ZKSIM_PLAN="+os.Getenv("ZKSIM_PLAN"), "1 fault, 1 process ")
	for file, want := range map[string]string{"": "", "none.json": "no such file"} {
		t.Setenv("ZKSIM_PLAN", file)
		if got := listen(t, func(*zktest.Sim) {}).errors.String(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("plan %q: %s", file, got)
		}
	}
}

// With ZKSIM_JOBS every seed is tried once, by one process or the other, and what fails in one fails here.
func TestCheckJobs(t *testing.T) {
	if os.Getenv("ZKSIM_SLICE") != "" { // one of the processes
		zktest.Check(t, func(s *zktest.Sim) { fmt.Printf("SEED %d\n", s.Seed()) }, zktest.Seeds(7))
		return
	}
	t.Setenv("ZKSIM_JOBS", "2")
	l := listen(t, func(*zktest.Sim) { t.Error("a world in the parent") })
	var seeds []string
	for _, m := range regexp.MustCompile(`SEED (\d+)`).FindAllStringSubmatch(l.logged.String(), -1) {
		seeds = append(seeds, m[1])
	}
	slices.Sort(seeds)
	if got := strings.Join(seeds, " "); got != "1 2 3 4 5 6 7" {
		t.Errorf("seeds %q\n%s%s", got, l.logged.String(), l.errors.String())
	}
}
