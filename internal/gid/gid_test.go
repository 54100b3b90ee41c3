package gid

import (
	"iter"
	"sync"
	"testing"
)

// Goroutines that are alive at the same time have different numbers, and each keeps its own while
// its stack moves.
func TestIDIsUniqueAndStays(t *testing.T) {
	for name, id := range map[string]func() uintptr{"ID": ID, "fromStack": fromStack} {
		t.Run(name, func(t *testing.T) {
			const n = 100
			var mu sync.Mutex
			seen := map[uintptr]bool{0: true}
			var all, done sync.WaitGroup
			all.Add(n)
			for range n {
				done.Go(func() {
					before := id()
					mu.Lock()
					if seen[before] {
						t.Errorf("%#x is zero or used twice", before)
					}
					seen[before] = true
					mu.Unlock()
					all.Done()
					all.Wait() // all are alive
					if after := deep(200, id); after != before {
						t.Errorf("was %#x, and is %#x deep down", before, after)
					}
				})
			}
			done.Wait()
		})
	}
}

func deep(n int, id func() uintptr) uintptr {
	var frame [256]byte
	if n == 0 {
		return id()
	}
	r := deep(n-1, id)
	frame[n%len(frame)] = byte(r)
	return r
}

// A coroutine is a goroutine of its own, whoever resumes it.
func TestCoroutines(t *testing.T) {
	for name, id := range map[string]func() uintptr{"ID": ID, "fromStack": fromStack} {
		next, stop := iter.Pull(func(yield func(uintptr) bool) {
			for yield(id()) {
			}
		})
		a, _ := next()
		var b uintptr
		var wg sync.WaitGroup
		wg.Go(func() { b, _ = next() })
		wg.Wait()
		stop()
		if a != b || a == id() {
			t.Errorf("%s: the coroutine was %#x and %#x, its caller is %#x", name, a, b, id())
		}
	}
}

func BenchmarkID(b *testing.B) {
	for b.Loop() {
		ID()
	}
}

func BenchmarkFromStack(b *testing.B) {
	for b.Loop() {
		fromStack()
	}
}
