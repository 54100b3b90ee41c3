package session

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A sentAnswer is one answer of a random history.
type sentAnswer struct {
	answer
	leader bool
}

// histories draws answers in the order in which they come: requests in theirs, pings overtaking them.
func histories(t *rapid.T) (all []sentAnswer) {
	var now time.Duration
	var waiting []time.Duration // sent, not answered
	for range rapid.IntRange(1, 80).Draw(t, "steps") {
		now += time.Duration(rapid.IntRange(0, 400).Draw(t, "pass")) * 10 * ms
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			waiting = append(waiting, now)
		case 1:
			all = append(all, sentAnswer{answer{now, now}, rapid.Bool().Draw(t, "leader")})
		default:
			if len(waiting) > 0 {
				i := 0
				if rapid.IntRange(0, 9).Draw(t, "overtakes") == 0 {
					i = len(waiting) - 1
				}
				all = append(all, sentAnswer{answer{waiting[i], now}, rapid.Bool().Draw(t, "leader")})
				waiting = slices.Delete(waiting, i, i+1)
			}
		}
	}
	return all
}

// The last but one answered request, by the times of sending, found the simple way.
func TestAnswersAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a answers
		a.reset(0)
		times := []time.Duration{0}
		for _, x := range histories(t) {
			a.add(x.sent)
			if !slices.Contains(times, x.sent) { // what went out at one moment is one
				times = append(times, x.sent)
			}
			slices.Sort(times)
			last, lastButOne := times[len(times)-1], times[max(0, len(times)-2)]
			if a.last != last || a.lastButOne != lastButOne {
				t.Fatalf("last %v and %v, want %v and %v", a.last, a.lastButOne, last, lastButOne)
			}
		}
	})
}

// Nothing is called confirmed that is not: a sync or write must have been sent T/4 after it, and not
// before its answer, and must have been answered.
func TestProofIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p proof
		p.reset(0)
		var all []sentAnswer
		for _, x := range histories(t) {
			p.add(x.answer, tt, x.leader)
			all = append(all, x)
			var want time.Duration
			for _, a := range all {
				for _, b := range all {
					if b.leader && a.sent <= b.sent-tt/4 && a.heard <= b.sent {
						want = max(want, a.sent)
					}
				}
			}
			if p.confirmed > want {
				t.Fatalf("at %v: %v is called confirmed, %v is", x.heard, p.confirmed, want)
			}
			if len(p.pending) > maxPending {
				t.Fatalf("%d are pending", len(p.pending))
			}
		}
	})
}

// An idle session collects no answers for ever.
func TestProofForgets(t *testing.T) {
	var p proof
	p.reset(0)
	for i := range time.Duration(1000) {
		p.add(answer{i * sec, i * sec}, tt, false)
	}
	if n := len(p.pending); n != maxPending {
		t.Errorf("%d are pending", n)
	}
	p.add(answer{1000 * sec, 1000 * sec}, tt, true)
	if p.confirmed != 997*sec {
		t.Errorf("%v is confirmed", p.confirmed)
	}
}

// And nothing that is confirmed is missed by more than T/64, unless it is older than a timeout anyway.
func TestProofIsExactInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p proof
		p.reset(0)
		var all []sentAnswer
		var sent, heard time.Duration
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			sent += time.Duration(rapid.IntRange(0, 2000).Draw(t, "pass")) * ms
			heard = max(heard, sent+time.Duration(rapid.IntRange(0, 1000).Draw(t, "takes"))*ms)
			x := sentAnswer{answer{sent, heard}, rapid.Bool().Draw(t, "leader")}
			p.add(x.answer, tt, x.leader)
			all = append(all, x)
			var want time.Duration
			for i, a := range all {
				for _, b := range all[i:] {
					if b.leader && a.sent <= b.sent-tt/4 && a.heard <= b.sent {
						want = max(want, a.sent)
					}
				}
			}
			if p.confirmed > want || p.confirmed < want-tt/maxPending && want > sent-tt {
				t.Fatalf("at %v: %v is known, %v is confirmed", sent, p.confirmed, want)
			}
		}
	})
}
