package zktest

import (
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A victim is what a fault strikes: a process or a server.
type victim interface {
	machine() *handler.Node
	life() int // counts its starts
	isDead() bool
	crash(power bool) // power: nobody is told
	revive()
	pause()
	resume()
}

func (p *Process) machine() *handler.Node   { return p.node }
func (p *Process) life() int                { return p.lives }
func (p *Process) isDead() bool             { return p.dead }
func (p *Process) revive()                  { p.Restart() }
func (v *simServer) machine() *handler.Node { return v.node }
func (v *simServer) life() int              { return v.lives }
func (v *simServer) isDead() bool           { return v.dead }
func (v *simServer) revive()                { v.restart() }

// find returns who is meant by a name, nil for nobody. Some names depend on who is at the other end.
func (s *Sim) find(name, other string) victim {
	switch name {
	case plan.Leader:
		for _, e := range s.ensembles {
			if i := e.Leader(); i >= 0 {
				return e.servers[i]
			}
		}
		return nil
	case plan.Follower:
		for _, e := range s.ensembles {
			leader := e.Leader()
			for i, v := range e.servers {
				if leader >= 0 && i != leader && !v.dead {
					return v
				}
			}
		}
		return nil
	case plan.Connected:
		if v := s.serverOf(other); v != nil {
			return v
		}
		return nil
	}
	for _, p := range s.processes {
		if p.name == name {
			return p
		}
	}
	if v := s.server(name); v != nil {
		return v
	}
	return nil
}

func (s *Sim) server(name string) *simServer {
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			if v.name == name {
				return v
			}
		}
	}
	return nil
}

// serverOf returns a server that a process is connected to; of a name that means a server, that server.
func (s *Sim) serverOf(name string) *simServer {
	v := s.find(name, "")
	if server, ok := v.(*simServer); ok {
		return server
	}
	p, ok := v.(*Process)
	if !ok {
		return nil
	}
	for _, e := range s.ensembles {
		for _, v := range e.servers {
			if !v.dead && v.serves(p) {
				return v
			}
		}
	}
	return nil
}

// serves reports whether a process has a session on a connection to the server.
func (v *simServer) serves(p *Process) bool {
	for _, c := range v.member.Conns() {
		if c.Session() != 0 && c.Remote().Addr() == p.node.Addr() {
			return true
		}
	}
	return false
}

// strike kills somebody. What it returns starts him again; nil: he stays dead until the world is healed.
func (s *Sim) strike(kind Fault, on victim) (undo func()) {
	if on == nil || on.isDead() {
		return nil
	}
	if p, ok := on.(*Process); ok && !p.started() {
		return nil
	}
	life := on.life()
	on.crash(kind == PowerOff)
	return func() {
		if on.isDead() && on.life() == life {
			on.revive()
		}
	}
}

func pause(on victim) (undo func()) {
	if on.isDead() {
		return nil
	}
	life := on.life()
	on.pause()
	return func() {
		if on.life() == life {
			on.resume()
		}
	}
}
