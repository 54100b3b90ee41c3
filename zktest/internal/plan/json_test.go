package plan_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gazoo-go/gazoo/zktest/internal/plan"
)

const written1 = `{
  "format": 1,
  "test": "TestWorker/<a>",
  "seed": "0x1f3a",
  "salt": 7,
  "schedule": {"policy":"pct","depth":3,"steps":20000},
  "latency": {"kind":"uniform","min":"200µs","max":"2ms"},
  "knobs": {"quorum-delay-us":400000,"tick-ms":500},
  "without": ["worker3"],
  "duration": "20s",
  "faults": [
    {"n":17,"at":"17.904s","for":"3.2s","kind":"stall","on":"worker2","to":"connected"},
    {"n":4,"at":"18s","kind":"clock-jump","on":"worker1","amount":"-1m0s"},
    {"n":20,"run":1,"at":"1ms","kind":"reset-after","on":"server1","to":"leader","amount":41}
  ]
}
`

var plan1 = plan.Plan{
	Test: "TestWorker/<a>", Seed: 0x1f3a, Salt: 7,
	Schedule: plan.Schedule{Policy: plan.PCT, Depth: 3, Steps: 20_000},
	Latency:  plan.Latency{Kind: plan.UniformWait, Min: 200 * time.Microsecond, Max: 2 * time.Millisecond},
	Knobs:    map[string]int64{plan.TickMS: 500, plan.QuorumDelayUS: 400_000},
	Without:  []string{"worker3"},
	Duration: 20 * time.Second,
	Faults: []plan.Fault{
		{N: 17, At: 17_904 * time.Millisecond, For: 3_200 * time.Millisecond, Kind: plan.Stall, On: "worker2", To: plan.Connected},
		{N: 4, At: 18 * time.Second, Kind: plan.ClockJump, On: "worker1", Amount: -int64(time.Minute)},
		{N: 20, Run: 1, At: time.Millisecond, Kind: plan.ResetAfter, On: "server1", To: plan.Leader, Amount: 41},
	},
	Drawn: true,
}

func TestWrite(t *testing.T) {
	if diff := cmp.Diff(written1, string(written(t, plan1))); diff != "" {
		t.Error(diff)
	}
	mixed := plan1
	mixed.Faults = []plan.Fault{plan1.Faults[2], plan1.Faults[1], plan1.Faults[0]}
	if diff := cmp.Diff(written1, string(written(t, mixed))); diff != "" {
		t.Error("faults that were not in order:", diff)
	}
	if mixed.Faults[0].N != 20 {
		t.Error("Write changed the plan")
	}
}

