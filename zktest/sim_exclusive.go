package zktest

import (
	"fmt"
	"slices"
	"strings"
)

// An Exclusive is something that only one process may hold at a time, such as a lock or the leadership: an
// [Invariant] of the world, fed by the processes with what they believe.
//
// Who has been killed believes nothing. Who is paused still believes: it may act as soon as it goes on. A belief that is
// over stays over: who holds it again says so again, with [Exclusive.Hold].
type Exclusive struct {
	s      *Sim
	name   string
	claims []claim
	grants int
	newest int64
	last   claim // the one with the newest token
}

// A Holder is what somebody holds: [recipes.Held], for one.
type Holder interface {
	// Err is nil while it is held. Once it is not nil it stays so.
	Err() error
	// Token is a fencing token: later holders have greater ones.
	Token() int64
}

type claim struct {
	p    *Process
	life int
	h    Holder
	step uint64 // when it was granted
	over bool   // an error was seen
}

func (c *claim) lives() bool { return !c.p.dead && c.p.lives == c.life }

func (c *claim) believes() bool { return c.lives() && c.h.Err() == nil }

// Exclusive adds the invariant that at most one process believes to be the holder of what name says, that a belief
// which is over does not come back, and that tokens rise from one holder to the next.
func (s *Sim) Exclusive(name string) *Exclusive {
	x := &Exclusive{s: s, name: name}
	s.invariants = append(s.invariants, invariant{name, x.check, x.who})
	return x
}

// Hold says that p has become the holder. It counts until h.Err is an error or p is killed. What p has held before and
// does not hold any more is not looked at again.
func (x *Exclusive) Hold(p *Process, h Holder) {
	c := claim{p: p, life: p.lives, h: h, step: x.s.trace.Step()}
	x.claims = slices.DeleteFunc(x.claims, func(c claim) bool { return !c.lives() || c.p == p && !c.believes() })
	if h.Err() == nil && h.Token() < x.newest {
		x.s.fail(&failure{kind: "invariant", name: x.name, text: fmt.Sprintf(
			"%s: %s holds it with token %#x, but %#x was granted before", x.name, p.name, h.Token(), x.newest),
			lanes: []string{p.name, x.last.p.name}, steps: []uint64{x.last.step}})
	}
	if h.Token() >= x.newest {
		x.newest, x.last = h.Token(), c
	}
	x.grants++
	x.claims = append(x.claims, c)
	x.s.trace.Holds(p.name, x.name, h.Token(), c.believes)
}

// Grants is how many times somebody has become the holder, for tests that ask whether anybody got on.
func (x *Exclusive) Grants() int { return x.grants }

func (x *Exclusive) check() error {
	believing := 0
	for i := range x.claims {
		switch c := &x.claims[i]; {
		case c.h.Err() != nil: // as of most
			c.over = true
		case !c.lives():
		case c.over:
			return fmt.Errorf("%s believes again that it holds it, with token %#x, after it had lost it", c.p.name, c.h.Token())
		default:
			believing++
		}
	}
	if believing < 2 {
		return nil
	}
	var believers []string
	for _, c := range x.claims {
		if c.believes() {
			believers = append(believers, fmt.Sprintf("%s (token %#x)", c.p.name, c.h.Token()))
		}
	}
	return fmt.Errorf("%s all believe that they hold it", strings.Join(believers, " and "))
}

// who tells the picture who believes, and since when.
func (x *Exclusive) who() (lanes []string, steps []uint64) {
	for _, c := range x.claims {
		if c.believes() {
			lanes, steps = append(lanes, c.p.name), append(steps, c.step)
		}
	}
	return lanes, steps
}
