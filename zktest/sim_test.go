package zktest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A listener hears what a Check reports.
type listener struct {
	t              *testing.T
	errors, logged strings.Builder
}

func (l *listener) Helper()                      {}
func (l *listener) Name() string                 { return l.t.Name() }
func (l *listener) Errorf(f string, args ...any) { fmt.Fprintf(&l.errors, f+"\n", args...) }
func (l *listener) Logf(f string, args ...any)   { fmt.Fprintf(&l.logged, f+"\n", args...) }

// listen runs a Check and returns what it has reported.
func listen(t *testing.T, test func(*zktest.Sim), opts ...zktest.CheckOption) *listener {
	t.Helper()
	l := &listener{t: t}
	zktest.CheckAndTell(t, l, test, append([]zktest.CheckOption{zktest.Seeds(20), zktest.PlanDir(t.TempDir())}, opts...)...)
	return l
}

func (l *listener) wants(parts ...string) {
	l.t.Helper()
	for _, part := range parts {
		if !strings.Contains(l.errors.String(), part) {
			l.t.Errorf("want %q in:\n%s", part, l.errors.String())
		}
	}
}

// increments makes processes that add to a counter with versioned sets, and counts what is acknowledged.
func increments(s *zktest.Sim, n int, acked *int) *zktest.SimEnsemble {
	ens := s.Ensemble(3)
	for range n {
		s.Process("adder", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for {
				err := cl.Create(p.Context(), "/n", nil).WaitErr()
				if err == nil || errors.Is(err, zk.ErrNodeExists) {
					break
				}
			}
			for p.Context().Err() == nil {
				node, err := cl.Get(p.Context(), "/n").Wait()
				if err != nil {
					continue
				}
				if cl.Set(p.Context(), "/n", nil, node.Stat.Version).WaitErr() == nil {
					*acked++
				}
				p.Sleep(p.Between(0, time.Second))
			}
		})
	}
	return ens
}

func TestSimAckedWritesSurvive(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		acked := 0
		ens := increments(s, 3, &acked)
		s.Faults(zktest.Swarm())
		s.Run(20 * time.Second)
		s.Heal()
		before := acked
		s.Eventually(5*time.Minute, "work goes on", func() bool { return acked > before+3 })
		counted := acked
		s.Eventually(time.Minute, "what is acknowledged is there", func() bool {
			nodes := ens.Nodes("/n")
			return len(nodes) == 1 && int(nodes[0].Stat.Version) >= counted
		})
	})
}

func TestSimReportsInvariant(t *testing.T) {
	dir := t.TempDir()
	test := func(s *zktest.Sim) {
		acked := 0
		increments(s, 2, &acked)
		s.Invariant("few writes", func() error {
			if acked > 3 {
				return fmt.Errorf("%d writes", acked)
			}
			return nil
		})
		s.Faults(zktest.Swarm())
		s.Run(time.Minute)
	}
	l := listen(t, test, zktest.PlanDir(dir))
	l.wants("few writes: 4 writes at step", "replay: ZKSIM_SEED=0x", "go test ./zktest -run '^TestSimReportsInvariant$'", "shrunk: ZKSIM_PLAN=", "picture: ")
	files, err := filepath.Glob(filepath.Join(dir, "TestSimReportsInvariant-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("plans kept: %v %v", files, err)
	}
	// What is kept is replayed before anything else, and fails alike.
	listen(t, test, zktest.PlanDir(dir), zktest.Goroutines()).wants("few writes: 4 writes at step", "replay: ZKSIM_PLAN="+files[0], "ZKSIM_TIER=goroutines")
	t.Setenv("ZKSIM_PLAN", files[0])
	listen(t, test, zktest.NoShrink()).wants("few writes: 4 writes")
}

func TestSimReportsMisuse(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(*zktest.Sim)
		want string
	}{
		{"panic in a process", func(s *zktest.Sim) {
			s.Process("p", func(p *zktest.Process) { panic("oops") })
			s.Run(time.Second)
		}, "process p: panic: oops"},
		{"panic in the test function", func(s *zktest.Sim) { panic("oops") }, "panic: oops"},
		{"FailNow", func(s *zktest.Sim) {
			s.Process("p", func(p *zktest.Process) { (&testing.T{}).FailNow() })
			s.Run(time.Second)
		}, "process p"},
		{"channel", func(s *zktest.Sim) {
			s.Process("p", func(p *zktest.Process) { <-make(chan int) })
			s.Run(time.Second)
		}, "process p blocked on something that the world does not know"},
		{"busy", func(s *zktest.Sim) {
			s.Process("p", func(p *zktest.Process) {
				for p.Context().Err() == nil {
					p.Sleep(0)
				}
			})
			s.Run(time.Second)
		}, "busy"},
		{"Wait in a callback", func(s *zktest.Sim) {
			ens := s.Ensemble(1)
			s.Process("p", func(p *zktest.Process) {
				cl := p.Connect(ens)
				cl.Exists(p.Context(), "/").OnComplete(func(*zk.Stat, error) {
					if err := cl.Sync(p.Context(), "/").WaitErr(); err != nil {
						s.Fatalf("in a callback: %v", err)
					}
				})
			})
			s.Run(time.Minute)
		}, "in a callback: "},
		{"a process with a server's name", func(s *zktest.Sim) {
			s.Ensemble(1)
			s.Process("server1", func(*zktest.Process) {})
		}, `a process cannot be called "server1"`},
		{"a process with a name of plans", func(s *zktest.Sim) { s.Process("leader", func(*zktest.Process) {}) }, `cannot be called "leader"`},
		{"liveness", func(s *zktest.Sim) {
			s.Eventually(time.Second, "it comes", func() bool { return false })
		}, "it comes: not within 1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			listen(t, tt.test, zktest.NoShrink()).wants(tt.want, "replay: ZKSIM_SEED=0x1 ")
		})
	}
}

