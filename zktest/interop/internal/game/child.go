package game

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// A Child is a process with clients that are not gazoo's. It says something when they have connected, "done" when they have
// done all that they have to do, and ends when its standard input does.
type Child struct {
	Begun <-chan struct{} // closed when it has said something, or has ended
	Done  <-chan struct{} // closed when it has said "done", or has ended
	ended chan struct{}
	stdin io.WriteCloser
	leave func()
}

// Ended is closed when it has ended.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Start starts a process, a [server.Command]. hear is told every line that it says but "done", on one goroutine; its error
// fails the test. So does a process that fails, or has not ended [server.Patience] after the test.
func Start(t *testing.T, cmd *exec.Cmd, hear func(line string) error) *Child {
	t.Helper()
	log := &server.Log{}
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun, done := make(chan struct{}), make(chan struct{})
	c := &Child{Begun: begun, Done: done, ended: make(chan struct{}), stdin: stdin, leave: sync.OnceFunc(func() { _ = stdin.Close() })}
	go func() {
		defer close(c.ended)
		isDone := sync.OnceFunc(func() { close(done) })
		defer isDone()
		hasBegun := sync.OnceFunc(func() { close(begun) })
		defer hasBegun()
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if lines.Text() == "done" {
				isDone()
			} else if err := hear(lines.Text()); err != nil {
				t.Errorf("%s says %q: %v", cmd.Path, lines.Text(), err)
			}
			hasBegun()
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", cmd.Path, err, log)
		}
	}()
	t.Cleanup(func() {
		c.leave()
		if !ends(c.ended, server.Patience) {
			t.Errorf("%s does not end:\n%s", cmd.Path, log)
		}
		_ = server.KillGroup(cmd)
		<-c.ended
	})
	return c
}

// Tell writes a line to its standard input. It may be called from any goroutine.
func (c *Child) Tell(t *testing.T, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.stdin, line); err != nil {
		t.Error(err)
	}
}

// Leave ends the process's sessions, and waits for that.
func (c *Child) Leave(t *testing.T) {
	t.Helper()
	c.leave()
	Await(t, "the end of the other client", c.ended)
}

// Await fails the test at once if something is not done in time, which is minutes.
func Await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	if !ends(done, patience) {
		t.Fatalf("not in time: %s", what)
	}
}

func ends(done <-chan struct{}, within time.Duration) bool {
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}
