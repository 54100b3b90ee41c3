package session

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Machine is the session's state machine. Times are durations since a fixed moment.
//
// The connection goes through these phases; a failure in any of them leads to the next address, or
// to pause when all were tried. [State] is what users are told of it.
//
//	off ─Start─▶ resolve ─▶ dial ─▶ handshake ─▶ sasl ─▶ replay ─▶ up
//	 ▲            ▲  ▲                 │         │  ╲     │       │
//	 │            │  └──next address───┤         │ burial │       │
//	 │          pause ◀──all tried─────┴─────────┴───┴────┴───────┘
//	 └── Close, Abort, credential refused (from anywhere)
//
//	handshake: ConnectRequest is out. The answer is the session, or "expired": then the session is
//	           lost and the same server is asked for a new one at once.
//	sasl:      the client proves who it is, if it was told to by SASL; see saslExchange.
//	burial:    the server still has the session that was given up locally: it is closed, and the
//	           same server is asked for a new one.
//	replay:    credentials and watches are out; requests wait until all are answered.
//
// A connection that is up may be left for another server; see departure. One to a server without a quorum
// is, as soon as a search finds a better one.
//
// A session, once accepted, ends in three steps, counted from when the last but one answered request
// was sent: after one timeout it is called Lost, after LocalExpiry timeouts it is given up, and then
// it is buried. A handshake before it is given up continues it. What holders may believe ends
// earlier; see proof.
type Machine struct {
	cfg     Config
	hosts   hosts
	effects []Effect

	life  uint64 // how often it has ended
	state State
	phase phase
	cause error  // of the last failure to connect; nil once it was up
	conn  uint64 // number of the current connection attempt
	addr  string // its address
	bytes int    // received on it

	sess     Info
	resuming bool          // sess is what the user gave, and no server with a quorum has accepted it yet
	local    bool          // sess comes from a read-only server, and no other knows it
	lastUp   uint64        // epoch that was up last
	bury     *Info         // a session that was given up locally and may live
	anew     bool          // it cannot be buried for now: a new session is asked for nevertheless, if read-only servers will do
	lastZxid int64         // newest zxid seen in a reply
	zxids    zxidDoubt     // whether the servers know lastZxid
	limit    time.Duration // when the current phase has taken too long
	lastSend time.Duration
	lastRecv time.Duration
	lastSync time.Duration // when the last proving sync was queued
	upAt     time.Duration // when the connection came up
	shook    time.Duration // send time of the ConnectRequest
	answers  answers
	proof    proof
	search   search
	sought   string // the address that a search has found, while it is being tried
	leaving  departure
	pings    []time.Duration // send times of pings that were not answered, oldest first

	ctl         wire.Encoder // handshake, replay and pings: they go before requests
	sasl        saslExchange
	replay      replay
	xid         int32
	submitted   uint64
	queue       queue
	sent        line     // written requests, in order of their xids
	wrote       uint64   // what is called queued and has an order up to this is written, too: everything went out at once
	solo        *Request // a written request that goes alone
	soloFrame   []byte   // its bytes
	caps        capabilities
	auth        []Credential
	saslWorked  bool // a server has accepted the mechanism's credential once
	saslHangUps int  // connections in a row that a server has ended in place of an answer to the mechanism
	watches     registry
	posts       posts
	holds       holds
	syncing     bool // a proving sync is on its way

	stats    Stats
	lulls    lulls
	closing  *Request // closeSession, once Close was called
	wantWake bool     // there is something to Pull
	changed  bool     // a deadline may have become earlier
}

type phase uint8

const (
	phaseOff phase = iota
	phasePause
	phaseResolve
	phaseDial
	phaseHandshake
	phaseSASL
	phaseBurial
	phaseReplay
	phaseUp
)

// NewMachine returns a machine that is off.
func NewMachine(cfg Config) *Machine {
	m := &Machine{cfg: cfg}
	m.hosts = hosts{list: cfg.Hosts, inOrder: cfg.InOrder, rand: cfg.Rand}
	m.auth = append([]Credential(nil), cfg.Auth...)
	m.watches.init()
	m.posts.init()
	m.holds.init()
	return m
}

// Effects returns what must be done, in order, and forgets it. The slice is the caller's; spare, if
// not nil, is used for the next one. All up to its capacity must be zero.
func (m *Machine) Effects(spare []Effect) []Effect {
	e := m.effects
	m.effects = spare[:0]
	return e
}

func (m *Machine) do(k EffectKind, more any) {
	e := m.effect()
	e.Kind, e.More = k, more
}

