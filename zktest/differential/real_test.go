package differential

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// campaign is how many scripts are to be played.
func campaign(t *testing.T, usual int) int {
	t.Helper()
	text := os.Getenv("GAZOO_DIFF_SCRIPTS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("GAZOO_DIFF_SCRIPTS=%q is no number of scripts", text)
	}
	return n
}

// run plays n random scripts.
func (c *contest) run(t *testing.T, n int) {
	t.Helper()
	setRapid(t, "rapid.checks", strconv.Itoa(n))
	rapid.Check(t, c.check)
	if c.scripts < n {
		t.Errorf("only %d of %d scripts were played before the time was over: raise -timeout", c.scripts, n)
	}
	t.Logf("%d scripts, %d steps", c.scripts, c.steps)
}

func setRapid(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, old) })
}

func TestRealDifferential(t *testing.T) {
	real := startJava(t, 1)
	c := &contest{
		profile:  profile{version: real.version, servers: 1},
		real:     real,
		core:     &coreHost{version: real.version},
		coverage: make(coverage),
	}
	c.run(t, campaign(t, 300))
}
