package plan

import (
	"maps"
	"time"
)

// Draw makes the plan of a seed for a test with a single run.
func Draw(seed uint64, top Topology, swarm Swarm) Plan {
	p := Begin(seed, swarm)
	p.DrawFaults(top, swarm)
	p.Drawn = true
	return p
}

// Begin makes the part of a seed's plan that is needed before processes and servers are known. It panics if the swarm sets
// a knob that does not exist, or to a value that it cannot have.
func Begin(seed uint64, swarm Swarm) Plan {
	p := Plan{Seed: seed, Schedule: drawSchedule(newStream(seed, "schedule")), Knobs: make(map[string]int64, len(knobs))}
	if swarm.None {
		p.Latency = Calm
	} else {
		p.Latency = drawLatency(newStream(seed, "latency"))
		for _, k := range knobs {
			p.Knobs[k.Name] = k.draw(newStream(seed, "knob", k.Name))
		}
	}
	p.atLeast(TickMS, p.leastTick())
	p.atLeast(SessionTimeoutMS, p.leastTimeout())
	maps.Copy(p.Knobs, swarm.Knobs)
	if err := p.Validate(); err != nil {
		panic(err)
	}
	return p
}

// atLeast raises a knob in milliseconds, as far as it goes.
func (p *Plan) atLeast(name string, least time.Duration) {
	if k := knobOf(name); p.Knob(name) < least.Milliseconds() {
		p.Knobs[name] = min(least.Milliseconds(), k.Max)
	}
}

// leastTick is the shortest tick with which servers keep a leader in a world this slow: within syncLimit ticks a follower
// must be heard from, and within initLimit ticks brought up to date.
func (p *Plan) leastTick() time.Duration {
	way := p.usualWay() + p.Micros(PeerLatencyUS)
	disk := p.Micros(QuorumDelayUS) + p.Micros(ApplyLagUS)
	return max(6*way/time.Duration(p.Knob(SyncLimit)), (10*way+4*disk)/time.Duration(p.Knob(InitLimit)))
}

// usualWay is how long nearly everything takes at most from a machine to another.
func (p *Plan) usualWay() time.Duration {
	l := p.Latency
	return max(l.Min, l.Max, l.Min+3*l.Mean)
}

// leastTimeout is the shortest session timeout with which a client gets anywhere in a world this slow: a third of it must
// do for a connection, a handshake that a quorum commits, and a request.
func (p *Plan) leastTimeout() time.Duration {
	commit := p.Micros(QuorumDelayUS) + p.Micros(ApplyLagUS) + 2*p.Micros(PeerLatencyUS)
	return 3 * (8*p.usualWay() + 2*commit)
}

// Calm is the latency of a network in which nothing is unusual.
var Calm = Latency{Kind: Constant, Min: time.Millisecond}

func drawSchedule(s stream) Schedule {
	switch s.pick(0.5, 0.1, 0.1, 0.3) {
	case 0:
		return Schedule{Policy: Uniform}
	case 1:
		return Schedule{Policy: FIFO}
	case 2:
		return Schedule{Policy: LIFO}
	}
	// A bug whose steps come early is found with few steps, and one that needs an hour of history with many.
	steps := []uint64{1_000, 5_000, 20_000, 100_000}[s.pick(0.15, 0.25, 0.4, 0.2)]
	return Schedule{Policy: PCT, Depth: 1 + s.IntN(4), Steps: steps}
}

// drawLatency draws how far apart the machines are, and then how evenly.
func drawLatency(s stream) Latency {
	var base time.Duration
	switch s.pick(0.5, 0.3, 0.15, 0.05) {
	case 0: // one rack
		base = s.spread(50*time.Microsecond, time.Millisecond)
	case 1: // one city
		base = s.spread(time.Millisecond, 15*time.Millisecond)
	case 2: // one continent
		base = s.spread(15*time.Millisecond, 80*time.Millisecond)
	default: // bad luck
		base = s.spread(80*time.Millisecond, 400*time.Millisecond)
	}
	base = base.Round(10 * time.Microsecond)
	least := (base / time.Duration(1+s.IntN(10))).Round(10 * time.Microsecond)
	switch s.pick(0.1, 0.4, 0.2, 0.3) {
	case 0:
		return Latency{Kind: Constant, Min: base}
	case 1:
		return Latency{Kind: UniformWait, Min: least, Max: base}
	case 2:
		return Latency{Kind: Exponential, Min: least, Mean: base}
	}
	return Latency{Kind: LongTail, Min: least, Max: base}
}
