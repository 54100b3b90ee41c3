package locks

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	peer "github.com/go-zookeeper/zk"
)

func TestMain(m *testing.M) { server.Main(m) }

const path = "/locks/shared"

// Each ordered pair of clients: one has the lock, the other queues up behind it and gets it when the first has released it,
// and not before; then another of its kind, when that one has left.
//
// One pair is left out: gazoo knows only nodes that are named as Kazoo names them, so it does not see go-zookeeper's. What
// go-zookeeper sees is every node.
func TestLocksExcludeEachOther(t *testing.T) {
	for _, first := range contenders {
		for _, second := range contenders {
			if first.name == "go-zookeeper" && second.name == "gazoo" {
				continue
			}
			t.Run(first.name+" before "+second.name, func(t *testing.T) {
				server.Each(t, func(t *testing.T, addr string) {
					holder, heir, last := first.new(), second.new(), second.new()
					await(t, "the first lock", holder.begin(t, addr, path))

					node, watchers := contended(t, addr)
					acquired := heir.begin(t, addr, path)
					wantWaiting(t, addr, node, watchers, acquired)
					holder.release(t)
					await(t, "the lock, released", acquired)

					node, watchers = contended(t, addr)
					acquired = last.begin(t, addr, path)
					wantWaiting(t, addr, node, watchers, acquired)
					heir.leave(t)
					await(t, "the lock, left", acquired)
				})
			})
		}
	}
}

// contended returns the node of the only contender, and how many sessions watch it: it may itself.
func contended(t *testing.T, addr string) (node string, watchers int) {
	t.Helper()
	observer, _, err := peer.Connect([]string{addr}, timeout, peer.WithLogger(discard{}))
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close()
	names, _, err := observer.Children(path)
	if err != nil || len(names) != 1 {
		t.Fatalf("contenders %q, %v", names, err)
	}
	node = path + "/" + names[0]
	return node, watchersOf(t, addr, node)
}

// wantWaiting checks that a contender does not have the lock, once it knows itself that it has to wait: then it watches
// the node before its own.
func wantWaiting(t *testing.T, addr, node string, watchers int, acquired <-chan struct{}) {
	t.Helper()
	for deadline := time.Now().Add(server.Patience); watchersOf(t, addr, node) == watchers; {
		select {
		case <-acquired:
			t.Fatal("two have the lock")
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody queues up")
		}
	}
	select {
	case <-acquired:
		t.Fatal("two have the lock")
	default:
	}
}

// watchersOf counts the sessions that watch a node.
func watchersOf(t *testing.T, addr, node string) int {
	t.Helper()
	return server.Watchers(word(t, addr, "wchp"), node)
}

// word asks a server with a four-letter word.
func word(t *testing.T, addr, word string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, server.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(server.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, word); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
