package zktest

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment says about a [Check].
type settings struct {
	first, last uint64        // seeds
	limit       time.Duration // real time for new seeds; 0: no limit
	jobs        int
	plan        string // a file: only this plan
	dir         string // where plans are kept
	noShrink    bool
	fullTrace   bool
	twice       bool // every seed twice, to find what does not follow from the seed
	stopAt      uint64
	pause       func() // at stopAt: a breakpoint
	tier        tier
	slice, of   uint64 // of the seeds every of-th, beginning with the slice-th
	hashes      string // a file to write "seed hash steps" lines to
}

// What a Check does by default.
const (
	defaultSeeds = 200
	defaultLimit = 2 * time.Second
)

// readSettings reads the environment; see Check. What is set and makes no sense is an error.
func readSettings() (settings, error) {
	var known []string
	c := settings{first: 1, last: defaultSeeds, limit: defaultLimit, jobs: 1, of: 1, dir: planDir, pause: runtime.Breakpoint}
	for _, v := range []struct {
		name string
		read func(string) error
	}{
		{"ZKSIM_TIME", func(v string) (err error) {
			c.limit, err = time.ParseDuration(v)
			if err == nil && c.limit <= 0 {
				err = errors.New("want more than zero")
			}
			c.last = math.MaxUint64
			return err
		}},
		{"ZKSIM_SEEDS", func(v string) (err error) {
			from, to, isRange := strings.Cut(v, "-")
			if !isRange {
				from, to = "1", v
			}
			if c.first, err = number(from); err == nil {
				c.last, err = number(to)
			}
			if err == nil && c.last < c.first {
				err = fmt.Errorf("no seeds from %d to %d", c.first, c.last)
			}
			if os.Getenv("ZKSIM_TIME") == "" {
				c.limit = 0
			}
			return err
		}},
		{"ZKSIM_SEED", func(v string) (err error) {
			c.first, err = number(v)
			c.last, c.limit = c.first, 0
			return err
		}},
		{"ZKSIM_JOBS", func(v string) (err error) {
			if c.jobs, err = strconv.Atoi(v); err != nil || c.jobs < 1 || c.jobs > 1000 {
				return errors.New("want a number from 1 to 1000")
			}
			return nil
		}},
		{"ZKSIM_SLICE", func(v string) error { // of a process that Check has started
			_, err := fmt.Sscanf(v, "%d/%d", &c.slice, &c.of)
			if err != nil || c.slice >= c.of || v != fmt.Sprintf("%d/%d", c.slice, c.of) {
				err = errors.New("want one like 0/2 or 1/2")
			}
			return err
		}},
		{"ZKSIM_PLAN", func(v string) error { c.plan = v; return nil }},
		{"ZKSIM_SHRINK", func(v string) error { return oneOf(v, &c.noShrink, "1", "0") }},
		{"ZKSIM_TRACE", func(v string) error { return oneOf(v, &c.fullTrace, "0", "full") }},
		{"ZKSIM_TWICE", func(v string) error { return oneOf(v, &c.twice, "0", "1") }},
		{"ZKSIM_STOP_AT", func(v string) (err error) {
			if c.stopAt, err = number(v); err == nil && c.stopAt == 0 {
				err = errors.New("steps count from 1")
			}
			return err
		}},
		{"ZKSIM_TIER", func(v string) error {
			switch v {
			case "coroutines":
				c.tier = coroutines
			case "goroutines":
				c.tier = goroutines
			default:
				return fmt.Errorf("want coroutines or goroutines")
			}
			return nil
		}},
		{"ZKSIM_HASHES", func(v string) error { c.hashes = v; return nil }},
		{"ZKSIM_REV", func(string) error { return nil }}, // says where a replay command comes from; see Check
	} {
		known = append(known, v.name)
		if text := os.Getenv(v.name); text != "" {
			if err := v.read(text); err != nil {
				return c, fmt.Errorf("%s=%s: %w", v.name, text, err)
			}
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "ZKSIM_") && !slices.Contains(known, name) {
			return c, fmt.Errorf("%s: there is no such variable; there are %s", name, strings.Join(known, ", "))
		}
	}
	if c.jobs > 1 && c.hashes != "" {
		return c, errors.New("ZKSIM_HASHES needs ZKSIM_JOBS=1: only one process can write the file")
	}
	return c, nil
}

// number reads a seed or a step.
func number(v string) (uint64, error) {
	n, err := strconv.ParseUint(v, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number like 500 or 0x1f4", v)
	}
	return n, nil
}

// oneOf sets a flag to whether v is on.
func oneOf(v string, flag *bool, off, on string) error {
	if v != off && v != on {
		return fmt.Errorf("want %s or %s", off, on)
	}
	*flag = v == on
	return nil
}
