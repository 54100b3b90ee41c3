//go:build !unix

package server

import (
	"context"
	"os/exec"
)

// Command is exec.CommandContext.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, args...)
}

// KillGroup does nothing here.
func KillGroup(*exec.Cmd) error { return nil }
