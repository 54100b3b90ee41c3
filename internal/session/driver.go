package session

import (
	"context"
	"crypto/tls"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/wire"
	"go.uber.org/zap"
)

// An Observer is told of every change of state, in order. It must not block or run user code.
type Observer interface {
	Changed(b *future.Batch, c Change)
}

// Options are what a Driver needs beside the machine's configuration.
type Options struct {
	Handler     handler.Handler
	Observer    Observer
	Log         *zap.Logger
	TLS         *tls.Config // nil: plain TCP
	SASL        Mechanism   // nil unless Config.SASL
	MaxInFlight int64       // requests submitted and not settled
}

// Driver runs a Machine over a Handler. All methods may be called from any goroutine, and none blocks.
type Driver struct {
	opt      Options
	inFlight atomic.Int64

	mu       sync.Mutex // guards what follows
	m        *Machine
	conn     handler.Conn
	host     string             // as configured, of conn
	looking  context.CancelFunc // ends the newest look-up; the drainer's
	exchange *exchange          // of the newest connection that had one
	probing  *Ask               // the newest probe; the drainer's
	clock    clock
	alarm    *handler.Alarm       // for the machine's deadline. One that was taken back may still go off, which does no harm
	alarmAt  time.Duration        // never: it is off
	draining bool                 // somebody runs effects; everybody else only appends
	kept     int                  // so many of m's effects are safe from the end of the event that they come from
	spare    []Effect             // for the next round of effects
	batch    future.Batch         // the drainer's
	decoder  wire.Decoder         // the drainer's
	closers  []closer             // told by DoClosed
	armed    map[any]*cancelGroup // by context, or by request if its context cannot be a key
}

// A closer waits for the end of one of the machine's lives.
type closer struct {
	life uint64
	done func(error)
}

// NewDriver returns a driver that is not started.
func NewDriver(cfg Config, opt Options) *Driver {
	if opt.Log == nil {
		opt.Log = zap.NewNop()
	}
	d := &Driver{opt: opt, m: NewMachine(cfg), clock: newClock(opt.Handler), alarmAt: never, armed: map[any]*cancelGroup{}}
	d.alarm = handler.NewAlarm(opt.Handler, future.Func(d.due))
	return d
}

// now returns the machine's time. The caller holds mu.
func (d *Driver) now() time.Duration { return d.clock.now() }

// Start begins to connect, if that has not begun. It returns the number of the life that has begun then, for
// [Driver.AbortLife].
func (d *Driver) Start() (life uint64) {
	d.mu.Lock()
	d.m.Start(d.now())
	life = d.m.life
	d.flush()
	return life
}

// Submit orders r. Its outcome, also a failure to submit, comes through r.Call.
// d.Settled must be called once when the outcome has been dealt with.
func (d *Driver) Submit(r *Request) {
	over := d.inFlight.Add(1) > d.opt.MaxInFlight
	d.mu.Lock()
	if over {
		d.m.complete(r, ErrOverloaded)
	} else {
		d.m.Submit(r)
	}
	d.flush()
}

// Decoder returns a decoder, to be reset to the body of a reply. It may be used in [Call.Complete], and nowhere else.
func (d *Driver) Decoder() *wire.Decoder { return &d.decoder }

// Settled returns the credit of a submitted request.
func (d *Driver) Settled() { d.inFlight.Add(-1) }

// InFlight returns how many requests were submitted and are not settled.
func (d *Driver) InFlight() int64 { return d.inFlight.Load() }

// Cancel completes r with err, unless it is complete.
func (d *Driver) Cancel(r *Request, err error) {
	d.mu.Lock()
	d.m.Cancel(r, err)
	d.flush()
}

// Unwatch forgets w and has r tell the server, if need be; see [Machine.Unwatch].
// d.Settled must be called for r, as with Submit.
func (d *Driver) Unwatch(w *Watch, r *Request) bool {
	d.inFlight.Add(1)
	d.mu.Lock()
	was := d.m.Unwatch(w, r)
	d.flush()
	return was
}

// Unsubscribe forgets s and has r tell the server, if need be; see [Machine.Unsubscribe].
// d.Settled must be called for r, as with Submit.
func (d *Driver) Unsubscribe(s *Sub, r *Request) bool {
	d.inFlight.Add(1)
	d.mu.Lock()
	was := d.m.Unsubscribe(s, r)
	d.flush()
	return was
}

// RemoveWatches ends what is on a path and has r tell the server, if need be; see [Machine.RemoveWatches].
// d.Settled must be called for r, as with Submit.
func (d *Driver) RemoveWatches(path string, t wire.WatcherType, cause error, r *Request) bool {
	d.inFlight.Add(1)
	d.mu.Lock()
	any := d.m.RemoveWatches(path, t, cause, r)
	d.flush()
	return any
}

// Hold registers h for the session with that epoch; see [Machine.Hold].
func (d *Driver) Hold(h *Hold, epoch uint64) error {
	d.mu.Lock()
	err := d.m.Hold(d.now(), h, epoch)
	d.flush()
	return err
}

// HoldErr returns nil while h may be believed in.
func (d *Driver) HoldErr(h *Hold) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.HoldErr(d.now(), h)
}

// Release ends h.
func (d *Driver) Release(h *Hold) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.m.Release(h)
}

// State returns the state, the session, the current connection's number, and up to when the session
// is certain to live: zero if it is not.
func (d *Driver) State() (s State, info Info, conn uint64, deadline time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); d.m.owns(now, d.m.sess.Epoch) == nil {
		deadline = d.opt.Handler.Now().Add(d.m.owned() - now)
	}
	return d.m.state, d.m.sess, d.m.conn, deadline
}

// Cause returns why the last attempt to connect failed; nil if the connection is, or was last, up.
func (d *Driver) Cause() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.cause
}

// LastZxid returns the newest zxid that a reply has shown.
func (d *Driver) LastZxid() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.lastZxid
}

// SetHosts replaces the list of hosts; see [Machine.SetHosts].
func (d *Driver) SetHosts(list []string) {
	d.mu.Lock()
	d.m.SetHosts(d.now(), list)
	d.flush()
}

// Hosts returns the list of hosts.
func (d *Driver) Hosts() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.Hosts()
}

// Close ends the session in an orderly way and calls done, inline, when that is finished and every
// request and watch is complete. It returns the number of the life that ends, for [Driver.AbortLife]. See [Machine.Close].
func (d *Driver) Close(done func(error)) (life uint64) {
	d.mu.Lock()
	life = d.m.life
	d.closers = append(d.closers, closer{life, done})
	d.m.Close()
	d.flush()
	return life
}

// Abort ends everything at once: everything fails with cause, and a pending Close with err.
func (d *Driver) Abort(err, cause error) {
	d.mu.Lock()
	d.m.Abort(err, cause)
	d.flush()
}

// AbortLife is Abort, unless that life is over: who gives up may be late.
func (d *Driver) AbortLife(life uint64, err, cause error) {
	d.mu.Lock()
	if d.m.life == life {
		d.m.Abort(err, cause)
	}
	d.flush()
}

// HangUp gives a connection up, if it is still the current one: err says what its server has done.
func (d *Driver) HangUp(conn uint64, err error) {
	d.mu.Lock()
	if conn == d.m.conn && d.m.phase >= phaseDial {
		d.m.hangUp(d.now(), err)
	}
	d.flush()
}
