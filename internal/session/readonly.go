package session

import (
	"errors"
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

var (
	errReadOnly       = errors.New("handshake: a read-only server, which was not asked for")
	errNotClosed      = fmt.Errorf("%w: only a server with a quorum can close the session, which may live until its timeout", wire.CodeNotReadOnly)
	errBehind         = errors.New("a read-only server that has less than was seen")
	errReadOnlyServer = errors.New("handshake: a read-only server, which cannot say whether the session lives")
)

// welcomedReadOnly handles the first frame of a server that has no quorum. It knows no more of the sessions
// of the ensemble than it knew when it lost touch: what it says of one, yes or no, proves nothing. So
//
//   - a session that is believed in goes on there for as long as it is believed in, but no longer for that;
//   - one that was given up cannot be buried there, and waits for that while another one is used;
//   - one that it grants itself is local: it alone knows it, and every other server, with a quorum or not, is
//     asked for another one. Watches and requests that wait go on in that;
//   - one that has less than was seen need not have forgotten anything: it may never have had it. It is passed over.
func (m *Machine) welcomedReadOnly(now time.Duration, resp wire.ConnectResponse) error {
	granted, asked := !resp.Expired(), m.asked()
	switch {
	case !m.cfg.ReadOnly:
		return errReadOnly
	case granted && resp.SessionId == 0:
		return fmt.Errorf("handshake: %w: session 0", ErrProtocol)
	case asked.ID == 0 && !granted:
		return errors.New("handshake: the server refuses a new session")
	case m.closing != nil && m.bury != nil:
		m.finish(Closed, errNotClosed, ErrClosed)
		return nil
	case asked.ID == 0 && m.closing != nil:
		m.finish(Closed, nil, ErrClosed)
		return nil
	case asked.ID == 0:
		m.local = true
	case asked == m.bury:
		m.anew = true
		m.again(now)
		return nil
	case resp.SessionId != asked.ID, m.accepted() && now >= m.doubtful():
		return errReadOnlyServer
	}
	timeout := time.Duration(resp.TimeOut) * time.Millisecond
	m.adopt(resp, timeout)
	m.greeted(now, timeout)
	return nil
}
