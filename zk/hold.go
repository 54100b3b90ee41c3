package zk

import (
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/session"
)

// A Hold is a belief that a session lives, which is what whoever owns something by an ephemeral node
// needs. While there is one, the client proves the session to the leader by a sync every quarter of
// the timeout; an ordinary connection, even one that answers pings, proves less than it seems to.
//
// The belief ends when the session does, and without any message when the newest proof is one session
// timeout old. It assumes that clocks run at about the same speed and that the servers' ticks are not
// longer than half the session timeout; what must be certain needs a fencing token.
type Hold struct {
	c    *Client
	h    session.Hold
	lost future.Promise[struct{}]
	over atomic.Bool
}

// Hold holds the session s, which comes from [Client.Session]. It fails with ErrSessionExpired if s is
// not alive or not the current one, or not the one that the view is [Client.Pinned] to, or if nothing has proved it for
// one session timeout, and with ErrClosed if the client is closed. Release must be called in the end.
func (c *Client) Hold(s Session) (*Hold, error) {
	h := &Hold{c: c}
	h.lost.Init(c.sessionLane, nil)
	h.h.Call = holdCall{h}
	if err := c.driver.Hold(&h.h, c.epochOf(s)); err != nil {
		return nil, &OpError{Op: "hold", Err: err}
	}
	return h, nil
}

// Err returns nil while the session may be believed in, and the reason afterwards: ErrSessionExpired,
// or ErrClosed after Release or the client's Close. It compares the clock itself and waits for nothing.
func (h *Hold) Err() error {
	if h.over.Load() {
		return ErrClosed
	}
	return h.c.driver.HoldErr(&h.h)
}

// Lost completes when Err becomes not nil by itself; not after Release. No callback can delay that. Its
// own callbacks run on the client's session lane; On moves them elsewhere.
func (h *Hold) Lost() *future.Future[struct{}] { return h.lost.Future() }

// Release ends the hold. It does nothing to the session.
func (h *Hold) Release() {
	h.over.Store(true)
	h.c.driver.Release(&h.h)
}

// holdCall makes a Hold a session.HoldCall without showing that to users.
type holdCall struct{ h *Hold }

func (c holdCall) Lost(b *future.Batch, _ error) { c.h.lost.CompleteIn(b, struct{}{}, nil) }
