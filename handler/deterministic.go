package handler

import (
	"slices"
	"time"
)

// A Deterministic is a world in which everything that happens follows from a seed: the time, the
// random numbers, the order in which lanes and timers take turns, and how long bytes travel. Two runs
// of the same program with the same seed are the same, event by event, and [Deterministic.TraceHash]
// tells whether they were.
//
// The world is made of nodes ([Deterministic.Node]), each a [Handler] with an address, a clock and
// random streams of its own. The Deterministic itself is the Handler of a node without a name.
//
// It has no goroutine. Whoever calls Step, Run, RunUntil or Advance drives it, or else a Wait from
// outside: that drives until its future is ready, and fails with a [*future.DeadlockError] when
// nothing is left that could happen or the [Deterministic.Horizon] has passed. A goroutine that waits
// in another way, for a channel say, drives nothing.
//
// User code runs as tasks on lanes, as coroutines ([future.Async]), or as processes ([Node.Spawn]), in
// which an ordinary Wait suspends the process. A Wait in a task or in a coroutine's body fails with a
// DeadlockError unless its future is ready. So does one by a goroutine that the world does not know
// while another drives, unless the world is in [Deterministic.Bubble] mode. What else goes wrong there
// ends the driver with a [*StepError], or is found by [OnBlocked].
//
// Contexts are looked at after each step in which a task, a timer or a process has run, and before time
// passes, in the order in which they were armed. Those with a
// deadline must come from WithTimeout: a deadline of package context is on another clock.
type Deterministic struct {
	*home
	w *world
}

// home is an alias so that the embedded field does not take the name of the method Node.
type home = Node

// NewDeterministic returns a world at the beginning of time, which is midnight UTC before
// January 1, 2000.
func NewDeterministic(seed uint64, options ...DeterministicOption) *Deterministic {
	w := &world{
		seed:    seedBytes(seed),
		timing:  seedBytes(seed),
		policy:  Uniform,
		horizon: time.Hour,
		nodes:   make(map[string]*Node),
		trace:   newTrace(),
	}
	w.life.prepare()
	w.network = newNetwork(w)
	d := &Deterministic{w: w}
	for _, o := range options {
		o.deterministic(d)
	}
	w.runnable = w.policy.chooser(w)
	w.network.key = newStream(w.timing, "network").Uint64()
	d.home = w.node("")
	return d
}

func (h PanicHook) deterministic(d *Deterministic) { d.w.hook = h }

// Network returns what connects the nodes.
func (d *Deterministic) Network() *Network { return d.w.network }

// Node returns the node of that name, always the same one until it is restarted.
func (d *Deterministic) Node(name string) *Node { return d.w.node(name) }

// Name returns "deterministic".
func (d *Deterministic) Name() string { return "deterministic" }

// Horizon sets how much virtual time a Wait, a Run or a RunUntil may take, by default one hour. A
// client that pings never runs out of events, so a Wait for what never comes would never end.
func (d *Deterministic) Horizon(limit time.Duration) { d.w.horizon = limit }

// Bubble says that the world is inside a testing/synctest bubble, and wait is synctest.Wait. Then any
// goroutine of the bubble may Wait, and may use channels, time.Sleep and timers of its own: the driver lets
// them all run, in each step and between two steps, until they have nothing to do, and time passes by
// sleeping. Processes are goroutines then.
//
// A process goes on, and so does a goroutine that waits while another drives, in a step of its own that
// the seed picks: a program of processes leaves the same trace as outside of a bubble. But if goroutines
// wake each other by other means, or wake at the same time of package time, their order is the Go runtime's.
// It must be called before anything happens.
func (d *Deterministic) Bubble(wait func()) {
	d.w.bubble = wait
	if d.w.onBlocked == nil {
		d.w.onBlocked = func(e *StepError) { panic(e) }
	}
	d.w.origin = time.Now()
}

// Step lets the next thing happen, however far in the future that is. It returns false when there is none.
func (d *Deterministic) Step() bool {
	stepped := false
	d.w.run(drive{limit: forever, until: func() bool { return stepped }, after: func() { stepped = true }})
	return stepped
}

// Run lets things happen until nothing is left or the Horizon has passed. Its only error is a
// [*BusyError].
func (d *Deterministic) Run() error { return d.w.run(drive{limit: d.w.horizon}) }

// RunUntil lets things happen until done returns true. It asks at the beginning and behind each step, before time
// passes, and done must be quick. If it does not come to that, because nothing is left or the Horizon has passed, the
// error is a [*future.DeadlockError], or a [*BusyError].
func (d *Deterministic) RunUntil(done func() bool) error {
	if err := d.w.run(drive{limit: d.w.horizon, until: done, patient: true}); err != nil {
		return err
	}
	if !done() {
		return d.w.deadlock(nil, "", d.w.gaveUp())
	}
	return nil
}

// Advance lets everything happen that is due in the next t of virtual time, and sets the clock to the
// end of it. Its only error is a [*BusyError].
func (d *Deterministic) Advance(t time.Duration) error {
	until := d.w.elapsed() + t
	if err := d.w.run(drive{limit: t, patient: true}); err != nil {
		return err
	}
	d.w.advanceTo(until)
	return nil
}

// TraceHash returns a hash of everything that has happened so far, with its time and node: two runs
// with equal hashes were the same.
func (d *Deterministic) TraceHash() uint64 {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.w.trace.hash
}

// Digests returns what TraceHash was after every [DigestEvery] steps. The first place where those of two runs
// differ tells where to look for what made them different.
func (d *Deterministic) Digests() []uint64 {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return slices.Clone(d.w.trace.digests)
}

// Steps returns how many things have happened.
func (d *Deterministic) Steps() uint64 {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.w.trace.steps
}

// Stop stops all nodes. When nobody drives the world, Stop does so until nothing is left that can
// happen at this time, which is all that a stopped world has still to do.
func (d *Deterministic) Stop() {
	d.w.life.stop()
	for _, n := range d.w.allNodes() {
		n.stop()
	}
	d.w.drain()
}

// Stopped is closed when all nodes have stopped.
func (d *Deterministic) Stopped() <-chan struct{} { return d.w.life.stopped() }
