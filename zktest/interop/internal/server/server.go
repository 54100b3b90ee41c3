// Package server starts the servers that the clients are tested with, each as a process of its own.
package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// The settings of every server, short enough for tests that wait for them.
const (
	Tick        = 100 * time.Millisecond // sessions last two to twenty ticks, unless MaxTimeout says more
	MaxTimeout  = time.Minute
	Sweep       = 100 * time.Millisecond // how often empty containers and stale TTL nodes are looked for
	SuperDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="
	SuperLogin  = "super:test"
)

// Patience is how long anything may take before a test has failed.
const Patience = 30 * time.Second

// Each runs f on zkserver, and when everything was asked for also on a real ZooKeeper: what f takes for granted has to
// be true there.
func Each(t *testing.T, f func(t *testing.T, addr string)) {
	t.Run("zkserver", func(t *testing.T) { f(t, Start(t)) })
	if Full() {
		t.Run("zookeeper", func(t *testing.T) { f(t, startReal(t)) })
	}
}

// Start starts a zkserver that ends with the test, and returns its address.
func Start(t *testing.T) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "zoo.cfg")
	text := fmt.Sprintf("tickTime=%d\nmaxSessionTimeout=%d\nznode.container.checkIntervalMs=%d\n"+
		"extendedTypesEnabled=true\n4lw.commands.whitelist=*\nmaxClientCnxns=0\n",
		Tick.Milliseconds(), MaxTimeout.Milliseconds(), Sweep.Milliseconds())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := Command(context.Background(), Binary(t), "-listen", "127.0.0.1:0", "-super-digest", SuperDigest, config)
	cmd.Env = Environment()
	listening := make(chan string, 1)
	log := &Log{OnLine: func(line string) {
		if _, after, ok := strings.Cut(line, "listening on "); ok {
			addr, _, _ := strings.Cut(after, ";")
			listening <- addr
		}
	}}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("zkserver: %v", err)
			}
		case <-time.After(Patience):
			cmd.Process.Kill()
			t.Errorf("zkserver: did not end: %v", <-ended)
		}
		if t.Failed() {
			t.Logf("log of zkserver:\n%s", log)
		}
	})
	select {
	case addr := <-listening:
		return addr
	case err := <-ended:
		ended <- err
		t.Fatal("zkserver did not come up")
	case <-time.After(Patience):
		t.Fatal("zkserver does not say where it listens")
	}
	return ""
}

// startReal is Start with a real ZooKeeper.
func startReal(t *testing.T) string {
	t.Helper()
	e, err := java.Start(t.Context(), java.Config{
		TickTime: Tick,
		Lines:    []string{fmt.Sprintf("maxSessionTimeout=%d", MaxTimeout.Milliseconds()), "reconfigEnabled=false"},
		JVM: []string{
			fmt.Sprintf("-Dznode.container.checkIntervalMs=%d", Sweep.Milliseconds()),
			"-Dzookeeper.extendedTypesEnabled=true",
		},
	})
	if errors.Is(err, java.ErrNoJava) || errors.Is(err, java.ErrNoZooKeeper) {
		Missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of ZooKeeper:\n%s", e.Server(0).Tail(50))
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e.Server(0).Addr()
}
