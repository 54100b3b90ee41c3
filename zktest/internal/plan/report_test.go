package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

func TestReport(t *testing.T) {
	want := `without worker3
run for 20s
schedule pct (depth 3, 20000 steps), latency 200µs to 2ms
quorum-delay-us 400000 instead of 1000
tick-ms 500 instead of 2000
run 0, 17.904s for 3.2s: link worker2 -> its server stalled
run 0, 18s: wall clock of worker1 1m0s back
run 1, 1ms: connection server1 -> the leader reset after 41 more bytes
`
	if diff := cmp.Diff(want, plan1.Report()); diff != "" {
		t.Error(diff)
	}
	calm := plan.Plan{Schedule: plan.Schedule{Policy: plan.FIFO}, Latency: plan.Calm, Knobs: map[string]int64{plan.TickMS: 2_000}}
	if diff := cmp.Diff("schedule fifo, latency 1ms\nno faults\n", calm.Report()); diff != "" {
		t.Error(diff)
	}
}

func TestWords(t *testing.T) {
	at := 17_904 * time.Millisecond
	for _, tt := range []struct {
		f    plan.Fault
		want string
	}{
		{plan.Fault{Kind: plan.Stall, On: "worker2", To: "server1", For: 3_200 * time.Millisecond}, "17.904s for 3.2s: link worker2 -> server1 stalled"},
		{plan.Fault{Kind: plan.Pause, On: "worker2"}, "17.904s until healed: worker2 paused"},
		{plan.Fault{Kind: plan.Kill, On: "worker2"}, "17.904s: worker2 killed, and not restarted"},
		{plan.Fault{Kind: plan.Reset, On: "worker2", To: plan.Connected}, "17.904s: connections worker2 <-> its server reset"},
		{plan.Fault{Kind: plan.ClockDrift, On: "worker2", For: time.Second, Amount: -15_500}, "17.904s for 1s: clocks of worker2 1.55 % slow"},
		{plan.Fault{Kind: plan.CutFollower, On: "worker2", For: time.Second}, "17.904s for 1s: the server of worker2 cut off from the other servers, not from its clients"},
		{plan.Fault{Kind: plan.CutFollower, On: plan.Follower, For: time.Second}, "17.904s for 1s: a follower cut off from the other servers, not from its clients"},
		{plan.Fault{Kind: plan.ApplyCut, On: "worker2"}, "17.904s: next write of worker2 applied, connection cut before the answer"},
		{plan.Fault{Kind: plan.CutBefore, On: "worker2", Amount: 2}, "17.904s: connection cut before write number 3 from now of worker2 is applied"},
		{plan.Fault{Kind: plan.BadName, On: "server2", Amount: 2, For: time.Second}, "17.904s for 1s: name of server2 stands for the next server"},
		{plan.Fault{Kind: plan.SlowDisk, On: plan.Leader, Amount: int64(400 * time.Millisecond), For: time.Second}, "17.904s for 1s: log of the leader 400ms slower"},
	} {
		tt.f.At = at
		if got := tt.f.Words(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestEveryKindHasWords: none is reported by its name only, and no two in the same words.
func TestEveryKindHasWords(t *testing.T) {
	seen := map[string]plan.Kind{}
	for _, k := range plan.Kinds() {
		words := plan.Fault{Kind: k, On: "worker2", To: "server1", Amount: 7}.Words()
		if strings.Contains(words, string(k)+" worker2 server1") {
			t.Errorf("%s has no words", k)
		}
		if other := seen[words]; other != "" {
			t.Errorf("%s and %s are both %q", k, other, words)
		}
		seen[words] = k
	}
}
