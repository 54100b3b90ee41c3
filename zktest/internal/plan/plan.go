package plan

import (
	"slices"
	"time"
)

// A Plan is everything about a run that is decided before it begins.
type Plan struct {
	// Test is the name of the test that the plan is for.
	Test string
	// Seed is where the plan came from, and the seed of every stream of the run.
	Seed uint64
	// Salt changes the streams of the scheduler and of the network, and nothing else: another timing of the same run.
	Salt uint64

	Schedule Schedule
	Latency  Latency

	// Knobs are the dimensions of the world: see [AllKnobs]. A knob that is missing has its calm value; ask [Plan.Knob].
	Knobs map[string]int64

	// Without names the processes that are not started.
	Without []string

	// Duration caps every run of the test. Zero: as long as the test says.
	Duration time.Duration

	// Faults in the order of (Run, At, N).
	Faults []Fault

	// Drawn says that Faults are all there is. False: those of a run are drawn when it begins and the topology is known.
	Drawn bool
}

// A Fault is one thing that goes wrong. What On, To, For and Amount mean is said at its [Kind].
type Fault struct {
	N      int           // its number, from 1, which it keeps when others are removed
	Run    int           // the run of the test that it belongs to, from 0
	At     time.Duration // when it begins, since that run began
	For    time.Duration // how long it lasts; zero: it is over at once, or lasts until the world is healed
	Kind   Kind
	On, To string // names of processes or servers, or [Leader], [Follower], [Connected]
	Amount int64  // bytes, nanoseconds, parts per million, a count
}

// Names with a meaning of their own, looked up when the fault begins. No process or server can have them as its name.
// Where a fault wants a server and finds the name of a process, the server is meant that the process is connected to.
const (
	Leader    = "leader"    // the server that leads
	Follower  = "follower"  // the first server, in the ensemble's order, that follows
	Connected = "connected" // the server that the process on the other end of the link is connected to
)

// Reserved reports whether no process or server may be called name.
func Reserved(name string) bool { return name == Leader || name == Follower || name == Connected }

// A Schedule is a scheduling policy.
type Schedule struct {
	Policy Policy
	Depth  int    // of PCT: one more than the number of priority changes
	Steps  uint64 // of PCT: among the first so many steps the changes are spread
}

// A Policy decides which of several things that could happen at the same instant happens first.
type Policy string

// The policies.
const (
	FIFO    Policy = "fifo"    // what was ready first
	LIFO    Policy = "lifo"    // what was ready last
	Uniform Policy = "uniform" // any, all equally likely
	PCT     Policy = "pct"     // the one whose source has the highest of random priorities, which change Depth-1 times
)

// Latency is how long bytes travel over a link that nothing slows down.
type Latency struct {
	Kind           LatencyKind
	Min, Max, Mean time.Duration // Constant: Min. Uniform, LongTail: Min and Max. Exponential: Min, and Mean on top of it
}

// A LatencyKind is a distribution.
type LatencyKind string

// The distributions.
const (
	Constant    LatencyKind = "constant"    // always Min
	UniformWait LatencyKind = "uniform"     // from Min to Max
	Exponential LatencyKind = "exponential" // Min and an exponentially distributed time of mean Mean
	LongTail    LatencyKind = "long-tail"   // from Min to Max, but one in a hundred up to 20 times Max
)

// Topology is what faults are drawn for.
type Topology struct {
	Processes []string // client processes, in the order they were made
	Servers   []string
	Run       int           // which run of the test this is, from 0
	Duration  time.Duration // of that run
	// SessionTimeout is what clients ask for, and Tick the servers' tickTime. Zero: as the knobs say.
	SessionTimeout, Tick time.Duration
}

// Allows reports whether faults of a kind may be drawn.
func (s *Swarm) Allows(k Kind) bool {
	return !s.None && (s.Kinds == nil || slices.Contains(s.Kinds, k)) && !slices.Contains(s.Without, k)
}

// Swarm says what may be drawn. The zero Swarm is the usual: everything may.
type Swarm struct {
	// None: no faults, a calm network and calm knobs; only the schedule is drawn.
	None bool
	// Kinds are the only kinds of faults that may happen. Nil: all.
	Kinds []Kind
	// Without are kinds that may not happen.
	Without []Kind
	// Rate multiplies the number of faults. Zero: 1, which is about 5 to 40 in a minute.
	Rate float64
	// Knobs are set to these values instead of being drawn.
	Knobs map[string]int64
	// Full draws among all kinds in every seed: none is calm, and none switches kinds off.
	Full bool
}
