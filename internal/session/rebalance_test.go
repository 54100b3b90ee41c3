package session

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func names(from, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("zk%d:1", from+i))
	}
	return list
}

// Clients that are spread evenly over a list of servers are so over the next one, and as few of them move as
// possible. Each of the changes comes on top of the one before.
func TestRebalance(t *testing.T) {
	const clients = 40_000
	r := rand.New(rand.NewPCG(1, 2))
	list := names(1, 3)
	at := make([]*hosts, clients)
	for i := range at {
		at[i] = &hosts{list: list, rand: r, last: list[i%len(list)]}
	}
	for _, next := range [][]string{
		names(1, 5),                           // two more
		names(1, 4),                           // one fewer
		append(names(2, 3), names(9, 3)...),   // three more, and one fewer
		names(20, 6),                          // all others
		append(names(20, 3), names(30, 1)...), // three fewer, and one more
		names(20, 1),
		names(20, 7),
		append(names(23, 3), names(40, 2)...),
	} {
		moved, on := 0, map[string]int{}
		for _, h := range at {
			if h.update(next, h.last, "10.0.0.1:1") {
				moved++
				h.start()
				all := slices.Clone(h.order)
				slices.Sort(all)
				want := slices.Sorted(slices.Values(next))
				if !slices.Equal(all, want) {
					t.Fatalf("a round over %v, want %v", h.order, want)
				}
				if h.order[0] == h.last && len(next) > 1 {
					t.Fatalf("from %s to itself", h.last)
				}
				h.last = h.order[0]
			}
			on[h.last]++
		}
		share := 1 / float64(len(next))
		least := 0. // of clients that must move: those whose server is gone, or those that make room
		for _, s := range list {
			if !slices.Contains(next, s) {
				least += 1 / float64(len(list))
			} else {
				least += max(0, 1/float64(len(list))-share)
			}
		}
		for _, s := range next {
			if got := float64(on[s]) / clients; math.Abs(got-share) > 0.012 {
				t.Errorf("from %v to %v: %s has %.3f of all, want %.3f", list, next, s, got, share)
			}
		}
		if got := float64(moved) / clients; math.Abs(got-least) > 0.012 {
			t.Errorf("from %v to %v: %.3f of all moved, want %.3f", list, next, got, least)
		}
		list = next
	}
}

// With a fixed order nobody moves who need not.
func TestRebalanceInOrder(t *testing.T) {
	for range 20 {
		h := &hosts{list: names(1, 2), rand: rand.New(rand.NewPCG(1, 2)), inOrder: true}
		if h.update(names(1, 9), "zk2:1", "") {
			t.Fatal("moves")
		}
		if !h.update(names(5, 4), "zk2:1", "") {
			t.Fatal("stays")
		}
		if h.start(); !slices.Equal(h.order, names(5, 4)) {
			t.Fatalf("order %v", h.order)
		}
	}
}
