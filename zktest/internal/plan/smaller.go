package plan

import (
	"slices"
	"time"
)

// The ways to make a plan smaller, each from s.best on. Those that take a number of salts are the coarse ones, which may
// leave something in that could go; those that do not, try them all.

// minimize returns the smallest part of n items that it finds for which test holds, given that it holds for all of them,
// and least is how many there must be. Where test is monotone, the part is minimal. Each item of the part costs about
// log2(n) tests: the shortest failing prefix is searched for, its last item must stay, and so on with what is before it.
func minimize(n, least int, test func(keep []int) bool) {
	var needed []int
	rest := make([]int, n)
	for i := range rest {
		rest[i] = i
	}
	part := func(k int) []int {
		keep := slices.Concat(rest[:k], needed)
		slices.Sort(keep)
		return keep
	}
	for len(rest) > 0 {
		if len(needed) >= least && test(part(0)) {
			return
		}
		lo, hi := 0, len(rest) // a prefix of hi items fails, one of lo does not
		for hi-lo > 1 {
			if mid := (lo + hi) / 2; test(part(mid)) {
				hi = mid
			} else {
				lo = mid
			}
		}
		needed = append(needed, rest[hi-1])
		rest = rest[:hi-1]
	}
}

// afterTheFailure drops what cannot have mattered, because it was still to come.
func (s *shrinker) afterTheFailure() {
	if s.at.At <= 0 {
		return
	}
	var before []Fault
	for _, f := range s.best.Faults {
		if f.Run < s.at.Run || f.Run == s.at.Run && f.At <= s.at.At {
			before = append(before, f)
		}
	}
	s.try(withFaults(s.best, before), 1)
}

func (s *shrinker) fewerFaults(salts int) {
	all := s.best.Faults
	minimize(len(all), 0, func(keep []int) bool {
		return s.try(withFaults(s.best, pickOut(all, keep)), salts)
	})
}

// oneLess takes out what can go alone, and reports whether anything could. The first time that this is what is left it
// looks longer, and longest if that is much.
func (s *shrinker) oneLess() (any bool) {
	for {
		salts, now := few, structure(s.best)
		if !s.thorough[now] {
			s.thorough[now], salts = true, 3*few
			if len(s.best.Faults) > 2 || len(s.processes()) > 2 {
				salts = s.o.Salts
				s.fewerProcesses(salts) // which finds those that cannot go one by one, too
			}
		}
		s.oneFaultLess(salts)
		s.oneProcessLess(salts)
		if structure(s.best) == now {
			return any
		}
		any = true
	}
}

func (s *shrinker) oneFaultLess(salts int) {
	for i := len(s.best.Faults) - 1; i >= 0; i-- {
		s.try(withFaults(s.best, without(s.best.Faults, i)), salts)
	}
	// Faults that come in pairs, such as a late one that undoes an early one, cannot go one by one.
	if n := len(s.best.Faults); n >= 3 && n <= 6 {
		for i := n - 1; i > 0; i-- {
			for j := i - 1; j >= 0 && i < len(s.best.Faults); j-- {
				s.try(withFaults(s.best, without(without(s.best.Faults, i), j)), few)
			}
		}
	}
}

func (s *shrinker) fewerProcesses(salts int) {
	all := s.processes()
	// Those that a fault aims at are the likely ones, so they are in the prefixes that are tried first.
	slices.SortStableFunc(all, func(a, b string) int { return aimed(s.best.Faults, b) - aimed(s.best.Faults, a) })
	minimize(len(all), 1, func(keep []int) bool {
		return s.try(onlyProcesses(s.best, s.o.Processes, pickOut(all, keep)), salts)
	})
}

func (s *shrinker) oneProcessLess(salts int) {
	for _, name := range s.processes() {
		if left := s.processes(); len(left) > 1 {
			left = slices.DeleteFunc(left, func(other string) bool { return other == name })
			s.try(onlyProcesses(s.best, s.o.Processes, left), salts)
		}
	}
}

// aimed is 1 if a fault has the name as a target.
func aimed(faults []Fault, name string) int {
	if slices.ContainsFunc(faults, func(f Fault) bool { return f.On == name || f.To == name }) {
		return 1
	}
	return 0
}

// ladder has the times that shorter runs and faults are given.
var ladder = []time.Duration{
	time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, 1 * time.Second,
	2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second, 10 * time.Second, 15 * time.Second,
	20 * time.Second, 30 * time.Second, 45 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 10 * time.Hour, 24 * time.Hour,
}

// shorten looks for the shortest time on the ladder, below now, for which test holds.
func shorten(now time.Duration, test func(time.Duration) bool) {
	hi := 0
	for hi < len(ladder) && ladder[hi] < now {
		hi++
	}
	for lo := -1; hi-lo > 1; { // what is at lo does not fail, what is at hi does, or is as long as now
		if mid := (lo + hi) / 2; test(ladder[mid]) {
			hi = mid
		} else {
			lo = mid
		}
	}
}

