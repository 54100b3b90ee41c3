package zktest_test

import (
	"runtime/metrics"
	"testing"

	"github.com/gazoo-go/gazoo/zktest"
)

func gcPercent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// A Check changes how often garbage is collected, but not for others, and not against the user's will.
func TestCheckCollectsLessGarbage(t *testing.T) {
	before := gcPercent()
	for _, tt := range []struct {
		env  string
		want uint64
	}{{"", 400}, {"50", before}} {
		t.Setenv("GOGC", tt.env)
		var during uint64
		zktest.Check(t, func(*zktest.Sim) { during = gcPercent() }, zktest.Seeds(1))
		if during != tt.want {
			t.Errorf("GOGC=%s: GC percentage %d during a Check, want %d", tt.env, during, tt.want)
		}
		if after := gcPercent(); after != before {
			t.Errorf("GOGC=%s: GC percentage %d after a Check, was %d", tt.env, after, before)
		}
	}
}
