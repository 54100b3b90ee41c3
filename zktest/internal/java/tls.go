package java

import (
	"crypto/tls"
	"path/filepath"

	"github.com/gazoo-go/gazoo/zktest/internal/cert"
)

// PEM files in the directory of a server with TLS.
const (
	keyFile = "server.pem" // key and certificate
	caFile  = "ca.pem"
)

// credentials are what a TLS ensemble and its clients trust: an authority made for it, and one certificate for each
// side. Everything in PEM.
type credentials struct {
	authority string
	server    string // key, certificate
	client    *tls.Config
}

// SecureAddr is the server's TLS port, host:port, past its proxy; "" without Config.TLS.
func (s *Server) SecureAddr() string {
	if !s.ensemble.config.TLS {
		return ""
	}
	return s.ports.addr(securePort)
}

// ClientTLS is a configuration that the servers accept and that accepts them, or nil without Config.TLS. Its
// certificate is "CN=client". The caller owns it.
func (e *Ensemble) ClientTLS() *tls.Config {
	if e.credentials == nil {
		return nil
	}
	return e.credentials.client.Clone()
}

func (s *Server) tlsLines() []string {
	return []string{
		"secureClientPort=" + portOf(s.SecureAddr()),
		"secureClientPortAddress=127.0.0.1",
		"serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
		"authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider",
		"ssl.keyStore.type=PEM",
		"ssl.keyStore.location=" + filepath.Join(s.dir, keyFile),
		"ssl.trustStore.type=PEM",
		"ssl.trustStore.location=" + filepath.Join(s.dir, caFile),
	}
}

func newCredentials() (*credentials, error) {
	authority, err := cert.New()
	if err != nil {
		return nil, err
	}
	server, err := authority.Issue("server", "localhost", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	client, err := authority.Issue("client")
	if err != nil {
		return nil, err
	}
	text, err := cert.PEM(server)
	return &credentials{
		authority: authority.PEM(),
		server:    text,
		client:    &tls.Config{Certificates: []tls.Certificate{client}, RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
	}, err
}
