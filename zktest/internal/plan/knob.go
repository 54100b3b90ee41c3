package plan

import "time"

// The knobs. Their names say the unit. Each has a calm value, for which nothing is unusual: the shrinker goes back to
// it, and a knob that is not in a plan has it.
const (
	// SessionTimeoutMS is the session timeout that clients ask for: 500 to 60,000, mostly 2,000 to 10,000. Servers
	// grant 2 to 20 ticks.
	SessionTimeoutMS = "session-timeout-ms"
	// TickMS is the servers' tickTime, 200 to 2,000.
	TickMS = "tick-ms"
	// InitLimit and SyncLimit are in ticks, as in zoo.cfg.
	InitLimit = "init-limit"
	SyncLimit = "sync-limit"
	// QuorumDelayUS is how long a write to the log takes at most: 0 to 500,000. Each is drawn from zero to that.
	QuorumDelayUS = "quorum-delay-us"
	// ApplyLagUS is how late a follower applies what is committed, at most: 0 to 500,000.
	ApplyLagUS = "apply-lag-us"
	// PeerLatencyUS is how much longer than a client's link the links between servers are, at most: 0 to 100,000. It is
	// what makes a client that reconnects fast see the past.
	PeerLatencyUS = "peer-latency-us"
	// ClockOffsetMS is how far the wall clocks of processes and servers are off, at most, either way: 0 to a day.
	ClockOffsetMS = "clock-offset-ms"
	// ClockDriftPPM is how much faster or slower the clocks of processes and servers run, at most: 0 to 20,000 (2 %).
	ClockDriftPPM = "clock-drift-ppm"
	// Servers is how many servers an ensemble has whose size the test leaves open: 1 to 7.
	Servers = "servers"
	// Observers is how many more servers, which only observe, such an ensemble has: 0 to 2.
	Observers = "observers"
	// EpochStart is the last epoch that servers with empty disks have seen.
	EpochStart = "epoch-start"
	// SequenceStart brings the numbers of sequential nodes near their end: below it there is none.
	SequenceStart = "sequence-start"
)

// A Knob is one dimension of the world.
type Knob struct {
	Name     string
	Calm     int64
	Min, Max int64
	draw     func(stream) int64
}

var knobs = []Knob{
	{SessionTimeoutMS, 10_000, 500, 60_000, func(s stream) int64 {
		switch s.pick(0.15, 0.5, 0.15, 0.15, 0.05) {
		case 0:
			return ms(s.spread(500*time.Millisecond, 2*time.Second))
		case 1:
			return ms(s.between(2*time.Second, 10*time.Second))
		case 2:
			return 10_000 // the default
		case 3:
			return ms(s.spread(10*time.Second, 30*time.Second))
		}
		return ms(s.spread(30*time.Second, time.Minute))
	}},
	{TickMS, 2_000, 200, 2_000, func(s stream) int64 {
		if s.chance(0.4) {
			return 2_000
		}
		return ms(s.spread(200*time.Millisecond, 2*time.Second))
	}},
	{InitLimit, 10, 2, 20, func(s stream) int64 { return []int64{10, 5, 2}[s.pick(0.5, 0.3, 0.2)] }},
	{SyncLimit, 5, 2, 20, func(s stream) int64 { return []int64{5, 2, 10}[s.pick(0.5, 0.35, 0.15)] }},
	{QuorumDelayUS, 1_000, 0, 500_000, func(s stream) int64 {
		switch s.pick(0.1, 0.65, 0.25) {
		case 0:
			return 0
		case 1:
			return us(s.spread(200*time.Microsecond, 30*time.Millisecond))
		}
		return us(s.spread(30*time.Millisecond, 500*time.Millisecond))
	}},
	{ApplyLagUS, 0, 0, 500_000, func(s stream) int64 {
		switch s.pick(0.35, 0.45, 0.2) {
		case 0:
			return 0
		case 1:
			return us(s.spread(200*time.Microsecond, 20*time.Millisecond))
		}
		return us(s.spread(20*time.Millisecond, 500*time.Millisecond))
	}},
	{PeerLatencyUS, 0, 0, 100_000, func(s stream) int64 {
		switch s.pick(0.4, 0.4, 0.2) {
		case 0:
			return 0
		case 1:
			return us(s.spread(200*time.Microsecond, 10*time.Millisecond))
		}
		return us(s.spread(10*time.Millisecond, 100*time.Millisecond))
	}},
	{ClockOffsetMS, 0, 0, 86_400_000, func(s stream) int64 {
		if s.chance(0.6) {
			return 0
		}
		return ms(s.spread(10*time.Millisecond, 24*time.Hour))
	}},
	{ClockDriftPPM, 0, 0, 20_000, func(s stream) int64 {
		switch s.pick(0.6, 0.3, 0.1) {
		case 0:
			return 0
		case 1:
			return 1 + s.Int64N(200) // what real clocks do
		}
		return 1_000 + s.Int64N(19_001)
	}},
	{Servers, 3, 1, 7, func(s stream) int64 { return 1 + int64(s.pick(0.1, 0.03, 0.5, 0.07, 0.2, 0.03, 0.07)) }},
	{Observers, 0, 0, 2, func(s stream) int64 { return int64(s.pick(0.7, 0.2, 0.1)) }},
	{EpochStart, 0, 0, 1<<31 - 1, func(s stream) int64 { return rarely(s, 1, 1<<16) }},
	{SequenceStart, 0, 0, 1<<31 - 1, func(s stream) int64 {
		if back := rarely(s, 1, 200); back > 0 {
			return 1<<31 - back
		}
		return 0
	}},
}

// rarely draws zero in 19 of 20 seeds.
func rarely(s stream, lo, hi int64) int64 {
	if !s.chance(0.05) {
		return 0
	}
	return lo + s.Int64N(hi-lo+1)
}

func ms(d time.Duration) int64 { return d.Milliseconds() }
func us(d time.Duration) int64 { return d.Microseconds() }

// AllKnobs returns the knobs there are, in a fixed order.
func AllKnobs() []Knob { return append([]Knob(nil), knobs...) }

func knobOf(name string) *Knob {
	for i := range knobs {
		if knobs[i].Name == name {
			return &knobs[i]
		}
	}
	return nil
}

// Knob returns what the knob is set to, or its calm value. It panics if there is no such knob.
func (p *Plan) Knob(name string) int64 {
	k := knobOf(name)
	if k == nil {
		panic("plan: there is no knob " + name)
	}
	if v, set := p.Knobs[name]; set {
		return v
	}
	return k.Calm
}

// Millis and Micros return knobs whose names end in -ms and -us as durations.
func (p *Plan) Millis(name string) time.Duration {
	return time.Duration(p.Knob(name)) * time.Millisecond
}

// Micros is Millis for knobs in microseconds.
func (p *Plan) Micros(name string) time.Duration {
	return time.Duration(p.Knob(name)) * time.Microsecond
}
