package session

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
)

type system struct{ dialer any }

func network(ctx context.Context, by interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}) {
	_, _ = net.Dial("tcp", "h:2181")           // want `net.Dial: the network belongs to the handler`
	_, _ = net.DialTimeout("tcp", "h:2181", 1) // want `net.DialTimeout`
	dial := net.DialTCP                        // want `net.DialTCP`
	_ = dial
	_, _ = net.Listen("tcp", ":0")                      // want `net.Listen`
	_, _ = net.LookupHost("h")                          // want `net.LookupHost`
	_, _ = net.ResolveTCPAddr("tcp", "h:2181")          // want `net.ResolveTCPAddr`
	_, _ = net.DefaultResolver.LookupIP(ctx, "ip", "h") // want `net.DefaultResolver` `net.Resolver.LookupIP`
	var d net.Dialer                                    // want `net.Dialer`
	_, _ = d.DialContext(ctx, "tcp", "h:2181")          // want `net.Dialer.DialContext`
	_ = net.Resolver{}                                  // want `net.Resolver`
	_, _ = tls.Dial("tcp", "h:2281", nil)               // want `tls.Dial`
	_ = http.DefaultClient                              // want `http.DefaultClient`
	_, _ = by.DialContext(ctx, "tcp", "h:2181")
}

// Addresses and settings are values.
func addresses(c net.Conn, a *net.TCPAddr, _ *tls.Config) {
	_ = netip.MustParseAddr("::1")
	_, _, _ = net.SplitHostPort(a.String())
	_ = net.JoinHostPort("h", "2181")
	_ = c.RemoteAddr()
}
