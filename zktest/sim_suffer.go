package zktest

import (
	"net/netip"
	"slices"
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
	case BadName:
		v.named = append(v.named, f)
		v.rename()
		return func() {
			v.named = slices.DeleteFunc(v.named, func(other *plan.Fault) bool { return other == f })
			v.rename()
		}
	case Lag:
		v.lag += by
		return func() { v.lag -= by }
	}
	return nil
}

// rename makes the server's name stand for what the newest fault of it says, or for the server.
func (v *simServer) rename() {
	nw, addr := v.e.s.world.Network(), v.node.Addr()
	if n := len(v.named); n > 0 {
		switch v.named[n-1].Amount {
		case 0:
			nw.FailName(v.name)
			return
		case 1:
			nw.StallName(v.name)
			return
		}
		addr = v.e.servers[(v.index+1)%len(v.e.servers)].node.Addr()
	}
	nw.SetName(v.name, addr)
}

// slowUsers makes each callback of user code take longer.
func (p *Process) slowUsers(by time.Duration) (undo func()) {
	life := p.lives
	change := func(by time.Duration) {
		if !p.dead && p.lives == life {
			p.slow += by
			p.node.SlowUsers(p.slow)
		}
	}
	change(by)
	return func() { change(-by) }
}

// drift makes a machine's clocks run faster or slower.
func (s *Sim) drift(n *handler.Node, ppm int64) (undo func()) {
	change := func(ppm int64) {
		c := s.clock(n)
		c.ppm += ppm
		n.SetClock(c.offset, c.drift())
	}
	change(ppm)
	return func() { change(-ppm) }
}

// A nodeClock is how a machine's clocks differ from the world's.
type nodeClock struct {
	offset time.Duration
	ppm    int64
}

// drift is how fast the clocks go. Faults add up, but no clock stops or goes back.
func (c *nodeClock) drift() float64 { return max(1+float64(c.ppm)/1e6, slowestClock) }

const slowestClock = 0.01

// jump sets a machine's wall clock, for good.
func (s *Sim) jump(n *handler.Node, by time.Duration) {
	s.clock(n).offset += by
	n.JumpWall(by)
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
	for _, c := range p.clients { // an ensemble may know another one's session by the same number
		if f.Kind == Expire {
			c.to.Expire(c.cl)
		} else {
			c.to.Drop(c.cl)
		}
	}
}

// interfere books a fault of a request that a process is going to send.
func (s *Sim) interfere(p *Process, f *plan.Fault) (undo func()) {
	h := &hook{left: f.Amount, address: p.node.Addr(), kind: f.Kind}
	for _, e := range s.ensembles {
		e.hooks = append(e.hooks, h)
		e.intercept()
	}
	return h.end
}

// A hook waits for one request of a process, and does something to it.
//
//	waiting ──the request──▶ done; DelayReply: holding ──its end──▶ done
type hook struct {
	kind    Fault
	address netip.Addr // of the process
	left    int64      // writes that are let through before
	done    bool
	holding *core.Conn
}

func (h *hook) ask(in *core.Incoming) (v core.Verdict, hit bool) {
	if h.done || in.Conn.Remote().Addr() != h.address || h.kind != DelayReply && !in.Op.Write() {
		return core.Pass, false
	}
	if h.left--; h.left >= 0 {
		return core.Pass, false
	}
	h.done = true
	switch h.kind {
	case DelayReply:
		h.holding = in.Conn
		return core.Verdict{Hold: untilReleased}, true
	case ApplyCut:
		return core.Verdict{Cut: core.CutAfter}, true
	}
	return core.Verdict{Cut: core.CutBefore}, true
}

// untilReleased is longer than any world.
const untilReleased = 10_000 * 24 * time.Hour

func (h *hook) end() {
	h.done = true
	if c := h.holding; c != nil {
		h.holding = nil
		c.Release()
		c.Tag.(*hostConn).h.settle()
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
	e.hooks = slices.DeleteFunc(e.hooks, func(h *hook) bool { return h.done })
	for _, h := range e.hooks {
		if v, hit := h.ask(in); hit {
			return v
		}
	}
	if e.user != nil {
		return e.user(in)
	}
	return core.Pass
}
