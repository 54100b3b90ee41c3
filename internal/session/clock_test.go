package session

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestClock(t *testing.T) {
	w := &world{}
	c := newClock(w)
	before := time.Duration(0)
	step := func(mono, wall, want time.Duration) {
		t.Helper()
		w.mono += mono
		w.wall += wall
		now := c.now()
		if got := now - before; got != want {
			t.Errorf("mono %v, wall %v: %v passed, want %v", mono, wall, got, want)
		}
		before = now
	}
	step(0, 0, 0)
	step(sec, sec, sec)
	step(0, time.Hour, time.Hour)     // asleep
	step(sec, sec, sec)               // and awake
	step(sec, -time.Hour, sec)        // the wall is set back: time goes on, also later
	step(sec, sec, sec)               //
	step(sec, 5*sec, 5*sec)           // asleep in between
	step(sec, sec+leap/2, sec)        // adjustments
	step(sec, sec-leap, sec)          // do not matter
	step(sec, sec+leap/2, sec)        //
	step(sec, sec+leap/2, sec+leap)   // but add up
	step(sec, 0, sec)                 //
	step(2*time.Hour, 0, 2*time.Hour) //
}

// Looking at both clocks took long: what they say does not belong together.
func TestClockInterrupted(t *testing.T) {
	w := &slowWorld{world: &world{}}
	c := newClock(w)
	w.slow = sec
	if got := c.now(); got != 2*sec {
		t.Errorf("%v passed", got)
	}
	w.slow = 0
	if got := c.now(); got != 2*sec {
		t.Errorf("%v passed", got)
	}
}

// A slowWorld lets time pass between looks at its clocks: the wall's was read before the pause.
type slowWorld struct {
	*world
	slow time.Duration
}

func (w *slowWorld) Now() time.Time { return w.world.Now() }

func (w *slowWorld) Wall() time.Time {
	w.pass(w.slow)
	t := w.world.Wall()
	w.pass(w.slow)
	return t
}

// Never back, never less than either clock says of any stretch of time, but for a leap.
func TestClockAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		c := newClock(w)
		type seen struct{ now, mono, wall time.Duration }
		all := []seen{{}}
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			w.mono += time.Duration(rapid.IntRange(0, 100).Draw(t, "mono")) * ms
			w.wall += time.Duration(rapid.IntRange(-200, 300).Draw(t, "wall")) * ms
			s := seen{c.now(), w.mono, w.wall}
			for _, a := range all {
				passed := s.now - a.now
				if passed < s.mono-a.mono || passed < s.wall-a.wall-leap {
					t.Fatalf("%v passed; mono %v, wall %v", passed, s.mono-a.mono, s.wall-a.wall)
				}
			}
			all = append(all, s)
		}
	})
}
