package mutants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Found is the outcome of one hunt.
type Found struct {
	// Seeds is how many it took; 0: the bug was not found.
	Seeds int
	// Seed is the one that shows it.
	Seed uint64
	// Text is what was reported.
	Text string
	Took time.Duration
	// Small is how small the failure became, if it was to be made smaller.
	Small Small
}

// Small is what is left of a failure that was made smaller.
type Small struct {
	Faults, Processes int
	Replays           int           // that it took
	Took              time.Duration // all of them

	// Unlike is what the stored plan showed when another process replayed it, and what it should have; empty: the same,
	// with the same trace hash.
	Unlike string
}

// Hunt runs a test with the bug of that name, or without any if name is "", over n seeds from first on, until one
// fails, which is made smaller then if shrink says so. dir is where [Build] has made the binaries.
//
// The error says that the binary failed in a way that no seed explains.
func Hunt(ctx context.Context, dir string, test Test, name string, first uint64, n int, shrink bool) (Found, error) {
	here, err := os.MkdirTemp(dir, "hunt") // for plans and pictures, which nobody needs
	if err != nil {
		return Found{}, err
	}
	defer os.RemoveAll(here)
	if here, err = filepath.Abs(here); err != nil {
		return Found{}, err
	}
	began := time.Now()
	out, err := check(ctx, dir, here, test, name, "ZKSIM_SHRINK="+map[bool]string{true: "1", false: "0"}[shrink],
		fmt.Sprintf("ZKSIM_SEEDS=%d-%d", first, first+uint64(n)-1))
	took := time.Since(began)
	if ctx.Err() != nil {
		return Found{}, ctx.Err()
	}
	var failed *exec.ExitError
	switch {
	case err == nil && strings.Contains(out, "--- PASS: "+test.Name):
		return Found{Took: took}, nil
	case err == nil:
		return Found{}, fmt.Errorf("%s did not run:\n%s", test.Name, last(out))
	case !errors.As(err, &failed):
		return Found{}, err
	}
	f, ok := parseFailure(out)
	if !ok {
		return Found{}, fmt.Errorf("%s, mutant %q: %w, and it does not say with which seed:\n%s", test.Name, name, err, last(out))
	}
	f.Seeds, f.Took = int(f.Seed-first)+1, took
	if shrink {
		f.Small.Unlike, err = replay(ctx, dir, here, test, name, out)
	}
	return f, err
}

// check runs a test, with plans and pictures in here.
func check(ctx context.Context, dir, here string, test Test, name string, env ...string) (out string, err error) {
	binary, err := filepath.Abs(Binary(dir, test.Package))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^"+regexp.QuoteMeta(test.Name)+"$", "-test.timeout", "0", "-test.v")
	cmd.Dir = here
	cmd.Env = append(os.Environ(), "ZKMUTANT="+name, "GOMAXPROCS=1", "TMPDIR="+here, "ZKSIM_JOBS=1")
	cmd.Env = append(cmd.Env, env...)
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// replay runs the plan that a failing test has made smaller, and says what is not as that test said.
func replay(ctx context.Context, dir, here string, test Test, name, said string) (unlike string, err error) {
	plan, want := planLine.FindStringSubmatch(said), workLine.FindStringSubmatch(said)
	if plan == nil || want == nil {
		return "", fmt.Errorf("%s, mutant %q: no smaller plan:\n%s", test.Name, name, last(said))
	}
	hashes := filepath.Join(here, "hashes")
	out, err := check(ctx, dir, here, test, name, "ZKSIM_PLAN="+plan[1], "ZKSIM_SHRINK=0", "ZKSIM_HASHES="+hashes)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return "", err
	}
	var seed, hash string
	line, err := os.ReadFile(hashes)
	if err == nil {
		_, err = fmt.Sscan(string(line), &seed, &hash)
	}
	if err != nil {
		return "", fmt.Errorf("%s, mutant %q: replay of the smaller plan: %w\n%s", test.Name, name, err, last(out))
	}
	text := "nothing"
	if t := textLine.FindStringSubmatch(out); failed != nil && t != nil {
		text = t[1]
	}
	if text != want[4] || hash != want[3] {
		unlike = fmt.Sprintf("%s (%s) instead of %s (%s)", text, hash, want[4], want[3])
	}
	return unlike, nil
}

// last is the end of a long output.
func last(out string) string { return out[max(0, len(out)-4000):] }

var (
	seedLine = regexp.MustCompile(`(?m)replay: .*\bZKSIM_SEED=(\S+)`)
	sizeLine = regexp.MustCompile(`(?m)shrunk: ZKSIM_PLAN=\S+ +(\d+) faults?, (\d+) process`)
	planLine = regexp.MustCompile(`(?m)shrunk: ZKSIM_PLAN=(\S+) `)
	workLine = regexp.MustCompile(`(?m)zktest: made smaller in (\S+), by (\d+) replays, trace hash (\w+): (.*)$`)
	textLine = regexp.MustCompile(`(?m)zktest: (.*)$`)
)

// parseFailure reads what a failing Check prints.
func parseFailure(out string) (f Found, ok bool) {
	m := seedLine.FindStringSubmatch(out)
	if m == nil {
		return f, false
	}
	seed, err := strconv.ParseUint(m[1], 0, 64)
	if err != nil {
		return f, false
	}
	f.Seed = seed
	if m := sizeLine.FindStringSubmatch(out); m != nil {
		f.Small.Faults, _ = strconv.Atoi(m[1])
		f.Small.Processes, _ = strconv.Atoi(m[2])
	}
	if m := workLine.FindStringSubmatch(out); m != nil {
		f.Small.Took, _ = time.ParseDuration(m[1])
		f.Small.Replays, _ = strconv.Atoi(m[2])
		out = workLine.ReplaceAllString(out, "")
	}
	if t := textLine.FindStringSubmatch(out); t != nil {
		f.Text = strings.TrimSpace(t[1])
	}
	return f, true
}
