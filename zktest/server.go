package zktest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
)

// A Server is a ZooKeeper in this process. It speaks the real protocol, in memory and on TCP, and
// persists nothing. It behaves like one standalone server; see package core for what it imitates.
// All methods may be called from any goroutine.
type Server struct {
	s      *serve.Server
	config core.Config

	mu       sync.Mutex // guards listener
	listener net.Listener
}

// A ServerOption configures a [Server].
type ServerOption func(*core.Config)

// WithConfig sets what a server is told when it is made, in place of the defaults of [Start]. To change
// single settings, write an option of your own: func(c *core.Config) { c.Version = core.V3_8 }.
func WithConfig(cfg core.Config) ServerOption { return func(c *core.Config) { *c = cfg } }

// NewServer returns a server that is closed when the test ends. It is ready at once and uses no
// network until Addr is called. It may be made in a bubble of testing/synctest; see the package comment.
func NewServer(t testing.TB, opts ...ServerOption) *Server {
	t.Helper()
	s := Start(opts...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return s
}

// Start is [NewServer] outside of tests. The caller closes the server.
//
// Its tick is 100 ms, so that sessions may be as short as 200 ms; all four-letter words are allowed and
// TTL nodes too. Session timeouts go up to an hour.
func Start(opts ...ServerOption) *Server {
	cfg := configure(opts)
	return &Server{s: serve.New(cfg), config: cfg}
}

func configure(opts []ServerOption) core.Config {
	cfg := core.Config{
		TickTime:          100 * time.Millisecond,
		MaxSessionTimeout: time.Hour,
		ExtendedTypes:     true,
		Whitelist:         []string{"*"},
	}
	for _, o := range opts {
		o(&cfg)
	}
	return cfg
}

// Addr returns an address on the loopback interface where any client can reach the server. The first
// call starts to listen there.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic("zktest: cannot listen on the loopback interface: " + err.Error())
		}
		s.listener = l
		go func() { _ = s.s.ServeListener(l) }() // ends with Close
	}
	return s.listener.Addr().String()
}

// Dial connects in memory, whatever the address. It fits handler.System's Dialer.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	return s.s.DialMemory(), nil
}

// Client returns a client that is connected in memory, and is closed when the test ends. Give it a
// handler of your own with zk.WithHandler, made with a Dialer that is the server's Dial, to decide
// where callbacks run.
func (s *Server) Client(t testing.TB, opts ...zk.Option) *zk.Client {
	t.Helper()
	pool := handler.NewPool()
	pool.Dialer = s.Dial
	t.Cleanup(pool.Stop) // behind the client's Close
	return connect(t, "127.0.0.1:2181", append([]zk.Option{zk.WithHandler(pool)}, opts...)...)
}

// patience is how long connecting and closing may take before a test has failed.
const patience = 30 * time.Second

func connect(t testing.TB, servers string, opts ...zk.Option) *zk.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cl, err := zk.Connect(ctx, servers, opts...)
	if err != nil {
		t.Fatalf("connecting to %s: %v", servers, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Logf("closing the client: %v", err)
		}
	})
	return cl
}

// Do runs f with the server's core locked, to look at it or to interfere; f must not wait.
func (s *Server) Do(f func(*core.Server)) { s.s.Do(f) }

// Close cuts all connections and stops the server.
func (s *Server) Close() error { return s.s.Close() }
