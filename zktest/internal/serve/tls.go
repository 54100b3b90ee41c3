package serve

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// greetLimit is how long a TLS handshake may take.
const greetLimit = 10 * time.Second

// ServeTLSListener is ServeListener for clients that speak TLS. The subject of a client's certificate is its identity, if
// the server knows scheme x509.
func (s *host) ServeTLSListener(l net.Listener, cfg *tls.Config) error {
	return s.listeners.serve(l, func(nc net.Conn) { s.serveTLS(nc, cfg) })
}

// serveTLS shakes hands in a goroutine of its own: a client may take its time.
func (s *host) serveTLS(nc net.Conn, cfg *tls.Config) {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	if s.closed {
		refuse(nc)
		return
	}
	if s.greeting == nil {
		s.greeting = make(map[net.Conn]struct{})
	}
	s.greeting[nc] = struct{}{}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		ctx, cancel := context.WithTimeout(context.Background(), greetLimit)
		defer cancel()
		tc := tls.Server(nc, cfg)
		err := tc.HandshakeContext(ctx)
		s.g.mu.Lock()
		defer s.g.mu.Unlock()
		delete(s.greeting, nc)
		if err != nil {
			nc.Close()
			return
		}
		s.serveConn(tc)
	}()
}

// DialMemoryTLS is DialMemory for a client that speaks TLS.
func (s *host) DialMemoryTLS(cfg *tls.Config) net.Conn {
	s.g.mu.Lock()
	s.dialed++
	client, server := NewPipe(loopback(s.dialed), serverAddr)
	s.g.mu.Unlock()
	s.serveTLS(server, cfg)
	return client
}

// subject is the name in the client's certificate, if it has shown one.
func subject(nc net.Conn) (name string, ok bool) {
	tc, ok := nc.(*tls.Conn)
	if !ok {
		return "", false
	}
	certs := tc.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return "", false
	}
	return certs[0].Subject.String(), true
}
