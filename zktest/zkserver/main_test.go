package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/google/go-cmp/cmp"
)

// buffer is a log that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zoo.cfg")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func ask(t *testing.T, addr net.Addr, word string) string {
	t.Helper()
	nc, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(nc, word)
	text, err := io.ReadAll(nc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServes(t *testing.T) {
	cfg := write(t, "clientPort=1\nclientPortAddress=127.0.0.1\ntickTime=500\ndataDir=/nowhere\n4lw.commands.whitelist=ruok, conf\n")
	ctx, cancel := context.WithCancel(t.Context())
	addrs, ended := make(chan net.Addr, 1), make(chan int, 1)
	var out buffer
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-version", "3.8.4", cfg}, &out, func(a net.Addr) { addrs <- a })
	}()
	var addr net.Addr
	select {
	case addr = <-addrs:
	case code := <-ended:
		t.Fatalf("ended with %d: %s", code, &out)
	}
	if got := ask(t, addr, "ruok"); got != "imok" {
		t.Errorf("ruok: %q", got)
	}
	if got := ask(t, addr, "conf"); !strings.Contains(got, "tickTime=500\nmaxClientCnxns=60\nminSessionTimeout=1000\n") {
		t.Errorf("conf: %q", got)
	}
	if got := ask(t, addr, "srvr"); !strings.HasPrefix(got, "Zookeeper version: 3.8.4-") {
		t.Errorf("srvr: %q", got)
	}
	if got := ask(t, addr, "stat"); !strings.Contains(got, "not in the whitelist") {
		t.Errorf("stat: %q", got)
	}
	for _, line := range []string{"nothing is persisted", "dataDir: has no effect here"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("log lacks %q:\n%s", line, &out)
		}
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d", code)
	}
}

func TestSettings(t *testing.T) {
	path := write(t, `
# the tick
tickTime = 100
minSessionTimeout=-1
maxSessionTimeout=5000
clientPort=2182
maxClientCnxns=0
jute.maxbuffer=0x1000
extendedTypesEnabled=true
readonlymode.enabled=true
reconfigEnabled=true
enforceQuota=true
skipACL=yes
znode.container.checkIntervalMs=1000
! another comment
server.1=a:2888:3888
`)
	var ignored []string
	got, err := readSettings(path, func(_ string, args ...any) { ignored = append(ignored, args[0].(string)) })
	if err != nil {
		t.Fatal(err)
	}
	want := settings{address: ":2182", core: core.Config{
		TickTime: 100 * time.Millisecond, MaxSessionTimeout: 5 * time.Second, MaxFrame: 0x1000, ExtendedTypes: true,
		ReadOnlyMode: true, Reconfig: true, EnforceQuota: true, SkipACL: true, SweepInterval: time.Second,
	}}
	// Config has functions, which nothing sets and cmp cannot compare.
	if d := cmp.Diff(want, got, cmp.AllowUnexported(settings{}), cmp.Comparer(func(a, b core.Intercept) bool { return a == nil && b == nil })); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"server.1"}, ignored); d != "" {
		t.Error(d)
	}
}

func TestRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-nosuch"}, exitUsage, "not defined"},
		{[]string{"a", "b"}, exitUsage, "usage:"},
		{[]string{"-version", "2.0.0"}, exitUsage, "3.4.0 or later"},
		{[]string{"-version", "x"}, exitUsage, "3.4.0 or later"},
		{[]string{"/no/such/zoo.cfg"}, exitFailed, "no such file"},
		{[]string{write(t, "tickTime=soon")}, exitFailed, ":1: tickTime:"},
		{[]string{write(t, "\nclientPort=-1")}, exitFailed, ":2: clientPort:"},
		{[]string{write(t, "what")}, exitFailed, "no key=value"},
		{[]string{"-listen", l.Addr().String()}, exitFailed, "in use"},
		{[]string{"-h"}, 0, "usage:"},
	} {
		var out buffer
		code := run(t.Context(), c.args, &out, func(net.Addr) { t.Errorf("%v: serves", c.args) })
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: ended with %d and %q", c.args, code, &out)
		}
	}
}
