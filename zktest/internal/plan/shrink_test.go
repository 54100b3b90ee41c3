package plan_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

// A plan with sixty faults, all of different numbers.
func sixty(seed uint64) plan.Plan {
	for rate := 3.0; ; rate++ {
		p := plan.Draw(seed, standard, plan.Swarm{Rate: rate, Full: true})
		if len(p.Faults) >= 60 {
			p.Faults = p.Faults[:60]
			return p
		}
	}
}

// has reports whether the plan has all of the faults.
func has(p plan.Plan, numbers ...int) bool {
	for _, n := range numbers {
		if !slices.ContainsFunc(p.Faults, func(f plan.Fault) bool { return f.N == n }) {
			return false
		}
	}
	return true
}

func started(p plan.Plan, process string) bool { return !slices.Contains(p.Without, process) }

// inSome is true for a part of all timings, whichever those are for this plan.
func inSome(p plan.Plan, part float64) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%v", p)
	return float64(h.Sum64()%100_003)/100_003 < part
}

func numbers(p plan.Plan) (all []int) {
	for _, f := range p.Faults {
		all = append(all, f.N)
	}
	return all
}

// shrink is plan.Shrink, with a run of which nobody knows when it failed.
func shrink(p plan.Plan, fails func(plan.Plan) bool, o plan.Shrinking) (plan.Plan, plan.Stats) {
	return shrinkUntil(context.Background(), p, fails, o)
}

func shrinkUntil(ctx context.Context, p plan.Plan, fails func(plan.Plan) bool, o plan.Shrinking) (plan.Plan, plan.Stats) {
	return plan.Shrink(ctx, p, func(p plan.Plan) plan.Result { return plan.Result{Failed: fails(p)} }, o)
}

var whole = plan.Shrinking{Processes: standard.Processes, Duration: standard.Duration}

// withoutTargets are two numbers of faults that do not aim at a process: those of a process go with it.
func withoutTargets(p plan.Plan) (found []int) {
	for _, f := range p.Faults {
		if !slices.Contains(standard.Processes, f.On) && !slices.Contains(standard.Processes, f.To) {
			found = append(found, f.N)
		}
	}
	return []int{found[len(found)/3], found[2*len(found)/3]}
}

func TestShrinkFindsTwoOfSixtyFaultsAndOneOfFiveProcesses(t *testing.T) {
	total := 0
	const plans = 10
	for seed := range uint64(plans) {
		p := sixty(seed)
		need := withoutTargets(p)
		before := written(t, p)
		fails := func(p plan.Plan) bool { return has(p, need...) && started(p, "worker3") }
		small, stats := shrink(p, fails, whole)
		if !fails(small) || !slices.Equal(numbers(small), need) {
			t.Fatalf("seed %d: faults %v are left, want %v", seed, numbers(small), need)
		}
		if want := []string{"worker0", "worker1", "worker2", "worker4"}; !slices.Equal(small.Without, want) {
			t.Fatalf("seed %d: without %v, want %v", seed, small.Without, want)
		}
		if small.Schedule != (plan.Schedule{Policy: plan.FIFO}) || small.Latency != plan.Calm || len(small.Knobs) > 0 {
			t.Errorf("seed %d: not calm: %v %v %v", seed, small.Schedule, small.Latency, small.Knobs)
		}
		if stats.FaultsBefore != 60 || stats.FaultsAfter != 2 || stats.ProcessesBefore != 5 || stats.ProcessesAfter != 1 ||
			!stats.Complete || !stats.Reproduced {
			t.Errorf("seed %d: %+v", seed, stats)
		}
		if string(before) != string(written(t, p)) {
			t.Fatalf("seed %d: Shrink changed the plan it was given", seed)
		}
		total += stats.Replays
	}
	t.Logf("%d replays for each plan", total/plans)
	if total/plans > 300 {
		t.Errorf("%d replays for each plan", total/plans)
	}
}

