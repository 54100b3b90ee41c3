package differential

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A campaign plays numbered scripts. The number is all that a script is drawn from, so the same number is the same script
// as long as nobody changes the generators.
type campaign struct {
	first, scripts int
	log            func(format string, args ...any) // of progress; may be nil
}

// usual scripts are the same every time, so that the usual run says what a change has done and not what the dice have.
const usualFirst = 1

// campaignOf is what the environment asks for: GAZOO_DIFF_SCRIPTS new scripts, or those from GAZOO_DIFF_FIRST on. Without
// them, it is the usual number of the usual scripts. Shares are for tests whose scripts take longer.
func campaignOf(t *testing.T, usual, share int) campaign {
	t.Helper()
	c := campaign{first: usualFirst, scripts: usual}
	if n, ok := number(t, "GAZOO_DIFF_SCRIPTS"); ok {
		c = campaign{first: int(time.Now().Unix()) * 1_000_000, scripts: max(1, n/share)}
	}
	if first, ok := number(t, "GAZOO_DIFF_FIRST"); ok {
		c.first = first
	}
	return c
}

func number(t *testing.T, name string) (n int, ok bool) {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no positive number", name, text)
	}
	return n, true
}

// A differing script is one on which the servers differ.
type differing struct {
	number int
	script script
	report string
	by     *contest
}

// enough differences end a campaign: there is work to do.
const enough = 3

// play plays the scripts of a campaign, each on one of the contests, as many at a time as there are contests.
func (c campaign) play(contests ...*contest) (found []differing, err error) {
	var mu sync.Mutex // guards next, found and err
	next := 0
	take := func() (n int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == c.scripts || err != nil || len(found) >= enough {
			return 0, false
		}
		next++
		if next%1000 == 0 && c.log != nil {
			c.log("%d scripts, %d differences", next, len(found))
		}
		return c.first + next - 1, true
	}
	var all sync.WaitGroup
	for _, by := range contests {
		all.Go(func() {
			for n, ok := take(); ok; n, ok = take() {
				sc := by.scripts.Example(n)
				report, failure := by.play(sc)
				mu.Lock()
				if failure != nil && err == nil {
					err = fmt.Errorf("script %d: %w\n%v", n, failure, sc)
				}
				if report != "" {
					found = append(found, differing{n, sc, report, by})
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.SortFunc(found, func(a, b differing) int { return a.number - b.number })
	return found, err
}

// run plays the campaign, and fails the test for every script on which the servers differ.
func (c campaign) run(t *testing.T, contests ...*contest) {
	t.Helper()
	begin := time.Now()
	c.log = t.Logf
	found, err := c.play(contests...)
	if err != nil {
		t.Fatal(err)
	}
	played, steps, requests, late := 0, 0, 0, 0
	held := make(map[string]int)
	for _, by := range contests {
		played += by.played
		steps += by.steps
		requests += by.requests
		late += by.late
		for what, n := range by.profile.held {
			held[what] += n
		}
	}
	t.Logf("scripts %d to %d: %d scripts, %d steps, %d requests in %v; %d played again, having taken too long; not sent: %v",
		c.first, c.first+c.scripts-1, played, steps, requests, time.Since(begin).Round(time.Second), late, held)
	for _, d := range found {
		_, report := d.by.shrink(d.script, d.report)
		t.Errorf("script %d (GAZOO_DIFF_FIRST=%d GAZOO_DIFF_SCRIPTS=1): the servers answer differently: %s", d.number, d.number, report)
	}
}

// scriptsOf generates scripts of a number of requests.
func (p *profile) scriptsOf(requests int) *rapid.Generator[script] {
	first, steps := p.foundations(), p.steps()
	return rapid.Custom(func(t *rapid.T) script {
		s := first.Draw(t, "first")
		for n := s.requests(); n < requests; {
			st := steps.Draw(t, "step")
			n += max(1, len(st.Requests))
			s = append(s, st)
		}
		return s
	})
}

func (s script) requests() (n int) {
	for _, st := range s {
		n += max(1, len(st.Requests))
	}
	return n
}
