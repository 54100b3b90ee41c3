package zktest

import (
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// suffer begins a fault of a server.
func (v *simServer) suffer(f *plan.Fault) (undo func()) {
	by := time.Duration(f.Amount)
	switch f.Kind {
	case Silence:
		v.silent++
		return func() { v.silent-- }
	case Refuse:
		if v.refusing++; v.refusing == 1 {
			v.node.Refuse(true)
		}
		return func() {
			if v.refusing--; v.refusing == 0 {
				v.node.Refuse(false)
			}
		}
	case SlowDisk:
		v.write += by
		return func() { v.write -= by }
	case Lag:
		v.lag += by
		return func() { v.lag -= by }
	}
	return nil
}

// drift makes a machine's clocks run faster or slower.
func (s *Sim) drift(n *handler.Node, ppm int64) (undo func()) {
	change := func(ppm int64) {
		c := s.clock(n)
		c.ppm += ppm
		n.SetClock(c.offset, 1+float64(c.ppm)/1e6)
	}
	change(ppm)
	return func() { change(-ppm) }
}

// A nodeClock is how a machine's clocks differ from the world's.
type nodeClock struct {
	offset time.Duration
	ppm    int64
}

func (s *Sim) clock(n *handler.Node) *nodeClock {
	c := s.clocks[n.Name()]
	if c == nil {
		c = new(nodeClock)
		s.clocks[n.Name()] = c
	}
	return c
}

// endSessions expires the sessions of a process, or drops their connections.
func (s *Sim) endSessions(f *plan.Fault) {
	p, ok := s.find(f.On, "").(*Process)
	if !ok {
		return
	}
	for _, cl := range p.clients {
		for _, e := range s.ensembles {
			if f.Kind == Expire {
				e.Expire(cl)
			} else {
				e.Drop(cl)
			}
		}
	}
}

// interfere books a fault of a request that a process is going to send.
func (s *Sim) interfere(p *Process, f *plan.Fault) (undo func()) {
	left, over := f.Amount, false
	hook := func(in *core.Incoming) (core.Verdict, bool) {
		if over || in.Conn.Remote().Addr() != p.node.Addr() {
			return core.Pass, false
		}
		if f.Kind == DelayReply {
			over = true
			return core.Verdict{Hold: f.For}, true
		}
		if !in.Op.Write() {
			return core.Pass, false
		}
		if left--; left >= 0 {
			return core.Pass, false
		}
		over = true
		if f.Kind == ApplyCut {
			return core.Verdict{Cut: core.CutAfter}, true
		}
		return core.Verdict{Cut: core.CutBefore}, true
	}
	for _, e := range s.ensembles {
		e.hook(hook)
	}
	return func() { over = true }
}

// hook adds one who is asked about every request, in front of the user's Intercept.
func (e *SimEnsemble) hook(h func(*core.Incoming) (core.Verdict, bool)) {
	e.hooks = append(e.hooks, h)
	if len(e.hooks) == 1 {
		e.intercept()
	}
}

// intercept tells the servers whom to ask; those that start later learn it from the config.
func (e *SimEnsemble) intercept() {
	e.config.Intercept = e.user
	if len(e.hooks) > 0 {
		e.config.Intercept = e.ask
	}
	for _, v := range e.servers {
		if !v.dead {
			v.member.SetIntercept(e.config.Intercept)
		}
	}
}

func (e *SimEnsemble) ask(in *core.Incoming) core.Verdict {
	for _, h := range e.hooks {
		if v, ok := h(in); ok {
			return v
		}
	}
	if e.user != nil {
		return e.user(in)
	}
	return core.Pass
}
