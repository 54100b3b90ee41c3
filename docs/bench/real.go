package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// startReal starts a real ZooKeeper, which `make bench` has fetched, with the node that everybody reads.
func startReal() (addr string, end func(), err error) {
	t := &harness{}
	defer func() {
		if failure := recover(); failure != nil {
			t.end()
			err = fmt.Errorf("%v", failure)
		}
	}()
	ensemble := zktest.StartZooKeeper(t, 1)
	// Tests go through a proxy of this process. Benchmarks must not.
	for line := range strings.Lines(ensemble.FourLetter(0, "conf")) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), "clientPort="); ok {
			addr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	if addr == "" {
		t.Fatalf("the server does not tell its port")
	}
	return addr, t.end, makeNode(addr)
}

func makeNode(addr string) error {
	ctx := context.Background()
	cl, err := zk.Connect(ctx, addr)
	if err != nil {
		return err
	}
	value := []byte(strings.Repeat("abcdefghij", valueLen/10))
	err = cl.Create(ctx, path, value, zk.MakeParents()).WaitErr()
	if closing := cl.Close(ctx).WaitErr(); err == nil {
		err = closing
	}
	return err
}

// A harness stands for a test, of which there is none here. What would fail the test is a panic with the message.
type harness struct {
	testing.TB // nil: whatever is not below is not used
	cleanups   []func()
}

func (h *harness) Helper()                   {}
func (h *harness) Failed() bool              { return false }
func (h *harness) Name() string              { return "bench" }
func (h *harness) Cleanup(fn func())         { h.cleanups = append(h.cleanups, fn) }
func (h *harness) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (h *harness) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
func (h *harness) Logf(f string, a ...any)   { fmt.Fprintf(os.Stderr, f+"\n", a...) }
func (h *harness) Errorf(f string, a ...any) { h.Logf(f, a...) }

func (h *harness) end() {
	for i := len(h.cleanups) - 1; i >= 0; i-- {
		h.cleanups[i]()
	}
	h.cleanups = nil
}

// zktestMain is the in-process server of package zktest, in a process of its own, until its input ends.
func zktestMain() error {
	t := &harness{}
	defer t.end()
	srv := zktest.NewServer(t)
	fmt.Println(srv.Addr())
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
