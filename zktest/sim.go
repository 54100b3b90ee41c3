package zktest

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
	"github.com/gazoo-go/gazoo/zktest/internal/record"
)

// A Sim is one simulated world: ensembles, a network, and processes with real clients in them. What
// happens in it follows from a seed, or from the plan that the seed became; see [Check], which makes Sims.
//
// The test function builds the world, with Ensemble, Process, Invariant and Faults, and then lets time
// pass:
//
//	built ──Run──▶ faults come and go ──Heal──▶ no faults any more ──Eventually──▶ ...
//
// Time is virtual and passes only in Run and Eventually. Everything in a Sim takes turns on one
// goroutine, so processes may share variables without locks; a Sim's methods belong to the test function
// and its processes. A failure ends the test function where it is, like Fatal.
type Sim struct {
	world  *handler.Deterministic
	plan   plan.Plan
	fixed  bool        // the plan came with its faults
	faults *plan.Swarm // to draw from; nil: none asked for
	chaos  *handler.Node
	start  time.Time
	trace  *record.Recorder // nil: nobody looks

	runs    int           // Runs so far
	ranFrom time.Duration // when the last one began
	longest time.Duration // of them

	processes  []*Process
	names      map[string]int
	ensembles  []*SimEnsemble
	invariants []invariant
	sometimes  map[string]bool
	ongoing    []*ongoing // faults, oldest first
	healed     bool
	ways       map[way]*wayState
	clocks     map[string]*nodeClock
	failure    *failure
	ending     bool // the test function has returned
	watch      *watchdog
	until      time.Duration // the world ends then, without a failure; 0: when the test function does
}

type invariant struct {
	name  string
	check func() error
	who   func() (lanes []string, steps []uint64) // who took part when it is broken; nil: whoever was last
}

// newSim makes the world of a plan.
func newSim(p plan.Plan, how manner) *Sim {
	fixed := p.Drawn
	if !fixed {
		drawn := plan.Begin(p.Seed, plan.Swarm{Knobs: map[string]int64{plan.ClockDriftPPM: 0}}) // see Faults
		drawn.Test = p.Test
		p = drawn
	}
	s := &Sim{
		plan: p, fixed: fixed, watch: how.watch, until: how.until,
		names: make(map[string]int), sometimes: make(map[string]bool),
		ways: make(map[way]*wayState), clocks: make(map[string]*nodeClock),
	}
	options := append(worldOptions(p), handler.WithPanicHook(s.caught))
	if how.record {
		s.trace = record.New()
		options = append(options, handler.Observe(s.trace.Observe))
	}
	s.world = handler.NewDeterministic(p.Seed, options...)
	s.world.Horizon(240 * time.Hour)
	s.world.BusyLimit(busyLimit)
	if how.tier == goroutines {
		s.world.Bubble(how.wait)
	}
	s.world.Network().Default(latencyOf(p.Latency))
	s.chaos = s.world.Node("chaos")
	s.start = s.world.Now()
	return s
}

// busyLimit is how many things may happen at one instant. A world of hundreds of clients stays far below.
const busyLimit = 1_000_000

// Seed is the seed that the world follows from.
func (s *Sim) Seed() uint64 { return s.plan.Seed }

// Now is the virtual time since the beginning.
func (s *Sim) Now() time.Duration { return s.world.Now().Sub(s.start) }

// World is what the Sim is made of, for tests that want nodes of their own in it.
func (s *Sim) World() *handler.Deterministic { return s.world }

// Rand returns the random stream of an owner. What one owner draws changes nothing for the others.
func (s *Sim) Rand(owner string) *rand.Rand { return s.chaos.Rand("user " + owner) }

// Between draws a duration from min up to and including max. It is for the test function: in a process
// use [Process.Between], so that a world without some other process is still the same for this one.
func (s *Sim) Between(min, max time.Duration) time.Duration {
	return between(s.Rand("between"), min, max)
}

func between(r *rand.Rand, min, max time.Duration) time.Duration {
	if max <= min {
		return min
	}
	return min + time.Duration(r.Int64N(int64(max-min)+1))
}

// Invariant adds something that must hold at all times. It is checked after every step, so it must be
// quick, and must not use the world. The error says what is wrong.
func (s *Sim) Invariant(name string, check func() error) {
	s.invariants = append(s.invariants, invariant{name: name, check: check})
}

// Sometimes notes whether something that a test is there for has happened, such as a lock lost while it
// was held. [Check] tells of names that came true in none of its worlds: such a test proves little.
func (s *Sim) Sometimes(name string, cond bool) {
	s.sometimes[name] = s.sometimes[name] || cond
}

