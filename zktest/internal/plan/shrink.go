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
	// FailedRun and FailedAt say when the plan failed; what was to happen later cannot matter. FailedAt zero: unknown.
	FailedRun int
	FailedAt  time.Duration
	// Keep names knobs that the test itself has set.
	Keep []string

	// Salts is how many timings of a smaller plan are tried before it counts as one that does not fail. Zero: 30.
	Salts int
	// Replays is how many runs there may be. Zero: any number.
	Replays int
	// Time is how long it may take by the clock Now. Zero, or no Now: for ever.
	Time time.Duration
	Now  func() time.Time
}

// Stats says how it went.
type Stats struct {
	// Reproduced says that the plan that was given failed when it was run again. Nothing was made smaller otherwise.
	Reproduced bool
	// Complete says that nothing was left to try: budget and context lasted.
	Complete bool
	Replays  int
	Elapsed  time.Duration // by Shrinking.Now; zero without

	FaultsBefore, FaultsAfter       int
	ProcessesBefore, ProcessesAfter int
}

// Shrink returns the smallest plan it finds that fails too, with the Salt under which it does. Fails runs a plan and
// reports whether the failure is the same; it is called with plans that share nothing with one another.
//
// A plan that fails rarely fails in one timing only, and taking a fault out changes the timing of the rest. So each
// smaller plan is tried under several salts: few at first, when pieces are large, and all of them at the end. It goes
// on until no single fault, process or knob can go. What is left is made simpler then: the run and the faults shorter,
// latencies constant, the schedule FIFO.
func Shrink(ctx context.Context, p Plan, fails func(Plan) bool, o Shrinking) (Plan, Stats) {
	s := &shrinker{ctx: ctx, fails: fails, o: o, best: clone(p), known: make(map[string]bool)}
	if s.o.Salts <= 0 {
		s.o.Salts = 30
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

	if s.stats.Reproduced = s.run(p); s.stats.Reproduced {
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
	fails func(Plan) bool
	o     Shrinking

	best  Plan
	salts []uint64        // those that worked last come first
	known map[string]bool // whether a plan failed, so that none is run twice
	spent bool            // budget or context are at their end: every plan counts as one that does not fail
	start time.Time
	stats Stats
}

// few is the number of salts for a first look.
const few = 4

func (s *shrinker) shrink() {
	s.afterTheFailure()
	s.try(calmed(withFaults(s.best, nil)), 2) // with so little left to chance, salts hardly differ
	for _, salts := range []int{few, 3 * few, s.o.Salts} {
		s.fewerFaults(salts)
		s.fewerProcesses(salts)
		if len(s.best.Faults) <= 1 && len(s.processes()) <= 1 {
			break
		}
	}
	for round := 0; round < 4 && !s.spent; round++ {
		before := key(s.best)
		s.oneFaultLess()
		s.oneProcessLess()
		s.shorterRun()
		s.fewerKnobs()
		s.calmerNetwork()
		s.simplerFaults()
		if key(s.best) == before {
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
	for i, salt := range s.salts[:min(salts, len(s.salts))] {
		p.Salt = salt
		if s.run(p) {
			s.best = p
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

// run reports whether the plan fails.
func (s *shrinker) run(p Plan) bool {
	name := fmt.Sprintf("%d %s", p.Salt, key(p))
	if failed, ran := s.known[name]; ran {
		return failed
	}
	if s.spent = s.spent || s.ctx.Err() != nil ||
		s.o.Replays > 0 && s.stats.Replays >= s.o.Replays ||
		s.o.Time > 0 && s.o.Now != nil && s.o.Now().Sub(s.start) >= s.o.Time; s.spent {
		return false
	}
	s.stats.Replays++
	failed := s.fails(clone(p))
	s.known[name] = failed
	return failed
}

// key tells plans apart that differ in more than their salt.
func key(p Plan) string {
	p.Salt = 0
	return fmt.Sprintf("%v", p) // package fmt sorts maps
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
