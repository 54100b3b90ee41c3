package zktest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment says about a [Check].
type settings struct {
	first, last uint64        // seeds; last < first: as many as fit into limit, from first on
	limit       time.Duration // real time for new seeds; 0: no limit
	jobs        int
	plan        string // a file: only this plan
	dir         string // where plans are kept
	noShrink    bool
	fullTrace   bool
	twice       bool // every seed twice, to find what does not follow from the seed
	stopAt      uint64
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
	c := settings{first: 1, last: defaultSeeds, limit: defaultLimit, jobs: 1, of: 1, dir: planDir}
	for _, v := range []struct {
		name string
		read func(string) error
	}{
		{"ZKSIM_TIME", func(v string) (err error) {
			c.limit, err = time.ParseDuration(v)
			c.last = 0
			return err
		}},
		{"ZKSIM_SEEDS", func(v string) (err error) {
			from, to, isRange := strings.Cut(v, "-")
			if !isRange {
				from, to = "1", v
			}
			if c.first, err = strconv.ParseUint(from, 0, 64); err == nil {
				c.last, err = strconv.ParseUint(to, 0, 64)
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
			c.first, err = strconv.ParseUint(v, 0, 64)
			c.last, c.limit = c.first, 0
			return err
		}},
		{"ZKSIM_JOBS", func(v string) (err error) {
			if c.jobs, err = strconv.Atoi(v); err == nil && c.jobs < 1 {
				err = fmt.Errorf("want at least 1")
			}
			return err
		}},
		{"ZKSIM_SLICE", func(v string) error { // of a process that Check has started
			_, err := fmt.Sscanf(v, "%d/%d", &c.slice, &c.of)
			return err
		}},
		{"ZKSIM_PLAN", func(v string) error { c.plan = v; return nil }},
		{"ZKSIM_SHRINK", func(v string) error { c.noShrink = v == "0"; return nil }},
		{"ZKSIM_TRACE", func(v string) error { c.fullTrace = v == "full"; return nil }},
		{"ZKSIM_TWICE", func(v string) error { c.twice = v == "1"; return nil }},
		{"ZKSIM_STOP_AT", func(v string) (err error) { c.stopAt, err = strconv.ParseUint(v, 0, 64); return err }},
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
	} {
		if text := os.Getenv(v.name); text != "" {
			if err := v.read(text); err != nil {
				return c, fmt.Errorf("%s=%s: %w", v.name, text, err)
			}
		}
	}
	return c, nil
}