// At calls f at a time since the beginning, or in the next step if that is past. f must not wait.
func (s *Sim) At(t time.Duration, f func()) {
	s.after(t-s.Now(), f)
}

// after calls f in a while.
func (s *Sim) after(d time.Duration, f func()) { s.chaos.AfterFunc(d, future.Func(f)) }

// Run lets the world go on for d. Faults, if the test asked for them, come and go.
func (s *Sim) Run(d time.Duration) {
	if s.plan.Duration > 0 && s.plan.Duration < d {
		d = s.plan.Duration
	}
	s.ranFrom, s.longest = s.Now(), max(s.longest, d)
	s.bookFaults(d)
	s.drive(d, nil)
}

// Heal ends all faults: the network flows, processes and servers that are dead or paused start again,
// clocks run evenly. There are no more faults after it.
func (s *Sim) Heal() {
	s.healed = true
	for len(s.ongoing) > 0 {
		s.finish(s.ongoing[len(s.ongoing)-1])
	}
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			mend(v)
		}
	}
	for _, p := range s.processes {
		mend(p)
	}
}

// Eventually lets the world go on until cond is true. When that has not come within d, the test has failed.
func (s *Sim) Eventually(d time.Duration, name string, cond func() bool) {
	if !s.drive(d, cond) && !cond() {
		s.fail(&failure{kind: "liveness", name: name, text: fmt.Sprintf("%s: not within %v", name, d)})
	}
	s.stopIfFailed()
}

// Errorf reports a failure. The world stops after the step at hand.
func (s *Sim) Errorf(format string, args ...any) {
	s.fail(&failure{kind: "error", name: format, text: fmt.Sprintf(format, args...)})
}

// Fatalf is Errorf, and ends the calling process or the test function.
func (s *Sim) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(stopped{})
}

// stopped unwinds the test function or a process after a failure.
type stopped struct{}

func (s *Sim) stopIfFailed() {
	if s.failure != nil {
		panic(stopped{})
	}
}

// drive lets the world go on for d or until cond is true, and reports whether it became true. Invariants
// are checked after each step; a failure ends the test function.
func (s *Sim) drive(d time.Duration, cond func() bool) (met bool) {
	s.stopIfFailed()
	over, late := false, false
	timer := s.chaos.AfterFunc(d, future.Func(func() { over = true }))
	defer timer.Stop()
	err := s.world.RunUntil(func() bool {
		s.watch.step(s.world)
		s.check()
		if s.failure == nil && cond != nil {
			met = cond()
		}
		late = s.until > 0 && s.Now() > s.until
		return over || met || late || s.failure != nil
	})
	if err != nil {
		s.fail(&failure{kind: "stuck", name: "stuck", text: err.Error()})
	}
	s.stopIfFailed()
	if late {
		panic(stopped{})
	}
	return met
}

// check asks the invariants.
func (s *Sim) check() {
	for i := range s.invariants {
		if err := s.invariants[i].check(); err != nil {
			inv := &s.invariants[i]
			f := &failure{kind: "invariant", name: inv.name, text: fmt.Sprintf("%s: %v", inv.name, err)}
			if inv.who != nil {
				f.lanes, f.steps = inv.who()
			}
			s.fail(f)
			return
		}
	}
}

// fail notes the first failure. What processes say while the world ends means nothing.
func (s *Sim) fail(f *failure) {
	if s.failure != nil || s.ending {
		return
	}
	f.step, f.at = s.world.Steps(), s.Now()
	f.run, f.inRun = max(s.runs-1, 0), s.Now()-s.ranFrom
	s.failure = f
	s.trace.Stop()
}

// caught is told of panics outside of processes: in callbacks, mostly.
func (s *Sim) caught(v any, stack []byte) {
	if _, ok := v.(stopped); !ok {
		s.fail(&failure{kind: "panic", name: "panic", text: fmt.Sprintf("panic in a callback: %v", v), stack: stack})
	}
}

// run is the life of a Sim: the test function, and the end of everything.
func (s *Sim) run(test func(*Sim)) {
	defer s.end()
	defer func() {
		switch v := recover().(type) {
		case nil, stopped:
		default:
			s.fail(&failure{kind: "panic", name: "panic", text: fmt.Sprintf("panic: %v", v), stack: debug.Stack()})
		}
	}()
	test(s)
}

// end kills everything, so that nothing outlives the Sim.
func (s *Sim) end() {
	s.ending = true
	s.trace.Stop()
	for _, p := range slices.Backward(s.processes) {
		p.Kill()
	}
	s.world.Stop()
}
