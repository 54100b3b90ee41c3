package zk_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest"
	"go.uber.org/goleak"
)

// serveOnly makes this binary a server, for tests that count what a client needs.
const serveOnly = "GAZOO_TEST_SERVE_ONLY"

func TestMain(m *testing.M) {
	if os.Getenv(serveOnly) != "" {
		srv := zktest.Start()
		fmt.Println(srv.Addr())
		io.Copy(io.Discard, os.Stdin) // until the parent is gone
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// serverProcess returns the address of a server in a process of its own, which ends with the test.
func serverProcess(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), serveOnly+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error("the server:", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("the server says nothing:", err)
	}
	return strings.TrimSpace(line)
}
