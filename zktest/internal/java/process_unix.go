//go:build unix

package java

import (
	"os/exec"
	"syscall"
)

// The signals that tests send.
const (
	sigTerm = syscall.SIGTERM
	sigKill = syscall.SIGKILL
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// isolate makes cmd the leader of a process group, so that a java that is a shell script ends with what it started,
// and an interrupt from the terminal is the test's to handle.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

func signalGroup(pid int, sig syscall.Signal) error { return syscall.Kill(-pid, sig) }
