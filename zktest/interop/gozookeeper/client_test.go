package gozookeeper

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

func TestMain(m *testing.M) { server.Main(m) }

var open = zk.WorldACL(zk.PermAll)

// A client is a go-zookeeper connection, and what it takes to disturb it.
type client struct {
	*zk.Conn
	network *network
	states  *journal
}

// connect returns a client that has a session, and is closed when the test ends.
func connect(t *testing.T, addr string, timeout time.Duration) *client {
	t.Helper()
	c := &client{network: newNetwork(), states: newJournal()}
	log := &logger{}
	// Named twice, the server is dialled anew at once. It would take a second after the last of the list.
	conn, _, err := zk.Connect([]string{addr, addr}, timeout, zk.WithDialer(c.network.dial), zk.WithEventCallback(c.states.add),
		zk.WithLogger(log))
	must(t, err)
	c.Conn = conn
	t.Cleanup(func() {
		c.network.open()
		conn.Close()
		if t.Failed() {
			t.Logf("a client's log:\n%s", log)
		}
	})
	c.states.await(t, zk.StateHasSession)
	return c
}

// logger keeps what go-zookeeper has to say, which matters only if the test fails.
type logger struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (l *logger) Printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, format+"\n", args...)
}

func (l *logger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// make creates a persistent node without data.
func (c *client) make(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := c.Create(path, nil, zk.FlagPersistent, open); err != nil {
			t.Fatalf("creating %s: %v", path, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantExists(t *testing.T, c *client, path string, want bool) {
	t.Helper()
	got, _, err := c.Exists(path)
	must(t, err)
	if got != want {
		t.Errorf("%s exists: %t, want %t", path, got, want)
	}
}

// receive waits for what a channel brings.
func receive[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(server.Patience):
		t.Fatalf("not in time: %s", what)
	}
	return v
}

// wantEvent waits for the event of a watch.
func wantEvent(t *testing.T, ch <-chan zk.Event, kind zk.EventType, path string) {
	t.Helper()
	e := receive(t, fmt.Sprint(kind, " of ", path), ch)
	if e.Type != kind || e.Path != path || e.Err != nil {
		t.Errorf("got %v of %s (%v), want %v of %s", e.Type, e.Path, e.Err, kind, path)
	}
}

// wantNone checks that a watch has not triggered. Whoever calls it has since read what came after.
func wantNone(t *testing.T, ch <-chan zk.Event) {
	t.Helper()
	select {
	case e := <-ch:
		t.Errorf("triggered: %v of %s", e.Type, e.Path)
	default:
	}
}
