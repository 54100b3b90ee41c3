package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/zktest/mutants"
)

// medians prints how small the failures of all hunts became, and how many of them replay; the error is that not all do.
func medians(results []result) error {
	var all []mutants.Small
	for _, r := range results {
		all = append(all, r.small...)
	}
	if len(all) == 0 {
		return nil
	}
	unlike := 0
	for _, s := range all {
		if s.Unlike != "" {
			unlike++
		}
	}
	fmt.Printf("made smaller: %d failures, of which %d replay with the same failure and trace hash; "+
		"median (and worst) %s faults, %s processes, %s replays, %s\n", len(all), len(all)-unlike,
		spread(all, func(s mutants.Small) int { return s.Faults }), spread(all, func(s mutants.Small) int { return s.Processes }),
		spread(all, func(s mutants.Small) int { return s.Replays }),
		spread(all, func(s mutants.Small) time.Duration { return s.Took.Round(10 * time.Millisecond) }))
	if unlike > 0 {
		return fmt.Errorf("%d of %d plans that were made smaller do not replay", unlike, len(all))
	}
	return nil
}

func spread[T cmp.Ordered](all []mutants.Small, of func(mutants.Small) T) string {
	var values []T
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return fmt.Sprintf("%v (%v)", values[len(values)/2], values[len(values)-1])
}
