package zktest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// busyWorld has something of everything that a recorder looks at.
func busyWorld(s *zktest.Sim) {
	acked := 0
	increments(s, 2, &acked)
	x := s.Exclusive("nothing in particular")
	s.Register("a register")
	s.Process("holder", func(p *zktest.Process) {
		for i := int64(1); ; i++ {
			x.Hold(p, holder{i})
			p.Sleep(p.Between(0, time.Second))
		}
	})
	s.Faults(zktest.Swarm())
	s.Run(10 * time.Second)
	s.Heal()
	s.Run(10 * time.Second)
}

// A holder has lost already what it is given.
type holder struct{ token int64 }

func (h holder) Err() error   { return errors.New("lost") }
func (h holder) Token() int64 { return h.token }

// Somebody who looks changes nothing.
func TestSimRecordingChangesNothing(t *testing.T) {
	const seeds = 40
	plain := zktest.Hashes(t, seeds, busyWorld)
	recorded := zktest.Hashes(t, seeds, busyWorld, zktest.Recorded())
	for seed := range plain {
		if plain[seed] != recorded[seed] {
			t.Errorf("seed %d is another world when it is recorded", seed)
		}
	}
}

// Every failure that is found and made smaller fails alike when its file is replayed.
func TestSimStoredPlansReplay(t *testing.T) {
	test := func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		failed := 0
		s.Invariant("few errors", func() error {
			if failed > 1 {
				return fmt.Errorf("%d errors", failed)
			}
			return nil
		})
		for range 3 {
			s.Process("p", func(p *zktest.Process) {
				cl := p.Connect(ens)
				for i := 0; p.Context().Err() == nil; i++ {
					err := cl.Create(p.Context(), fmt.Sprint("/n", i), nil).WaitErr()
					if errors.Is(err, zk.ErrConnectionLoss) {
						failed++
					}
					p.Sleep(p.Between(0, 200*time.Millisecond))
				}
			})
		}
		s.Faults(zktest.Swarm())
		s.Run(20 * time.Second)
	}
	failures := 0
	for seed := 1; seed <= 4; seed++ {
		t.Setenv("ZKSIM_SEED", fmt.Sprint(seed))
		t.Setenv("ZKSIM_PLAN", "")
		dir := t.TempDir()
		l := listen(t, test, zktest.PlanDir(dir))
		if l.errors.Len() == 0 {
			continue
		}
		failures++
		file := filepath.Join(dir, fmt.Sprintf("%s-%x.json", t.Name(), seed))
		t.Setenv("ZKSIM_PLAN", file)
		again := listen(t, test, zktest.NoShrink(), zktest.PlanDir(t.TempDir()))
		first, _, _ := strings.Cut(l.errors.String(), " at step")
		if second, _, _ := strings.Cut(again.errors.String(), " at step"); first != second {
			t.Errorf("seed %d failed with %q, its plan with %q", seed, first, second)
		}
	}
	if failures < 2 {
		t.Errorf("only %d seeds of 4 failed", failures)
	}
}

// What has not failed long after the failure that is made smaller did is not run to its end.
func TestSimShrinkGivesUp(t *testing.T) {
	t.Setenv("ZKSIM_SEED", "1")
	latest := time.Duration(0)
	l := listen(t, func(s *zktest.Sim) {
		started := 0
		for range 2 {
			s.Process("p", func(p *zktest.Process) {
				for started++; ; p.Sleep(time.Second) {
					latest = max(latest, s.Now())
				}
			})
		}
		s.At(3*time.Second, func() {
			if started == 2 {
				s.Errorf("both are there")
			}
		})
		s.Run(time.Hour)
	}, zktest.PlanDir(t.TempDir()))
	if !strings.Contains(l.errors.String(), "2 processes") || latest > 10*time.Second {
		t.Errorf("a world went on until %v:\n%s", latest, l.errors.String())
	}
}

// Whatever happens in a world, nothing of it is left behind: no goroutine.
func TestSimLeavesNoGoroutines(t *testing.T) {
	worlds := func(n uint64, opts ...zktest.CheckOption) {
		zktest.Hashes(t, n, func(s *zktest.Sim) {
			acked := 0
			increments(s, 2, &acked)
			s.Faults(zktest.Swarm().Rate(3))
			s.Run(5 * time.Second)
		}, opts...)
		listen(t, func(s *zktest.Sim) { // and in one that fails
			increments(s, 2, new(int))
			s.Run(5 * time.Second)
			s.Fatalf("enough")
		}, zktest.NoShrink())
	}
	worlds(10)
	before := runtime.NumGoroutine()
	worlds(500)
	worlds(50, zktest.Goroutines())
	if after := settled(before); after > before {
		t.Errorf("%d goroutines before 550 worlds, %d after", before, after)
	}
}

// settled is how many goroutines there are when those that are ending have ended.
func settled(want int) (n int) {
	for range 100_000 {
		if n = runtime.NumGoroutine(); n <= want {
			return n
		}
		runtime.Gosched()
	}
	return n
}
