package handler

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// Dial connects in a goroutine and reports to sink. After Stop the sink's Closed gets net.ErrClosed.
func (s *System) Dial(ctx context.Context, to Target, sink Sink) Conn {
	ctx, cancel := context.WithCancel(ctx)
	c := newConn(sink)
	c.cancel = cancel
	if s.life.beginCloser(c) {
		c.left = func() { s.life.endCloser(c) }
	} else {
		c.Close()
	}
	go func() {
		nc, err := s.connect(ctx, to)
		if err != nil {
			c.end(err)
		}
		c.serve(nc)
		cancel()
	}()
	return c
}

// connect makes a connection and, over it, the TLS session.
func (s *System) connect(ctx context.Context, to Target) (net.Conn, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	dial := s.Dialer
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	network := to.Network
	if network == "" {
		network = "tcp"
	}
	nc, err := dial(ctx, network, to.Address)
	if err != nil {
		return nil, err
	}
	unblock(nc)
	if to.TLS == nil {
		return nc, nil
	}
	tc := tls.Client(nc, withServerName(to.TLS, to.Address))
	if err := tc.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return tc, nil
}

// withServerName fills in whose certificate is expected, as tls.Dialer does.
func withServerName(config *tls.Config, address string) *tls.Config {
	if config.ServerName != "" || config.InsecureSkipVerify {
		return config
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config = config.Clone()
	config.ServerName = host
	return config
}
