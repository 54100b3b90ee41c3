package handler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

var policies = []handler.Policy{handler.Uniform, handler.FIFO, handler.LIFO, handler.PCT(1, 0), handler.PCT(3, 300)}

// Under every policy a seed is a world, and another timing is another order.
func TestPolicies(t *testing.T) {
	for _, p := range policies {
		t.Run(p.String(), func(t *testing.T) {
			hashes := make(map[uint64]bool)
			for seed := range uint64(20) {
				a, b := handler.NewDeterministic(seed, handler.Schedule(p)), handler.NewDeterministic(seed, handler.Schedule(p))
				logA, logB := scenario(a), scenario(b)
				if a.TraceHash() != b.TraceHash() || logA != logB {
					t.Fatalf("seed %d: two runs differ", seed)
				}
				hashes[a.TraceHash()] = true
				c := handler.NewDeterministic(seed, handler.Timing(seed+1), handler.Schedule(p))
				scenario(c)
				if c.TraceHash() == a.TraceHash() {
					t.Errorf("seed %d: another timing changes nothing", seed)
				}
			}
			if len(hashes) != 20 {
				t.Errorf("20 seeds made %d different traces", len(hashes))
			}
		})
	}
}

// What another timing leaves alone: the streams of those who draw data.
func TestTimingLeavesStreams(t *testing.T) {
	a, b := handler.NewDeterministic(1), handler.NewDeterministic(1, handler.Timing(2))
	if a.Node("n").Rand("x").Uint64() != b.Node("n").Rand("x").Uint64() {
		t.Error("another timing, other data")
	}
}

// turns tells the order in which three sources take turns, with three tasks each.
func turns(seed uint64, p handler.Policy) string {
	d := handler.NewDeterministic(seed, handler.Schedule(p))
	var got []byte
	for _, name := range "abc" {
		l := d.Lane(string(name))
		for i := range 3 {
			l.Dispatch(future.Func(func() {
				got = append(got, byte(name))
				if i == 0 && name == 'b' {
					d.Spawn(func() { got = append(got, 'p') })
				}
			}))
		}
	}
	d.Run()
	d.Stop()
	return string(got)
}

func TestOrders(t *testing.T) {
	for seed := range uint64(5) {
		if got := turns(seed, handler.FIFO); got != "abcabpcabc" && got != "abcapbcabc" && got != "abcabcpabc" {
			t.Errorf("fifo: %s", got)
		}
		if got := turns(seed, handler.LIFO); got != "cccbpbbaaa" && got != "cccbbpbaaa" {
			t.Errorf("lifo: %s", got)
		}
	}
	// With priorities alone a source goes on until it is through or a better one comes.
	seen := make(map[string]bool)
	for seed := range uint64(100) {
		got := turns(seed, handler.PCT(1, 0))
		seen[got] = true
		without := slices.Compact(slices.DeleteFunc([]byte(got), func(c byte) bool { return c == 'p' }))
		if len(without) != 3 {
			t.Errorf("pct: %s", got)
		}
	}
	if len(seen) < 12 { // 3! orders, and three places or four for p
		t.Errorf("pct: %d orders: %v", len(seen), seen)
	}
}

// A change point lets another source go first in the middle of what the best one does.
func TestPCTChanges(t *testing.T) {
	split := 0
	for seed := range uint64(100) {
		if s := slices.Compact([]byte(turns(seed, handler.PCT(2, 9)))); len(s) > 6 {
			t.Errorf("one change, and yet %s", s)
		} else if turns(seed, handler.PCT(2, 9)) != turns(seed, handler.PCT(1, 9)) {
			split++
		}
	}
	if split < 20 {
		t.Errorf("changes showed in %d of 100 seeds", split)
	}
}

// Whoever always has more to do does not keep the others from their turn.
func TestNobodyStarves(t *testing.T) {
	for _, p := range policies {
		for seed := range uint64(10) {
			d := handler.NewDeterministic(seed, handler.Schedule(p))
			over := 0
			var again func(l handler.Lane) future.Task
			again = func(l handler.Lane) future.Task {
				return future.Func(func() {
					if over < 2 {
						l.Dispatch(again(l))
					}
				})
			}
			d.Spawn(func() { over++ })
			d.Lane("a").Dispatch(again(d.Lane("a")))
			d.Lane("b").Dispatch(again(d.Lane("b")))
			d.Spawn(func() { over++ })
			if err := d.RunUntil(func() bool { return over == 2 || d.Steps() > 50_000 }); err != nil || over < 2 {
				t.Errorf("%v, seed %d: %v, %d of 2 had their turn in %d steps", p, seed, err, over, d.Steps())
			}
			d.Stop()
		}
	}
}

// With FIFO, timers for the same moment fire in the order in which they were set.
func TestTimersFIFO(t *testing.T) {
	d := handler.NewDeterministic(1, handler.Schedule(handler.FIFO))
	var got, want []int
	for i := range 100 {
		d.AfterFunc(time.Second, future.Func(func() { got = append(got, i) }))
		want = append(want, i)
	}
	d.Run()
	if !slices.Equal(got, want) {
		t.Errorf("fired in the order %v", got)
	}
	d.Stop()
}

func ExampleSchedule() {
	world := handler.NewDeterministic(42, handler.Schedule(handler.FIFO))
	for _, name := range []string{"ann", "ben"} {
		world.Node(name).Spawn(func() { fmt.Println(name) })
	}
	world.Run()
	// Output:
	// ann
	// ben
}
