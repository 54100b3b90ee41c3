//go:build race

package future_test

// With the race detector everything is slow, sync.Pool forgets at random, and allocations are not the program's own.
const raceEnabled = true
