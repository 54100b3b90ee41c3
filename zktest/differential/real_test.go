package differential

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// TestRealDifferential plays scripts of 100 requests on servers that stand alone, each below a root of its own.
func TestRealDifferential(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		campaign := campaignOf(t, usualScripts, 1)
		contests := make([]*contest, min(servers, (campaign.scripts+9)/10))
		for i := range contests {
			contests[i] = newContest(startJava(t, java.Config{}), modelOf(t))
		}
		c := contests[0]
		c.handmade(t)
		campaign.run(t, contests...)
		for _, other := range contests[1:] {
			c.coverage.add(other.coverage)
		}
		t.Log(c.coverage)
		if campaign.scripts >= usualScripts {
			c.coverage.require(t, &c.profile)
			c.coverage.requireCodes(t, &c.profile, campaign.scripts)
			c.coverage.requireKinds(t, &c.profile)
		}
	})
}

// usualScripts are enough to meet all that must be met.
const usualScripts = 120

// servers is how many servers, each of which has one script at a time, keep a machine busy.
var servers = 2 * runtime.GOMAXPROCS(0)

// TestRealDifferentialExpiry plays scripts in which a session expires.
func TestRealDifferentialExpiry(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		c := newContest(startJava(t, java.Config{}), modelOf(t))
		c.scripts = c.profile.expiries()
		campaignOf(t, 3, 100).run(t, c)
	})
}

// TestRealDifferentialAlone plays each script on a server that has seen no other: in the root, and in what is below
// /zookeeper.
func TestRealDifferentialAlone(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		c := newContest(&freshHost{ctx: t.Context()}, modelOf(t))
		c.profile.alone = true
		campaignOf(t, 3, 100).run(t, c)
	})
}

// TestRealDifferentialEnsemble plays scripts on three servers, whose answers must be those of one.
func TestRealDifferentialEnsemble(t *testing.T) {
	forVersions(t, func(t *testing.T) {
		c := newContest(startJava(t, java.Config{Servers: 3}), modelOf(t))
		c.profile.servers = 3
		campaignOf(t, 15, 20).run(t, c)
	})
}

func newContest(real host, core *coreHost) *contest {
	c := &contest{
		profile:  profile{version: core.version, servers: 1, held: make(map[string]int)},
		real:     real,
		core:     core,
		coverage: newCoverage(),
	}
	c.scripts = c.profile.scriptsOf(100)
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
	j, err := newJava(h.ctx, java.Config{})
	if err != nil {
		return nil, err
	}
	s, err := j.begin(root)
	s.end, s.expires = j.close, true
	return s, err
}
