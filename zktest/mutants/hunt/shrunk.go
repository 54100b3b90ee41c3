package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/zktest/mutants"
)

// medians prints how small the failures of all hunts became.
func medians(results []result) {
	var all []mutants.Small
	for _, r := range results {
		all = append(all, r.small...)
	}
	if len(all) == 0 {
		return
	}
	fmt.Printf("made smaller: %d failures; median (and worst) %s faults, %s processes, %s replays, %s\n\n", len(all),
		spread(all, func(s mutants.Small) int { return s.Faults }), spread(all, func(s mutants.Small) int { return s.Processes }),
		spread(all, func(s mutants.Small) int { return s.Replays }),
		spread(all, func(s mutants.Small) time.Duration { return s.Took.Round(10 * time.Millisecond) }))
}

func spread[T cmp.Ordered](all []mutants.Small, of func(mutants.Small) T) string {
	var values []T
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return fmt.Sprintf("%v (%v)", values[len(values)/2], values[len(values)-1])
}
