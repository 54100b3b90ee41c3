package session

import (
	"context"
	"net"
	"net/netip"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"go.uber.org/zap"
)

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
	conn := d.opt.Handler.Dial(context.Background(), d.target(to.Host, to.Addr), &sink{d: d, conn: to.Conn}) // Close ends it, too
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
