package zktest

import (
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// worldOptions is what a plan says about the world itself.
func worldOptions(p plan.Plan) []handler.DeterministicOption {
	options := []handler.DeterministicOption{handler.Schedule(policyOf(p.Schedule))}
	if p.Salt != 0 {
		options = append(options, handler.Timing(p.Seed+p.Salt*0x9e3779b97f4a7c15))
	}
	return options
}

func policyOf(s plan.Schedule) handler.Policy {
	switch s.Policy {
	case plan.FIFO:
		return handler.FIFO
	case plan.LIFO:
		return handler.LIFO
	case plan.PCT:
		return handler.PCT(s.Depth, s.Steps)
	}
	return handler.Uniform
}

func latencyOf(l plan.Latency) handler.Latency {
	switch l.Kind {
	case plan.UniformWait:
		return handler.Latency{Kind: handler.UniformLatency, Min: l.Min, Max: l.Max}
	case plan.Exponential:
		return handler.Latency{Kind: handler.ExponentialLatency, Min: l.Min, Mean: l.Mean}
	case plan.LongTail:
		return handler.Latency{Kind: handler.LongTailLatency, Min: l.Min, Max: l.Max}
	}
	return handler.Latency{Kind: handler.ConstantLatency, Min: l.Min}
}

// latency is how long bytes take between two machines when nothing slows them down.
func (s *Sim) latency(p nodePair) handler.Latency {
	l := latencyOf(s.plan.Latency)
	if s.server(nodeName(p.from)) != nil && s.server(nodeName(p.to)) != nil {
		l = slower(l, s.plan.Micros(plan.PeerLatencyUS))
	}
	return l
}

// spread sets how far a server is from the others.
func (s *Sim) spread(v *simServer) {
	for _, other := range v.e.servers {
		if other != v {
			pair := nodePair{v.node, other.node}
			s.world.Network().Link(pair.from, pair.to).Latency(s.latency(pair))
		}
	}
}

// setClock sets a machine's clock a little wrong, if the plan has it so.
func (s *Sim) setClock(n *handler.Node) {
	offset := s.plan.Millis(plan.ClockOffsetMS)
	c := s.clock(n)
	if c.offset = between(n.Rand("clock"), -offset, offset); c.offset != 0 {
		n.SetClock(c.offset, c.drift())
	}
	s.setSpeed(n)
}

// setSpeed sets how fast a machine's clocks go. It does not matter whether that is known when the machine is made.
func (s *Sim) setSpeed(n *handler.Node) {
	if ppm := s.plan.Knob(plan.ClockDriftPPM); ppm > 0 {
		c := s.clock(n)
		c.ppm += n.Rand("clock speed").Int64N(2*ppm+1) - ppm
		n.SetClock(c.offset, c.drift())
	}
}

func (s *Sim) setSpeeds() {
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			s.setSpeed(v.node)
		}
	}
	for _, p := range s.processes {
		s.setSpeed(p.node)
	}
}

// knobs is what the plan says about servers.
func (s *Sim) knobs(c *core.Config) {
	c.TickTime = s.plan.Millis(plan.TickMS)
	c.MinSessionTimeout, c.MaxSessionTimeout = 2*c.TickTime, max(20*c.TickTime, time.Minute)
	c.FirstSequence = int32(s.plan.Knob(plan.SequenceStart))
	c.ForgetRequests = true // nobody can ask
}

// sessionTimeout is what clients ask for that do not say.
func (s *Sim) sessionTimeout() time.Duration { return s.plan.Millis(plan.SessionTimeoutMS) }

// nodeName is the name that a node was made with.
func nodeName(n *handler.Node) string { return strings.TrimPrefix(n.Name(), "deterministic/") }