// effect appends an effect and returns it, to be filled in. There is one for each reply, most fields of which are zero.
func (m *Machine) effect() *Effect {
	n := len(m.effects)
	if n < cap(m.effects) {
		m.effects = m.effects[:n+1]
	} else {
		m.effects = append(m.effects, Effect{})
	}
	return &m.effects[n]
}

func (m *Machine) change(to State, err error) {
	if m.state == to {
		return
	}
	c := &Change{From: m.state, To: to, Info: m.sess, Err: err}
	if to.Up() {
		c.Addr, c.New, c.Rollback = m.addr, m.sess.Epoch != m.lastUp, m.zxids.rolledBack
		m.lastUp, m.zxids.rolledBack = m.sess.Epoch, false
		m.stats.Connects++
	}
	m.state = to
	m.do(DoChange, c)
}

// Start begins to connect. It does nothing unless the machine is off.
func (m *Machine) Start(now time.Duration) {
	if m.phase != phaseOff {
		return
	}
	if r := m.cfg.Resume; r != nil {
		m.sess = Info{ID: r.ID, Password: r.Password, Epoch: m.sess.Epoch + 1, Timeout: m.cfg.Timeout}
		m.resuming = true
		m.proof.forget()
	}
	m.change(Connecting, nil)
	m.newRound()
	m.connect(now)
}

// newRound begins to try every host.
func (m *Machine) newRound() {
	m.hosts.start()
	m.zxids.roundOver()
}

// connect tries the next address, or pauses when all have been tried.
func (m *Machine) connect(now time.Duration) {
	m.failPinned()
	m.changed = true
	m.conn++
	addr, resolve, ok := m.hosts.next()
	if !ok {
		if m.zxids.roundOver() && m.sess.ID == 0 && m.lastZxid != 0 {
			m.lastZxid, m.zxids.was = 0, m.lastZxid
		}
		m.anew = m.cfg.ReadOnly && m.bury != nil && m.closing == nil && !m.anew
		m.phase, m.limit = phasePause, now+m.hosts.pause()
		return
	}
	if addr != m.sought {
		m.sought = ""
	}
	m.limit = now + m.patience()
	if resolve != "" {
		m.phase = phaseResolve
		m.do(DoResolve, &Lookup{m.conn, resolve})
		return
	}
	m.phase, m.addr, m.bytes = phaseDial, addr, 0
	m.stats.Dials++
	m.do(DoDial, &DialTo{m.conn, m.hosts.host, addr})
}

// patience is how long an address may take to connect and to answer the handshake: short at first,
// since another server may be well, longer from round to round, since all may be slow. One that a search has found is well;
// if it were given up for its slowness, a read-only server would be the next, and the next search would begin from there.
func (m *Machine) patience() time.Duration {
	if m.sought != "" {
		return m.patienceAfter(maxDoublings)
	}
	return m.patienceAfter(m.hosts.fails)
}

// maxDoublings make the longest patience of any.
const maxDoublings = 10

func (m *Machine) patienceAfter(fails int) time.Duration {
	t := m.cfg.Timeout
	return min(max(t/10, 100*time.Millisecond)<<min(fails, maxDoublings), t*2/3)
}

// Resolved reports the addresses of a host, or why there are none.
func (m *Machine) Resolved(now time.Duration, l *Lookup, addrs []netip.Addr, err error) {
	m.Tick(now)
	if l == m.search.lookup {
		if err == nil {
			m.search.hosts.resolved(addrs)
		}
		m.searchNext(now)
		return
	}
	if m.phase != phaseResolve || l.Round != m.conn {
		return
	}
	if err == nil {
		m.hosts.resolved(addrs)
	}
	if err != nil {
		m.cause = fmt.Errorf("host %s: %w", l.Host, err)
	}
	m.zxids.other = m.zxids.other || len(addrs) == 0
	m.connect(now)
}

// Opened reports that the connection is there: the handshake begins.
func (m *Machine) Opened(now time.Duration, conn uint64) {
	m.Tick(now)
	if conn != m.conn || m.phase != phaseDial {
		return
	}
	m.phase, m.shook, m.lastSend, m.lastRecv = phaseHandshake, now, now, now
	m.lulls = lulls{} // of another server
	m.caps.meet(m.addr)
	m.handshake()
}

// Closed reports that the connection has ended, or was never made.
func (m *Machine) Closed(now time.Duration, conn uint64, err error) {
	m.Tick(now)
	if conn != m.conn || m.phase < phaseDial {
		return
	}
	if m.saslHungUp() {
		return
	}
	m.zxids.closed(m.phase, m.bytes, m.lastZxid)
	if m.phase == phaseHandshake {
		err = fmt.Errorf("ended before the server had answered: %w", err)
	}
	m.lose(now, &connError{m.addr, err})
}

