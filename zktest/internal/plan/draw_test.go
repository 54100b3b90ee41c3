package plan_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// standard is the scenario that everything is tuned for: five clients at a lock on three servers for a minute.
var standard = plan.Topology{
	Processes: []string{"worker0", "worker1", "worker2", "worker3", "worker4"},
	Servers:   []string{"server1", "server2", "server3"},
	Duration:  time.Minute,
}

func TestDrawIsAFunctionOfTheSeed(t *testing.T) {
	for seed := range uint64(200) {
		if diff := cmp.Diff(plan.Draw(seed, standard, plan.Swarm{}), plan.Draw(seed, standard, plan.Swarm{})); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
	if cmp.Equal(plan.Draw(1, standard, plan.Swarm{}).Knobs, plan.Draw(2, standard, plan.Swarm{}).Knobs) {
		t.Error("seeds 1 and 2 are the same")
	}
}

func TestDrawnPlansAreValid(t *testing.T) {
	topologies := []plan.Topology{
		standard,
		{},
		{Processes: []string{"only"}, Duration: time.Second},
		{Servers: []string{"only"}, Duration: time.Millisecond},
		{Processes: []string{"a"}, Servers: []string{"b"}, Duration: 5 * time.Minute, Run: 12},
		{Servers: []string{"a", "b"}, Duration: 10 * time.Second, SessionTimeout: time.Nanosecond, Tick: time.Nanosecond},
		{Processes: make64(), Servers: []string{"1", "2", "3", "4", "5", "6", "7"}, Duration: time.Hour},
	}
	for i, top := range topologies {
		seeds := uint64(100)
		if i == len(topologies)-1 {
			seeds = 3
		}
		for seed := range seeds {
			for _, swarm := range []plan.Swarm{{}, {None: true}, {Full: true}} {
				p := plan.Draw(seed, top, swarm)
				if err := p.Validate(); err != nil {
					t.Fatalf("topology %d, seed %d: %v", i, seed, err)
				}
				if !p.Drawn {
					t.Fatalf("topology %d, seed %d: not Drawn", i, seed)
				}
				if swarm.None && len(p.Faults) > 0 {
					t.Fatalf("topology %d, seed %d: faults without a swarm", i, seed)
				}
				for j, f := range p.Faults {
					if f.N != j+1 || f.Run != top.Run || f.At > top.Duration || j > 0 && f.At < p.Faults[j-1].At {
						t.Fatalf("topology %d, seed %d: fault %d is %+v", i, seed, j, f)
					}
				}
			}
		}
	}
}

func make64() (names []string) {
	for i := range 64 {
		names = append(names, "p"+string(rune('0'+i)))
	}
	return names
}

// TestSwarm holds what a seed is like, in all, against what the simulator needs.
func TestSwarm(t *testing.T) {
	const seeds = 2_000
	var (
		counts                    []int
		none, oneKind             int
		short, around, long, open int
		ofKind, seedsWith         = map[plan.Kind]int{}, map[plan.Kind]int{}
	)
	for seed := range uint64(seeds) {
		p := plan.Draw(seed, standard, plan.Swarm{})
		timeout := min(max(p.Millis(plan.SessionTimeoutMS), 2*p.Millis(plan.TickMS)), 20*p.Millis(plan.TickMS))
		seen := map[plan.Kind]bool{}
		for _, f := range p.Faults {
			ofKind[f.Kind]++
			if !seen[f.Kind] {
				seen[f.Kind] = true
				seedsWith[f.Kind]++
			}
			switch {
			case f.For == 0:
				open++
			case f.For < timeout/3:
				short++
			case f.For < timeout:
				around++
			default:
				long++
			}
		}
		switch len(seen) {
		case 0:
			none++
		case 1:
			oneKind++
		}
		if len(seen) > 0 {
			counts = append(counts, len(p.Faults))
		}
	}
	slices.Sort(counts)
	at := func(part float64) int { return counts[int(part*float64(len(counts)-1))] }
	t.Logf("faults in a seed that has any: %d %d %d %d %d (5, 25, 50, 75, 95 %%), at most %d", at(.05), at(.25), at(.5), at(.75), at(.95), at(1))
	t.Logf("seeds with none %d, with one kind %d of %d; lengths: %d short, %d around, %d long, %d none", none, oneKind, seeds, short, around, long, open)
	t.Logf("of each kind: %v", ofKind)

	if at(.05) < 5 || at(.95) > 40 || at(.5) < 10 {
		t.Errorf("faults in a seed: %d to %d, half of them below %d; want 5 to 40", at(.05), at(.95), at(.5))
	}
	if none < seeds*8/100 || none > seeds*12/100 {
		t.Errorf("%d of %d seeds have no faults; want 10 %%", none, seeds)
	}
	if oneKind < seeds*8/100 || oneKind > seeds*15/100 {
		t.Errorf("%d of %d seeds have one kind of fault; want 10 %%", oneKind, seeds)
	}
	all := short + around + long + open
	for name, n := range map[string]int{"shorter than a third of the session timeout": short, "about the timeout": around, "longer": long} {
		if n < all/10 {
			t.Errorf("only %d of %d faults are %s", n, all, name)
		}
	}
	for _, k := range plan.Kinds() {
		if seedsWith[k] < seeds/10 || seedsWith[k] > seeds/2 {
			t.Errorf("%s is in %d of %d seeds", k, seedsWith[k], seeds)
		}
	}
}

// TestKindsAreIndependent: a kind that is left out must not change where, when and whom the others strike. How many
// there are of them may change, since they share the total.
func TestKindsAreIndependent(t *testing.T) {
	same, all := 0, 0
	for seed := range uint64(300) {
		with := plan.Draw(seed, standard, plan.Swarm{Full: true})
		less := plan.Draw(seed, standard, plan.Swarm{Full: true, Without: []plan.Kind{plan.Reset}})
		if !cmp.Equal(with.Knobs, less.Knobs) || with.Schedule != less.Schedule || with.Latency != less.Latency {
			t.Fatalf("seed %d: another world", seed)
		}
		for _, f := range with.Faults {
			if f.Kind == plan.Reset {
				continue
			}
			f.N = 0
			all++
			if slices.ContainsFunc(less.Faults, func(g plan.Fault) bool { g.N = 0; return f == g }) {
				same++
			}
		}
		if slices.ContainsFunc(less.Faults, func(f plan.Fault) bool { return f.Kind == plan.Reset }) {
			t.Fatalf("seed %d: a reset, which was to be left out", seed)
		}
	}
	if same < all*95/100 {
		t.Errorf("%d of %d faults stayed as they were", same, all)
	}
}

func TestSwarmIsObeyed(t *testing.T) {
	for seed := range uint64(200) {
		p := plan.Draw(seed, standard, plan.Swarm{
			Kinds: []plan.Kind{plan.Pause, plan.Kill, plan.Reset}, Without: []plan.Kind{plan.Kill},
			Knobs: map[string]int64{plan.TickMS: 500},
		})
		for _, f := range p.Faults {
			if f.Kind != plan.Pause && f.Kind != plan.Reset {
				t.Fatalf("seed %d: %+v", seed, f)
			}
		}
		if p.Millis(plan.TickMS) != 500*time.Millisecond {
			t.Fatalf("seed %d: tick %v", seed, p.Millis(plan.TickMS))
		}
	}
	few, many := 0, 0
	for seed := range uint64(200) {
		few += len(plan.Draw(seed, standard, plan.Swarm{Rate: 0.5}).Faults)
		many += len(plan.Draw(seed, standard, plan.Swarm{Rate: 4}).Faults)
	}
	if many < 6*few || many > 10*few {
		t.Errorf("rates 0.5 and 4 give %d and %d faults", few, many)
	}
}

func TestSeveralRuns(t *testing.T) {
	p := plan.Begin(7, plan.Swarm{Full: true})
	first, second := standard, standard
	second.Run = 1
	p.DrawFaults(first, plan.Swarm{Full: true})
	n := len(p.Faults)
	p.DrawFaults(second, plan.Swarm{Full: true})
	if len(p.Faults) <= n || n == 0 {
		t.Fatalf("%d and %d faults", n, len(p.Faults)-n)
	}
	for i, f := range p.Faults {
		if f.N != i+1 || (f.Run == 1) != (i >= n) {
			t.Fatalf("fault %d of %d: %+v", i, n, f)
		}
	}
	if p.Faults[0].At == p.Faults[n].At && p.Faults[1].At == p.Faults[n+1].At {
		t.Error("both runs have the same faults")
	}
	p.Drawn = true
	p.DrawFaults(second, plan.Swarm{Full: true})
	if len(p.Faults) > 0 && p.Faults[len(p.Faults)-1].N != len(p.Faults) || !p.Drawn {
		t.Error("a plan that is Drawn was drawn once more")
	}
}

// TestMajorityIsNotKilled: servers that stay dead are never so many that the ensemble has no quorum.
func TestMajorityIsNotKilled(t *testing.T) {
	for seed := range uint64(200) {
		dead := map[string]bool{}
		for _, f := range plan.Draw(seed, standard, plan.Swarm{Kinds: []plan.Kind{plan.Kill}, Rate: 5}).Faults {
			dead[f.On] = true
		}
		servers, processes := 0, 0
		for _, name := range standard.Servers {
			if dead[name] {
				servers++
			}
		}
		for _, name := range standard.Processes {
			if dead[name] {
				processes++
			}
		}
		if servers > 1 || processes > 2 || len(dead) > servers+processes {
			t.Fatalf("seed %d: %v stay dead", seed, dead)
		}
	}
}

func TestKnobsSpreadOverTheirRanges(t *testing.T) {
	const seeds = 1_500
	calm, values := map[string]int{}, map[string]map[int64]bool{}
	usualTimeout := 0
	for seed := range uint64(seeds) {
		p := plan.Begin(seed, plan.Swarm{})
		for _, k := range plan.AllKnobs() {
			v := p.Knob(k.Name)
			if v < k.Min || v > k.Max {
				t.Fatalf("seed %d: %s is %d", seed, k.Name, v)
			}
			if v == k.Calm {
				calm[k.Name]++
			}
			if values[k.Name] == nil {
				values[k.Name] = map[int64]bool{}
			}
			values[k.Name][v] = true
		}
		if d := p.Millis(plan.SessionTimeoutMS); d >= 2*time.Second && d <= 10*time.Second {
			usualTimeout++
		}
	}
	for _, k := range plan.AllKnobs() {
		if calm[k.Name] > seeds*96/100 || len(values[k.Name]) < 3 {
			t.Errorf("%s: calm in %d of %d seeds, %d values", k.Name, calm[k.Name], seeds, len(values[k.Name]))
		}
	}
	if usualTimeout < seeds*6/10 {
		t.Errorf("%d of %d seeds have a session timeout of 2 to 10 s", usualTimeout, seeds)
	}
}

func TestMisuseOfKnobsPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"unknown":      func() { p := plan.Begin(1, plan.Swarm{}); p.Knob("speed") },
		"set unknown":  func() { plan.Begin(1, plan.Swarm{Knobs: map[string]int64{"speed": 1}}) },
		"set too high": func() { plan.Begin(1, plan.Swarm{Knobs: map[string]int64{plan.Servers: 8}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkDraw(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		plan.Draw(uint64(i), standard, plan.Swarm{})
	}
}

func written(t testing.TB, p plan.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := plan.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestStreamsDiffer: kinds that drew the same numbers would all strike at the same time, and knobs go up and down together.
func TestStreamsDiffer(t *testing.T) {
	const seeds = 1_000
	together, faults, bothUsual := 0, 0, 0
	for seed := range uint64(seeds) {
		p := plan.Draw(seed, standard, plan.Swarm{Full: true})
		faults += len(p.Faults)
		for i := 1; i < len(p.Faults); i++ {
			if p.Faults[i].At == p.Faults[i-1].At {
				together++
			}
		}
		if p.Knob(plan.InitLimit) == 10 && p.Knob(plan.SyncLimit) == 5 { // half of the seeds each
			bothUsual++
		}
	}
	if together > faults/20 {
		t.Errorf("%d of %d faults begin with another one", together, faults)
	}
	if bothUsual < seeds*20/100 || bothUsual > seeds*30/100 {
		t.Errorf("two knobs have their usual values together in %d of %d seeds; want a quarter", bothUsual, seeds)
	}
}