func (s *shrinker) shorterRun() {
	if s.o.Duration <= 0 {
		return
	}
	now := s.o.Duration
	if s.best.Duration > 0 {
		now = min(now, s.best.Duration)
	}
	capped := func(d time.Duration) bool {
		p := clone(s.best)
		p.Duration = d
		p.Faults = slices.DeleteFunc(p.Faults, func(f Fault) bool { return f.At >= d })
		return s.try(p, settled)
	}
	if s.at.At <= 0 || s.at.At >= now { // unknown, or it takes the whole run to fail
		shorten(now, capped)
	} else if i := slices.IndexFunc(ladder, func(d time.Duration) bool { return d > s.at.At }); i >= 0 && ladder[i] < now {
		capped(ladder[i])
	}
}

// fewerKnobs sets knobs back to where nothing is unusual.
func (s *shrinker) fewerKnobs() {
	var set []Knob
	for _, k := range knobs {
		if v, is := s.best.Knobs[k.Name]; is && v != k.Calm && !slices.Contains(s.o.Keep, k.Name) {
			set = append(set, k)
		}
	}
	from := s.best.Knobs
	minimize(len(set), 0, func(keep []int) bool {
		p := clone(s.best)
		p.Knobs = make(map[string]int64)
		for _, k := range knobs { // the calm ones go, too
			if v, is := from[k.Name]; is && slices.Contains(s.o.Keep, k.Name) {
				p.Knobs[k.Name] = v
			}
		}
		for _, i := range keep {
			p.Knobs[set[i].Name] = from[set[i].Name]
		}
		return s.try(p, few)
	})
}

// calmed is the plan in a world in which nothing is unusual, and in which what is ready first happens first.
func calmed(p Plan) Plan {
	p = clone(p)
	p.Latency, p.Schedule = Calm, Schedule{Policy: FIFO}
	return p
}

func (s *shrinker) calmerNetwork() {
	if s.try(calmed(s.best), few) {
		return
	}
	p := clone(s.best)
	p.Schedule = Schedule{Policy: FIFO}
	if !s.try(p, few) && s.best.Schedule.Policy != FIFO {
		p.Schedule = Schedule{Policy: Uniform}
		s.try(p, few)
	}
	p = clone(s.best)
	if p.Latency = Calm; s.try(p, few) {
		return
	}
	// Constant, but as far as it was.
	p.Latency = Latency{Kind: Constant, Min: max(s.best.Latency.Min, s.best.Latency.Max, s.best.Latency.Mean)}
	s.try(p, few)
}

// simplerFaults makes faults shorter and their amounts smaller, and lets them begin at whole seconds.
func (s *shrinker) simplerFaults() {
	for i := range s.best.Faults {
		change := func(edit func(*Fault)) bool {
			p := clone(s.best)
			edit(&p.Faults[i])
			sorted := slices.IsSortedFunc(p.Faults, func(a, b Fault) int { return compareFaults(&a, &b) })
			return sorted && s.try(p, settled)
		}
		if f := &s.best.Faults[i]; f.For > 0 {
			shorten(f.For, func(d time.Duration) bool { return change(func(f *Fault) { f.For = d }) })
		}
		k := kindOf(s.best.Faults[i].Kind)
		switch f := &s.best.Faults[i]; {
		case k == nil: // the plan is not valid; that is not for us to say
		case k.amount == timeLength:
			shorten(time.Duration(f.Amount), func(d time.Duration) bool {
				return change(func(f *Fault) { f.Amount = int64(d) })
			})
		case k.amount == counting:
			change(func(f *Fault) { f.Amount = 0 })
		}
		change(func(f *Fault) { f.At = f.At.Round(time.Second) })
	}
}

func withFaults(p Plan, faults []Fault) Plan {
	p = clone(p)
	p.Faults = slices.Clone(faults)
	return p
}

// onlyProcesses leaves out all others, and the faults that aim at them.
func onlyProcesses(p Plan, all, left []string) Plan {
	p = clone(p)
	p.Without = slices.DeleteFunc(slices.Clone(p.Without), func(name string) bool { return slices.Contains(all, name) })
	for _, name := range all {
		if !slices.Contains(left, name) {
			p.Without = append(p.Without, name)
		}
	}
	p.Faults = slices.DeleteFunc(p.Faults, func(f Fault) bool {
		return slices.Contains(p.Without, f.On) || slices.Contains(p.Without, f.To)
	})
	return p
}

func pickOut[T any](all []T, indexes []int) []T {
	out := make([]T, len(indexes))
	for i, index := range indexes {
		out[i] = all[index]
	}
	return out
}

func without(faults []Fault, i int) []Fault {
	return slices.Delete(slices.Clone(faults), i, i+1)
}
