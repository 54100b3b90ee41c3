package zktest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// What the tests on real servers have in common. Their names begin with TestReal; `make real` runs them and no others.

// realPatience is how long anything may take before a test on real servers has failed. It promises nothing.
const realPatience = 60 * time.Second

// bg bounds requests that nothing else bounds.
var bg = context.Background()

// servers are what those tests need that are for servers of every kind: an [zktest.Ensemble] has it all, a [zktest.Cluster]
// with the help of cluster.
type servers interface {
	Version() string
	Len() int
	Leader() int
	Ready()
	Kill(server int)
	Restart(server int)
	Pause(server int)
	Resume(server int)

	ConnectString() string
	FourLetter(server int, word string) string
	Chroot(t testing.TB) string
	Client(t testing.TB, opts ...zk.Option) *zk.Client
	RootClient(t testing.TB, opts ...zk.Option) *zk.Client
	ServerOf(cl *zk.Client) int
	LoseConnection(cl *zk.Client) bool
	Isolate(cl *zk.Client)
	Rejoin(cl *zk.Client)
	ExpireSession(cl *zk.Client)
}

// since reports whether the servers are of a version or a later one.
func since(ens servers, version string) bool {
	have, known := wire.ParseVersion(ens.Version())
	want, _ := wire.ParseVersion(version)
	return !known || have.AtLeast(want)
}

// needs skips a test that would start ZooKeeper, if what is installed is older than a version.
func needs(t *testing.T, version, why string) {
	t.Helper()
	if in, err := java.Find(); err == nil && in.Version != "" && !in.AtLeast(version) {
		t.Skipf("ZooKeeper %s: the test needs %s, for %s", in.Version, version, why)
	}
}

// needsServers skips a test of servers that are older than a version.
func needsServers(t *testing.T, ens servers, version, why string) {
	t.Helper()
	if !since(ens, version) {
		t.Skipf("ZooKeeper %s: the test needs %s, for %s", ens.Version(), version, why)
	}
}

// got waits for a future that must succeed.
func got[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	v, err := ended(t, f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ended waits for a future, which may fail but must end.
func ended[T any](t testing.TB, f *future.Future[T]) (T, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	v, err := f.WaitContext(ctx)
	if err != nil && ctx.Err() != nil {
		t.Fatalf("a future did not end within %v", realPatience)
	}
	return v, err
}

// fails waits for a future that must fail with this error.
func fails[T any](t testing.TB, f *future.Future[T], want error) {
	t.Helper()
	if _, err := ended(t, f); !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// eventually polls until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(realPatience); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", realPatience, what)
		}
	}
}

// await polls until cl is in a state.
func await(t testing.TB, cl *zk.Client, want zk.State) {
	t.Helper()
	eventually(t, "state "+want.String(), func() bool { return cl.State() == want })
}

// serverOf waits until cl is connected and returns its server.
func serverOf(t testing.TB, ens servers, cl *zk.Client) int {
	t.Helper()
	server := -1
	eventually(t, "connected", func() bool {
		server = ens.ServerOf(cl)
		return server >= 0
	})
	return server
}

// move makes cl reconnect until it is on a server that will do.
func move(t testing.TB, ens servers, cl *zk.Client, will func(server int) bool) int {
	t.Helper()
	for {
		server := serverOf(t, ens, cl)
		if will(server) {
			return server
		}
		log, begun := statesOf(cl), time.Now()
		if ens.LoseConnection(cl) {
			log.await(t, zk.Connected, begun)
		}
		log.stop()
	}
}

// A stateLog is what a client has told of its state, and when.
type stateLog struct {
	stop func()

	mu      sync.Mutex // guards what follows
	changes []zk.StateChange
	times   []time.Time
}

func statesOf(cl *zk.Client) *stateLog {
	l := &stateLog{}
	l.stop = cl.OnState(func(c zk.StateChange) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changes = append(l.changes, c)
		l.times = append(l.times, time.Now())
	})
	return l
}

// seen returns all states that were gone to.
func (l *stateLog) seen() (states []zk.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.changes {
		states = append(states, c.To)
	}
	return states
}

// first returns the first change to a state after a moment, and when it came.
func (l *stateLog) first(state zk.State, after time.Time) (c zk.StateChange, at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.changes {
		if c.To == state && l.times[i].After(after) {
			return c, l.times[i], true
		}
	}
	return c, at, false
}

// await polls for the first change to a state after a moment.
func (l *stateLog) await(t testing.TB, state zk.State, after time.Time) (c zk.StateChange, at time.Time) {
	t.Helper()
	eventually(t, "change to "+state.String(), func() (ok bool) {
		c, at, ok = l.first(state, after)
		return ok
	})
	return c, at
}

// legal are the steps between states; see zk.State.
var legal = map[zk.State][]zk.State{
	zk.Connecting: {zk.Connected, zk.Lost, zk.Closed},
	zk.Connected:  {zk.Suspended, zk.Lost, zk.Closed},
	zk.Suspended:  {zk.Connected, zk.Lost, zk.Closed},
	zk.Lost:       {zk.Connected, zk.Closed},
}

// check reports steps that must not be, and gaps.
func (l *stateLog) check(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.changes {
		if !slices.Contains(legal[c.From], c.To) {
			t.Errorf("state change %d: %v: not a legal step", i, c)
		}
		if i > 0 && l.changes[i-1].To != c.From {
			t.Errorf("state change %d: %v, but the one before went to %v", i, c, l.changes[i-1].To)
		}
		if (c.To == zk.Connected) != (c.Server != "") {
			t.Errorf("state change %d: %v with server %q", i, c, c.Server)
		}
	}
}
