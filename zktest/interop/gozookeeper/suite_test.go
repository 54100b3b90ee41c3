package gozookeeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// zkServer is what go-zookeeper's harness calls: zkServer.sh start-foreground path/to/zoo.cfg, with properties of the JVM in
// SERVER_JVMFLAGS. It must become the server, because that is whom the harness kills.
const zkServer = `#!/bin/sh
for flag in $SERVER_JVMFLAGS; do
	case $flag in
	-Dzookeeper.DigestAuthenticationProvider.superDigest=*) digest=${flag#*=} ;;
	-Dzookeeper.extendedTypesEnabled=true) echo extendedTypesEnabled=true >>"$2" ;;
	esac
done
exec %q ${digest:+-super-digest "$digest"} "$2"
`

// needThree are the tests that start three servers, each a process of its own, which zkserver's do not talk to each other.
var needThree = []string{
	"BasicCluster", "ClientClusterFailover", "NoQuorum", "RecurringReAuthHang", "DNSHostProviderReconnect",
	"IncrementalReconfig", "Reconfig",
}

// one is how many tests go-zookeeper 1.0.4 has that start one server.
const one = 21

// TestSuite runs go-zookeeper's own integration tests, as the module is downloaded, on zkserver: all of those that need one
// server have to pass.
func TestSuite(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "zkServer.sh"), fmt.Appendf(nil, zkServer, server.Binary(t)), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := server.Command(ctx, "go", "test", "-json", "-count=1", "-run=^TestIntegration_",
		"-skip=^TestIntegration_("+strings.Join(needThree, "|")+")$", "github.com/go-zookeeper/zk")
	cmd.Env = append(server.Environment(), "ZOOKEEPER_BIN_PATH="+bin)
	var said, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &log
	err := cmd.Run()
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	passed, output := 0, make(map[string]string)
	for line := range bytes.Lines(said.Bytes()) {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil || strings.Contains(e.Test, "/") {
			continue
		}
		switch e.Action {
		case "output":
			output[e.Test] += e.Output
		case "pass":
			if e.Test != "" {
				passed++
			}
		case "fail", "skip":
			t.Errorf("%s: %s\n%s", e.Test, e.Action, output[e.Test])
		}
	}
	t.Logf("%d tests pass", passed)
	if passed != one {
		t.Errorf("%d tests pass, want %d\n%s", passed, one, &log)
	}
}
