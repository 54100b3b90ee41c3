package zktest_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimDegrade is what degraded subscriptions promise, under every fault, on servers before 3.6: who reads everything
// again at each Resync, and what an event names at each event, has the node in the end. Users of one-shot watches come
// and go on the same paths.
func TestSimDegrade(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		version := []core.Version{core.V3_4, core.V3_5}[s.Seed()%2]
		mirroring(s, version, 50*time.Millisecond, func(p *zktest.Process, cl *zk.Client) []*mirror {
			return []*mirror{
				newMirror(s, p, cl, zk.PersistentWatch, 1<<16, zk.DegradeToOneShot()),
				newMirror(s, p, cl, zk.PersistentWatch, 2, zk.DegradeToOneShot()),
			}
		}, zk.DegradeToOneShot())
	})
}