func TestSimReportsNondeterminism(t *testing.T) {
	calls := 0
	l := listen(t, func(s *zktest.Sim) {
		calls++
		n := calls
		ens := s.Ensemble(1)
		s.Process("p", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for range n {
				_ = cl.Sync(p.Context(), "/").WaitErr()
			}
		})
		s.Run(time.Minute)
	}, zktest.Twice())
	l.wants("not deterministic", "seed 0x1")
}

// The same seed is the same world, whether processes are coroutines or goroutines.
func TestSimTiersAgree(t *testing.T) {
	test := func(s *zktest.Sim) {
		acked := 0
		increments(s, 3, &acked)
		s.Faults(zktest.Swarm())
		s.Run(10 * time.Second)
	}
	a := zktest.Hashes(t, 20, test)
	b := zktest.Hashes(t, 20, test, zktest.Goroutines())
	for seed := range a {
		if a[seed] != b[seed] {
			t.Errorf("seed %d: %x as coroutines, %x as goroutines", seed, a[seed], b[seed])
		}
		if seed > 0 && a[seed] == a[seed-1] {
			t.Errorf("seeds %d and %d are the same world", seed-1, seed)
		}
	}
}

// In the tier of goroutines, code that uses channels, timers and goroutines of its own runs unchanged.
func TestSimGoroutines(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(1)
		read := 0
		s.Process("p", func(p *zktest.Process) {
			cl := p.Connect(ens)
			values := make(chan int)
			go func() {
				defer close(values)
				for i := range 3 {
					time.Sleep(time.Second)
					if err := cl.Create(p.Context(), fmt.Sprint("/", i), nil).WaitErr(); err != nil {
						return
					}
					values <- i
				}
			}()
			for range values {
				read++
			}
		})
		s.Eventually(time.Minute, "all is read", func() bool { return read == 3 })
	}, zktest.Goroutines(), zktest.Seeds(20))
}

func TestSimKillAndRestart(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		var deferred, after int
		p := s.Process("p", func(p *zktest.Process) {
			cl := p.Connect(ens)
			defer func() { deferred++ }()
			for {
				err := cl.Create(p.Context(), fmt.Sprint("/life", p.Lives()), nil, zk.Ephemeral).WaitErr()
				if !errors.Is(err, zk.ErrConnectionLoss) {
					break
				}
			}
			p.Sleep(time.Hour)
			after++
		})
		exists := func(path string) func() bool {
			return func() bool { return len(ens.Nodes(path)) > 0 }
		}
		s.Eventually(time.Minute, "the first life", exists("/life1"))
		p.Kill()
		s.Run(time.Second)
		if deferred != 1 || after != 0 || p.Alive() {
			s.Fatalf("after Kill: deferred %d, went on %d, alive %v", deferred, after, p.Alive())
		}
		p.Restart()
		s.Eventually(time.Minute, "the second life", exists("/life2"))
		s.Eventually(5*time.Minute, "the first life's node goes", func() bool { return !exists("/life1")() })
	}, zktest.Seeds(20))
}

func TestSimServersFail(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(3)
		s.Eventually(time.Minute, "a leader", func() bool { return ens.Leader() >= 0 })
		old := ens.Leader()
		ens.Kill(old)
		s.Eventually(time.Minute, "another leader", func() bool { return ens.Leader() >= 0 })
		if ens.Leader() == old {
			s.Fatalf("a dead server leads")
		}
		next := ens.Leader()
		ens.Pause(next)
		ens.Restart(old)
		s.Eventually(5*time.Minute, "a third leader", func() bool { return ens.Leader() >= 0 && ens.Leader() != next })
		ens.Resume(next)
		created := false
		s.Process("p", func(p *zktest.Process) {
			cl := p.Connect(ens)
			for !created {
				err := cl.Create(p.Context(), "/a", nil).WaitErr()
				created = err == nil || errors.Is(err, zk.ErrNodeExists)
			}
		})
		s.Eventually(5*time.Minute, "writes go on", func() bool { return created })
	}, zktest.Seeds(20))
}
