package java

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"time"
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
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	caTemplate := template("authority")
	caTemplate.IsCA, caTemplate.BasicConstraintsValid, caTemplate.KeyUsage = true, true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, caTemplate, caTemplate, caKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	ca, err := x509.ParseCertificate(caDER)
	if err != nil {
		return nil, err
	}
	issue := func(name string) (key, cert []byte, err error) {
		priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		certDER, err := x509.CreateCertificate(rand.Reader, template(name), ca, priv.Public(), caKey)
		if err != nil {
			return nil, nil, err
		}
		keyDER, err := x509.MarshalPKCS8PrivateKey(priv)
		return encode("PRIVATE KEY", keyDER), encode("CERTIFICATE", certDER), err
	}
	serverKey, serverCert, err := issue("server")
	if err != nil {
		return nil, err
	}
	clientKey, clientCert, err := issue("client")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(clientCert, clientKey)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	return &credentials{
		authority: string(encode("CERTIFICATE", caDER)),
		server:    string(serverKey) + string(serverCert),
		client:    &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(30 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
