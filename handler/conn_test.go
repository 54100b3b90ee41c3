package handler_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// sink is a Sink made of functions; nil ones do nothing.
type sink struct {
	opened   func(handler.Conn)
	pull     func([]byte) []byte
	received func([]byte) int
	closed   chan error
}

func newSink() *sink { return &sink{closed: make(chan error, 1)} }

func (s *sink) Opened(c handler.Conn) {
	if s.opened != nil {
		s.opened(c)
	}
}

func (s *sink) Pull(buf []byte) []byte {
	if s.pull != nil {
		return s.pull(buf)
	}
	return buf
}

func (s *sink) Received(b []byte) int {
	if s.received != nil {
		return s.received(b)
	}
	return len(b)
}

func (s *sink) Closed(err error) { s.closed <- err }

// countingConn counts the writes to a pipe.
type countingConn struct {
	net.Conn
	writes atomic.Int32
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// On one processor, so that callers are there to be waited for: on two the writer can be as fast as they are.
func TestWritesCoalesce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		counting := &countingConn{Conn: near}
		var mu sync.Mutex // guards pending
		var pending []byte
		s := newSink()
		s.pull = func(buf []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			buf = append(buf, pending...)
			pending = pending[:0]
			return buf
		}
		c := handler.NewConn(counting, s)
		got := make(chan int)
		go func() {
			n, _ := io.Copy(io.Discard, far)
			got <- int(n)
		}()
		synctest.Wait()
		const callers = 256
		for range callers {
			go func() {
				mu.Lock()
				pending = append(pending, 'x')
				mu.Unlock()
				c.Wake()
			}()
		}
		synctest.Wait()
		c.Close()
		<-s.closed
		if n := <-got; n != callers {
			t.Errorf("%d of %d bytes arrived", n, callers)
		}
		if n := counting.writes.Load(); n > callers/4 {
			t.Errorf("%d writes for %d callers", n, callers)
		}
	})
}

// A patientSink wants to wait behind each Received.
type patientSink struct {
	*sink
	pause time.Duration
	asked atomic.Int32
	ask   func() // called when it is asked; may be nil
}

func (s *patientSink) Coalesce() time.Duration {
	s.asked.Add(1)
	if s.ask != nil {
		s.ask()
	}
	return s.pause
}

// tcpPair returns the two ends of a connection.
func tcpPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	if near, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// Where a read takes a part of what has come, waiting before each would be falling behind. Nobody is asked there.
func TestPartialReadsDoNotCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := &patientSink{sink: newSink(), pause: time.Hour}
		conn := handler.NewConn(near, s)
		for range 20 {
			far.Write([]byte{1})
		}
		synctest.Wait()
		if n := s.asked.Load(); n != 0 {
			t.Errorf("asked %d times", n)
		}
		conn.Close()
		<-s.closed
	})
}

func TestTwoGoroutinesPerConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := newSink()
		c := handler.NewConn(near, s)
		synctest.Wait()
		if n := goroutinesIn("handler.(*conn)"); n != 2 {
			t.Errorf("a connection has %d goroutines", n)
		}
		c.Close()
		<-s.closed
		far.Close()
	})
}

// A peer that does not read must not keep Close or Closed waiting.
func TestCloseWithAWriteUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // nobody reads from far
		s := newSink()
		s.pull = func(buf []byte) []byte { return append(buf, "never read"...) }
		c := handler.NewConn(near, s)
		c.Wake()
		synctest.Wait()
		begun := time.Now()
		c.Close()
		if err := <-s.closed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Closed with %v", err)
		}
		if passed := time.Since(begun); passed != 0 {
			t.Errorf("closing took %v", passed)
		}
		far.Close()
	})
}

// The reason that comes first is the one that is reported.
func TestPeerClosesBeforeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := newSink()
		c := handler.NewConn(near, s)
		far.Close()
		synctest.Wait()
		c.Close()
		if err := <-s.closed; err != io.EOF {
			t.Errorf("Closed with %v", err)
		}
	})
}

// What arrives together with the end is still shown.
func TestLastBytes(t *testing.T) {
	s := newSink()
	var got []byte
	s.received = func(b []byte) int { got = append(got, b...); return len(b) }
	handler.NewConn(&lastWords{}, s)
	if err := <-s.closed; err != io.EOF || string(got) != "bye" {
		t.Errorf("got %q, closed with %v", got, err)
	}
}

