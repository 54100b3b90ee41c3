package zk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"go.uber.org/zap"
)

// A Client is a client of a ZooKeeper ensemble, or a view of one ([Client.Chroot], [Client.Pinned],
// [Client.WithRetry]).
// It is safe for concurrent use.
type Client struct {
	*shared
	chroot wire.Chroot
	epoch  uint64       // not 0: operations are carried out in this session or not at all
	conn   uint64       // not 0: operations are sent on this connection or not at all
	bad    error        // why no operation can succeed
	retry  *RetryPolicy // not nil: operations are tried again
	own    *watches     // of a view: what its Close ends; nil: not a view
}

// shared is what a client and its views have in common.
type shared struct {
	opt    options
	name   string
	driver *session.Driver

	// The base lanes, as in Kazoo: changes of state, watch events, completions.
	sessionLane, watchLane, lane handler.Lane

	listeners listeners
	starts    starts
	bodies    bodies
	questions questions
	subs      atomic.Uint64 // subscriptions made, to name their lanes
	rand      *locked
	jitter    jitter
	sleepers  sleepers
	mute      mute
}

// locked is the client's own random stream.
type locked struct {
	mu sync.Mutex // guards r
	r  *rand.Rand
}

func (l *locked) uint64() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Uint64()
}

// births makes the random streams of clients made at the same time on one handler independent: each
// draws its seed from the handler's stream in turn.
var births sync.Mutex

// New returns a client of the servers in a connect string that is not started.
//
// The connect string is "host[:port],host[:port]/chroot". The port is 2181 if none is given; an IPv6
// address with a port stands in brackets. With a chroot all paths are below it; it need not exist,
// see [Client.EnsurePath]. [Client.SetHosts] replaces the servers later. New resolves nothing and connects to nothing; its errors are about the
// connect string and the options.
func New(connect string, opts ...Option) (*Client, error) {
	hosts, chroot, err := parseConnect(connect)
	if err != nil {
		return nil, err
	}
	o := defaults()
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("zk: option: must not be nil")
		}
		if err := opt(&o); err != nil {
			return nil, fmt.Errorf("zk: option: %w", err)
		}
	}
	if o.handler == nil {
		o.handler = handler.NewPool()
	}
	o.handler.Start()

	births.Lock()
	seed := o.handler.Rand("zk")
	a, b, c := seed.Uint64(), seed.Uint64(), seed.Uint64()
	births.Unlock()

	name := fmt.Sprintf("zk-%08x", uint32(c))
	s := &shared{opt: o, name: name, rand: &locked{r: rand.New(rand.NewPCG(a, b))}}
	s.sessionLane = o.handler.Lane(name + "/session")
	s.watchLane = o.handler.Lane(name + "/watch")
	s.lane = handler.Completions(o.handler, name+"/completion")
	var sasl session.Mechanism
	if o.sasl != nil {
		sasl = mechanism(o.sasl, o.handler)
	}
	s.opt.hooks.begin(func() handler.Lane { return o.handler.Lane(name + "/hooks") })
	s.driver = session.NewDriver(session.Config{
		Hosts: hosts, InOrder: o.inOrder, Timeout: o.timeout, LocalExpiry: o.localExpiry, ReadOnly: o.readOnly,
		MaxRequest: o.maxRequest, MaxReply: o.maxReply, MaxQueued: o.maxQueued,
		Auth: o.auth, SASL: o.sasl != nil, Resume: o.resume, Rand: rand.New(rand.NewPCG(b, a)),
	}, session.Options{
		Handler: o.handler, Observer: s, Log: o.log.With(zap.String("client", name)), TLS: o.tls, SASL: sasl, MaxInFlight: o.maxInFlight,
	})
	return &Client{shared: s, chroot: chroot}, nil
}

// Connect returns a client whose session is up. If ctx ends first, or a required credential is
// refused, it fails with an [*OpError] and leaves nothing behind.
func Connect(ctx context.Context, connect string, opts ...Option) (*Client, error) {
	c, err := New(connect, opts...)
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx).WaitErr(); err != nil {
		return nil, err
	}
	return c, nil
}

// Handler returns the client's handler.
func (c *Client) Handler() handler.Handler { return c.opt.handler }

// LastZxid returns the newest zxid that a reply has shown, 0 if there was none.
func (c *Client) LastZxid() int64 { return c.driver.LastZxid() }

// InFlight returns how many operations were submitted and have not run all their callbacks.
func (c *Client) InFlight() int { return int(c.driver.InFlight()) }
