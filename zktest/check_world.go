package zktest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
	"github.com/gazoo-go/gazoo/zktest/internal/record"
)

// A manner is how a plan is run. It changes nothing of what happens, but for when it is over.
type manner struct {
	tier   tier
	record bool          // keep what a picture needs
	until  time.Duration // nobody wants to know what happens later; 0: to the end
	wait   func()        // synctest.Wait
	watch  *watchdog     // knows that the world goes on
}

// A failure is the first thing that was wrong in a world.
type failure struct {
	kind, name string   // two failures with the same are the same bug
	text       string   // what broke, in plain words
	stack      []byte   // where, if that says something
	lanes      []string // who took part
	steps      []uint64 // what came before that matters, such as when each was granted what both hold
	step       uint64
	at         time.Duration
	run        int           // which Run it was in, or behind
	inRun      time.Duration // since that Run began
}

func (f *failure) whatAndWhen() string {
	return fmt.Sprintf("%s at step %d, t=%v", f.text, f.step, f.at.Round(time.Microsecond))
}

func (f *failure) same(g *failure) bool { return g != nil && f.kind == g.kind && f.name == g.name }

// An outcome is what became of a world.
type outcome struct {
	failure   *failure
	plan      plan.Plan // with the faults that were drawn
	hash      uint64
	digests   []uint64
	steps     uint64
	at        time.Duration
	sometimes map[string]bool
	processes []string
	longest   time.Duration // run
	trace     *record.Recorder
}

// world runs a plan from beginning to end, in a bubble: there a process that blocks for good is found at once.
func (c *checker) world(p plan.Plan, how manner) (o outcome) {
	how.tier = c.tier
	how.wait = synctest.Wait
	how.watch = c.watch
	c.watch.begin(p.Seed)
	defer c.watch.end()
	var s *Sim
	finished := false
	defer func() {
		v := recover()
		if v == nil && finished {
			return
		}
		o = s.outcome()
		if o.failure == nil {
			o.failure = &failure{kind: "blocked", name: "blocked", step: o.steps, at: o.at, stack: blockedStacks()}
			if v == nil {
				o.failure.text = "the test function ended its goroutine (t.FailNow or runtime.Goexit): use Sim.Fatalf"
			} else {
				o.failure.text = fmt.Sprintf("%s blocked on something that the world does not know (%v): in a process only Wait and Sleep may wait; "+
					"code that uses channels and time.Sleep needs zktest.Goroutines", s.last(), v)
			}
		}
	}()
	synctest.Test(c.t, func(*testing.T) {
		done := make(chan struct{})
		go func() { // which FailNow may end
			defer close(done)
			s = newSim(p, how)
			s.run(c.test)
			finished = true
		}()
		<-done
		o = s.outcome()
	})
	return o
}

// blockedStacks are the stacks of the goroutines of bubbles that are stuck.
func blockedStacks() []byte {
	all := make([]byte, 1<<18)
	all = all[:runtime.Stack(all, true)]
	var stuck []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		header, _, _ := strings.Cut(stack, "\n")
		if strings.Contains(header, "synctest bubble") && !strings.Contains(stack, "internal/synctest.Run") && !strings.Contains(stack, "(*world).drive") {
			stuck = append(stuck, stack)
		}
	}
	return []byte(strings.Join(stuck, "\n\n"))
}

// outcome is what has become of the world so far.
func (s *Sim) outcome() outcome {
	if s == nil {
		return outcome{}
	}
	var names []string
	for _, p := range s.processes {
		names = append(names, p.name)
	}
	p := s.plan
	p.Drawn = true
	return outcome{
		processes: names, longest: s.longest,
		failure: s.failure, plan: p, hash: s.world.TraceHash(), digests: s.world.Digests(), steps: s.world.Steps(),
		at: s.Now(), sometimes: s.sometimes, trace: s.trace,
	}
}

// last names what is under way, or was last.
func (s *Sim) last() string {
	if s != nil {
		if e, ok := s.world.Performing(); ok {
			if e.Kind == handler.KindProcess {
				return "process " + e.Node
			}
			return e.Node + ", in " + e.Kind + " " + e.Label + ","
		}
	}
	return "the test function"
}

// unlike says that two runs of one plan were not the same.
func unlike(a, b outcome) string {
	step := uint64(0)
	for i := range min(len(a.digests), len(b.digests)) {
		if a.digests[i] != b.digests[i] {
			break
		}
		step = uint64(i+1) * handler.DigestEvery
	}
	return fmt.Sprintf("zktest: not deterministic: two runs of seed %#x differ after step %d of %d and %d.\n"+
		"Something does not follow from the seed: the real clock, math/rand, the order of a map, a goroutine, state left from an earlier world.",
		a.plan.Seed, step, a.steps, b.steps)
}
