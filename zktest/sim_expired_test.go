package zktest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A leader that has lost its quorum, and does not know yet, says that a session has expired, as ZooKeeper's does; but it can
// end none any more. So the next leader has it still, and a new session sees the ephemeral node of the old one, even behind a
// sync, until that leader ends it.
func TestSimExpiredWithoutQuorum(t *testing.T) {
	usePlan(t)
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		var old, now zk.Session
		var lost error
		there, gone := false, time.Duration(0)
		owner := s.Process("owner", func(p *zktest.Process) {
			for ens.Leader() < 0 {
				p.Sleep(100 * time.Millisecond)
			}
			cl, err := zk.Connect(p.Context(), fmt.Sprintf("server%d:2181", ens.Leader()+1), zk.WithHandler(p.Handler()))
			if err != nil {
				s.Fatalf("%v", err)
			}
			cl.OnState(func(c zk.StateChange) {
				if c.To == zk.Lost {
					lost = c.Err
					_ = cl.SetHosts(ens.Hosts())
				}
			})
			old = cl.Session()
			_ = cl.Create(p.Context(), "/own", nil, zk.Ephemeral).WaitErr()
			for now = old; now.ID == old.ID || now.ID == 0; now = cl.Session() {
				p.Sleep(100 * time.Millisecond)
			}
			for p.Context().Err() == nil && gone == 0 {
				_ = cl.Sync(p.Context(), "/own").WaitErr()
				st, err := cl.Exists(p.Context(), "/own").Wait()
				switch {
				case err == nil && st == nil:
					gone = s.Now()
				case err == nil && st.EphemeralOwner == old.ID:
					there = true
				}
				p.Sleep(time.Second)
			}
		})
		s.Run(5 * time.Second)
		owner.Pause(13 * time.Second)
		s.Run(5 * time.Second)
		leader, net := ens.Leader(), s.World().Network()
		for i := range ens.Len() {
			if i != leader {
				one, other := s.World().Node(fmt.Sprint("server", leader+1)), s.World().Node(fmt.Sprint("server", i+1))
				net.Link(one, other).Stall()
				net.Link(other, one).Stall()
			}
		}
		s.Eventually(time.Minute, "the old node goes away", func() bool { return gone != 0 })
		if !errors.Is(lost, zk.ErrSessionExpired) || !there {
			s.Fatalf("lost %v, the old node was there: %t", lost, there)
		}
	}, zktest.PlanDir(t.TempDir()), zktest.NoShrink())
}
