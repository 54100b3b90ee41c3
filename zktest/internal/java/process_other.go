//go:build !unix

package java

import (
	"os"
	"os/exec"
	"syscall"
)

// Signals of systems without process groups: all but the last word is refused.
const (
	sigTerm = syscall.SIGTERM
	sigKill = syscall.SIGKILL
	sigStop = syscall.Signal(0x7e)
	sigCont = syscall.Signal(0x7f)
)

func isolate(*exec.Cmd) {}

func signalGroup(pid int, sig syscall.Signal) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return process.Signal(sig)
}

func stopped(int) bool { return true }
