package zktest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// Heal also ends what the test itself has done to processes and servers, however often.
func TestSimHealEndsWhatTheTestDid(t *testing.T) {
	usePlan(t) // a calm world
	zktest.Check(t, func(s *zktest.Sim) {
		w := newPatient(s, 3)
		idle := s.Process("idle", func(p *zktest.Process) {})
		s.Eventually(time.Minute, "a leader", func() bool { return w.ens.Leader() >= 0 })
		w.p.Kill()
		idle.Kill()
		w.ens.Kill(0)
		w.ens.Pause(0) // who is dead cannot be paused
		w.ens.Pause(1)
		w.ens.Pause(1)
		w.ens.Kill(2)
		w.ens.Restart(2)
		s.Run(20 * time.Second)
		s.Heal()
		s.Run(time.Second)
		w.want(idle.Alive() && idle.Lives() == 2, "idle is back")
		w.isWell()
	})
}

// A process that kills or restarts itself, or another from within, does nothing more in that life.
func TestSimProcessKillsItself(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		after := 0
		p := s.Process("p", func(p *zktest.Process) {
			if p.Lives() == 1 {
				p.Kill()
				p.Sleep(time.Second)
				after++
			}
			p.Sleep(time.Hour)
		})
		s.Run(2 * time.Second)
		if p.Alive() || p.Done() || after != 0 {
			s.Fatalf("alive %v, done %v, went on %d", p.Alive(), p.Done(), after)
		}
		q := s.Process("q", func(q *zktest.Process) {
			if q.Lives() == 1 {
				q.Restart()
				q.Sleep(time.Second)
				after++
			}
			q.Sleep(time.Hour)
		})
		s.Run(2 * time.Second)
		if !q.Alive() || q.Done() || q.Lives() != 2 || after != 0 {
			s.Fatalf("q: alive %v, done %v, lives %d, went on %d", q.Alive(), q.Done(), q.Lives(), after)
		}
		p.Restart()
		s.Run(time.Second)
		if !p.Alive() || p.Lives() != 2 {
			s.Fatalf("p: alive %v, lives %d", p.Alive(), p.Lives())
		}
	}, zktest.Seeds(5))
}

// Pauses that overlap end when the last of them does, and one of an earlier life ends nothing.
func TestSimPausesOverlap(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		p := s.Process("p", func(p *zktest.Process) { p.Sleep(time.Hour) })
		s.Run(time.Second)
		p.Pause(5 * time.Second)
		s.Run(time.Second)
		p.Pause(time.Second)
		s.Run(2 * time.Second)
		paused := !p.Alive()
		s.Run(3 * time.Second)
		if !paused || !p.Alive() {
			s.Fatalf("paused %v, then alive %v", paused, p.Alive())
		}
		p.Pause(5 * time.Second)
		p.Restart()
		p.Pause(10 * time.Second)
		s.Run(7 * time.Second)
		if p.Alive() {
			s.Fatalf("the pause of another life ended this one's")
		}
		s.Heal()
		p.Pause(10 * time.Second)
		s.Run(5 * time.Second)
		if p.Alive() {
			s.Fatalf("a pause that Heal has ended ended another")
		}
	}, zktest.Seeds(5))
}

// What a fault does to the sessions of one ensemble concerns no other, though both may give out the same numbers.
func TestSimEnsemblesAreApart(t *testing.T) {
	usePlan(t, `"at": "10s", "kind": "expire", "on": "a"`)
	zktest.Check(t, func(s *zktest.Sim) {
		lost := map[string]int{}
		for _, name := range []string{"a", "b"} {
			ens := s.Ensemble(1)
			s.Process(name, func(p *zktest.Process) {
				cl := p.Connect(ens)
				cl.OnState(func(c zk.StateChange) {
					if c.To == zk.Lost {
						lost[name]++
					}
				})
				if err := cl.Sync(p.Context(), "/").WaitErr(); err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
					s.Fatalf("%v", err)
				}
			})
		}
		s.Run(30 * time.Second)
		if lost["a"] != 1 || lost["b"] != 0 {
			s.Fatalf("sessions lost: %v", lost)
		}
	})
}

// Only means what it says, also of kinds that Swarm leaves out, and what a model has is drawn.
func TestSimOnly(t *testing.T) {
	for _, kind := range []zktest.Fault{zktest.Expire, zktest.Reset} {
		var expired, reset int
		zktest.Check(t, func(s *zktest.Sim) {
			ens := s.Ensemble(3)
			s.Process("p", func(p *zktest.Process) {
				cl := p.Connect(ens)
				cl.OnState(func(c zk.StateChange) {
					switch c.To {
					case zk.Lost:
						expired++
					case zk.Suspended:
						reset++
					}
				})
				p.Sleep(time.Hour)
			})
			s.Faults(zktest.Swarm().Only(kind).Rate(5))
			s.Run(time.Minute)
		}, zktest.Seeds(10))
		if kind == zktest.Expire && expired == 0 || kind == zktest.Reset && reset < 10*max(1, expired) {
			t.Errorf("only %s: %d sessions lost, %d connections", kind, expired, reset)
		}
	}
}
