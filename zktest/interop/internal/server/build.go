package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	buildOnce sync.Once
	buildDir  string
	buildErr  error
)

// Binary returns the path of zkserver. It is built once in each test binary, whose TestMain has to be Main, and checks
// itself for data races where the tests do.
func Binary(t *testing.T) string {
	t.Helper()
	buildOnce.Do(func() { buildErr = build() })
	if buildErr != nil {
		t.Fatalf("building zkserver: %v", buildErr)
	}
	return filepath.Join(buildDir, "zkserver")
}

func build() (err error) {
	if buildDir, err = os.MkdirTemp("", "zkserver"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	// In its own module: the sums of what it needs are not ours to know.
	root, err := run(ctx, "", "list", "-m", "-f", "{{.Dir}}", "github.com/gazoo-go/gazoo")
	if err != nil {
		return err
	}
	args := []string{"build", "-o", buildDir}
	if raceEnabled {
		args = append(args, "-race")
	}
	_, err = run(ctx, strings.TrimSpace(root), append(args, "./zktest/zkserver")...)
	return err
}

// Environment is that of this process, and what makes a zkserver that checks itself for data races end at once.
func Environment() []string { return append(os.Environ(), "GORACE=atexit_sleep_ms=0") }

// run is the go command.
func run(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("go %s: %w: %s", args[0], err, failed.Stderr)
	}
	return string(out), err
}

// Main is what a package's TestMain calls. It removes what Binary built.
func Main(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		os.RemoveAll(buildDir)
	}
	os.Exit(code)
}
