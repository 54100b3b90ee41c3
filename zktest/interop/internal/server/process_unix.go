//go:build unix

package server

import (
	"context"
	"os/exec"
	"syscall"
)

// Command is exec.CommandContext for a process that leads a process group, ends with the test process, and takes its
// group with it when ctx ends.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error { return KillGroup(cmd) }
	return cmd
}

// KillGroup ends what is left of a command's process group.
func KillGroup(cmd *exec.Cmd) error {
	if cmd.Process == nil {
		return nil
	}
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
