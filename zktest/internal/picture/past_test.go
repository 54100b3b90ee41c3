package picture_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

func labels(run *picture.Run) map[string]bool {
	all := map[string]bool{}
	for _, a := range run.Arrows {
		all[a.Label] = true
	}
	for _, m := range run.Marks {
		all[m.Label] = true
	}
	return all
}

func TestPastHasTheCausesAndNotWhatTheyDidNotDependOn(t *testing.T) {
	// a asks b, which asks c; the answer breaks something at a. Meanwhile d and e talk.
	s := newScript(1)
	arrow := func(from, to, label string, then func()) {
		s.send(picture.Arrow{From: from, To: to, Label: label}, then)
	}
	s.after(ms, func() {
		arrow("a", "b", "ask", func() {
			s.after(50*ms, func() { // a timer in between
				arrow("b", "c", "ask on", func() {
					arrow("c", "b", "answer", func() {
						arrow("b", "a", "answer on", func() {
							s.run.Violation = picture.Violation{Name: "n", At: s.now, Step: s.step}
							arrow("a", "c", "in the last step", nil)
						})
					})
				})
			})
		})
	})
	for i := range 40 {
		s.after(time.Duration(i)*2*ms, func() { arrow("d", "e", fmt.Sprint("chat ", i), nil) })
	}
	s.until(time.Second)
	past := s.run.Past(picture.MaxArrows)
	got := labels(past)
	for _, want := range []string{"ask", "ask on", "answer", "answer on"} {
		if !got[want] {
			t.Errorf("%q is missing", want)
		}
	}
	for label := range got {
		if strings.HasPrefix(label, "chat") {
			t.Errorf("%q is there", label)
		}
	}
	if len(past.Lanes) != 3 {
		t.Errorf("lanes: %v", past.Lanes)
	}
}

func TestPastIsNearestFirst(t *testing.T) {
	var run picture.Run
	for i := range 1000 {
		at := time.Duration(i) * 10 * ms
		run.Arrows = append(run.Arrows, picture.Arrow{
			From: "a", To: "b", Label: fmt.Sprint(i), Sent: at, Arrived: at + ms, SentStep: uint64(2*i + 1), ArrivedStep: uint64(2*i + 2),
		})
	}
	run.Violation = picture.Violation{Name: "n", At: 5005 * ms, Step: 1003, Lanes: []string{"b"}}
	past := run.Past(7)
	if len(past.Arrows) != 7 {
		t.Fatalf("%d arrows", len(past.Arrows))
	}
	for i, a := range past.Arrows {
		if want := fmt.Sprint(494 + i); a.Label != want {
			t.Errorf("arrow %d is number %s, want %s", i, a.Label, want)
		}
	}
}

func TestPastPrefersTheSubject(t *testing.T) {
	// Long before a lock is lost, something happened to its node; since then the lane was busy with other things.
	run := picture.Run{Violation: picture.Violation{Name: "n", At: time.Second, Step: 1000, Lanes: []string{"a"}}}
	add := func(at time.Duration, label, subject string) {
		step := uint64(len(run.Arrows) + 1)
		run.Arrows = append(run.Arrows, picture.Arrow{
			From: "a", To: "b", Label: label, Subject: subject, Sent: at, SentStep: step, Arrived: at + ms, ArrivedStep: step,
		})
	}
	add(500*ms, "create the lock", "/lock")
	for i := range 200 {
		add(501*ms+time.Duration(i)*ms, "other", fmt.Sprint("/other", i))
	}
	add(999*ms, "look at the lock", "/lock")
	if got := labels(run.Past(5)); !got["create the lock"] || !got["look at the lock"] {
		t.Errorf("the lock's own past is missing: %v", got)
	}
}

func TestPastLeavesOutRoutineUnlessItIsTheCause(t *testing.T) {
	s := newScript(1)
	var ping func(n int)
	ping = func(n int) {
		s.send(picture.Arrow{From: "a", To: "b", Label: fmt.Sprint("ping ", n), Quiet: true}, func() {
			if n == 50 {
				s.run.Violation = picture.Violation{Name: "n", At: s.now, Step: s.step}
				return
			}
			s.after(10*ms, func() { ping(n + 1) })
		})
	}
	s.after(ms, func() { ping(1) })
	s.until(time.Minute)
	got := labels(s.run.Past(picture.MaxArrows))
	if !got["ping 50"] || len(got) > 3 {
		t.Errorf("of 50 pings, the last of which broke something, there are %v", got)
	}
	s.run.Violation.Step = 1 // now no ping came before it
	s.run.Violation.Lanes = []string{"a"}
	if got := labels(s.run.Past(picture.MaxArrows)); len(got) != 0 {
		t.Errorf("pings are drawn that caused nothing: %v", got)
	}
}

func TestPastEndsWithTheViolation(t *testing.T) {
	run := picture.Run{Violation: picture.Violation{Name: "n", At: 10 * ms, Step: 10, Lanes: []string{"a"}}}
	for i, step := range []uint64{8, 10, 11, 12} {
		run.Marks = append(run.Marks, picture.Mark{Lane: "a", At: 10 * ms, Step: step, Label: fmt.Sprint(step)})
		run.Arrows = append(run.Arrows, picture.Arrow{
			From: "a", To: "b", Label: fmt.Sprint("sent in ", step), Sent: time.Duration(9+i) * ms, SentStep: step, Arrived: time.Second, ArrivedStep: 99,
		})
	}
	got := labels(run.Past(picture.MaxArrows))
	for label, want := range map[string]bool{
		"8": true, "10": true, "11": false, "12": false, "sent in 8": true, "sent in 10": true, "sent in 11": false, "sent in 12": false,
	} {
		if got[label] != want {
			t.Errorf("%q: %v, want %v", label, got[label], want)
		}
	}
}
