package gozookeeper

import (
	"fmt"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

func TestWatches(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, timeout), connect(t, addr, timeout)

		exists, _, created, err := c.ExistsW("/n")
		must(t, err)
		if exists {
			t.Error("exists before it is made")
		}
		other.make(t, "/n")
		wantEvent(t, created, zk.EventNodeCreated, "/n")

		_, _, changed, err := c.GetW("/n")
		must(t, err)
		_, _, existing, err := c.ExistsW("/n")
		must(t, err)
		_, _, children, err := c.ChildrenW("/n")
		must(t, err)
		_, err = other.Set("/n", []byte("x"), -1)
		must(t, err)
		wantEvent(t, changed, zk.EventNodeDataChanged, "/n")
		wantEvent(t, existing, zk.EventNodeDataChanged, "/n")

		other.make(t, "/n/child")
		wantEvent(t, children, zk.EventNodeChildrenChanged, "/n")

		_, _, changed, err = c.GetW("/n/child")
		must(t, err)
		_, _, children, err = c.ChildrenW("/n/child")
		must(t, err)
		_, _, siblings, err := c.ChildrenW("/n")
		must(t, err)
		must(t, other.Delete("/n/child", -1))
		wantEvent(t, changed, zk.EventNodeDeleted, "/n/child")
		wantEvent(t, children, zk.EventNodeDeleted, "/n/child")
		wantEvent(t, siblings, zk.EventNodeChildrenChanged, "/n")
	})
}

func TestWatchesSurviveReconnect(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		c, other := connect(t, addr, timeout), connect(t, addr, timeout)
		c.make(t, "/quiet", "/set", "/gone", "/parent")

		_, _, quiet, err := c.GetW("/quiet")
		must(t, err)
		_, _, set, err := c.GetW("/set")
		must(t, err)
		_, _, gone, err := c.GetW("/gone")
		must(t, err)
		_, _, parent, err := c.ChildrenW("/parent")
		must(t, err)
		_, _, born, err := c.ExistsW("/born")
		must(t, err)
		_, _, later, err := c.ExistsW("/later")
		must(t, err)

		// What happens while the client is away, it is told when it returns.
		session := c.SessionID()
		c.network.close()
		c.network.cut()
		c.states.await(t, zk.StateDisconnected)
		_, err = other.Set("/set", []byte("x"), -1)
		must(t, err)
		must(t, other.Delete("/gone", -1))
		other.make(t, "/parent/child", "/born")
		c.network.open()
		c.states.await(t, zk.StateHasSession)
		if c.SessionID() != session {
			t.Errorf("session %#x, was %#x", c.SessionID(), session)
		}
		wantEvent(t, set, zk.EventNodeDataChanged, "/set")
		wantEvent(t, gone, zk.EventNodeDeleted, "/gone")
		wantEvent(t, parent, zk.EventNodeChildrenChanged, "/parent")
		wantEvent(t, born, zk.EventNodeCreated, "/born")
		wantNone(t, quiet)
		wantNone(t, later)

		// What had nothing to tell is watched still.
		_, err = other.Set("/quiet", []byte("x"), -1)
		must(t, err)
		wantEvent(t, quiet, zk.EventNodeDataChanged, "/quiet")
		other.make(t, "/later")
		wantEvent(t, later, zk.EventNodeCreated, "/later")
	})
}

func TestThousandWatchesSurviveReconnect(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		// The names are long enough for go-zookeeper to need several requests of 128 KiB.
		const count, name = 1000, "/this-is-quite-a-long-name-for-a-node-because-a-thousand-of-them-shall-not-fit-into-one-request-" +
			"and-therefore-it-goes-on-for-a-while-until-it-has-reached-about-two-hundred-bytes-or-a-few-more-than-that-%04d"
		c, other := connect(t, addr, 20*time.Second), connect(t, addr, 20*time.Second)
		watches := make([]<-chan zk.Event, count)
		for i := range watches {
			path := fmt.Sprintf(name, i)
			var err error
			switch i % 3 {
			case 0:
				_, _, watches[i], err = c.ExistsW(path)
			case 1:
				c.make(t, path)
				_, _, watches[i], err = c.GetW(path)
			case 2:
				c.make(t, path)
				_, _, watches[i], err = c.ChildrenW(path)
			}
			must(t, err)
		}
		c.reconnect(t)
		for i, watch := range watches {
			path := fmt.Sprintf(name, i)
			switch i % 3 {
			case 0:
				other.make(t, path)
				wantEvent(t, watch, zk.EventNodeCreated, path)
			case 1:
				_, err := other.Set(path, []byte("x"), -1)
				must(t, err)
				wantEvent(t, watch, zk.EventNodeDataChanged, path)
			case 2:
				other.make(t, path+"/child")
				wantEvent(t, watch, zk.EventNodeChildrenChanged, path)
			}
		}
	})
}