// TestShrinkOfRareFailures: the smaller plan fails in some timings only, and which those are changes with every change of
// the plan. What counts is how much is left in how many replays.
func TestShrinkOfRareFailures(t *testing.T) {
	for _, tt := range []struct {
		part    float64 // of the timings in which a plan fails that has what it needs
		faults  int     // left, at most, in 9 of 10 plans
		replays int     // in the mean
	}{
		{0.5, 2, 500},
		{0.25, 2, 600},
		{0.1, 4, 1_000},
	} {
		t.Run(fmt.Sprint(tt.part), func(t *testing.T) {
			var left []int
			replays := 0
			const plans = 5
			for seed := range uint64(plans) {
				p := sixty(seed)
				need := withoutTargets(p)
				original := fmt.Sprint(p)
				fails := func(p plan.Plan) bool {
					return has(p, need...) && started(p, "worker3") && (fmt.Sprint(p) == original || inSome(p, tt.part))
				}
				small, stats := shrink(p, fails, whole)
				if !fails(small) {
					t.Fatalf("seed %d: the smaller plan does not fail under its salt, %d", seed, small.Salt)
				}
				left = append(left, len(small.Faults))
				replays += stats.Replays
			}
			slices.Sort(left)
			t.Logf("faults left: %v; %d replays for each plan", left, replays/plans)
			if left[plans*9/10] > tt.faults || replays/plans > tt.replays {
				t.Errorf("faults left: %v; %d replays for each plan", left, replays/plans)
			}
		})
	}
}

func TestShrinkToNothing(t *testing.T) {
	small, stats := shrink(sixty(1), func(p plan.Plan) bool { return true }, whole)
	if len(small.Faults) > 0 || len(small.Without) != 4 || small.Duration != time.Millisecond || stats.Replays > 60 {
		t.Errorf("%d faults, without %v, duration %v, %d replays", len(small.Faults), small.Without, small.Duration, stats.Replays)
	}
}

func TestShrinkKeepsFaultsThatGoOnlyTogether(t *testing.T) {
	// 11 fails by itself; but when 5 is there, 50 must be, too.
	fails := func(p plan.Plan) bool { return has(p, 11) && has(p, 5) == has(p, 50) }
	p := sixty(2)
	p.Faults = []plan.Fault{p.Faults[4], p.Faults[10], p.Faults[49]}
	small, _ := shrink(p, fails, plan.Shrinking{})
	if !slices.Equal(numbers(small), []int{11}) {
		t.Errorf("faults %v are left", numbers(small))
	}
}

func TestShrinkKnobs(t *testing.T) {
	p := plan.Draw(5, standard, plan.Swarm{Full: true, Knobs: map[string]int64{
		plan.QuorumDelayUS: 400_000, plan.ApplyLagUS: 3_000, plan.PeerLatencyUS: 50, plan.TickMS: 500, plan.SyncLimit: 2,
	}})
	fails := func(p plan.Plan) bool { return p.Knob(plan.QuorumDelayUS) > 100_000 && p.Knob(plan.SyncLimit) < 5 }
	o := whole
	o.Keep = []string{plan.TickMS}
	small, _ := shrink(p, fails, o)
	want := map[string]int64{plan.QuorumDelayUS: 400_000, plan.SyncLimit: 2, plan.TickMS: 500}
	if diff := cmp.Diff(want, small.Knobs); diff != "" {
		t.Error(diff)
	}
}

func TestShrinkLengthsAndTheRun(t *testing.T) {
	p := plan.Plan{
		Schedule: plan.Schedule{Policy: plan.PCT, Depth: 3, Steps: 1000},
		Latency:  plan.Latency{Kind: plan.LongTail, Min: time.Millisecond, Max: 80 * time.Millisecond},
		Faults: []plan.Fault{
			{N: 3, At: 6_789 * time.Millisecond, For: 17_900 * time.Millisecond, Kind: plan.Pause, On: "worker1"},
			{N: 4, At: 8 * time.Second, For: 17 * time.Second, Kind: plan.Lag, On: "server1", Amount: int64(9 * time.Second)},
			{N: 5, At: 8 * time.Second, Kind: plan.ApplyCut, On: "worker1", Amount: 3},
			{N: 6, At: 50 * time.Second, Kind: plan.Reset, On: "worker1", To: plan.Connected},
		},
		Drawn: true,
	}
	fails := func(p plan.Plan) bool {
		return has(p, 3, 4, 5) && p.Faults[0].For > 4*time.Second && (p.Duration == 0 || p.Duration > 12*time.Second) &&
			p.Latency.Kind == plan.LongTail && p.Schedule.Policy != plan.LIFO
	}
	small, _ := shrink(p, fails, whole)
	want := p
	want.Duration = 15 * time.Second
	want.Schedule = plan.Schedule{Policy: plan.FIFO}
	want.Faults = []plan.Fault{
		{N: 3, At: 7 * time.Second, For: 5 * time.Second, Kind: plan.Pause, On: "worker1"},
		{N: 4, At: 8 * time.Second, For: time.Millisecond, Kind: plan.Lag, On: "server1", Amount: int64(time.Millisecond)},
		{N: 5, At: 8 * time.Second, Kind: plan.ApplyCut, On: "worker1"},
	}
	small.Without, want.Without = nil, nil
	if diff := cmp.Diff(want, small); diff != "" {
		t.Error(diff)
	}
}

