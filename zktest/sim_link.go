package zktest

import (
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A way is a direction between two machines. Faults on one way may overlap, and each ends in its own time, so they are
// counted.
type way struct{ from, to string }

type wayState struct {
	stalls, losses, drips int
	slower                time.Duration
}

type nodePair struct{ from, to *handler.Node }

func both(a, b *handler.Node) []nodePair { return []nodePair{{a, b}, {b, a}} }

func (s *Sim) wayState(p nodePair) (*handler.Link, *wayState) {
	key := way{p.from.Name(), p.to.Name()}
	st := s.ways[key]
	if st == nil {
		st = new(wayState)
		s.ways[key] = st
	}
	return s.world.Network().Link(p.from, p.to), st
}

// counted begins something on each of the pairs, and returns what ends it.
func (s *Sim) counted(pairs []nodePair, count func(*wayState) *int, begin, end func(*handler.Link)) (undo func()) {
	for _, p := range pairs {
		link, st := s.wayState(p)
		n := count(st)
		if *n++; *n == 1 {
			begin(link)
		}
	}
	return func() {
		for _, p := range pairs {
			link, st := s.wayState(p)
			n := count(st)
			if *n--; *n == 0 {
				end(link)
			}
		}
	}
}

func (s *Sim) stall(pairs []nodePair) (undo func()) {
	return s.counted(pairs, func(w *wayState) *int { return &w.stalls }, (*handler.Link).Stall, (*handler.Link).Flow)
}

func (s *Sim) lose(pairs []nodePair) (undo func()) {
	return s.counted(pairs, func(w *wayState) *int { return &w.losses },
		func(l *handler.Link) { l.Lose(true) }, func(l *handler.Link) { l.Lose(false) })
}

// onLink begins a fault of the connections between two machines.
func (s *Sim) onLink(f *plan.Fault, on, to *handler.Node) (undo func()) {
	oneWay := []nodePair{{on, to}}
	switch f.Kind {
	case Stall:
		return s.stall(oneWay)
	case Partition:
		return s.stall(both(on, to))
	case Lose:
		return s.lose(oneWay)
	case HalfOpen:
		return s.lose(both(on, to))
	case Drip:
		return s.counted(oneWay, func(w *wayState) *int { return &w.drips },
			func(l *handler.Link) { l.Drip(true) }, func(l *handler.Link) { l.Drip(false) })
	case SlowLink:
		return s.slow(both(on, to), time.Duration(f.Amount))
	case Reset:
		s.world.Network().Reset(on, to)
	case ResetAfter:
		link := s.world.Network().Link(on, to)
		link.ResetAfter(int(f.Amount))
		return func() { link.ResetAfter(0) } // when the world is healed
	}
	return nil
}

// slow makes ways take longer.
func (s *Sim) slow(pairs []nodePair, by time.Duration) (undo func()) {
	change := func(by time.Duration) {
		for _, p := range pairs {
			link, st := s.wayState(p)
			st.slower += by
			link.Latency(slower(s.latency(p), st.slower))
		}
	}
	change(by)
	return func() { change(-by) }
}

// slower is a latency with up to extra more.
func slower(l handler.Latency, extra time.Duration) handler.Latency {
	if extra == 0 {
		return l
	}
	switch l.Kind {
	case handler.ExponentialLatency:
		l.Mean += extra / 2
	case handler.ConstantLatency:
		l = handler.Latency{Kind: handler.UniformLatency, Min: l.Min, Max: l.Min + extra}
	default:
		l.Max += extra
	}
	return l
}

// ways are those between a server and the others of its ensemble.
func (v *simServer) ways() (pairs []nodePair) {
	for _, other := range v.e.servers {
		if other != v {
			pairs = append(pairs, both(v.node, other.node)...)
		}
	}
	return pairs
}

// isolate cuts somebody off from everybody else.
func (s *Sim) isolate(on victim) (undo func()) {
	var pairs []nodePair
	for _, p := range s.processes {
		if victim(p) != on {
			pairs = append(pairs, both(on.machine(), p.node)...)
		}
	}
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			if victim(v) != on {
				pairs = append(pairs, both(on.machine(), v.node)...)
			}
		}
	}
	return s.stall(pairs)
}
