package java

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const orphanVariable = "GAZOO_TEST_ORPHAN"

// orphan is the test binary in the role of a test process that gets killed: it starts a server, tells its pid, waits.
func orphan() {
	e, err := Start(context.Background(), Config{Dir: os.Getenv(orphanVariable)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("pid", e.Server(0).process().cmd.Process.Pid)
	select {}
}

func TestRealServersDieWithTheTestProcess(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"kill -9": syscall.SIGKILL, "panic": syscall.SIGQUIT} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), orphanVariable+"="+t.TempDir())
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			line, _ := bufio.NewReader(out).ReadString('\n')
			pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "pid ")))
			if err != nil || !alive(pid) {
				t.Errorf("no server: %q", line)
			}
			must(t, cmd.Process.Signal(sig))
			_ = cmd.Wait()
			until(t, "the server is dead", func() bool { return !alive(pid) })
		})
	}
}

// alive reports whether pid is a process that is not a zombie: nobody may reap what was orphaned here.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
