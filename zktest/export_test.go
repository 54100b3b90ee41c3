package zktest

import "testing"

// CheckAndTell is Check, but what it finds goes to out.
func CheckAndTell(t *testing.T, out reporter, test func(*Sim), opts ...CheckOption) {
	set, err := readSettings()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range opts {
		o(&set)
	}
	c := &checker{t: t, out: out, test: test, settings: set, sometimes: make(map[string]bool)}
	c.run()
}

// NoShrink reports failures as they are.
func NoShrink() CheckOption { return func(s *settings) { s.noShrink = true } }

// Twice runs every seed twice.
func Twice() CheckOption { return func(s *settings) { s.twice = true } }

// PlanDir keeps plans elsewhere.
func PlanDir(dir string) CheckOption { return func(s *settings) { s.dir = dir } }

// FirstSeed runs that seed alone.
func FirstSeed(seed uint64) CheckOption { return func(s *settings) { s.first, s.last = seed, seed } }

// AtStop makes ZKSIM_STOP_AT call f in place of a breakpoint.
func AtStop(f func()) CheckOption { return func(s *settings) { s.pause = f } }

// SettingsError is what Check says of the environment.
func SettingsError() error {
	_, err := readSettings()
	return err
}

// Recorded makes Hashes record every world.
func Recorded() CheckOption { return func(s *settings) { s.fullTrace = true } }

// Hashes returns the trace hash of every seed up to n.
func Hashes(t *testing.T, n uint64, test func(*Sim), opts ...CheckOption) (hashes []uint64) {
	set := settings{}
	for _, o := range opts {
		o(&set)
	}
	c := &checker{t: t, out: t, test: test, settings: set, watch: startWatchdog(0, nil)}
	defer c.watch.stop()
	for seed := range n {
		o := c.world(planOf(t.Name(), seed), manner{record: set.fullTrace})
		if o.failure != nil {
			t.Errorf("seed %d: %s", seed, o.failure.text)
		}
		hashes = append(hashes, o.hash)
	}
	return hashes
}

// LessGarbageCollection lets benchmarks collect garbage as a Check does.
func LessGarbageCollection() (done func()) { return lessGarbageCollection() }
