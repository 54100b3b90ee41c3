package zktest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zktest"
)

// faultsOf are the kinds of faults that a model has in some worlds, and whether clocks are of different speed.
func faultsOf(t *testing.T, m zktest.FaultModel) (kinds []string, drift bool) {
	t.Helper()
	t.Setenv("ZKSIM_SHRINK", "0")
	for seed := range uint64(20) {
		l := listen(t, func(s *zktest.Sim) {
			s.Ensemble(3)
			p := s.Process("p", func(p *zktest.Process) {})
			began, beganHere := s.World().Now(), p.Handler().Now()
			s.Faults(m)
			s.Run(time.Minute)
			s.Heal()
			d := s.World().Now().Sub(began) - p.Handler().Now().Sub(beganHere)
			drift = drift || d.Abs() > time.Microsecond
			s.Fatalf("tell me the plan")
		}, zktest.FirstSeed(seed))
		for _, name := range []string{"killed", "paused", "clocks of", "reset", "slower", "stalled", "expired", "callbacks of"} {
			if strings.Contains(l.errors.String(), name) && !slices.Contains(kinds, name) {
				kinds = append(kinds, name)
			}
		}
	}
	slices.Sort(kinds)
	return kinds, drift
}

// A model has the faults that it was told to have, in whatever way.
func TestFaultModels(t *testing.T) {
	for _, tt := range []struct {
		name  string
		model zktest.FaultModel
		kinds string
		drift bool
	}{
		{"none", zktest.NoFaults(), "", false},
		{"none and", zktest.NoFaults().And(zktest.Pause), "paused", false},
		{"none only", zktest.NoFaults().Only(zktest.Expire), "expired", false},
		{"none and drift", zktest.NoFaults().And(zktest.ClockDrift), "clocks of", true},
		{"only and", zktest.Swarm().Only(zktest.Reset).And(zktest.SlowUser), "callbacks of,reset", false},
		{"only without", zktest.Swarm().Only(zktest.Reset, zktest.Pause).Without(zktest.Pause), "reset", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kinds, drift := faultsOf(t, tt.model)
			if got := strings.Join(kinds, ","); got != tt.kinds || drift != tt.drift {
				t.Errorf("kinds %s, drift %v, want %s, %v", got, drift, tt.kinds, tt.drift)
			}
		})
	}
}

// Callbacks of users are slow, and a lock is lost and acquired by time all the same.
func TestSimSlowUser(t *testing.T) {
	usePlan(t, `"at": "1s", "for": "40s", "kind": "slow-user", "on": "p", "amount": "3s"`)
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(1)
		var called []time.Duration
		lost := time.Duration(0)
		p := s.Process("p", func(p *zktest.Process) {
			p.Sleep(2 * time.Second)
			lane := p.Handler().Lane("mine-user/callbacks")
			for range 3 {
				lane.Dispatch(future.Func(func() { called = append(called, s.Now()) }))
			}
			held, err := recipes.NewLock(p.Connect(ens), "/lock").Acquire(p.Context()).Wait()
			if err != nil {
				s.Fatalf("%v", err)
			}
			s.At(10*time.Second, func() { ens.Kill(0) })
			for held.Err() == nil {
				p.Sleep(time.Second)
			}
			lost = s.Now()
		})
		s.Run(time.Minute)
		if len(called) != 3 || called[1]-called[0] != 3*time.Second || called[2]-called[1] != 3*time.Second {
			s.Fatalf("callbacks at %v", called)
		}
		if lost < 15*time.Second || lost > 23*time.Second || !p.Alive() {
			s.Fatalf("lost at %v", lost)
		}
	}, zktest.NoShrink())
}
