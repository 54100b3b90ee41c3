package differential

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
	"pgregory.net/rapid"
)

// TestRealDifferential plays scripts on one server, each below a root of its own.
func TestRealDifferential(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		real := startJava(t, 1)
		c := newContest(real, modelOf(t))
		c.handmade(t)
		n := campaign(t, 200)
		c.run(t, n)
		t.Log(c.coverage)
		if n >= 200 {
			c.coverage.require(t, &c.profile)
		}
	})
}

// TestRealDifferentialExpiry plays scripts in which a session expires.
func TestRealDifferentialExpiry(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		real := startJava(t, 1)
		c := newContest(real, modelOf(t))
		c.scripts = c.profile.expiries()
		c.run(t, max(3, campaign(t, 300)/100))
	})
}

// TestRealDifferentialAlone plays each script on a server that has seen no other: in the root, and in what is below
// /zookeeper.
func TestRealDifferentialAlone(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		c := newContest(&freshHost{ctx: t.Context()}, modelOf(t))
		c.profile.alone = true
		c.run(t, max(3, campaign(t, 300)/100))
	})
}

// TestRealDifferentialEnsemble plays scripts on three servers, whose answers must be those of one.
func TestRealDifferentialEnsemble(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		real := startJava(t, 3)
		c := newContest(real, modelOf(t))
		c.profile.servers = 3
		c.run(t, max(30, campaign(t, 300)/10))
	})
}

func newContest(real host, core *coreHost) *contest {
	c := &contest{
		profile:  profile{version: core.version, servers: 1, held: make(map[string]int)},
		real:     real,
		core:     core,
		coverage: make(coverage),
	}
	c.scripts = c.profile.scripts()
	return c
}

// forVersions runs test for each release that the environment names, or for the one that is installed.
func forVersions(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	versions := os.Getenv("GAZOO_DIFF_VERSIONS")
	if versions == "" {
		test(t)
		return
	}
	for version := range strings.SplitSeq(versions, ",") {
		t.Run(version, func(t *testing.T) {
			t.Setenv("ZOOKEEPER_VERSION", version) // for java.Find
			test(t)
		})
	}
}

// modelOf is package core, made to behave as the installed release.
func modelOf(t *testing.T) *coreHost {
	t.Helper()
	install, err := java.Find()
	if err != nil {
		t.Fatal(err)
	}
	version, ok := wire.ParseVersion(install.Version)
	if !ok {
		t.Fatalf("%s is version %q, which says nothing", install.Origin, install.Version)
	}
	// Debian leaves the version out of the names of its jars.
	debian := slices.ContainsFunc(install.Classpath, func(jar string) bool { return filepath.Base(jar) == "zookeeper-jute.jar" })
	return &coreHost{version: version, filtersEvents: debian}
}

// freshHost is a new real server for each script.
type freshHost struct{ ctx context.Context }

func (h *freshHost) begin(root string) (*stage, error) {
	j, err := newJava(h.ctx, 1)
	if err != nil {
		return nil, err
	}
	s, err := j.begin(root)
	s.end, s.expires = j.close, true
	return s, err
}

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
	setRapid(t, strconv.Itoa(n))
	defer func() {
		if c.differed != nil {
			_, report := c.shrink(c.differed)
			t.Log(report)
		}
	}()
	before := c.played
	rapid.Check(t, c.check)
	if played := c.played - before; played < n {
		t.Errorf("only %d of %d scripts were played before the time was over: raise -timeout", played, n)
	}
	t.Logf("%d scripts, %d steps; not sent: %v", c.played-before, c.steps, c.profile.held)
}

// usualSeed makes the usual scripts the same every time, so that the usual run says what a change has done and not
// what the dice have. A campaign, with GAZOO_DIFF_SCRIPTS, draws new scripts.
const usualSeed = "8"

// setRapid says how many scripts are drawn. Nothing is written, and nothing shrunk but by contest.shrink.
func setRapid(t *testing.T, checks string) {
	t.Helper()
	settings := map[string]string{"rapid.checks": checks, "rapid.nofailfile": "true", "rapid.shrinktime": "0s"}
	if os.Getenv("GAZOO_DIFF_SCRIPTS") == "" && flag.Lookup("rapid.seed").Value.String() == "0" {
		settings["rapid.seed"] = usualSeed
	}
	for name, value := range settings {
		old := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, old) })
	}
}
