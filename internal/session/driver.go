package session

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
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

// due is called when the machine's deadline has come.
func (d *Driver) due() {
	d.mu.Lock()
	d.alarmAt = never
	d.m.Tick(d.now())
	d.m.changed = true
	d.flush()
}

// flush does what the machine wants done and unlocks mu. Of several goroutines that get here, one
// runs effects until there are none; the others' are in its list by then.
func (d *Driver) flush() {
	d.arm()
	if d.draining || len(d.m.effects) == 0 {
		d.keepBodies()
		d.mu.Unlock()
		return
	}
	d.draining = true
	for len(d.m.effects) > 0 {
		effects := d.m.Effects(d.spare)
		d.spare, d.kept = nil, 0
		d.mu.Unlock()
		for i := range effects {
			d.run(&effects[i])
		}
		clear(effects)
		d.decoder.Reset(nil)
		d.batch.Flush()
		d.mu.Lock()
		if cap(effects) <= 1<<12 {
			d.spare = effects
		}
		d.arm()
	}
	d.draining = false
	d.mu.Unlock()
}

// keepBodies copies the bytes of replies that somebody else will look at, later than they are valid.
func (d *Driver) keepBodies() {
	for ; d.kept < len(d.m.effects); d.kept++ {
		if e := &d.m.effects[d.kept]; e.Kind == DoComplete && e.Reply.Body != nil {
			e.Reply.Body = append([]byte{}, e.Reply.Body...)
		}
	}
}

// arm wakes the connection and sets the timer, if need be. A timer that is too early does no harm.
func (d *Driver) arm() {
	if d.m.wantWake && d.conn != nil {
		d.m.wantWake = false
		d.conn.Wake()
	}
	if !d.m.changed {
		return
	}
	d.m.changed = false
	at := d.m.NextDeadline()
	if at == d.alarmAt || at > d.alarmAt && at != never {
		return
	}
	if d.alarmAt = at; at == never {
		d.alarm.Stop()
	} else {
		d.alarm.Set(max(at-d.now(), 0))
	}
}

func (d *Driver) run(e *Effect) {
	switch e.Kind {
	case DoComplete:
		e.Req.Call.Complete(&d.batch, e.reply())
	case DoFire:
		f := e.More.(*Fired)
		f.Watch.Call.Fire(&d.batch, f.Event, f.Err)
	case DoNotify:
		if n := e.More.(*Notice); n.Err != nil {
			n.Sub.Call.End(&d.batch, n.Err)
		} else {
			n.Sub.Call.Notify(&d.batch, n.Event)
		}
	case DoLost:
		h := e.More.(*Hold)
		h.Call.Lost(&d.batch, h.err)
	case DoChange:
		c := e.More.(*Change)
		d.logChange(c)
		d.opt.Observer.Changed(&d.batch, *c)
	case DoResolve:
		d.endLookup()
		d.resolve(e.More.(*Lookup))
	case DoDial:
		d.endLookup()
		d.dial(e.More.(*DialTo))
	case DoSASL:
		d.step(e.More.(*SASLStep))
	case DoProbe:
		d.endLookup()
		d.probe(e.More.(*Probe))
	case DoEndProbe:
		d.endLookup()
		d.endProbe()
	case DoHangUp:
		d.mu.Lock()
		d.exchange.end()
		conn := d.conn
		d.conn = nil
		d.mu.Unlock()
		if conn != nil {
			conn.Close()
		}
	case DoClosed:
		end := e.More.(*Ended)
		d.mu.Lock()
		n := 0 // the others wait for the end of a later life
		for n < len(d.closers) && d.closers[n].life <= end.Life {
			n++
		}
		over := d.closers[:n:n]
		d.closers = append([]closer(nil), d.closers[n:]...)
		d.mu.Unlock()
		d.endLookup()
		d.batch.Flush()
		for _, c := range over {
			c.done(end.Err)
		}
	}
}

// endLookup ends a look-up that nobody waits for any more.
func (d *Driver) endLookup() {
	if d.looking != nil {
		d.looking()
		d.looking = nil
	}
}

// endProbe ends a probe that nobody waits for any more.
func (d *Driver) endProbe() {
	if d.probing != nil {
		d.probing.End(errTimeout)
		d.probing = nil
	}
}

func (d *Driver) probe(p *Probe) {
	d.endProbe()
	d.probing = NewAsk(isro, maxMode, func(answer string, _ error) {
		d.mu.Lock()
		d.m.Probed(d.now(), p, answer)
		d.flush()
	})
	d.Ask(d.probing, p.Host, p.Addr)
}

func (d *Driver) resolve(l *Lookup) {
	ctx, cancel := context.WithCancel(context.Background())
	d.looking = cancel
	f := d.opt.Handler.Resolve(ctx, l.Host)
	f.Notify(future.Func(func() {
		addrs, err, _ := f.Poll()
		d.resolved(l, addrs, err)
	}))
}

func (d *Driver) resolved(l *Lookup, addrs []netip.Addr, err error) {
	if err != nil {
		d.opt.Log.Debug("cannot resolve", zap.String("host", l.Host), zap.Error(err))
	}
	d.mu.Lock()
	d.m.Resolved(d.now(), l, addrs, err)
	d.flush()
}

func (d *Driver) dial(to *DialTo) {
	conn := d.opt.Handler.Dial(context.Background(), d.target(to.Host, to.Addr), &sink{d, to.Conn}) // Close ends it, too
	d.mu.Lock()
	d.conn, d.host = conn, to.Host
	d.mu.Unlock()
}

// target returns how to connect to an address of a host, which is whom a certificate must be about.
func (d *Driver) target(host, addr string) handler.Target {
	target := handler.Target{Network: "tcp", Address: addr}
	if d.opt.TLS != nil {
		target.TLS = d.opt.TLS.Clone()
		if target.TLS.ServerName == "" {
			target.TLS.ServerName, _, _ = net.SplitHostPort(host)
		}
	}
	return target
}

func (d *Driver) logChange(c *Change) {
	if d.opt.Log.Core().Enabled(zap.DebugLevel) {
		d.opt.Log.Debug("state", zap.Stringer("from", c.From), zap.Stringer("to", c.To), zap.String("addr", c.Addr),
			zap.Uint64("epoch", c.Info.Epoch), zap.Int64("session", c.Info.ID), zap.Error(c.Err))
	}
}

// HangUp gives a connection up, if it is still the current one: err says what its server has done.
func (d *Driver) HangUp(conn uint64, err error) {
	d.mu.Lock()
	if conn == d.m.conn && d.m.phase >= phaseDial {
		d.m.hangUp(d.now(), err)
	}
	d.flush()
}
