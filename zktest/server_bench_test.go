package zktest_test

import (
	"context"
	"net"
	"testing"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// How long a test waits for a server: from nothing to one that answers, and back to nothing.
func BenchmarkNewServer(b *testing.B) {
	for _, how := range []struct {
		name string
		use  func(testing.TB, *zktest.Server)
	}{
		{"made", func(testing.TB, *zktest.Server) {}},
		{"dialed", dialOnce},
		{"client", clientOnce},
		{"TCP", dialTCPOnce},
	} {
		b.Run(how.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				srv := zktest.Start()
				how.use(b, srv)
				shut(b, srv)
			}
		})
	}
}

func shut(t testing.TB, srv *zktest.Server) {
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
}

// dialOnce leaves a connection open.
func dialOnce(t testing.TB, srv *zktest.Server) {
	if _, err := srv.Dial(context.Background(), "tcp", "127.0.0.1:2181"); err != nil {
		t.Fatal(err)
	}
}

// clientOnce writes a node.
func clientOnce(t testing.TB, srv *zktest.Server) {
	ctx := context.Background()
	pool := handler.NewPool()
	pool.Dialer = srv.Dial
	cl, err := zk.Connect(ctx, "127.0.0.1:2181", zk.WithHandler(pool))
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.Create(ctx, "/a", nil).WaitErr(); err != nil {
		t.Fatal(err)
	}
	if err := cl.Close(ctx).WaitErr(); err != nil {
		t.Fatal(err)
	}
	pool.Stop()
}

// dialTCPOnce connects by TCP. A server holds its port from the moment that it knows its number, so there is nothing to
// race for between servers, or between tests: -benchtime 100000x tries it often.
func dialTCPOnce(t testing.TB, srv *zktest.Server) {
	nc, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.(*net.TCPConn).SetLinger(0) // without TIME_WAIT, for which there is room for some ten thousand
	if err := nc.Close(); err != nil {
		t.Fatal(err)
	}
}
