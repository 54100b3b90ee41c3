package recipes_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimQuiet is a world in which nothing is wrong, and nothing may happen: who is idle, who is busy, and who holds a
// lock for several session timeouts all keep their connections, sessions and locks. Messages may take five seconds, so all
// else has its time.
func TestSimQuiet(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3, func(c *core.Config) { c.TickTime = 20 * time.Second })
		s.Process("idle", func(p *zktest.Process) { quiet(s, p, ens) })
		s.Process("busy", func(p *zktest.Process) {
			cl := quiet(s, p, ens)
			for p.Context().Err() == nil {
				_ = cl.Get(p.Context(), "/").WaitErr()
				p.Sleep(p.Between(0, time.Second))
			}
		})
		var held *recipes.Held
		s.Process("holder", func(p *zktest.Process) {
			h, err := recipes.NewLock(quiet(s, p, ens), "/lock").Acquire(p.Context()).Wait()
			if err != nil {
				s.Fatalf("acquire: %v", err)
			}
			held = h
		})
		s.Eventually(10*time.Minute, "somebody holds the lock", func() bool { return held != nil })
		s.Invariant("the holder keeps the lock", func() error { return held.Err() })
		s.Run(10 * time.Minute)
	})
}

// quiet connects a client that is never to lose its connection.
func quiet(s *zktest.Sim, p *zktest.Process, ens *zktest.SimEnsemble) *zk.Client {
	cl := p.Connect(ens, zk.WithSessionTimeout(100*time.Second))
	cl.OnState(func(c zk.StateChange) {
		if c.From == zk.Connected {
			s.Errorf("%s: %v, although nothing is wrong", p.Name(), c)
		}
	})
	return cl
}
