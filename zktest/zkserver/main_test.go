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

	"github.com/gazoo-go/gazoo/zk"
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
	cfg := write(t, "clientPort=1\nclientPortAddress=127.0.0.1\ntickTime=500\nautopurge.purgeInterval=1\n4lw.commands.whitelist=ruok, conf\n")
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
	for _, line := range []string{"nothing is persisted", "autopurge.purgeInterval: has no effect here"} {
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

// serving runs zkserver until stop, which returns its log, and returns the addresses that it listens on.
func serving(t *testing.T, n int, args ...string) (addrs []string, stop func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, n), make(chan int, 1)
	var out buffer
	go func() {
		ended <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), &out, func(a net.Addr) { ready <- a })
	}()
	for range n {
		select {
		case a := <-ready:
			addrs = append(addrs, a.String())
		case code := <-ended:
			t.Fatalf("ended with %d: %s", code, &out)
		}
	}
	return addrs, func() string {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("ended with %d", code)
		}
		return out.String()
	}
}

// What a server with a dataDir has acknowledged, it has when it is started again; its clients do not notice.
func TestDataDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cfg := write(t, "tickTime=100\ndataDir="+dir+"\n")
	addrs, stop := serving(t, 1, cfg)
	cl, err := zk.Connect(t.Context(), addrs[0], zk.WithSessionTimeout(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	made := map[string][]byte{"/null": nil, "/empty": {}, "/text": []byte("\x00\xff")}
	for path, data := range made {
		if err := cl.Create(t.Context(), path, data).WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cl.Create(t.Context(), "/mine", nil, zk.Ephemeral).WaitErr(); err != nil {
		t.Fatal(err)
	}
	stop()
	f, err := os.OpenFile(filepath.Join(dir, logName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, `{"Zxid":77,"Ti`) // as by a process that was killed
	f.Close()

	addrs, stop = serving(t, 1, cfg)
	heir, err := zk.Connect(t.Context(), addrs[0], zk.WithSession(cl.Session()))
	if err != nil {
		t.Fatal(err)
	}
	if !heir.Session().Resumed {
		t.Errorf("%v after %v", heir.Session(), cl.Session())
	}
	for path, data := range made {
		n, err := heir.Get(t.Context(), path).Wait()
		if d := cmp.Diff(data, n.Data); d != "" || err != nil {
			t.Errorf("%s: %v %s", path, err, d)
		}
	}
	if st, err := heir.Exists(t.Context(), "/mine").Wait(); st == nil || err != nil {
		t.Errorf("ephemeral: %v, %v", st, err)
	}
	_ = cl.Close(t.Context())
	_ = heir.Close(t.Context()).WaitErr()
	if log := stop(); !strings.Contains(log, "transactions so far: 5") {
		t.Errorf("log: %s", log)
	}
}

func TestEnsemble(t *testing.T) {
	addrs, stop := serving(t, 3, "-n", "3", write(t, "tickTime=100\n"))
	cl, err := zk.Connect(t.Context(), strings.Join(addrs, ","))
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.Create(t.Context(), "/a", nil).WaitErr(); err != nil {
		t.Error(err)
	}
	leaders := 0
	for _, addr := range addrs {
		if strings.Contains(ask(t, tcpAddr(addr), "srvr"), "Mode: leader") {
			leaders++
		}
	}
	if leaders != 1 {
		t.Errorf("%d leaders", leaders)
	}
	if err := cl.Close(t.Context()).WaitErr(); err != nil {
		t.Error(err)
	}
	stop()
}

type tcpAddr string

func (tcpAddr) Network() string  { return "tcp" }
func (a tcpAddr) String() string { return string(a) }

func TestJAAS(t *testing.T) {
	path := write(t, `
// Whoever is in here may log in.
Server {
	org.apache.zookeeper.server.auth.DigestLoginModule required
	user_super="super_secret"
	user_jaasuser = "jaas_password";
};
Client { x required user_other="x"; };
`)
	users, err := readJAAS(path)
	if d := cmp.Diff(map[string]string{"super": "super_secret", "jaasuser": "jaas_password"}, users); d != "" || err != nil {
		t.Error(err, d)
	}
	for _, text := range []string{"", "Client { user_x=\"x\"; };"} {
		if users, err := readJAAS(write(t, text)); err != nil || users != nil {
			t.Errorf("%q: %v, %v", text, users, err)
		}
	}
	for _, text := range []string{"Server { com.sun.security.auth.module.Krb5LoginModule required; };"} {
		if users, err := readJAAS(write(t, text)); err == nil {
			t.Errorf("%q: %v", text, users)
		}
	}
}
