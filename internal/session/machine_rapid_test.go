package session

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Random histories, with servers that are mostly well-behaved.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newChaos(rapidTB{t, rt}, func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "") })
		c.m.Start(c.now)
		c.effects()
		for range rapid.IntRange(1, 300).Draw(rt, "steps") {
			c.step()
		}
		c.finish()
	})
}

// A rapidTB fails rapid's test in place of the real one, so that rapid can shrink.
type rapidTB struct {
	testing.TB
	rt *rapid.T
}

func (t rapidTB) Helper()                   { t.rt.Helper() }
func (t rapidTB) Fatal(args ...any)         { t.rt.Fatal(args...) }
func (t rapidTB) Fatalf(f string, a ...any) { t.rt.Fatalf(f, a...) }

// More of the same, evenly distributed and without shrinking.
func TestManyHistories(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	for seed := range uint64(n) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		c := newChaos(seedTB{t, seed}, rnd.IntN)
		c.m.Start(c.now)
		c.effects()
		for range 50 + rnd.IntN(1000) {
			c.step()
		}
		c.finish()
	}
}

// A seedTB says which seed failed.
type seedTB struct {
	testing.TB
	seed uint64
}

func (t seedTB) Fatal(args ...any)         { t.Fatalf("%s", fmt.Sprint(args...)) }
func (t seedTB) Fatalf(f string, a ...any) { t.TB.Fatalf("seed %d: %s", t.seed, fmt.Sprintf(f, a...)) }
