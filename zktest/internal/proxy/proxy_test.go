package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long something that must happen may take, brief how long something that must not is waited for.
const (
	patience = 10 * time.Second
	brief    = 50 * time.Millisecond
)

// An echo server, so that one end of a test sees both directions.
func echo(t *testing.T) (addr string, accepted chan *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = make(chan *net.TCPConn, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- conn.(*net.TCPConn)
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String(), accepted
}

func start(t *testing.T, config proxy.Config) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func dial(t *testing.T, p *proxy.Proxy) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", p.Addr(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// exchange sends s and wants it echoed.
func exchange(t *testing.T, conn net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(conn, s); err != nil {
		t.Fatal(err)
	}
	receive(t, conn, s)
}

func receive(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("received %q, %v; want %q", got, err, want)
	}
}

func silent(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(brief))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v; want silence", n, err)
	}
}

// ending reads until the connection ends and returns how.
func ending(t *testing.T, conn net.Conn) error {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, conn)
	return err
}

// isReset wants a new connection reset, be it before or after the dial returns.
func isReset(t *testing.T, p *proxy.Proxy) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", p.Addr(), patience)
	if err == nil {
		defer conn.Close()
		err = ending(t, conn)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("ended by %v, want a reset", err)
	}
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func TestRelays(t *testing.T) {
	addr, _ := echo(t)
	p := start(t, proxy.Config{Target: addr})
	conn := dial(t, p)
	big := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB: more than the buffers hold
	go func() {
		_, _ = io.WriteString(conn, big)
		_ = conn.CloseWrite()
	}()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	got, err := io.ReadAll(conn)
	if err != nil || string(got) != big {
		t.Fatalf("%d bytes came back, %v; want %d and end-of-file", len(got), err, len(big))
	}
	until(t, "the ended connection is forgotten", func() bool { return p.Conns() == 0 })
}

func TestCutResetsBothEnds(t *testing.T) {
	addr, accepted := echo(t)
	p := start(t, proxy.Config{Target: addr})
	conn := dial(t, p)
	exchange(t, conn, "a")
	if n := p.Cut(proxy.Reset); n != 1 {
		t.Errorf("Cut ended %d connections, want 1", n)
	}
	if err := ending(t, conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connecting end saw %v, want a reset", err)
	}
	target := <-accepted
	until(t, "the target's end fails", func() bool {
		_, err := target.Write([]byte{0})
		return err != nil
	})
	exchange(t, dial(t, p), "new ones are not affected")
}

func TestCutByFin(t *testing.T) {
	addr, _ := echo(t)
	p := start(t, proxy.Config{Target: addr})
	conn := dial(t, p)
	exchange(t, conn, "a")
	p.Cut(proxy.Fin)
	if err := ending(t, conn); err != nil {
		t.Errorf("the connecting end saw %v, want end-of-file", err)
	}
	_ = conn.Close()
	until(t, "the ended connection is forgotten", func() bool { return p.Conns() == 0 })
}

func TestStallHoldsOneDirection(t *testing.T) {
	for name, direction := range map[string]proxy.Direction{"up": proxy.Up, "down": proxy.Down, "both": proxy.Both} {
		t.Run(name, func(t *testing.T) {
			addr, accepted := echo(t)
			p := start(t, proxy.Config{Target: addr})
			conn := dial(t, p)
			exchange(t, conn, "a")
			target := <-accepted
			p.Stall(direction)
			if _, err := io.WriteString(conn, "b"); err != nil {
				t.Fatal(err)
			}
			silent(t, conn)
			if direction == proxy.Up { // the other way is open
				if _, err := io.WriteString(target, "c"); err != nil {
					t.Fatal(err)
				}
				receive(t, conn, "c")
			}
			p.Resume()
			receive(t, conn, "b")
			exchange(t, conn, "d")
		})
	}
}

func TestStallHoldsTheEnd(t *testing.T) {
	addr, accepted := echo(t)
	p := start(t, proxy.Config{Target: addr})
	conn := dial(t, p)
	exchange(t, conn, "a")
	p.Stall(proxy.Both)
	_ = (<-accepted).Close()
	silent(t, conn)
	p.Resume()
	if err := ending(t, conn); err != nil {
		t.Errorf("ended by %v, want end-of-file", err)
	}
}

