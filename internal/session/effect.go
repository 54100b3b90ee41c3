package session

import "github.com/gazoo-go/gazoo/internal/wire"

// An Effect is something that the driver must do, in order.
type Effect struct {
	Kind  EffectKind
	Req   *Request // Complete
	Reply Reply    // Complete
	More  any      // by Kind: *Change, *Fired, *DialTo, *wire.Op …
}

// reply is Reply with the error of the request's context, which may be asked now that nothing is locked.
func (e *Effect) reply() *Reply {
	if e.Reply.Err == errCtxEnded {
		e.Reply.Err = e.Req.Ctx.Err()
	}
	return &e.Reply
}

// An EffectKind says what to do.
type EffectKind uint8

const (
	DoComplete EffectKind = iota // Req.Call.Complete(Reply)
	DoFire                       // More is a *Fired: the watch has fired or has ended
	DoChange                     // More is a *Change: tell the listeners
	DoResolve                    // More is a *Lookup: call Resolved with its addresses
	DoDial                       // More is a *DialTo: connect; Opened or Closed follows
	DoSASL                       // More is a *SASLStep: ask the mechanism; Stepped follows
	DoHangUp                     // close the connection, if any
	DoNotify                     // More is a *Notice: what a subscription is told
	DoProbe                      // More is a *Probe: ask, and call Probed
	DoEndProbe                   // neither a probe nor a look-up is of interest any more
	DoLost                       // More is a *Hold: it has ended
	DoClosed                     // More is an *Ended: Close is complete
)

// Ended says that the machine is off.
type Ended struct {
	Life uint64 // how often it had ended before
	Err  error  // of its Close
}

// A DialTo asks for a connection.
type DialTo struct {
	Conn uint64 // its number, to be given back with every event of this connection
	Host string // as configured, for the certificate's name
	Addr string // the address to dial
}

// A Lookup asks for the addresses of a host.
type Lookup struct {
	Round uint64 // to be given back
	Host  string // name or literal address, without the port
}

// An Event is what happened to a watched node.
type Event struct {
	Type wire.EventType
	Path string // as the server names it, chroot included
	Zxid int64  // of the transaction, from 3.9.0 on; else -1
	// SessionChanged: of a Resync, the last session has ended meanwhile.
	SessionChanged bool
}

// Fired says that a one-shot watch has ended: by an event, or by an error.
type Fired struct {
	Watch *Watch
	Event Event
	Err   error
}

// A Notice tells a subscription of an event, or that it has ended by an error.
type Notice struct {
	Sub   *Sub
	Event Event
	Err   error
}
