package game

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// Ways starts proxies to addr, one for each client, so that what happens to one happens to no other.
func Ways(t *testing.T, addr string, n int) (ways []*proxy.Proxy) {
	t.Helper()
	for range n {
		p, err := proxy.Start(proxy.Config{Target: addr})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		ways = append(ways, p)
	}
	return ways
}

const (
	meanLife = 150 * time.Millisecond // between two cuts of anybody's connection
	// perCut is how many turns there are at least between two cuts. Other clients wait longer and longer between their
	// attempts: cut whenever they have connected again, they make no progress at all.
	perCut = 5
)

// Cutting cuts the connections of a way now and then, until stop is called, which returns how many it has cut. turns tells
// how many turns there were; nil: it goes on without any.
func Cutting(ways []*proxy.Proxy, seed uint64, turns func() int) (stop func() int) {
	rng := rand.New(rand.NewPCG(seed, 0))
	over, cuts := make(chan struct{}), make(chan int)
	go func() {
		n, last := 0, 0
		for {
			select {
			case <-over:
				cuts <- n
				return
			case <-time.After(time.Duration(rng.Int64N(2 * int64(meanLife)))):
				if turns != nil {
					now := turns()
					if now < last+perCut {
						continue
					}
					last = now
				}
				n += ways[rng.IntN(len(ways))].Cut(proxy.Ending(rng.IntN(2)))
			}
		}
	}()
	return func() int {
		close(over)
		return <-cuts
	}
}
