//go:build unix

package handler_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// A Dialer that sets an option through the connection's File leaves a blocking socket. Closing must not wait for its reader.
func TestBlockingSocket(t *testing.T) {
	near, _ := tcpPair(t)
	f, err := near.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	f.Fd()
	f.Close()
	h := handler.NewPool()
	h.Dialer = func(context.Context, string, string) (net.Conn, error) { return near, nil }
	s := newSink()
	opened := make(chan bool)
	s.opened = func(handler.Conn) { close(opened) }
	conn := h.Dial(t.Context(), handler.Target{Address: "127.0.0.1:1"}, s)
	<-opened
	ended := make(chan bool)
	go func() {
		conn.Close()
		<-s.closed
		h.Stop()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the connection does not end")
	}
}
