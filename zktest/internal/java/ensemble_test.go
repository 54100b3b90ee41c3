package java

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRealStandalone(t *testing.T) {
	e := start(t, Config{})
	s := e.Server(0)
	if e.ConnectString() != s.Addr() || s.Addr() != s.DirectAddr() || !strings.HasPrefix(s.Addr(), "127.0.0.1:") {
		t.Errorf("connect string %s, address %s", e.ConnectString(), s.Addr())
	}
	if modes := e.Modes(t.Context()); !slices.Equal(modes, []string{"standalone"}) {
		t.Errorf("modes %q", modes)
	}
	if answer, err := s.FourLetter(t.Context(), "ruok"); err != nil || answer != "imok" {
		t.Errorf("ruok: %q, %v", answer, err)
	}
	dialSession(t, s.Addr()).create(t, "/kept", 0)
	before, err := s.Zxid(t.Context())
	must(t, err)
	keeps := func(how string) {
		t.Helper()
		if s.Running() {
			t.Errorf("%s: still running", how)
		}
		if _, err := s.Mode(t.Context()); err == nil {
			t.Errorf("%s: still answers", how)
		}
		must(t, s.Start(t.Context()))
		after, err := s.Zxid(t.Context())
		if err != nil || after < before {
			t.Errorf("%s: zxid went from %s to %s, %v", how, before, after, err)
		}
		if !dialSession(t, s.Addr()).exists(t, "/kept") {
			t.Errorf("%s: lost a node", how)
		}
	}
	must(t, s.Kill())
	keeps("Kill")
	must(t, s.Stop(t.Context()))
	keeps("Stop")
	must(t, s.Pause())
	must(t, s.Stop(t.Context())) // a paused server can be stopped too
	keeps("Pause and Stop")
	must(t, s.Restart(t.Context()))

	must(t, s.Start(t.Context())) // it runs: nothing to do
	must(t, s.Pause())
	if !s.Paused() || !s.Running() {
		t.Error("paused is not running and paused")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if mode, err := s.Mode(ctx); err == nil {
		t.Errorf("paused, and says %s", mode)
	}
	must(t, s.Resume())
	must(t, s.Ready(t.Context()))
	if s.Paused() {
		t.Error("still paused")
	}

	must(t, e.Close())
	must(t, e.Close())
	if err := s.Start(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
	if _, err := os.Stat(e.dir); !os.IsNotExist(err) {
		t.Errorf("the directory outlives Close: %v", err)
	}
}

func TestRealEnsemble(t *testing.T) {
	e := start(t, Config{Servers: 3, SyncLimit: 4, Proxied: true})
	old := leader(t, e)
	dialSession(t, e.Server(old).Addr()).create(t, "/kept", 0)
	must(t, e.Server(old).Kill())
	second := leader(t, e)
	if second == old {
		t.Fatal("the dead one leads")
	}
	if !dialSession(t, e.Server(second).Addr()).exists(t, "/kept") {
		t.Error("an acknowledged node is lost")
	}
	must(t, e.Server(old).Restart(t.Context()))

	must(t, e.Server(second).Pause())
	third := leader(t, e)
	if third == second {
		t.Fatal("the paused one leads")
	}
	must(t, e.Server(second).Resume())
	until(t, "the paused leader follows", func() bool {
		modes := e.Modes(t.Context())
		slices.Sort(modes)
		return leader(t, e) == third && slices.Equal(modes, []string{"follower", "follower", "leader"})
	})
}

func TestRealPartition(t *testing.T) {
	e := start(t, Config{Servers: 3, SyncLimit: 4, InitLimit: 6, Partitionable: true})
	old := leader(t, e)
	must(t, e.Partition([]int{old}))
	var modes []string
	until(t, "the majority elects another", func() bool {
		modes = e.Modes(t.Context())
		return modes[old] == "" && slices.Contains(modes, "leader")
	})
	second := slices.Index(modes, "leader")
	dialSession(t, e.Server(second).Addr()).create(t, "/majority", 0)
	e.Heal()
	must(t, e.Ready(t.Context()))
	if now := leader(t, e); now != second {
		t.Errorf("server %d leads, and %d did", now, second)
	}
	until(t, "the minority learns", func() bool {
		one, oneErr := e.Server(old).Zxid(t.Context())
		two, twoErr := e.Server(second).Zxid(t.Context())
		return oneErr == nil && twoErr == nil && one == two
	})
}

func TestRealObserver(t *testing.T) {
	e := start(t, Config{Servers: 3, ObserversFrom: 3}) // 3.4 refuses to run with one voter
	if modes := e.Modes(t.Context()); modes[2] != "observer" || !slices.Contains(modes, "leader") {
		t.Errorf("modes %q", modes)
	}
	if err := e.Partition([]int{0}); !errors.Is(err, ErrNotPartitionable) {
		t.Errorf("Partition: %v", err)
	}
}

func TestRealTLS(t *testing.T) {
	if in, err := Find(); err == nil && !in.AtLeast("3.5.5") {
		t.Skip("ZooKeeper", in.Version, "reads no PEM") // there, but too old
	}
	e := start(t, Config{TLS: true})
	conn, err := tls.Dial("tcp", e.Server(0).SecureAddr(), e.ClientTLS())
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, "ruok")
	must(t, err)
	if answer, err := io.ReadAll(conn); err != nil || string(answer) != "imok" {
		t.Errorf("ruok: %q, %v", answer, err)
	}
}

func TestRealStartFailsSoonAndSaysWhy(t *testing.T) {
	begun := time.Now()
	e, err := Start(t.Context(), Config{Lines: []string{"tickTime=soon"}})
	if err == nil {
		_ = e.Close()
		t.Fatal("started")
	}
	if !strings.Contains(err.Error(), "soon") {
		t.Errorf("the error does not show the log: %v", err)
	}
	if d := time.Since(begun); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestRealStartHeedsItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if e, err := Start(ctx, Config{}); !errors.Is(err, context.DeadlineExceeded) {
		if err == nil {
			_ = e.Close()
		}
		t.Errorf("Start: %v", err)
	}
}

// A stranger takes the port after we looked and before the server binds.
func TestRealPortTakenInTheLastMoment(t *testing.T) {
	blocks, err := reserve(1, 0)
	must(t, err)
	first := blocks[0].first
	blocks[0].release()
	var stranger net.Listener
	e := start(t, Config{PortOffset: first, ServerLines: func(int) []string {
		if stranger == nil {
			stranger, err = net.Listen("tcp", loopback(first+clientPort))
			must(t, err)
		}
		return nil
	}})
	defer stranger.Close()
	if e.Server(0).Addr() == loopback(first) {
		t.Error("two servers on one port")
	}
}

func TestRealSASL(t *testing.T) {
	t.Setenv("ZOOKEEPER_JAAS_AUTH", "digest")
	config, err := Config{}.FromEnvironment()
	must(t, err)
	if e := start(t, config); !strings.Contains(e.Server(0).Tail(1000), "successfully logged in") {
		t.Error("the server did not read its JAAS file")
	}
}
