package zktest_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimHosts has clients find their servers by names that change and fail and by lists that are replaced, and go on
// reading where a quorum is lost. While nothing else is wrong no session ends: there is always a server that can be
// reached. And who has asked for no read-only server is never on one.
func TestSimHosts(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3, func(c *core.Config) { c.ReadOnlyMode, c.LocalSessions = true, true })
		nw := s.World().Network()
		var servers []string
		var addrs []netip.Addr
		for host := range strings.SplitSeq(ens.Hosts(), ",") {
			name := strings.TrimSuffix(host, ":2181")
			servers, addrs = append(servers, host), append(addrs, s.World().Node(name).Addr())
		}
		nw.SetName("zk", addrs...)
		nw.FailName("broken")
		nw.StallName("slow")
		quorum, readsOnly := true, 0 // whether there has been one all the time
		for i := range 3 {
			s.Process("client", func(p *zktest.Process) {
				opts := []zk.Option{zk.WithHandler(p.Handler()), zk.WithSessionTimeout(10 * time.Second)}
				if i > 0 {
					opts = append(opts, zk.WithReadOnly())
				}
				cl, err := zk.New("broken,zk,nobody,slow", opts...)
				if err != nil {
					s.Fatalf("%v", err)
				}
				cl.OnState(func(c zk.StateChange) {
					switch {
					case c.To == zk.Lost && quorum:
						s.Errorf("%s: %v, and there was a server all the time", p.Name(), c)
					case c.SessionChanged && c.Session.Epoch > 1 && quorum:
						s.Errorf("%s: %v in another session, and there was a server all the time", p.Name(), c)
					case c.To == zk.ConnectedReadOnly && i == 0:
						s.Errorf("%s: read-only, and has not asked for it", p.Name())
					case c.To == zk.ConnectedReadOnly:
						readsOnly++
					}
				})
				if err := cl.Start(p.Context()).WaitErr(); err != nil {
					return
				}
				for p.Context().Err() == nil {
					_ = cl.Sync(p.Context(), "/").WaitErr()
					p.Sleep(p.Between(0, time.Second))
					if p.Between(0, 4) == 0 {
						k := int(p.Between(1, 3))
						list := append(slices.Clone(servers[:k]), []string{"zk", "slow", "broken"}[p.Between(0, 2)])
						if err := cl.SetHosts(strings.Join(list, ",")); err != nil {
							s.Fatalf("%v", err)
						}
					}
				}
			})
		}
		s.Process("dns", func(p *zktest.Process) {
			for p.Context().Err() == nil {
				p.Sleep(p.Between(0, 3*time.Second))
				switch name := []string{"zk", "slow", "broken"}[p.Between(0, 2)]; p.Between(0, 3) {
				case 0:
					nw.FailName(name)
				case 1:
					nw.StallName(name)
				case 2:
					nw.SetName(name)
				default:
					nw.SetName(name, addrs[p.Between(0, 2)], addrs[p.Between(0, 2)])
				}
			}
		})
		s.Run(40 * time.Second)
		quorum = false
		ens.Kill(0)
		ens.Kill(2)
		s.Run(40 * time.Second)
		s.Sometimes("read-only", readsOnly > 0)
		s.Heal()
		nw.SetName("zk", addrs...)
		s.Run(time.Minute)
	}, zktest.Seeds(40))
}
