package turns

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// A kazoo is a process with some clients of Kazoo.
type kazoo struct {
	begun chan struct{} // closed when they have connected
	done  chan struct{} // closed when they have had their turns
	ended chan struct{}
	leave func() // ends their sessions
}

func startPython(t *testing.T, s *score, interpreter, path string, turns int, ways []*proxy.Proxy, chroot string) *kazoo {
	t.Helper()
	args := []string{"-B", "testdata/turns.py", s.game.kind, fmt.Sprint(s.game.limit), fmt.Sprint(turns)}
	for _, way := range ways {
		args = append(args, way.Addr()+chroot)
	}
	cmd := server.Command(context.Background(), interpreter, args...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+path)
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
	k := &kazoo{begun: make(chan struct{}), done: make(chan struct{}), ended: make(chan struct{}), leave: sync.OnceFunc(func() { _ = stdin.Close() })}
	go func() {
		defer close(k.ended)
		done := sync.OnceFunc(func() { close(k.done) })
		defer done()
		begun := sync.OnceFunc(func() { close(k.begun) })
		defer begun()
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if lines.Text() == "done" {
				done()
			} else if err := s.hear(lines.Text()); err != nil {
				t.Errorf("Kazoo says %q: %v", lines.Text(), err)
			}
			begun()
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("Kazoo: %v\n%s", err, log)
		}
	}()
	t.Cleanup(func() {
		k.leave()
		if !ends(k.ended, server.Patience) {
			t.Errorf("Kazoo does not end:\n%s", log)
		}
		_ = server.KillGroup(cmd)
		<-k.ended
	})
	return k
}

// hear understands a line that turns.py prints.
func (s *score) hear(line string) error {
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case "kazoo":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kazoo = rest
	case "lost":
		s.lose()
	case "turn":
		var x turn
		if _, err := fmt.Sscan(rest, &x.who, &x.zxid, &x.token, &x.inside); err != nil {
			return err
		}
		s.had(x)
	default:
		return errors.New("that must not be")
	}
	return nil
}

func await(t *testing.T, what string, done <-chan struct{}) {
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
