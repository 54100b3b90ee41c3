package zktest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// Check runs test in many simulated worlds, each from another seed, and fails t when one of them shows
// that something is wrong:
//
//	func TestWorker(t *testing.T) {
//		zktest.Check(t, func(s *zktest.Sim) {
//			ens := s.Ensemble(3)
//			...
//			s.Faults(zktest.Swarm())
//			s.Run(time.Minute)
//		})
//	}
//
// test is called once for each world, and must make everything that it uses anew. What it finds wrong it
// says with the Sim, not with t: only so can the failure be replayed.
//
// A failing world is run again, to see that it follows from its seed alone, and made smaller: fewer faults,
// fewer processes, a shorter run, as long as the same thing breaks. What is printed is what broke, a command
// that replays the seed, the smaller plan as a file below testdata/sim, and a picture of what happened. Plans
// in testdata/sim whose names begin with the test's are replayed by every Check, before anything else: keep
// those of bugs that you have fixed.
//
// By default 200 seeds are tried, or as many as fit into 2 s. The environment changes that:
//
//	ZKSIM_SEED=0x1f3a    only this seed
//	ZKSIM_SEEDS=1-5000   these seeds; ZKSIM_SEEDS=5000 means the same
//	ZKSIM_TIME=5m        as many seeds as fit into that time
//	ZKSIM_JOBS=4         so many at a time, each in a process of its own
//	ZKSIM_PLAN=file      only this plan
//	ZKSIM_SHRINK=0       report failures as they are
//	ZKSIM_TRACE=full     print one line for each event of a failing run, or of any run with ZKSIM_SEED or ZKSIM_PLAN
//	ZKSIM_TWICE=1        run every seed twice, to find what does not follow from the seed
//	ZKSIM_STOP_AT=48211  stop in a breakpoint in front of that step
//	ZKSIM_TIER=goroutines  run processes as goroutines; see [Goroutines]
//	ZKSIM_HASHES=file    write a line with the trace hash of every seed, or of the plan
//
// ZKSIM_REV in a replay command is the commit that the failure was seen at, for the reader; it changes nothing.
// Any other name that begins with ZKSIM_ is taken for a mistake.
//
// A seed means the same world only as long as no code changes. A plan lasts longer.
//
// While a Check runs the garbage collector runs less often (debug.SetGCPercent of 400), unless GOGC is set.
func Check(t *testing.T, test func(*Sim), opts ...CheckOption) {
	t.Helper()
	set, err := readSettings()
	if err != nil {
		t.Fatalf("zktest: %v", err)
	}
	for _, o := range opts {
		o(&set)
	}
	c := &checker{t: t, out: t, test: test, settings: set, sometimes: make(map[string]bool)}
	c.run()
}

// A CheckOption changes what a [Check] does.
type CheckOption func(*settings)

// Seeds sets how many seeds are tried when the environment does not say: from 1 to n, without a limit of time.
func Seeds(n uint64) CheckOption {
	return func(s *settings) {
		if os.Getenv("ZKSIM_SEEDS") == "" && os.Getenv("ZKSIM_SEED") == "" && os.Getenv("ZKSIM_TIME") == "" {
			s.last, s.limit = n, 0
		}
	}
}

// Goroutines runs processes as ordinary goroutines, which may use channels, time.Sleep, select and
// goroutines of their own, as production code does: time is virtual for them as well. It costs about twice the
// time. Two goroutines that one event wakes run in an order that no seed decides.
func Goroutines() CheckOption {
	return func(s *settings) {
		if os.Getenv("ZKSIM_TIER") == "" {
			s.tier = goroutines
		}
	}
}

// A tier is how processes run.
type tier uint8

const (
	coroutines tier = iota
	goroutines
)

// A checker is one Check.
type checker struct {
	settings
	t    *testing.T // for bubbles
	out  reporter
	test func(*Sim)

	watch     *watchdog
	replaying string // the file of the plan that is replayed
	worlds    int
	virtual   time.Duration
	sometimes map[string]bool
	hashFile  *os.File
}

// A reporter is what a checker needs of a testing.T.
type reporter interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

func (c *checker) run() {
	c.out.Helper()
	began := time.Now()
	defer lessGarbageCollection()()
	c.watch = startWatchdog(c.stopAt, c.pause)
	defer c.watch.stop()
	if c.hashes != "" {
		f, err := os.Create(c.hashes)
		if err != nil {
			c.out.Errorf("zktest: %v", err)
			return
		}
		defer f.Close()
		c.hashFile = f
	}
	if c.plan != "" {
		c.replaying = c.plan
		p, err := readPlan(c.plan)
		if err != nil {
			c.out.Errorf("zktest: %v", err)
			return
		}
		c.one(p)
		return
	}
	if !c.stored() {
		return
	}
	if c.jobs > 1 {
		c.split()
		return
	}
	for seed := c.first + c.slice; seed >= c.first && seed <= c.last; seed += c.of { // until it overflows, at most
		if c.limit > 0 && c.worlds > 0 && time.Since(began) > c.limit {
			break
		}
		if !c.one(planOf(c.out.Name(), seed)) {
			return
		}
	}
	c.out.Logf("zktest: %d worlds, %v of virtual time, in %v", c.worlds, c.virtual.Round(time.Second), time.Since(began).Round(time.Millisecond))
	if c.worlds < minForSometimes {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.sometimes)) {
		if !c.sometimes[name] {
			c.out.Logf("zktest: warning: %q has not happened in any of %d worlds", name, c.worlds)
		}
	}
}

// planOf is the plan of a seed before anything is drawn.
func planOf(test string, seed uint64) plan.Plan { return plan.Plan{Test: test, Seed: seed} }

// minForSometimes is how many worlds it takes to say that something never happens.
const minForSometimes = 50

// twiceEvery is how often a seed is run twice when nobody asks for it.
const twiceEvery = 100

// one runs a plan and reports what it shows. It returns false when something is wrong.
func (c *checker) one(p plan.Plan) bool {
	c.out.Helper()
	o := c.world(p, manner{record: c.fullTrace && (c.first == c.last || c.plan != "")})
	c.worlds++
	c.virtual += o.at
	for name, was := range o.sometimes {
		c.sometimes[name] = c.sometimes[name] || was
	}
	if c.hashFile != nil {
		fmt.Fprintf(c.hashFile, "%d %016x %d\n", p.Seed, o.hash, o.steps)
	}
	if o.failure == nil && !c.twice && c.worlds%twiceEvery != 0 {
		return true
	}
	again := c.world(p, manner{})
	if again.hash != o.hash {
		c.out.Errorf("%s", unlike(o, again))
		return false
	}
	if o.failure == nil {
		return true
	}
	c.report(o)
	return false
}
