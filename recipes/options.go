package recipes

import "time"

// An Option configures a recipe. Those that mean nothing to a recipe are ignored by it.
type Option func(*options)

type options struct {
	identifier     string
	suspendedLoses bool
	notEphemeral   bool
	names          NameStyle
	patterns       []string
	requeue        bool
	endOnLost      bool
	existing       bool // see NewExistingDataWatch
	clock          func() time.Time
	begin          any // int64 or float64, see WithDefault; nil: 0
	depthLimit     int // one more than MaxDepth says; 0: none
	selects        func(path string) bool
	noData         bool
	boundary       time.Duration                                           // see WithTimeBoundary
	partition      func(identifier string, members, set []string) []string // see WithPartitionFunc
}

// WithIdentifier sets who we are, for people and programs that look: the data of our nodes, or a part of their names.
// Default: what the recipe says, mostly empty.
func WithIdentifier(id string) Option { return func(o *options) { o.identifier = id } }

// LostOnSuspended ends a Held as soon as the connection is lost, although the session may live. It
// trades availability for a little caution; the default waits for the proof of section "Ownership" in
// [Held] to run out.
func LostOnSuspended() Option { return func(o *options) { o.suspendedLoses = true } }

// NotEphemeral makes nodes that outlive their session. A Held then survives LOST, and is lost only when somebody
// deletes its node. Whoever dies with it keeps it for ever, until somebody deletes the node.
func NotEphemeral() Option { return func(o *options) { o.notEphemeral = true } }

// A NameStyle is whose names nodes have.
type NameStyle uint8

const (
	// KazooNames are Kazoo's, the default. They also work with locks of go-zookeeper/zk on the same path.
	KazooNames NameStyle = iota
	// CuratorStyle are Curator's 5.9.
	CuratorStyle
)

// CuratorNames names nodes, and writes data, as Curator does: locks as its InterProcessMutex and InterProcessReadWriteLock,
// elections as its LeaderLatch, counters as its SharedCount. Then clients in Go and Java may use one path. No name suits
// Kazoo and Curator alike: on one path, all must have one style.
func CuratorNames() Option { return func(o *options) { o.names = CuratorStyle } }

// WithLockPatterns also waits for contenders of others: nodes whose names end in one of these texts and a number of ten
// digits. Those of Kazoo, Curator and go-zookeeper/zk are known without. It is Kazoo's extra_lock_patterns, but literal.
func WithLockPatterns(patterns ...string) Option {
	return func(o *options) { o.patterns = append(o.patterns, patterns...) }
}

// Requeue has [Election.Run] campaign again when leadership is lost while its function runs.
func Requeue() Option { return func(o *options) { o.requeue = true } }

// EndOnLost ends a [DataWatch] or [ChildrenWatch] with ErrSessionExpired when the session ends. The default goes on in
// the next one. It is Kazoo's allow_session_lost=False, but a lost connection does not end anything.
func EndOnLost() Option { return func(o *options) { o.endOnLost = true } }

// WithClock sets the clock of a [Lease] or [MultiLease]. Default: the wall clock of the client's handler.
func WithClock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// MaxDepth keeps a [TreeCache] from going deeper than depth below its root, which is at depth 0. Default, and with a
// negative depth: no limit.
func MaxDepth(depth int) Option { return func(o *options) { o.depthLimit = max(depth, -1) + 1 } }

// Select has a [TreeCache] leave out every node for whose path fn returns false, with all that is below it. The root is
// not asked for. fn is called on the recipe's own lane: it must be quick, and give the same answer every time.
func Select(fn func(path string) bool) Option { return func(o *options) { o.selects = fn } }

// WithoutData has a [TreeCache] keep no data. It still tells when data changes.
func WithoutData() Option { return func(o *options) { o.noData = true } }

func gather(opts []Option) options {
	o := options{boundary: 30 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
