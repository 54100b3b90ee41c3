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
	revive()          // who is dead
	pause()
	resume()
	healed() int // counts how often all pauses were ended at once
	goOn()
}

func (p *Process) revive() { p.Restart() }

// A body is what a process and a server have in common: a machine that can be killed, paused and started again.
type body struct {
	s      *Sim
	name   string
	node   *handler.Node
	lives  int
	dead   bool
	paused int // how many pauses have not ended
	heals  int // how often all of them were ended at once
}

func (b *body) machine() *handler.Node { return b.node }
func (b *body) life() int              { return b.lives }
func (b *body) isDead() bool           { return b.dead }
func (b *body) healed() int            { return b.heals }

// begin says that a new life begins, reboot that the machine of the last one is started again for it.
func (b *body) begin() {
	b.dead, b.paused = false, 0
	b.lives++
}

func (b *body) reboot() {
	b.node = b.node.Restart()
	b.s.trace.Up(b.name)
}

// crash kills. Unless it is for want of power, whoever is connected is told.
func (b *body) crash(power bool) {
	if b.dead {
		return
	}
	b.dead, b.paused = true, 0
	b.s.trace.Down(b.name)
	if power {
		b.node.PowerOff()
	} else {
		b.node.Kill()
	}
}

func (b *body) pause() {
	if b.dead {
		return
	}
	if b.paused++; b.paused == 1 {
		b.s.trace.Paused(b.name)
		b.node.Pause()
	}
}

func (b *body) resume() {
	if b.dead || b.paused == 0 {
		return
	}
	if b.paused--; b.paused == 0 {
		b.s.trace.Up(b.name)
		b.node.Resume()
	}
}

// goOn ends all pauses.
func (b *body) goOn() {
	b.heals++
	for b.paused > 0 {
		b.resume()
	}
}

// mend brings somebody back.
func mend(on victim) {
	if on.isDead() {
		on.revive()
	}
	on.goOn()
}

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
	life, heals := on.life(), on.healed()
	on.pause()
	return func() {
		if on.life() == life && on.healed() == heals {
			on.resume()
		}
	}
}
