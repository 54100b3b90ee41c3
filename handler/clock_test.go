package handler_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestClocks(t *testing.T) {
	d := handler.NewDeterministic(1)
	n, other := d.Node("n"), d.Node("other")
	begun := d.Now()
	shows := func(now, wall time.Duration) {
		t.Helper()
		if got := n.Now().Sub(begun); got != now {
			t.Errorf("Now is %v; want %v", got, now)
		}
		if got := n.Wall().Sub(begun); got != wall {
			t.Errorf("Wall is %v; want %v", got, wall)
		}
		if n.Lane("a").Now() != n.Now() || other.Now() != d.Now() || other.Wall() != d.Now() {
			t.Error("other clocks are wrong")
		}
	}
	d.Advance(time.Second)
	shows(time.Second, time.Second)
	n.JumpWall(-time.Minute)
	shows(time.Second, time.Second-time.Minute)
	n.SetClock(time.Hour, 2)
	shows(time.Second, time.Second+time.Hour)
	d.Advance(time.Second)
	shows(3*time.Second, 3*time.Second+time.Hour)
	n.JumpWall(time.Minute)
	d.Advance(time.Second)
	shows(5*time.Second, 5*time.Second+time.Hour+time.Minute)
	n.Kill()
	n = n.Restart() // with the same clock
	shows(5*time.Second, 5*time.Second+time.Hour+time.Minute)
	n.SetClock(0, 1)
	d.Advance(time.Second)
	shows(6*time.Second, 6*time.Second)
	d.Stop()
}

// Timers run by the clock of their node, also those that run when it goes wrong.
func TestTimersDrift(t *testing.T) {
	d := handler.NewDeterministic(1)
	n, other := d.Node("n"), d.Node("other")
	begun := d.Now()
	at := make(map[string]time.Duration)
	note := func(name string) future.Task {
		return future.Func(func() { at[name] = d.Now().Sub(begun) })
	}
	n.AfterFunc(10*time.Second, note("long"))
	n.AfterFunc(time.Second, note("short"))
	n.AfterFunc(math.MaxInt64, note("never"))
	other.AfterFunc(10*time.Second, note("of another"))
	d.Advance(2 * time.Second)
	n.SetClock(0, 2) // 8 seconds are left, which pass in 4
	n.Lane("a").AfterFunc(2*time.Second, note("by the new clock"))
	ctx, cancel := n.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	n.Lane("a").OnCancel(ctx, note("context"))
	n.AfterFunc(math.MaxInt64-time.Hour, note("never"))
	d.Advance(time.Minute)
	for name, want := range map[string]time.Duration{
		"short": time.Second, "long": 6 * time.Second, "of another": 10 * time.Second, "by the new clock": 3 * time.Second,
		"context": 5 * time.Second, "never": 0,
	} {
		if at[name] != want {
			t.Errorf("%s: at %v; want %v", name, at[name], want)
		}
	}
	d.Stop()
	<-d.Stopped()
}

// No timer is early by its node's clock, whatever the drift.
func TestDriftingTimersAreNotEarly(t *testing.T) {
	d := handler.NewDeterministic(1)
	n := d.Node("n")
	r := d.Rand("drift")
	for range 1000 {
		n.SetClock(0, 0.5+r.Float64())
		want := time.Duration(r.Int64N(int64(time.Hour)))
		begun, real := n.Now(), d.Now()
		fired := false
		n.AfterFunc(want, future.Func(func() {
			fired = true
			if passed := n.Now().Sub(begun); passed < want || passed > want+2 {
				t.Errorf("fired after %v instead of %v", passed, want)
			}
		}))
		d.Advance(2 * time.Hour)
		if !fired || d.Now().Sub(real) != 2*time.Hour {
			t.Fatal("did not fire")
		}
	}
	d.Stop()
}

func TestSetClockRefuses(t *testing.T) {
	n := handler.NewDeterministic(1).Node("n")
	for _, drift := range []float64{0, -1, math.Inf(1), math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a drift of %v is accepted", drift)
				}
			}()
			n.SetClock(0, drift)
		}()
	}
}