func TestShrinkDropsWhatCameAfterTheFailureAtOnce(t *testing.T) {
	p := sixty(4)
	need := p.Faults[9]
	o := whole
	o.First = plan.Result{Failed: true, At: need.At}
	largest := 0
	shrink(p, func(p plan.Plan) bool {
		if len(p.Faults) < 60 {
			largest = max(largest, len(p.Faults))
		}
		return has(p, need.N)
	}, o)
	if largest > 12 {
		t.Errorf("a plan with %d faults was tried", largest)
	}
}

func TestShrinkStops(t *testing.T) {
	p := sixty(6)
	need := withoutTargets(p)
	t.Run("not reproduced", func(t *testing.T) {
		small, stats := shrink(p, func(plan.Plan) bool { return false }, whole)
		if stats.Reproduced || stats.Replays != 1 || !cmp.Equal(small, p) {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("after so many replays", func(t *testing.T) {
		o := whole
		runs := 0
		o.Replays = 60
		small, stats := shrink(p, func(p plan.Plan) bool { runs++; return has(p, need...) }, o)
		if runs != 60 || stats.Replays != 60 || stats.Complete || !has(small, need...) || len(small.Faults) > 5 {
			t.Errorf("%d runs, %d faults left, %+v", runs, len(small.Faults), stats)
		}
	})
	t.Run("after some time", func(t *testing.T) {
		var now time.Time
		o := whole
		o.Time, o.Now = time.Second, func() time.Time { return now }
		_, stats := shrink(p, func(p plan.Plan) bool {
			now = now.Add(100 * time.Millisecond)
			return has(p, need...)
		}, o)
		if stats.Replays != 10 || stats.Complete || stats.Elapsed != time.Second {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		runs := 0
		_, stats := shrinkUntil(ctx, p, func(p plan.Plan) bool {
			if runs++; runs == 7 {
				cancel()
			}
			return has(p, need...)
		}, whole)
		if runs != 7 || stats.Complete {
			t.Errorf("%d runs, %+v", runs, stats)
		}
	})
}

func TestShrinkIsAFunctionOfThePlan(t *testing.T) {
	p := sixty(8)
	need := withoutTargets(p)
	original := fmt.Sprint(p)
	shrunk := func() (plan.Plan, plan.Stats) {
		return shrink(p, func(p plan.Plan) bool {
			return has(p, need...) && (fmt.Sprint(p) == original || inSome(p, 0.2))
		}, whole)
	}
	a, statsA := shrunk()
	b, statsB := shrunk()
	if diff := cmp.Diff(a, b); diff != "" || statsA != statsB {
		t.Errorf("%s\n%+v\n%+v", diff, statsA, statsB)
	}
}

// TestShrinkTriesNothingTwice, and only valid plans that share nothing.
func TestShrinkTriesNothingTwice(t *testing.T) {
	p := sixty(9)
	need := withoutTargets(p)
	seen := map[string]bool{}
	shrink(p, func(p plan.Plan) bool {
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		text := string(written(t, p))
		if seen[text] {
			t.Fatalf("twice:\n%s", text)
		}
		seen[text] = true
		failed := has(p, need...) && inSome(p, 0.3) || len(seen) == 1
		for i := range p.Faults {
			p.Faults[i] = plan.Fault{} // what the callee does to its plan is its own affair
		}
		clear(p.Knobs)
		return failed
	}, whole)
}
