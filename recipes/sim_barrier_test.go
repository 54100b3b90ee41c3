package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// TestSimBarrier has one process put a barrier up, write to it, and take it away, again and again, while others wait for it,
// under every fault; some give up. Nobody passes while it is up; a removal tells what it has done; and afterwards everybody
// passes again.
func TestSimBarrier(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		const path = "/b"
		ens := s.Ensemble(3)
		up := 0           // which barrier is up for certain; 0: perhaps none
		removing := false // a removal has begun, of which nobody knows yet what became of it
		over := false
		s.Process("keeper", func(p *zktest.Process) {
			cl := p.Connect(ens)
			b := recipes.NewBarrier(cl, path)
			up = 0
			certain := !removing // else that of an earlier life may come at any time
			for i := 1; !over; i++ {
				if err := b.Create(p.Context()).WaitErr(); err != nil {
					s.Fatalf("create: %v", err)
				}
				if certain {
					up = p.Lives()<<32 + i
				}
				p.Sleep(p.Between(0, time.Second))
				if p.Rand().IntN(2) == 0 {
					_ = cl.Set(p.Context(), path, fmt.Append(nil, i), zk.AnyVersion).WaitErr()
					p.Sleep(p.Between(0, time.Second))
				}
				up, removing = 0, true
				was, err := b.Remove(p.Context()).Wait()
				if err != nil {
					s.Fatalf("remove: %v", err)
				}
				if certain && !was {
					s.Fatalf("a removal tells what it has done: it was up, and is said not to have been")
				}
				removing = false
				p.Sleep(p.Between(0, time.Second))
			}
		})
		passed := make([]int, 3)
		var waiters []*zktest.Process
		for i := range passed {
			waiters = append(waiters, s.Process("waiter", func(p *zktest.Process) {
				cl := p.Connect(ens)
				b := recipes.NewBarrier(cl, path)
				for !over {
					ctx, stop := patience(p)
					before := up
					err := cl.Sync(ctx, path).WaitErr() // what is up is seen from now on
					if err != nil {
						before = 0
					}
					err = b.Wait(ctx).WaitErr()
					stop()
					switch {
					case err == nil && before != 0 && up == before:
						s.Fatalf("nobody passes while it is up: %s has", p.Name())
					case err == nil:
						passed[i]++
					case p.Context().Err() == nil && !errors.Is(err, context.Canceled):
						s.Fatalf("%s: wait: %v", p.Name(), err)
					}
					p.Sleep(p.Between(0, time.Second))
				}
			}))
		}
		s.Faults(zktest.Swarm().And(zktest.Expire))
		s.Run(20 * time.Second)
		s.Heal()
		again(s, 10*time.Minute, "everybody passes again", passed, waiters)
		over = true
	})
}
