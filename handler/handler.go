package handler

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A Handler is the one seam between a client and the world: where callbacks run, what time it is,
// what is random, how names resolve and how bytes travel. [Pool], [Loop] and [Deterministic] are
// handlers; package handlertest holds any other to the same contract.
//
// A user's own handler embeds one of them, or [System] for everything but lanes, and overrides what
// it changes, so methods added later break nobody.
//
// All methods may be called from any goroutine and none blocks.
type Handler interface {
	// Name says what kind of handler this is, for logs.
	Name() string
	// Start makes the handler run tasks, if it needs to be told: those of this package run from the
	// beginning. Calls after the first do nothing. A stopped handler does not start again.
	Start()
	// Stop refuses new tasks, lets queued ones run, ends coroutines with [future.ErrStopped], drops
	// timers and closes connections. It returns at once and is legal in a callback.
	Stop()
	// Stopped is closed when the last task, coroutine and connection has ended.
	Stopped() <-chan struct{}

	// Lane makes a new serial queue. Lanes whose names agree up to the first slash belong together:
	// Loop and Deterministic run the tasks of such lanes in the order in which they were dispatched.
	Lane(name string) Lane
	// Spawn runs fn on its own: a goroutine, or a process of a Deterministic, in which Wait suspends.
	Spawn(fn func())

	// Now is the monotonic clock: it never jumps. Only differences mean something.
	Now() time.Time
	// Wall is the clock on the wall, without a monotonic reading.
	Wall() time.Time
	// AfterFunc runs t once after d, outside every lane: t must not block and must not run user code.
	AfterFunc(d time.Duration, t future.Task) Timer
	// WithTimeout is context.WithTimeout by this handler's clock.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Rand returns the random stream of an owner, always the same one for the same name. It is not
	// safe for concurrent use: the owner guards it. Streams are independent of each other, so what
	// one owner draws changes nothing for another.
	Rand(owner string) *rand.Rand

	// Dial connects to a target in the background and reports to s. ctx bounds the connecting only.
	Dial(ctx context.Context, to Target, s Sink) Conn
	// Resolve looks up the addresses of a host name; a literal address is its own answer.
	Resolve(ctx context.Context, host string) *future.Future[[]netip.Addr]
}

// A Lane is a serial queue with a clock. Inside a lane the order is strict; between lanes the handler decides.
type Lane interface {
	future.Executor
	// Name is the name that the lane was made with.
	Name() string
	// Now is the handler's monotonic clock.
	Now() time.Time
	// AfterFunc queues t on this lane after d.
	AfterFunc(d time.Duration, t future.Task) Timer
}

// A Timer is a task that has not run yet.
type Timer interface {
	// Stop takes the task back and reports whether it was in time.
	Stop() bool
}

// A Target is where to connect.
type Target struct {
	Network string      // "tcp" when empty
	Address string      // host:port; the host may be a literal address or a name
	TLS     *tls.Config // nil for plain TCP
}

// A Conn is a connection, as the side that dialed or accepted it sees it.
// Neither method blocks nor calls the [Sink] inline.
type Conn interface {
	// Wake says that the Sink has something to Pull. Calls before the next Pull merge.
	Wake()
	// Close ends the connection, also one that is still being opened. What Pull returned may be lost.
	// The Sink's Closed follows.
	Close()
}

// A Sink is the user of a connection. Opened comes first, unless connecting failed; then Pull and
// Received, each serially but concurrently with each other; Closed comes last, exactly once, when
// neither is running any more. None of them may block: other connections may wait for them.
type Sink interface {
	// Opened says that the connection is up.
	Opened(Conn)
	// Pull appends to buf what goes into the next write. Bytes pulled count as written: whether they
	// reached the peer cannot be known. Nothing appended means nothing to write until the next Wake.
	Pull(buf []byte) []byte
	// Received shows the bytes that have arrived and returns how many of them are used up. b is
	// valid during the call only. The rest is shown again, longer, when more has come; a Sink that
	// never uses anything must Close, since the buffer grows with what it is shown.
	Received(b []byte) (used int)
	// Closed says that the connection has ended or was never made, and why: net.ErrClosed after
	// Close, io.EOF when the peer closed in an orderly way.
	Closed(err error)
}

// A Coalescer is a [Sink] that may want what arrives in fewer and larger pieces, since each piece wakes a thread. Handlers need
// not ask it; a [Deterministic] does not. It must not be asked where a read may leave behind what has come, as with TLS, nor where the
// sender may have to wait for the read, as with small buffers.
type Coalescer interface {
	// Coalesce is asked behind a Received, if reads have brought little for a while. It returns for how long nothing need be
	// read; 0: what comes next is wanted at once.
	Coalesce() time.Duration
}
