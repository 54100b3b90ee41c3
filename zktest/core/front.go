package core

import (
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Upstream is where a Front takes what it cannot answer itself: on a standalone server the leader next to it, in an
// ensemble the way to the leader. Answers may come before a call returns, or ever.
type Upstream interface {
	// Submit takes a write, a sync, or the beginning or end of a session. The answer is Front.Commit of the transaction it
	// becomes, for OpSync Front.Synced. Requests of one session keep their order, and so do their answers.
	Submit(now time.Time, r *Request)
	// Touch says that a session was heard from; timeout is in milliseconds. False if it is known to be gone: its
	// requests are then dropped.
	Touch(now time.Time, session int64, timeout int32) bool
	// Renew asks whether a session whose client has come to this server is still alive, and for it to belong here from
	// now on. The answer is Front.Renewed.
	Renew(now time.Time, session int64, timeout int32, tag uint64)
}

// Front is the connections of one server, their watches, and what is in flight for them.
type Front struct {
	cfg   Config
	state *State
	up    Upstream
	start time.Time
	now   time.Time // of the call at hand

	conns    []*Conn         // in no order that means anything
	sessions map[int64]*Conn // the connection of a session
	perAddr  map[netip.Addr]int
	local    *Tracker // sessions of a read-only server, which no other one knows

	data, child   *watchTable
	filtersEvents bool
	stamp         uint64
	hit           []*Conn

	woken       []*Conn
	timers      timerQueue
	lastConn    uint64
	lastTag     uint64
	nextSession int64
	readOnly    bool
	serving     bool

	received, sent uint64 // packets
	requests       requestLog
	scratchEvent   wireEvent
	scratch        scratch
}

// NewFront returns the front of a server with the given state. Session ids begin with the server's id and the time.
func NewFront(cfg Config, state *State, up Upstream, start time.Time) *Front {
	cfg = cfg.withDefaults()
	return &Front{
		cfg: cfg, state: state, up: up, start: start, now: start,
		sessions: make(map[int64]*Conn), perAddr: make(map[netip.Addr]int),
		local: NewTracker(start, cfg.TickTime),
		data:  newWatchTable(cfg.Version), child: newWatchTable(cfg.Version),
		filtersEvents: cfg.FilterEvents || cfg.Version.readChecks(),
		nextSession:   cfg.ServerID<<56 | int64(uint64(start.UnixMilli())<<24>>8),
		serving:       true,
	}
}

// Woken appends to buf the connections that need attention since the last call, and forgets them. For each the driver
// pulls output, closes it when all is written if it is Closing, and otherwise offers it the input it left, if any.
func (f *Front) Woken(buf []*Conn) []*Conn {
	for i, c := range f.woken {
		c.awake = false
		buf = append(buf, c)
		f.woken[i] = nil
	}
	f.woken = f.woken[:0]
	return buf
}

func (f *Front) wake(c *Conn) {
	if !c.awake && c.state != connClosed {
		c.awake = true
		f.woken = append(f.woken, c)
	}
}

// Commit applies a transaction to the state of this server, tells its watchers, and answers the request if it came from
// here. Every transaction comes here once, in order of zxid.
func (f *Front) Commit(now time.Time, t *Txn) {
	f.now = now
	c := f.sessions[t.Session]
	if c != nil && (t.Server != f.cfg.ServerID || t.Tag == 0) {
		if t.Op == wire.OpCloseSession {
			c.cut("session ended") // before the watches on its own ephemerals can fire
		}
		c = nil
	}
	results, triggers := f.state.Apply(t)
	f.fire(t.Zxid, triggers)
	if c != nil {
		c.committed(now, t, results)
	}
}

// Synced answers a sync: what was committed when the leader saw it has been through Commit.
func (f *Front) Synced(now time.Time, session int64, tag uint64) {
	f.now = now
	if c := f.sessions[session]; c != nil {
		c.synced(now, tag)
	}
}

// Renewed answers Upstream.Renew.
func (f *Front) Renewed(now time.Time, session int64, tag uint64, alive bool) {
	f.now = now
	if c := f.sessions[session]; c != nil {
		c.renewed(now, tag, alive)
	}
}

// SetReadOnly says whether the server is cut off from a quorum and answers reads only. Either way all connections are
// dropped, as ZooKeeper does. Config.ReadOnlyMode is only about what a server says of itself.
func (f *Front) SetReadOnly(on bool) {
	if f.readOnly != on {
		f.readOnly = on
		f.dropAll("read-only mode changed")
	}
}

// SetServing says whether the server answers handshakes at all. One that does not, as during an election, closes
// connections at the first frame.
func (f *Front) SetServing(on bool) {
	if f.serving != on {
		f.serving = on
		f.dropAll("not serving")
	}
}

// SetState replaces the state, as a server does that got another's snapshot. All connections are dropped.
func (f *Front) SetState(s *State) {
	f.dropAll("another state")
	f.state = s
}

// SkipTags makes tags of requests larger than tag. A server that crashed and comes back skips those that it may have used
// before: they are in requests that can still be committed.
func (f *Front) SkipTags(tag uint64) { f.lastTag = max(f.lastTag, tag) }

// Serving reports whether the server answers handshakes, be it as a read-only one.
func (f *Front) Serving() bool { return f.serving }

// ReadOnly reports whether the server is cut off from a quorum and answers reads only.
func (f *Front) ReadOnly() bool { return f.readOnly }

// Config is what the front was made with, defaults filled in.
func (f *Front) Config() Config { return f.cfg }

func (f *Front) dropAll(why string) {
	for len(f.conns) > 0 {
		f.conns[len(f.conns)-1].cut(why)
	}
	f.local = NewTracker(f.start, f.cfg.TickTime)
}
