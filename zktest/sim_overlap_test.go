package zktest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A follower that is cut off from the others goes on answering reads, for a while, and hears of nothing.
func TestSimCutFollower(t *testing.T) {
	for _, on := range []string{"reader", "follower"} {
		t.Run(on, func(t *testing.T) {
			usePlan(t, `"at": "10s", "for": "8s", "kind": "cut-follower", "on": "`+on+`"`)
			zktest.Check(t, func(s *zktest.Sim) {
				w := newPatient(s, 3)
				s.Eventually(time.Minute, "a leader", func() bool { return w.ens.Leader() >= 0 })
				follower := 0
				if w.ens.Leader() == 0 {
					follower = 1
				}
				behind, reads := 0, 0
				s.Process("reader", func(p *zktest.Process) {
					cl, err := zk.New(strings.Split(w.ens.Hosts(), ",")[follower], zk.WithHandler(p.Handler()))
					if err != nil {
						s.Fatalf("%v", err)
					}
					cl.Start(p.Context())
					for p.Context().Err() == nil {
						p.Sleep(50 * time.Millisecond)
						written := w.sent - 5
						if _, err := cl.Get(p.Context(), fmt.Sprint("/n", written)).Wait(); err == nil || errors.Is(err, zk.ErrNoNode) {
							if reads++; s.Now() > 13*time.Second && s.Now() < 17*time.Second && errors.Is(err, zk.ErrNoNode) {
								behind++
							}
						}
					}
				})
				s.Run(time.Minute)
				if behind < 10 {
					s.Fatalf("the follower was behind %d times in %d reads", behind, reads)
				}
				s.Heal()
				w.isWell()
			}, zktest.PlanDir(t.TempDir()), zktest.NoShrink())
		})
	}
}

// Faults that overlap end one by one, and Heal ends those that are left, all at once.
func TestSimFaultsOverlap(t *testing.T) {
	var all []string
	for i, what := range []string{
		`"kind": "restart", "on": "server2"`, `"kind": "power-off", "on": "server3"`, `"kind": "pause", "on": "p"`, `"kind": "pause", "on": "server1"`,
		`"kind": "clock-drift", "on": "p", "amount": 50000`, `"kind": "clock-drift", "on": "server1", "amount": -50000`,
		`"kind": "stall", "on": "p", "to": "server1"`, `"kind": "stall", "on": "server1", "to": "server2"`, `"kind": "partition", "on": "p", "to": "server2"`,
		`"kind": "isolate", "on": "p"`, `"kind": "isolate", "on": "server3"`, `"kind": "swizzle-clog", "on": "server1"`,
		`"kind": "reset-after", "on": "p", "to": "server1", "amount": 4000`, `"kind": "reset-after", "on": "server1", "to": "server2", "amount": 4000`,
		`"kind": "half-open", "on": "p", "to": "server3"`, `"kind": "lose", "on": "server1", "to": "p"`, `"kind": "lose", "on": "server1", "to": "server3"`,
		`"kind": "drip", "on": "p", "to": "server1"`, `"kind": "drip", "on": "server1", "to": "p"`, `"kind": "slow-link", "on": "p", "to": "server1", "amount": "1s"`,
		`"kind": "slow-link", "on": "server1", "to": "server2", "amount": "1s"`, `"kind": "silence", "on": "server1"`, `"kind": "silence", "on": "server2"`,
		`"kind": "refuse", "on": "server3"`, `"kind": "refuse", "on": "server1"`, `"kind": "slow-disk", "on": "server1", "amount": "1s"`,
		`"kind": "lag", "on": "server2", "amount": "5s"`, `"kind": "cut-follower", "on": "p"`, `"kind": "kill-leader", "on": "leader"`, `"kind": "kill", "on": "server1"`,
		`"kind": "apply-cut", "on": "p", "amount": 900`, `"kind": "cut-before", "on": "p", "amount": 900`, `"kind": "delay-reply", "on": "p"`, `"kind": "slow-user", "on": "p", "amount": "1s"`,
	} {
		for j := range 2 { // twice, a second apart
			all = append(all, fmt.Sprintf(`"at": "%dms", %s`, 10_000+10*i+1000*j, what))
		}
	}
	for name, faults := range map[string][]string{"in one order": all, "in the other": reversed(all)} {
		t.Run(name, func(t *testing.T) { suffer(t, 3, faults, nil, nil) })
	}
}

// reversed has the same faults, the first last.
func reversed(faults []string) (out []string) {
	for i := range faults {
		at, _, _ := strings.Cut(faults[i], ",")
		_, what, _ := strings.Cut(faults[len(faults)-1-i], ",")
		out = append(out, at+","+what)
	}
	return out
}