// hangUp closes the current connection; what still comes from it is ignored.
func (m *Machine) hangUp(now time.Duration, err error) {
	m.zxids.other, m.saslHangUps = true, 0
	m.do(DoHangUp, nil)
	m.lose(now, &connError{m.addr, err})
}

// A connError says which connection an error is about. Its text is made when somebody wants to read it.
type connError struct {
	addr string
	err  error
}

func (e *connError) Error() string { return "connection to " + e.addr + ": " + e.err.Error() }
func (e *connError) Unwrap() error { return e.err }

// lose goes on without the current connection, which has ended.
func (m *Machine) lose(now time.Duration, err error) {
	to := m.leaving
	m.drop()
	m.cause = err
	if m.state.Up() {
		m.change(Suspended, err)
	}
	m.failSent(wire.CodeConnectionLoss)
	if m.local && m.closing != nil { // with the connection to the only server that knew it, it is as good as closed
		m.phase = phasePause
		m.finish(Closed, nil, ErrClosed)
		return
	}
	if m.phase == phaseUp && (to.why != nil || now >= m.upAt+steady) {
		m.newRound()
		if to.addr != "" {
			m.hosts.prefer(to.host, to.addr)
			m.sought = to.addr
		}
	}
	m.connect(now)
}

// steady is how long a connection must have been up for the next attempt to begin without a pause.
const steady = time.Second

// drop forgets what belongs to the connection only.
func (m *Machine) drop() {
	m.ctl.Reset()
	m.sasl = saslExchange{}
	m.replay = replay{}
	m.pings = m.pings[:0]
	m.solo, m.soloFrame = nil, nil
	m.syncing = false
	m.leaving = departure{}
	m.endSearch()
}

// Close ends the session in an orderly way: requests queued before it are still carried out. DoClosed
// follows, behind the completion of everything else. While there is no connection it waits for one,
// also when the session has been given up meanwhile, since it may live: Abort ends the waiting.
func (m *Machine) Close() {
	switch {
	case m.phase == phaseOff:
		m.finish(Closed, nil, ErrClosed)
	case m.closing != nil:
	case m.sess.ID == 0 && m.bury == nil, m.local && !m.state.Up():
		m.finish(Closed, nil, ErrClosed)
	default:
		m.closing = &Request{Op: wire.OpCloseSession, Call: ownRequest{}, internal: true}
		m.enqueue(m.closing)
	}
}

// Abort ends the machine at once, without a word to the server. DoClosed, with err, follows behind
// the completion of everything else with cause.
func (m *Machine) Abort(err, cause error) { m.finish(Closed, err, cause) }

// finish switches the machine off.
func (m *Machine) finish(to State, err, cause error) {
	if m.phase >= phaseDial {
		m.do(DoHangUp, nil)
	}
	m.phase, m.changed = phaseOff, true
	m.drop()
	m.failSent(cause)
	m.failQueued(cause)
	m.endWatches(cause)
	m.endPosts(cause, every)
	m.endHolds(cause)
	m.conn++ // what still comes from the connection is stale
	m.sess, m.bury, m.closing, m.resuming = Info{Epoch: m.sess.Epoch}, nil, nil, false
	m.local, m.anew = false, false
	m.change(to, cause)
	m.do(DoClosed, &Ended{m.life, err})
	m.life++
}

// expire ends the session: the server has said so, or nobody can believe in it any more. Then it is
// buried first, so that what it still holds goes away, and what it still sends ends.
func (m *Machine) expire(err error, bury bool) {
	old := m.sess
	m.change(Lost, err)
	m.failQueued(wire.CodeSessionExpired)
	m.endWatches(wire.CodeSessionExpired)
	m.endPosts(wire.CodeSessionExpired, func(s *Sub) bool { return s.Epoch != 0 })
	m.endHolds(wire.CodeSessionExpired)
	m.sess, m.local, m.anew = Info{Epoch: old.Epoch}, false, false
	if m.resuming {
		m.resuming, m.cfg.Resume = false, nil
	}
	if bury {
		m.bury = &old
	}
}

// authFailed ends the machine: a required credential was refused.
func (m *Machine) authFailed(why error) {
	if !errors.Is(why, wire.CodeAuthFailed) {
		why = fmt.Errorf("%w: %w", wire.CodeAuthFailed, why)
	}
	m.finish(AuthFailed, why, why)
}
