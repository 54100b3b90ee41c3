package locks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
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
	ctx, cancel := context.WithTimeout(t.Context(), server.Patience)
	defer cancel()
	var err error
	if c.client, err = zk.Connect(ctx, addr, zk.WithSessionTimeout(timeout)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.leave(t) })
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

func (c *gazoo) leave(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), server.Patience)
	defer cancel()
	if err := c.client.Close(ctx).WaitErr(); err != nil {
		t.Errorf("gazoo: %v", err)
	}
}

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

type kazoo struct {
	commands io.WriteCloser
	ended    chan struct{}
}

func (c *kazoo) begin(t *testing.T, addr, path string) <-chan struct{} {
	cmd := server.Command(context.Background(), python.Find(t), "-B", "testdata/contend.py", addr, path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &server.Log{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.commands, c.ended = stdin, make(chan struct{})
	acquired := make(chan struct{})
	go func() {
		defer close(c.ended)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if lines.Text() == "acquired" {
				close(acquired)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("kazoo: %v\n%s", err, log)
		}
	}()
	t.Cleanup(func() {
		c.tell(t, "leave")
		_ = server.KillGroup(cmd)
	})
	return acquired
}

func (c *kazoo) release(t *testing.T) { c.tell(t, "release") }
func (c *kazoo) leave(t *testing.T)   { c.tell(t, "leave") }

func (c *kazoo) tell(t *testing.T, command string) {
	fmt.Fprintln(c.commands, command) // fails if it was told before
	c.commands.Close()
	await(t, "the end of Kazoo", c.ended)
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(server.Patience):
		t.Fatalf("not in time: %s", what)
	}
}
