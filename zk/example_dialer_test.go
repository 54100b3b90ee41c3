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

// A handler's Dialer makes the connections: through a proxy, to a Unix socket, or as here with a word about each.
func ExampleWithHandler_dialer() {
	srv := zktest.Start()
	defer srv.Close()
	ctx := context.Background()

	pool := handler.NewPool()
	pool.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		fmt.Println("dialing", network, address)
		return new(net.Dialer).DialContext(ctx, "tcp", srv.Addr()) // or "unix" and the path of a socket
	}
	cl, err := zk.Connect(ctx, "192.0.2.1:2181", zk.WithHandler(pool))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { cl.Close(ctx).Wait() }()
	fmt.Println(cl.State())
	// Output:
	// dialing tcp 192.0.2.1:2181
	// CONNECTED
}
