package zktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
)

// Where every server is alone, each serves reads. A client on one of them finds the others when they are together again,
// while its own is still cut off.
func TestClusterReadOnly(t *testing.T) {
	for name, version := range map[string]core.Version{"3.6": core.V3_6, "3.9": core.V3_9} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := zktest.NewCluster(t, 3, zktest.ServerOption(func(c *core.Config) {
					c.Version, c.ReadOnlyMode, c.LocalSessions = version, true, true
				}))
				cl := c.Client(t, zk.WithReadOnly(), zk.WithSessionTimeout(10*time.Second))
				got(t, cl.Create(bg, "/a", []byte("x")))
				session, log, begun := cl.Session(), statesOf(cl), time.Now()
				defer log.stop()
				c.Partition([]int{0}, []int{1}, []int{2})
				alone, at := log.await(t, zk.ConnectedReadOnly, begun)
				if kept := cl.Session().ID == session.ID; kept != (version == core.V3_6) {
					t.Errorf("read-only in session %#x, behind %#x: %v", cl.Session().ID, session.ID, alone)
				}
				if n := got(t, cl.Get(bg, "/a")); string(n.Data) != "x" {
					t.Errorf("read %q", n.Data)
				}
				fails(t, cl.Create(bg, "/b", nil), zk.ErrNotReadOnly)
				fails(t, cl.Sync(bg, "/"), zk.ErrNotReadOnly)
				server := c.ServerOf(cl)
				c.Do(server, func(m *ensemble.Member) {
					if m.Role() != ensemble.ReadOnly {
						t.Errorf("its server is %v", m.Role())
					}
				})
				c.Partition([]int{server})
				if up, _ := log.await(t, zk.Connected, at); c.ServerOf(cl) == server {
					t.Errorf("on the same server: %v", up)
				}
				got(t, cl.Create(bg, "/b", nil))
				c.Heal()
				c.Ready()
			})
		})
	}
}
