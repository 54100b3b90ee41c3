package recipes_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimResume has holders of a lock resume their sessions again and again, over links that delay or swallow one
// direction, in sessions that last twenty ticks: so long that what a handshake proves, and as of when, decides.
func TestSimResume(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		lockers(s, 1, 200*time.Millisecond, 2, func(p *zktest.Process, lock *recipes.Lock, believers *zktest.Exclusive) {
			hold(s, p, believers, take(s, p, lock), time.Minute)
		})
		s.Faults(zktest.Swarm().Only(zktest.Reset, zktest.Stall, zktest.Lose, zktest.SlowLink, zktest.Pause).Rate(5))
		s.Run(time.Minute)
	})
}

// TestSimGivenUp has clients give their sessions up before the servers do, while answers to creates are outstanding.
func TestSimGivenUp(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		lockers(s, 3, 2*time.Second, 2, func(p *zktest.Process, lock *recipes.Lock, believers *zktest.Exclusive) {
			// One who waits has it next, at the very moment that the other's node goes.
			acquire := lock.TryAcquire
			if p.Rand().IntN(2) == 0 {
				acquire = lock.Acquire
			}
			held, err := acquire(p.Context()).Wait()
			switch {
			case err == nil:
				long := 200 * time.Millisecond
				if p.Rand().IntN(2) == 0 {
					long = 4 * time.Second
				}
				hold(s, p, believers, held, long)
			case errors.Is(err, recipes.ErrNotAcquired):
				p.Sleep(p.Between(0, 300*time.Millisecond))
			default:
				s.Fatalf("%s: acquire: %v", p.Name(), err)
			}
		})
		s.Faults(zktest.Swarm().Only(zktest.Isolate, zktest.KillLeader, zktest.Lag, zktest.SlowLink).Rate(4))
		s.Run(time.Minute)
	})
}

// lockers are n processes that go on with a lock, in sessions of four seconds, on servers with that tick.
func lockers(s *zktest.Sim, servers int, tick time.Duration, n int, goOn func(*zktest.Process, *recipes.Lock, *zktest.Exclusive)) {
	ens := s.Ensemble(servers, func(c *core.Config) { c.TickTime = tick })
	believers := s.Exclusive("the lock")
	for range n {
		s.Process("worker", func(p *zktest.Process) {
			cl := p.Connect(ens, zk.WithSessionTimeout(4*time.Second))
			lock := recipes.NewLock(cl, "/lock")
			for p.Context().Err() == nil {
				goOn(p, lock, believers)
			}
		})
	}
}

func take(s *zktest.Sim, p *zktest.Process, lock *recipes.Lock) *recipes.Held {
	held, err := lock.Acquire(p.Context()).Wait()
	if err != nil {
		s.Fatalf("%s: acquire: %v", p.Name(), err)
	}
	return held
}

// hold keeps something for up to that long, or until it is lost.
func hold(s *zktest.Sim, p *zktest.Process, believers *zktest.Exclusive, held *recipes.Held, long time.Duration) {
	believers.Hold(p, held)
	for until := s.Now() + p.Between(0, long); s.Now() < until && held.Err() == nil; {
		p.Sleep(100 * time.Millisecond)
	}
	_ = held.Release(p.Context()).WaitErr()
}
