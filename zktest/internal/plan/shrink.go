package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Shrinking says what may be made smaller, and how long that may take.
type Shrinking struct {
	// Processes that the test starts, those in [Plan.Without] included. Only these can be left out.
	Processes []string
	// Duration of the longest run of the test. Zero: runs are not made shorter.
	Duration time.Duration
	// First is what is known of a run of the plan that is given. If it has not Failed, the plan is run to see.
	First Result
	// Keep names knobs that the test itself has set.
	Keep []string

	// Salts is how many timings of a smaller plan are tried, at most, before it counts as one that does not fail. Zero: 20.
	Salts int
	// Replays is how many runs there may be. Zero: any number.
	Replays int
	// Time is how long it may take by the clock Now. Zero, or no Now: for ever.
	Time time.Duration
	Now  func() time.Time
}

// A Result is what became of one run.
type Result struct {
	// Failed says that it failed, in the same way.
	Failed bool
	// Run and At say when it did; what was to happen later cannot have mattered. At zero: unknown.
	Run int
	At  time.Duration // since that Run began
}

// Stats says how it went.
type Stats struct {
	// Reproduced says that the plan that was given fails. Nothing was made smaller otherwise.
	Reproduced bool
	// Complete says that nothing was left to try: budget and context lasted.
	Complete bool
	Replays  int
	Elapsed  time.Duration // by Shrinking.Now; zero without

	FaultsBefore, FaultsAfter       int
	ProcessesBefore, ProcessesAfter int
}

// Shrink returns the smallest plan it finds that fails too, with the Salt under which it does. Run runs a plan; it is
// called with plans that share nothing with one another.
//
// A plan that fails rarely fails in one timing only, and taking a fault out changes the timing of the rest. So each
// smaller plan is tried under several salts: few at first, when pieces are large, and more, once, for what is left then.
// What is left is made simpler next: latencies constant, the schedule FIFO, knobs calm, the run and the faults shorter.
// In such a world salts hardly differ, so two of them say whether yet another fault or process can go.
func Shrink(ctx context.Context, p Plan, run func(Plan) Result, o Shrinking) (Plan, Stats) {
	s := &shrinker{
		ctx: ctx, fails: run, o: o, best: clone(p), at: o.First,
		known: make(map[string]Result), thorough: make(map[string]bool),
	}
	if s.o.Salts <= 0 {
		s.o.Salts = 20
	}
	if o.Now != nil {
		s.start = o.Now()
	}
	s.salts = []uint64{p.Salt}
	for salt := uint64(0); len(s.salts) < s.o.Salts; salt++ {
		if salt != p.Salt {
			s.salts = append(s.salts, salt)
		}
	}
	s.stats.FaultsBefore, s.stats.ProcessesBefore = len(p.Faults), len(s.processes())

	if !s.at.Failed {
		s.at = s.run(p)
	}
	if s.stats.Reproduced = s.at.Failed; s.stats.Reproduced {
		s.shrink()
	}
	s.stats.FaultsAfter, s.stats.ProcessesAfter = len(s.best.Faults), len(s.processes())
	s.stats.Complete = !s.spent
	if o.Now != nil {
		s.stats.Elapsed = o.Now().Sub(s.start)
	}
	return s.best, s.stats
}

// A shrinker goes from plan to smaller plan; best always fails.
type shrinker struct {
	ctx   context.Context
	fails func(Plan) Result
	o     Shrinking

	best     Plan
	at       Result            // of best
	salts    []uint64          // those that worked last come first
	known    map[string]Result // of plans, so that none is run twice
	thorough map[string]bool   // what has been tried under all salts; see structure
	spent    bool              // budget or context are at their end: every plan counts as one that does not fail
	start    time.Time
	stats    Stats
}

// few is the number of salts for a first look, and settled that for plans of which little is left to chance.
const (
	few     = 4
	settled = 2
)

func (s *shrinker) shrink() {
	s.afterTheFailure()
	s.try(calmed(withFaults(s.best, nil)), settled)
	s.fewerFaults(few)
	s.fewerProcesses(few)
	s.oneLess() // while there is chance: in a settled world what happens to be there may be needed
	for !s.spent {
		s.calmerNetwork()
		s.fewerKnobs()
		s.shorterRun()
		s.simplerFaults()
		if !s.oneLess() {
			return
		}
	}
}

// try makes p the best plan if it fails under one of so many salts.
func (s *shrinker) try(p Plan, salts int) bool {
	if s.spent {
		return false
	}
	if key(p) == key(s.best) {
		return true
	}
	if p.settled() {
		salts = min(salts, settled)
	}
	for i, salt := range s.salts[:min(salts, len(s.salts))] {
		p.Salt = salt
		if r := s.run(p); r.Failed {
			s.best, s.at = p, r
			copy(s.salts[1:], s.salts[:i])
			s.salts[0] = salt
			return true
		}
		if s.spent {
			return false
		}
	}
	return false
}

// settled reports whether a salt changes little: only where the bytes of a connection are cut.
func (p *Plan) settled() bool {
	slow := slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Kind == SlowLink })
	return p.Latency.Kind == Constant && !slow && p.Knob(PeerLatencyUS) == 0 && (p.Schedule.Policy == FIFO || p.Schedule.Policy == LIFO)
}

// run runs a plan.
func (s *shrinker) run(p Plan) Result {
	name := fmt.Sprintf("%d %s", p.Salt, key(p))
	if r, ran := s.known[name]; ran {
		return r
	}
	if s.spent = s.spent || s.ctx.Err() != nil ||
		s.o.Replays > 0 && s.stats.Replays >= s.o.Replays ||
		s.o.Time > 0 && s.o.Now != nil && s.o.Now().Sub(s.start) >= s.o.Time; s.spent {
		return Result{}
	}
	s.stats.Replays++
	r := s.fails(clone(p))
	s.known[name] = r
	return r
}

// key tells plans apart that differ in more than their salt.
func key(p Plan) string {
	p.Salt = 0
	return fmt.Sprintf("%v", p) // package fmt sorts maps
}

// structure tells plans apart that differ in what is left of them, not only in how that is.
func structure(p Plan) string {
	var faults []int
	for _, f := range p.Faults {
		faults = append(faults, f.N)
	}
	return fmt.Sprint(faults, p.Without, p.settled())
}

func clone(p Plan) Plan {
	p.Knobs, p.Without, p.Faults = maps.Clone(p.Knobs), slices.Clone(p.Without), slices.Clone(p.Faults)
	return p
}

// processes are those that are still started.
func (s *shrinker) processes() (left []string) {
	for _, name := range s.o.Processes {
		if !slices.Contains(s.best.Without, name) {
			left = append(left, name)
		}
	}
	return left
}
