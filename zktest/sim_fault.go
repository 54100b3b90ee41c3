package zktest

import (
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// bookFaults draws the faults of a run, unless the plan has them already, and makes them happen in time.
func (s *Sim) bookFaults(d time.Duration) {
	run := s.runs
	s.runs++
	if !s.fixed && !s.healed && s.faults != nil {
		s.plan.DrawFaults(s.topology(run, d), *s.faults)
	}
	for i := range s.plan.Faults {
		if f := &s.plan.Faults[i]; f.Run == run {
			s.after(f.At, func() { s.begin(f) })
		}
	}
}

func (s *Sim) topology(run int, d time.Duration) plan.Topology {
	top := plan.Topology{Run: run, Duration: d}
	for _, p := range s.processes {
		top.Processes = append(top.Processes, p.name)
	}
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			top.Servers = append(top.Servers, v.name)
		}
	}
	return top
}

// begin makes a fault happen, and books its end. A target that means nothing now makes it mean nothing.
func (s *Sim) begin(f *plan.Fault) {
	if s.healed {
		return
	}
	label := f.What()
	if f.For > 0 {
		label += fmt.Sprintf(" (%v)", f.For)
	}
	s.trace.Mark(s.laneOf(f), picture.Fault, label, "")
	undo := s.apply(f)
	if undo == nil {
		return
	}
	u := &ongoing{f, undo, nothing}
	if f.To != "" && f.Kind != ResetAfter || f.Kind == Isolate || f.Kind == SwizzleClog {
		u.shown = s.trace.Band(string(f.Kind), some(f.On), some(f.To), f.Kind == Stall || f.Kind == Lose || f.Kind == Drip, label)
	}
	s.ongoing = append(s.ongoing, u)
	if f.For > 0 {
		s.after(f.For, func() { s.finish(u) })
	}
}

// laneOf is the lane of the machine that a fault strikes.
func (s *Sim) laneOf(f *plan.Fault) string {
	if on := s.find(f.On, f.To); on != nil {
		return nodeName(on.machine())
	}
	return ""
}

func some(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func nothing() {}

// An ongoing fault ends once: in its time, or when the world is healed.
type ongoing struct {
	fault *plan.Fault
	undo  func()
	shown func() // ends what the picture shows of it
}

func (s *Sim) finish(u *ongoing) {
	i := slices.Index(s.ongoing, u)
	if i < 0 {
		return
	}
	s.ongoing = slices.Delete(s.ongoing, i, i+1)
	u.undo()
	u.shown()
}

// apply begins a fault. The function that it returns ends it; nil: it is over already.
func (s *Sim) apply(f *plan.Fault) (undo func()) {
	on := s.find(f.On, f.To)
	switch f.Kind {
	case Kill, Restart, PowerOff, KillLeader:
		return s.strike(f.Kind, on)
	case Stall, Partition, HalfOpen, Lose, Drip, SlowLink, Reset, ResetAfter:
		to := s.find(f.To, f.On)
		if on == nil || to == nil || on == to {
			return nil
		}
		return s.onLink(f, on.machine(), to.machine())
	case CutFollower:
		if v := s.serverOf(f.On); v != nil {
			return s.stall(v.ways())
		}
	case Silence, Refuse, SlowDisk, Lag, BadName:
		if v, ok := on.(*simServer); ok {
			return v.suffer(f)
		}
	case Expire, Drop:
		s.endSessions(f)
	case ApplyCut, CutBefore, DelayReply:
		if p, ok := on.(*Process); ok {
			return s.interfere(p, f)
		}
	case Pause:
		if on != nil {
			return pause(on)
		}
	case SlowUser:
		if p, ok := on.(*Process); ok {
			return p.slowUsers(time.Duration(f.Amount))
		}
	case ClockJump:
		if on != nil {
			s.jump(on.machine(), time.Duration(f.Amount))
		}
	case ClockDrift:
		if on != nil {
			return s.drift(on.machine(), f.Amount)
		}
	case Isolate, SwizzleClog:
		if on != nil {
			return s.isolate(on)
		}
	}
	return nil
}