// lastWords is a connection whose only read brings bytes and the end.
type lastWords struct{ net.Conn }

func (*lastWords) Read(b []byte) (int, error) { return copy(b, "bye"), io.EOF }
func (*lastWords) Close() error               { return nil }

// A dial that hangs ends with Close and with Stop.
func TestCloseEndsDial(t *testing.T) {
	p := handler.NewPool()
	p.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	first, second := newSink(), newSink()
	c := p.Dial(context.Background(), handler.Target{Address: "x:1"}, first)
	p.Dial(context.Background(), handler.Target{Address: "x:1"}, second)
	c.Close()
	if err := <-first.closed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Closed with %v", err)
	}
	p.Stop()
	<-p.Stopped()
	if err := <-second.closed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Closed with %v", err)
	}
}

// A connection that comes into being after Close is closed and not opened.
func TestCloseBeforeConnected(t *testing.T) {
	p := handler.NewPool()
	near, far := net.Pipe()
	dialing, closed := make(chan struct{}), make(chan struct{})
	p.Dialer = func(context.Context, string, string) (net.Conn, error) {
		close(dialing)
		<-closed // and does not look at ctx
		return near, nil
	}
	s := newSink()
	s.opened = func(handler.Conn) { t.Error("opened after Close") }
	c := p.Dial(context.Background(), handler.Target{Address: "x:1"}, s)
	<-dialing
	c.Close()
	close(closed)
	if err := <-s.closed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Closed with %v", err)
	}
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection was left open: %v", err)
	}
	p.Stop()
	<-p.Stopped()
}

// A TLS peer that takes nothing delays neither Close nor Closed.
func TestTLSCloseDoesNotBlock(t *testing.T) {
	serverConfig, clientConfig := certificate(t, "zk.example")
	clientConfig.ServerName = "zk.example"
	made := time.Now() // the bubble's clock is another
	clientConfig.Time = func() time.Time { return made }
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		server := tls.Server(far, serverConfig)
		go server.Handshake() // and then it reads nothing any more
		s := newSink()
		c := handler.NewConn(tls.Client(near, clientConfig), s)
		synctest.Wait()
		begun := time.Now()
		c.Close()
		if err := <-s.closed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Closed with %v", err)
		}
		if passed := time.Since(begun); passed != 0 {
			t.Errorf("closing took %v", passed)
		}
		far.Close()
	})
}

func TestTLS(t *testing.T) {
	serverConfig, clientConfig := certificate(t, "zk.example")
	l, err := tls.Listen("tcp", "127.0.0.1:0", serverConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() { // an echo that closes in an orderly way once told
		nc, err := l.Accept()
		if err == nil {
			_, err = io.Copy(nc, nc)
			nc.Close()
		}
		served <- err
	}()
	p := handler.NewPool()
	defer p.Stop()
	p.Dialer = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}
	s := newSink()
	opened, got := make(chan handler.Conn, 1), make(chan string, 1)
	s.opened = func(c handler.Conn) { opened <- c }
	once := []byte("hello")
	s.pull = func(buf []byte) []byte { buf = append(buf, once...); once = nil; return buf }
	s.received = func(b []byte) int { got <- string(b); return len(b) }
	p.Dial(t.Context(), handler.Target{Address: "zk.example:2281", TLS: clientConfig}, s) // the name is from the address
	c := <-opened
	c.Wake()
	if g := <-got; g != "hello" {
		t.Errorf("got %q", g)
	}
	c.Close()
	if err := <-s.closed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Closed with %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("the server saw no orderly end: %v", err)
	}
}

func TestTLSWrongName(t *testing.T) {
	serverConfig, clientConfig := certificate(t, "zk.example")
	l, err := tls.Listen("tcp", "127.0.0.1:0", serverConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		if nc, err := l.Accept(); err == nil {
			nc.(*tls.Conn).Handshake()
			nc.Close()
		}
	}()
	p := handler.NewPool()
	defer p.Stop()
	s := newSink()
	p.Dial(t.Context(), handler.Target{Address: l.Addr().String(), TLS: clientConfig}, s)
	var wrong x509.HostnameError
	if err := <-s.closed; !errors.As(err, &wrong) {
		t.Errorf("Closed with %v", err)
	}
	<-served
}

// certificate makes a certificate for name, and configurations that use and trust it.
func certificate(t *testing.T, name string) (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{RootCAs: roots}
}
