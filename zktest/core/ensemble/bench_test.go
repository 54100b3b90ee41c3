package ensemble_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Three servers, 900 transactions through followers, and an idle minute, with the network of these tests.
func BenchmarkMembers(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		c := newCluster(nil, 3, uint64(i)).start()
		c.run(2 * time.Second)
		clients := []*client{}
		for _, n := range c.nodes {
			clients = append(clients, n.connect(10*time.Second, nil))
		}
		c.run(time.Second)
		for _, cl := range clients {
			cl.joined()
		}
		for range 300 {
			for _, cl := range clients {
				cl.send(wire.OpCreate, create("/n", wire.FlagPersistentSequential))
			}
			c.run(200 * time.Millisecond)
			for _, cl := range clients {
				cl.in = cl.in[:0]
			}
		}
		c.run(time.Minute)
		if n := len(c.nodes[0].disk.Log()); n != 906 {
			b.Fatal(n, " transactions")
		}
	}
}
