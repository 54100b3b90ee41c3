package locks

import (
	"context"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/game"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	peer "github.com/go-zookeeper/zk"
)

const timeout = 5 * time.Second // of sessions

// A contender wants the lock once. Begin starts to acquire it and returns at once; when the contender has it, it closes
// the channel. Then it can release the lock, or end its session with the lock in hand. Both wait until that is done.
type contender interface {
	begin(t *testing.T, addr, path string) (acquired <-chan struct{})
	release(t *testing.T)
	leave(t *testing.T)
}

var contenders = []struct {
	name string
	new  func() contender
}{
	{"gazoo", func() contender { return new(gazoo) }},
	{"kazoo", func() contender { return new(kazoo) }},
	{"go-zookeeper", func() contender { return new(goZooKeeper) }},
}

type gazoo struct {
	client *zk.Client
	held   *recipes.Held
}

func (c *gazoo) begin(t *testing.T, addr, path string) <-chan struct{} {
	c.client = server.Connect(t, addr, zk.WithSessionTimeout(timeout))
	acquired := make(chan struct{})
	recipes.NewLock(c.client, path).Acquire(t.Context()).OnComplete(func(held *recipes.Held, err error) {
		if err != nil {
			t.Errorf("gazoo: %v", err)
		}
		c.held = held
		close(acquired)
	})
	return acquired
}

func (c *gazoo) release(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience)
	defer cancel()
	if err := c.held.Release(ctx).WaitErr(); err != nil {
		t.Errorf("gazoo: %v", err)
	}
}

func (c *gazoo) leave(t *testing.T) { server.Close(t, c.client) }

type goZooKeeper struct {
	client *peer.Conn
	lock   *peer.Lock
}

func (c *goZooKeeper) begin(t *testing.T, addr, path string) <-chan struct{} {
	var err error
	if c.client, _, err = peer.Connect([]string{addr}, timeout, peer.WithLogger(discard{})); err != nil {
		t.Fatal(err)
	}
	c.lock = peer.NewLock(c.client, path, peer.WorldACL(peer.PermAll))
	acquired, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if err := c.lock.Lock(); err != nil {
			t.Errorf("go-zookeeper: %v", err)
		}
		close(acquired)
	}()
	t.Cleanup(func() {
		c.client.Close()
		<-ended
	})
	return acquired
}

func (c *goZooKeeper) release(t *testing.T) {
	if err := c.lock.Unlock(); err != nil {
		t.Errorf("go-zookeeper: %v", err)
	}
}

func (c *goZooKeeper) leave(*testing.T) { c.client.Close() }

type discard struct{}

func (discard) Printf(string, ...any) {}

type kazoo struct{ *game.Child }

func (c *kazoo) begin(t *testing.T, addr, path string) <-chan struct{} {
	acquired := make(chan struct{})
	c.Child = game.Start(t, python.Installed(t).Command("testdata/contend.py", addr, path), func(string) error {
		close(acquired) // it says nothing else
		return nil
	})
	return acquired
}

func (c *kazoo) release(t *testing.T) {
	c.Tell(t, "release")
	c.leave(t)
}

func (c *kazoo) leave(t *testing.T) { c.Leave(t) }

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(server.Patience):
		t.Fatalf("not in time: %s", what)
	}
}
