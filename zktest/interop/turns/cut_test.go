package turns

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// waysTo starts proxies, one for each contender, so that what happens to one happens to no other.
func waysTo(t *testing.T, addr string, n int) (ways []*proxy.Proxy) {
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

// perCut is how many turns there are at least between two cuts. Kazoo waits longer and longer between its attempts: cut
// whenever it has connected again, it makes no progress at all.
const perCut = 5

// cutting cuts a connection now and then until stop is called, which returns how many it has cut.
func cutting(ways []*proxy.Proxy, seed uint64, turns func() int) (stop func() int) {
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
				if now := turns(); now >= last+perCut {
					last = now
					n += ways[rng.IntN(len(ways))].Cut(proxy.Ending(rng.IntN(2)))
				}
			}
		}
	}()
	return func() int {
		close(over)
		return <-cuts
	}
}