func TestStallHidesNewConnections(t *testing.T) {
	addr, accepted := echo(t)
	p := start(t, proxy.Config{Target: addr})
	p.Stall(proxy.Both)
	conn := dial(t, p)
	if _, err := io.WriteString(conn, "a"); err != nil {
		t.Fatal(err)
	}
	silent(t, conn)
	if len(accepted) != 0 {
		t.Error("the target saw a connection come through a stalled proxy")
	}
	p.Resume()
	receive(t, conn, "a")
}

func TestRefuse(t *testing.T) {
	addr, _ := echo(t)
	p := start(t, proxy.Config{Target: addr})
	old := dial(t, p)
	exchange(t, old, "a")
	p.Refuse()
	isReset(t, p)
	exchange(t, old, "old ones live on")
	p.Resume()
	exchange(t, dial(t, p), "b")
}

func TestTargetAbsent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	p := start(t, proxy.Config{Target: listener.Addr().String()})
	isReset(t, p)
}

func TestRewriteMapsTheFirstBytesOnly(t *testing.T) {
	addr, _ := echo(t)
	p := start(t, proxy.Config{Target: addr, Rewrite: bytes.ToUpper})
	conn := dial(t, p)
	_, _ = io.WriteString(conn, "abc")
	receive(t, conn, "ABC")
	exchange(t, conn, "def")
}

func TestCloseInAnyState(t *testing.T) {
	for name, fault := range map[string]func(*proxy.Proxy){
		"open":    func(*proxy.Proxy) {},
		"stalled": func(p *proxy.Proxy) { p.Stall(proxy.Both) },
		"refused": func(p *proxy.Proxy) { p.Refuse() },
		"cut":     func(p *proxy.Proxy) { p.Cut(proxy.Fin) },
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := echo(t)
			p := start(t, proxy.Config{Target: addr})
			exchange(t, dial(t, p), "a")
			fault(p)
			late, lateErr := net.DialTimeout("tcp", p.Addr(), patience)
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if n := p.Conns(); n != 0 {
				t.Errorf("%d connections after Close", n)
			}
			if lateErr == nil { // a refused one may fail before its dial returns
				_ = ending(t, late)
				_ = late.Close()
			}
			p.Stall(proxy.Up) // harmless
			p.Resume()
			if err := p.Close(); err != nil {
				t.Error("second Close:", err)
			}
		})
	}
}

func TestStartWantsATarget(t *testing.T) {
	if _, err := proxy.Start(proxy.Config{}); err == nil {
		t.Error("no error without a target")
	}
}

func TestCutFromEndsOneConnection(t *testing.T) {
	addr, accepted := echo(t)
	p := start(t, proxy.Config{Target: addr})
	one := dial(t, p)
	seen := (<-accepted).RemoteAddr().String()
	exchange(t, one, "connected all the way")
	two := dial(t, p)
	<-accepted
	if p.CutFrom("127.0.0.1:1", proxy.Reset) {
		t.Error("cut a connection that there is not")
	}
	if !p.CutFrom(seen, proxy.Reset) {
		t.Errorf("no connection from %s", seen)
	}
	if err := ending(t, one); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection that was cut ends with %v", err)
	}
	exchange(t, two, "still there")
}

func TestNewestCountsAcrossProxies(t *testing.T) {
	addr, accepted := echo(t)
	p, q := start(t, proxy.Config{Target: addr}), start(t, proxy.Config{Target: addr})
	if p.Newest() != 0 || q.Newest() != 0 {
		t.Errorf("without connections: %d and %d", p.Newest(), q.Newest())
	}
	for i := range 6 {
		newer, older := p, q
		if i%2 > 0 {
			newer, older = q, p
		}
		dial(t, newer)
		<-accepted
		if newer.Newest() <= older.Newest() {
			t.Errorf("after connection %d: %d, and the other %d", i, newer.Newest(), older.Newest())
		}
	}
	p.Cut(proxy.Reset)
	until(t, "connections that were cut do not count", func() bool { return p.Newest() == 0 })
}
