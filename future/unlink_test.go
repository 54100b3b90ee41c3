package future_test

import (
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

func TestUnlink(t *testing.T) {
	const n = 5
	for out := range n { // each of them, so the first, one in the middle and the last
		l := newSlowLane()
		p := future.NewPromise[int](l)
		var got, want []int
		links := make([]future.Link, n)
		for i := range links {
			links[i] = p.Future().OnComplete(note[int](&got, i))
			if i != out {
				want = append(want, i)
			}
		}
		if !links[out].Unlink() {
			t.Error("Unlink before completion was too late")
		}
		if links[out].Unlink() {
			t.Error("unlinked twice")
		}
		p.Complete(1, nil)
		l.run()
		if !slices.Equal(got, want) {
			t.Errorf("without %d: ran %v", out, got)
		}
		for i, link := range links {
			if link.Unlink() {
				t.Errorf("unlinked %d after it ran", i)
			}
		}
	}
}

// Between completion and the callback's turn Unlink is in time.
func TestUnlinkWhileQueued(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	first := p.Future().OnComplete(note[int](&got, 0))
	p.Complete(1, nil)
	second := p.Future().OnComplete(note[int](&got, 1))
	third := p.Future().OnComplete(note[int](&got, 2))
	if !first.Unlink() || !third.Unlink() {
		t.Error("Unlink was too late")
	}
	l.run()
	if second.Unlink() {
		t.Error("unlinked after it ran")
	}
	if !slices.Equal(got, []int{1}) {
		t.Errorf("ran %v", got)
	}
}

// With the last callback unlinked, the next one still gets its turn.
func TestUnlinkAll(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	p.Future().OnComplete(note[int](&got, 0)).Unlink()
	p.Future().OnComplete(note[int](&got, 1))
	p.Complete(1, nil)
	l.run()
	p.Future().OnComplete(note[int](&got, 2)).Unlink()
	p.Future().OnComplete(note[int](&got, 3))
	l.run()
	p.Future().OnComplete(note[int](&got, 4)).Unlink()
	l.run()
	p.Future().OnComplete(note[int](&got, 5))
	l.run()
	if !slices.Equal(got, []int{1, 3, 5}) {
		t.Errorf("ran %v", got)
	}
}

func TestUnlinkWithinCallback(t *testing.T) {
	l := newSlowLane()
	p := future.NewPromise[int](l)
	var got []int
	var self, next future.Link
	self = p.Future().OnComplete(func(int, error) {
		got = append(got, 0)
		if self.Unlink() {
			t.Error("a callback that is running was unlinked")
		}
		if !next.Unlink() {
			t.Error("the next callback could not be unlinked")
		}
	})
	next = p.Future().OnComplete(note[int](&got, 1))
	p.Future().OnComplete(note[int](&got, 2))
	p.Complete(1, nil)
	l.run()
	if !slices.Equal(got, []int{0, 2}) {
		t.Errorf("ran %v", got)
	}
}

func TestZeroLink(t *testing.T) {
	if (future.Link{}).Unlink() {
		t.Error("the zero Link held something")
	}
}

// Whoever unlinks in time decides, and nobody else: Unlink returns true or the callback runs.
func TestUnlinkAgainstComplete(t *testing.T) {
	onShared(t, func(t *testing.T, h handler.Handler) {
		l := h.Lane("a")
		early, late := 0, 0
		for range rounds {
			p := future.NewPromise[int](l)
			ran := false // the lane's
			link := p.Future().OnComplete(func(int, error) { ran = true })
			unlinked := false
			collide(func() { p.Complete(1, nil) }, func() { unlinked = link.Unlink() })
			flush(t, l)
			if ran == unlinked {
				t.Fatalf("ran: %v, unlinked: %v", ran, unlinked)
			}
			if ran {
				late++
			} else {
				early++
			}
		}
		t.Logf("in time %d, too late %d", early, late)
	})
}
