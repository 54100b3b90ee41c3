package zktest_test

import (
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimNames is what a client promises where names of servers cannot be looked up or mislead, and where its list of servers
// is replaced all the time, under every other fault as well.
func TestSimNames(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3, func(c *core.Config) { c.FirstSequence = 0 })
		everything(s, ens, zktest.Swarm().And(zktest.BadName), func(u *user) {
			r := u.p.Rand()
			if r.IntN(10) > 0 {
				return
			}
			hosts := strings.Split(ens.Hosts(), ",")
			r.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
			if err := u.cl.SetHosts(strings.Join(hosts[:1+r.IntN(len(hosts))], ",")); err != nil {
				s.Errorf("%s: %v", u.name(), err)
			}
		})
	})
}
