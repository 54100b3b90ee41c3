package handler_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

func TestNames(t *testing.T) {
	world := handler.NewDeterministic(1)
	defer world.Stop()
	nw, client, server := world.Network(), world.Node("client"), world.Node("server")
	look := func(host string) ([]netip.Addr, error) { return client.Resolve(context.Background(), host).Wait() }
	want := func(host string, want ...netip.Addr) {
		t.Helper()
		if got, err := look(host); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", host, got, err, want)
		}
	}
	other := netip.MustParseAddr("2001:db8::1")
	want("server", server.Addr())
	nw.SetName("zk.example", server.Addr(), other)
	want("zk.example", server.Addr(), other)
	nw.SetName("zk.example", other)
	want("zk.example", other)
	nw.SetName("server", other)
	want("server", other)

	var de *net.DNSError
	if _, err := look("nobody"); !errors.As(err, &de) || !de.IsNotFound {
		t.Errorf("nobody: %v", err)
	}
	nw.SetName("server")
	if _, err := look("server"); !errors.As(err, &de) || !de.IsNotFound {
		t.Errorf("no address: %v", err)
	}
	nw.FailName("zk.example")
	if _, err := look("zk.example"); !errors.As(err, &de) || !de.IsTemporary {
		t.Errorf("failing: %v", err)
	}
}

// A look-up that gets no answer ends with its context, and with its node.
func TestStalledName(t *testing.T) {
	world := handler.NewDeterministic(1)
	nw, client := world.Network(), world.Node("client")
	nw.StallName("zk.example")
	ctx, cancel := client.WithTimeout(context.Background(), time.Second)
	defer cancel()
	begin := world.Now()
	if _, err := client.Resolve(ctx, "zk.example").Wait(); !errors.Is(err, context.DeadlineExceeded) || world.Now().Sub(begin) != time.Second {
		t.Errorf("%v after %v", err, world.Now().Sub(begin))
	}
	open := client.Resolve(context.Background(), "zk.example")
	world.Stop()
	if _, err, ready := open.Poll(); !ready || err == nil {
		t.Errorf("after Stop: %v, %v", err, ready)
	}
	<-world.Stopped()
}
