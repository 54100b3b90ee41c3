package zktest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// An Ensemble is real ZooKeeper servers, started for a test and thrown away with it. Its servers are numbered from 0.
//
// What is done to it is done to real processes and real connections: kill -9, SIGSTOP, a reset on the wire. Between
// clients and servers there are proxies for that: [Ensemble.ConnectString] and [Ensemble.Addr] name them, and a client
// made by [Ensemble.Client] has proxies of its own, so that what happens to it happens to no other.
//
// A method whose comment names no error fails the test that the ensemble was started for when it cannot do its work,
// with the reason and what the servers logged. So all methods belong on the test's goroutine, like Fatal; those that
// cannot fail say so and may be called from any.
type Ensemble struct {
	t testing.TB
	e *java.Ensemble

	mu      sync.Mutex // guards what follows
	closed  bool
	clients map[*zk.Client]*attached
	chroots map[testing.TB]string
}

// logLines is how much of each server's log a failed test shows.
const logLines = 40

// StartZooKeeper starts n servers of ZooKeeper, 1 to 9, and returns when every one serves. One server is standalone,
// more form an ensemble. With n = 0, ZOOKEEPER_CLUSTER_SIZE says how many; it is 1 if that is not set. They end with
// the test; if it has failed by then it shows the end of their logs.
//
// What is run: a Java runtime and the ZooKeeper that ZOOKEEPER_PATH, ZOOKEEPER_CLASSPATH or ZOOKEEPER_VERSION names, or
// else the newest in the cache that `make zookeeper` fills. What is absent fails the test, and the message says what to
// install. ZOOKEEPER_PORT_OFFSET, ZOOKEEPER_OBSERVER_START_ID, ZOOKEEPER_JAAS_AUTH and ZOOKEEPER_LOCAL_SESSION_RO are
// heeded as by Kazoo's harness, unless opts say otherwise.
//
// Defaults: a tick of 500 ms, so sessions may last from 1 s to 120 s; followers may lag 10 ticks; all four-letter words,
// TTL nodes and reconfiguration are on; containers and TTL nodes that have had their time go within a second; the
// password of the digest user "super" is "test". The servers do not sync their disk, so data outlives kill -9 but not
// the machine. They take the ports of 127.0.0.1 that are free. Starting takes one to four seconds, at most a minute.
func StartZooKeeper(t testing.TB, n int, opts ...EnsembleOption) *Ensemble {
	t.Helper()
	config := java.Config{Servers: n, Proxied: true}
	for _, opt := range opts {
		opt.apply(&config)
	}
	config, err := config.FromEnvironment()
	if err != nil {
		t.Fatalf("starting ZooKeeper: %v", err)
	}
	je, err := java.Start(context.Background(), config)
	if err != nil {
		t.Fatalf("starting ZooKeeper: %v", err)
	}
	e := &Ensemble{t: t, e: je, clients: make(map[*zk.Client]*attached), chroots: make(map[testing.TB]string)}
	t.Cleanup(e.close)
	return e
}

func (e *Ensemble) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	if e.t.Failed() {
		for i := range e.Len() {
			e.t.Logf("server %d (%s), its log ends:\n%s", i, e.condition(i), e.e.Server(i).Tail(logLines))
		}
	}
	if err := e.e.Close(); err != nil {
		e.t.Errorf("closing the ensemble: %v", err)
	}
}

func (e *Ensemble) condition(i int) string {
	switch s := e.e.Server(i); {
	case s.Paused():
		return "paused"
	case s.Running():
		return "running"
	}
	return "not running"
}

// Len returns the number of servers. It cannot fail.
func (e *Ensemble) Len() int { return e.e.Len() }

// Version returns the version of the servers, as in "3.9.5", or "" when their jar does not tell. It cannot fail.
func (e *Ensemble) Version() string { return e.e.Config().Install.Version }

// ConnectString lists the addresses of all servers, for clients of any kind. It cannot fail.
func (e *Ensemble) ConnectString() string { return e.e.ConnectString() }

// Addr returns the address of server i, host:port. It stays the same when the server is restarted. It cannot fail.
func (e *Ensemble) Addr(i int) string { return e.e.Server(i).Addr() }

// Log returns the last n lines of what server i has logged, over all its runs. It cannot fail.
func (e *Ensemble) Log(i, n int) string { return e.e.Server(i).Tail(n) }

// Leader waits until exactly one server says that it is the leader, or standalone, and returns its index. Servers
// that are stopped or paused are not asked. It waits for at most a minute.
func (e *Ensemble) Leader() int {
	e.t.Helper()
	i, err := e.e.Leader(context.Background())
	e.must("finding the leader", err)
	return i
}

// FourLetter sends one of ZooKeeper's four-letter words to server i, past its proxy, and returns the answer. It takes
// at most 3 s.
func (e *Ensemble) FourLetter(i int, word string) string {
	e.t.Helper()
	answer, err := e.e.Server(i).FourLetter(context.Background(), word)
	e.must(fmt.Sprintf("asking server %d for %s", i, word), err)
	return answer
}

// must fails the test if err is not nil.
func (e *Ensemble) must(what string, err error) {
	if err != nil {
		e.t.Helper()
		e.t.Fatalf("%s: %v", what, err)
	}
}
