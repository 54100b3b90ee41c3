package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An InvalidError says what is wrong with a plan, and where.
type InvalidError struct {
	Field   string // as in JSON: "faults[3].kind"; empty if it is the plan as a whole
	Problem string
	Err     error // what the JSON decoder said, or nil
}

func (e *InvalidError) Error() string {
	if e.Field == "" {
		return "plan: " + e.Problem
	}
	return "plan: " + e.Field + ": " + e.Problem
}

func (e *InvalidError) Unwrap() error { return e.Err }

const (
	longest  = 1000 * 24 * time.Hour // of any time in a plan, so that no sum of them overflows
	nameSize = 1000                  // bytes
)

// Validate returns nil or an [*InvalidError] about the first thing that no run could make sense of. That a name means
// nobody is no error.
func (p *Plan) Validate() error {
	c := &checker{}
	if !utf8.ValidString(p.Test) {
		c.wrong("test", "it is not UTF-8")
	}
	c.schedule(p.Schedule)
	c.latency(p.Latency)
	for _, name := range slices.Sorted(maps.Keys(p.Knobs)) {
		c.knob(name, p.Knobs[name])
	}
	seen := make(map[string]bool)
	for i, name := range p.Without {
		field := fmt.Sprintf("without[%d]", i)
		c.name(field, name)
		c.check(!Reserved(name), field, "%q cannot be a process", name)
		c.check(!seen[name], field, "%q is there already", name)
		seen[name] = true
	}
	c.time("duration", p.Duration)
	numbers := make(map[int]int)
	for i := range p.Faults {
		f := &p.Faults[i]
		c.fault(fmt.Sprintf("faults[%d]", i), f)
		if before, twice := numbers[f.N]; twice {
			c.wrong(fmt.Sprintf("faults[%d].n", i), fmt.Sprintf("faults[%d] has the same number, %d", before, f.N))
		}
		numbers[f.N] = i
	}
	if c.first == nil {
		return nil // and not a nil *InvalidError
	}
	return c.first
}

// A checker keeps the first thing that is wrong.
type checker struct{ first *InvalidError }

func (c *checker) wrong(field, problem string) {
	if c.first == nil {
		c.first = &InvalidError{Field: field, Problem: problem}
	}
}

func (c *checker) check(ok bool, field, format string, args ...any) {
	if !ok && c.first == nil {
		c.wrong(field, fmt.Sprintf(format, args...))
	}
}

func (c *checker) schedule(s Schedule) {
	switch s.Policy {
	case PCT:
		c.check(s.Depth >= 1, "schedule.depth", "it is %d; pct needs 1 or more", s.Depth)
		c.check(s.Steps >= 1, "schedule.steps", "pct needs 1 or more")
	case FIFO, LIFO, Uniform:
		c.check(s.Depth == 0, "schedule.depth", "only pct has it")
		c.check(s.Steps == 0, "schedule.steps", "only pct has it")
	default:
		c.wrong("schedule.policy", fmt.Sprintf("there is no policy %q", s.Policy))
	}
}

func (c *checker) latency(l Latency) {
	c.time("latency.min", l.Min)
	c.time("latency.max", l.Max)
	c.time("latency.mean", l.Mean)
	hasMax, hasMean := false, false
	switch l.Kind {
	case Constant:
	case UniformWait, LongTail:
		hasMax = true
		c.check(l.Max >= l.Min, "latency.max", "%v is less than min, %v", l.Max, l.Min)
	case Exponential:
		hasMean = true
		c.check(l.Mean > 0, "latency.mean", "exponential needs more than zero")
	default:
		c.wrong("latency.kind", fmt.Sprintf("there is no distribution %q", l.Kind))
	}
	c.check(hasMax || l.Max == 0, "latency.max", "%s does not have it", l.Kind)
	c.check(hasMean || l.Mean == 0, "latency.mean", "%s does not have it", l.Kind)
}

func (c *checker) knob(name string, value int64) {
	field := "knobs." + name
	k := knobOf(name)
	if k == nil {
		c.wrong(field, "there is no such knob")
		return
	}
	c.check(k.Min <= value && value <= k.Max, field, "%d is not from %d to %d", value, k.Min, k.Max)
}

func (c *checker) fault(field string, f *Fault) {
	c.check(f.N >= 1, field+".n", "%d is not a number of a fault: they begin with 1", f.N)
	c.check(f.Run >= 0, field+".run", "%d is negative", f.Run)
	c.time(field+".at", f.At)
	c.time(field+".for", f.For)
	k := kindOf(f.Kind)
	if k == nil {
		c.wrong(field+".kind", fmt.Sprintf("there is no kind of fault %q", f.Kind))
		return
	}
	c.check(k.lasts || f.For == 0, field+".for", "%s is over at once", f.Kind)
	c.name(field+".on", f.On)
	if k.link {
		c.name(field+".to", f.To)
		c.check(f.On != f.To, field+".to", "a link needs two ends, not %q twice", f.On)
	} else {
		c.check(f.To == "", field+".to", "%s has one target only", f.Kind)
		c.check(f.On != Connected, field+".on", "%q needs a link", f.On)
	}
	c.check(f.Kind != KillLeader || f.On == Leader, field+".on", "%s happens to %q, not to %q", f.Kind, Leader, f.On)
	if k.needs == aProcess {
		c.check(!Reserved(f.On), field+".on", "%s happens to a process, not to %q", f.Kind, f.On)
	}
	c.amount(field+".amount", k, f.Amount)
}

func (c *checker) amount(field string, k *kindSpec, n int64) {
	switch k.amount {
	case noAmount:
		c.check(n == 0, field, "%s has none", k.kind)
	case byteCount:
		c.check(0 < n && n <= 1<<30, field, "%d is not a number of bytes from 1 to 2^30", n)
	case timeLength:
		c.check(0 < n && n <= int64(longest), field, "%v is not more than zero, or very long", time.Duration(n))
	case timeShift:
		c.check(n != 0 && -int64(longest) <= n && n <= int64(longest), field, "%v is zero or very long", time.Duration(n))
	case millionths:
		c.check(n != 0 && -1_000_000 < n && n <= 1_000_000, field, "%d is zero, or no speed of a clock", n)
	case counting:
		c.check(0 <= n && n <= 1_000_000, field, "%d is not a count up to a million", n)
	}
}

func (c *checker) time(field string, d time.Duration) {
	c.check(d >= 0, field, "%v is negative", d)
	c.check(d <= longest, field, "%v is very long", d)
}

func (c *checker) name(field, name string) {
	c.check(name != "", field, "it is missing")
	c.check(utf8.ValidString(name) && len(name) <= nameSize, field, "it is not UTF-8, or very long")
	c.check(!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }), field, "%q is no name", name)
}

// sortFaults puts faults into the order that plans have them in.
func sortFaults(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int { return compareFaults(&a, &b) })
}

func compareFaults(a, b *Fault) int {
	return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.At, b.At), cmp.Compare(a.N, b.N))
}
