package zk_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// A handler's Dialer decides how servers are reached: through a proxy, a tunnel, a Unix socket.
func ExampleWithHandler_dialer() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()

	pool := handler.NewPool()
	defer pool.Stop()
	pool.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		fmt.Println("asked for", address)
		return new(net.Dialer).DialContext(ctx, network, srv.Addr()) // as a tunnel would
	}
	cl, err := zk.Connect(ctx, "192.0.2.1:2181", zk.WithHandler(pool))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	fmt.Println(cl.State())
	// Output:
	// asked for 192.0.2.1:2181
	// CONNECTED
}