func TestRead(t *testing.T) {
	got, err := plan.Read(strings.NewReader(written1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan1, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryDrawnPlanSurvivesTheRoundTrip(t *testing.T) {
	largest := 0
	for seed := range uint64(60) {
		p := plan.Draw(seed, standard, plan.Swarm{Full: seed%2 == 0})
		text := written(t, p)
		largest = max(largest, len(text))
		got, err := plan.Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if again := written(t, got); !bytes.Equal(text, again) {
			t.Fatalf("seed %d: written differently the second time:\n%s", seed, again)
		}
	}
	if largest > 8_000 {
		t.Errorf("a plan has %d bytes", largest)
	}
}

func TestReadRefuses(t *testing.T) {
	stall := `{"n":17,"at":"17.904s","for":"3.2s","kind":"stall","on":"worker2","to":"connected"}`
	for _, tt := range []struct {
		old, new string // what is changed in written1
		want     string // part of the error
	}{
		{written1, "", "EOF"},
		{written1, "null", "format: it is missing"},
		{written1, "[]", "cannot unmarshal array"},
		{`"format": 1,`, ``, "format: it is missing"},
		{`"format": 1`, `"format": 2`, "format: 2 is not known"},
		{`"salt": 7`, `"salt": -7`, "cannot unmarshal number -7"},
		{`"salt": 7`, `"salt": 7, "pepper": 8`, `unknown field "pepper"`},
		{`"salt": 7`, `"salt": 7, "salt": 8`, "salt: it is there twice"},
		{`"salt": 7`, `"Salt": 7`, "Salt: names of fields have no capitals"},
		{`  "seed": "0x1f3a",`, ``, "seed: it is missing"},
		{`"0x1f3a"`, `"fish"`, `seed: "fish" is not like "0x1f3a"`},
		{`"0x1f3a"`, `"-1"`, "seed:"},
		{`"pct"`, `"luck"`, `schedule.policy: there is no policy "luck"`},
		{`"policy":"pct",`, ``, `schedule.policy: there is no policy ""`},
		{`"depth":3,`, ``, "schedule.depth: it is 0"},
		{`"pct"`, `"fifo"`, "schedule.depth: only pct has it"},
		{`"kind":"uniform"`, `"kind":"even"`, `latency.kind: there is no distribution "even"`},
		{`"max":"2ms"`, `"max":"2µs"`, "latency.max: 2µs is less than min"},
		{`"max":"2ms"`, `"mean":"2ms"`, "latency."},
		{`"min":"200µs"`, `"min":"-200µs"`, "latency.min: -200µs is negative"},
		{`"tick-ms":500`, `"tick-ms":5`, "knobs.tick-ms: 5 is not from 200 to 2000"},
		{`"tick-ms":500`, `"tock-ms":500`, "knobs.tock-ms: there is no such knob"},
		{`"tick-ms":500`, `"tick-ms":0.5`, "cannot unmarshal number 0.5"},
		{`["worker3"]`, `["worker3", "worker3"]`, `without[1]: "worker3" is there already`},
		{`["worker3"]`, `["leader"]`, `without[0]: "leader" cannot be a process`},
		{`["worker3"]`, `[""]`, "without[0]: it is missing"},
		{`"duration": "20s"`, `"duration": "-20s"`, "duration: -20s is negative"},
		{`"duration": "20s"`, `"duration": 20`, `a time is a string like "1.5s", not 20`},
		{`"duration": "20s"`, `"duration": "200000h"`, "duration: 200000h0m0s is very long"},
		{stall, `null`, `faults[0].kind: there is no kind of fault ""`},
		{`"kind":"stall"`, `"kind":"earthquake"`, `faults[0].kind: there is no kind of fault "earthquake"`},
		{`"n":17`, `"n":0`, "faults[0].n: 0 is not a number of a fault"},
		{`"n":17`, `"n":4`, "faults[1].n: faults[0] has the same number"},
		{`"n":17`, `"n":17,"n":18`, "faults[0].n: it is there twice"},
		{`"n":17`, `"n":17,"color":"red"`, `faults[0]: unknown field "color"`},
		{`"at":"17.904s",`, ``, "faults[0].at: it is missing"},
		{`"17.904s"`, `"-17.904s"`, "faults[0].at: -17.904s is negative"},
		{`"17.904s"`, `"soon"`, "faults[0]: "},
		{`"3.2s"`, `"-1s"`, "faults[0].for: -1s is negative"},
		{`"18s"`, `"18s","for":"1s"`, "faults[1].for: clock-jump is over at once"},
		{`"run":1`, `"run":-1`, "faults[2].run: -1 is negative"},
		{`"on":"worker2",`, ``, "faults[0].on: it is missing"},
		{`"on":"worker2",`, `"on":"wor\nker",`, "is no name"},
		{`,"to":"connected"`, ``, "faults[0].to: it is missing"},
		{`"to":"connected"`, `"to":"worker2"`, "faults[0].to: a link needs two ends"},
		{`"to":"connected"`, `"to":"connected","amount":1`, "faults[0].amount: stall has none"},
		{`"on":"worker1"`, `"on":"worker1","to":"server1"`, "faults[1].to: clock-jump has one target only"},
		{`"on":"worker1"`, `"on":"leader"`, `faults[1].on: clock-jump happens to a process, not to "leader"`},
		{`"on":"worker1"`, `"on":"connected"`, "faults[1].on"},
		{`"-1m0s"`, `"0s"`, "faults[1].amount: 0s is zero"},
		{`"-1m0s"`, `-60`, `faults[1].amount: a time is a string`},
		{`"amount":41`, `"amount":0`, "faults[2].amount: 0 is not a number of bytes"},
		{`"amount":41`, `"amount":"41s"`, "faults[2].amount: cannot unmarshal string"},
		{"]\n}\n", "]\n} {}", "something follows its end"},
		{"]\n}\n", "]\n", "EOF"},
		{"{\n", strings.Repeat(" ", 5<<20) + "{\n", "it has more than"},
	} {
		text := strings.Replace(written1, tt.old, tt.new, 1)
		if text == written1 {
			t.Errorf("%q is not in the plan", tt.old)
		}
		_, err := plan.Read(strings.NewReader(text))
		var invalid *plan.InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s instead of %s: got %v, want %q", clip(tt.new), clip(tt.old), err, tt.want)
		}
	}
}

func clip(s string) string { return s[:min(len(s), 60)] }

func TestReadPassesOnWhatTheReaderSays(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := plan.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestWriteRefusesWhatReadWould(t *testing.T) {
	p := plan1
	p.Faults = []plan.Fault{{N: 1, Kind: "earthquake", On: "server1"}}
	var b bytes.Buffer
	var invalid *plan.InvalidError
	if err := plan.Write(&b, p); !errors.As(err, &invalid) || invalid.Field != "faults[0].kind" || b.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
}

func TestReadSortsFaults(t *testing.T) {
	p, err := plan.Read(strings.NewReader(strings.Replace(written1, `"17.904s"`, `"19s"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Faults[0].N != 4 || p.Faults[1].N != 17 || p.Faults[2].N != 20 {
		t.Errorf("got %v", p.Faults)
	}
}

// FuzzRead: whatever is read is valid, and the same when it is written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(written1))
	f.Add(written(f, plan.Draw(3, standard, plan.Swarm{Full: true})))
	f.Add([]byte(`{"format":1,"seed":"0","schedule":{"policy":"fifo"},"latency":{"kind":"constant"},"faults":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Read(bytes.NewReader(text))
		if err != nil {
			var invalid *plan.InvalidError
			if !errors.As(err, &invalid) || err.Error() == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := plan.Read(bytes.NewReader(written(t, p)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
