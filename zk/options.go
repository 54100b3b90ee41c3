package zk

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
	"go.uber.org/zap"
)

// An Option configures a client. A bad one makes [New] fail.
type Option func(*options) error

type options struct {
	timeout     time.Duration
	handler     handler.Handler
	log         *zap.Logger
	tls         *tls.Config
	readOnly    bool
	inOrder     bool
	acl         []ACL
	auth        []session.Credential
	sasl        SASL
	resume      *session.Info
	maxInFlight int64
	maxQueued   int
	maxRequest  int
	maxReply    int
	localExpiry float64
	hooks       hooks
}

func defaults() options {
	return options{
		timeout:     10 * time.Second,
		log:         zap.NewNop(),
		acl:         OpenACL(),
		maxInFlight: 1 << 20,
		maxQueued:   256 << 20,
		maxRequest:  wire.DefaultMaxRequest,
		maxReply:    wire.DefaultMaxReply,
		localExpiry: 4.0 / 3,
	}
}

// WithSessionTimeout asks for a session that ends after so long without a sign of life. Default 10 s.
// The server brings it into its own limits, by default 4 s to 40 s.
func WithSessionTimeout(d time.Duration) Option {
	return func(o *options) error {
		if d < time.Millisecond || d > math.MaxInt32*time.Millisecond {
			return fmt.Errorf("session timeout %v: must be between 1 ms and 2^31-1 ms", d)
		}
		o.timeout = d
		return nil
	}
}

// WithHandler has callbacks, time, randomness and sockets of the client come from h. Default: a new
// handler.Pool. The client does not stop it.
func WithHandler(h handler.Handler) Option {
	return func(o *options) error {
		if h == nil {
			return errors.New("handler: must not be nil")
		}
		o.handler = h
		return nil
	}
}

// WithLogger logs changes of state and troubles, at debug level unless something is wrong. Default: nothing.
// Node data and credentials are never logged.
func WithLogger(l *zap.Logger) Option {
	return func(o *options) error {
		if l == nil {
			return errors.New("logger: must not be nil")
		}
		o.log = l
		return nil
	}
}

// WithTLS connects by TLS (server 3.5). The server's certificate is verified against the host's name
// as it stands in the connect string, unless cfg says otherwise.
func WithTLS(cfg *tls.Config) Option {
	return func(o *options) error {
		if cfg == nil {
			return errors.New("TLS configuration: must not be nil")
		}
		o.tls = cfg.Clone()
		return nil
	}
}

// WithHostsInOrder tries the servers in the order in which the connect string has them, and the addresses of a name
// in the order in which they were resolved, beginning with the first whenever the connection is lost. Default: in random
// order, so that clients spread evenly. Kazoo calls it randomize_hosts=False.
func WithHostsInOrder() Option {
	return func(o *options) error { o.inOrder = true; return nil }
}

// WithReadOnly is content with a server that has lost its quorum and answers reads only: the state is ConnectedReadOnly
// then (server 3.4, where readonlymode.enabled is set; from 3.7 on new sessions there need localSessionsEnabled as well).
// Writes fail with ErrNotReadOnly. Meanwhile a server with a quorum is sought at every address of every host, and once it
// is found the client moves there. Without this option read-only servers are passed over.
//
// Such a server proves nothing: a session that comes from elsewhere is called Lost when it has had no contact with a quorum
// for a session timeout, and a Hold ends by its deadline. A session that begins at a read-only server is known there only;
// at the next server another one takes its place, with SessionChanged, in which watches and waiting operations go on.
func WithReadOnly() Option {
	return func(o *options) error { o.readOnly = true; return nil }
}

// WithDefaultACL sets the ACL of created nodes. Default: [OpenACL].
func WithDefaultACL(acl ...ACL) Option {
	return func(o *options) error {
		if err := checkACL(acl); err != nil {
			return fmt.Errorf("default ACL: %w", err)
		}
		o.acl = slices.Clone(acl)
		return nil
	}
}

// WithAuth gives a credential that is sent on every connection: for scheme "digest", "user:password".
// It may be given more than once. If the server refuses it the client ends in state AuthFailed. See also
// [WithSASL] and [Client.AddAuth].
func WithAuth(scheme string, credential []byte) Option {
	return func(o *options) error {
		if scheme == "" {
			return errors.New("auth: the scheme must not be empty")
		}
		o.auth = append(o.auth, session.Credential{Scheme: scheme, Data: append([]byte(nil), credential...)})
		return nil
	}
}

// WithSession resumes a session, of which ID and Password are needed. If the server refuses it the
// state is Lost for a moment and a new session follows; Start's Session has Resumed false then.
func WithSession(s Session) Option {
	return func(o *options) error {
		if s.ID == 0 || len(s.Password) != wire.PasswdLen {
			return fmt.Errorf("session to resume: needs an ID and a password of %d bytes", wire.PasswdLen)
		}
		o.resume = &session.Info{ID: s.ID, Password: append([]byte(nil), s.Password...)}
		return nil
	}
}

// WithMaxInFlight bounds the operations that were submitted and whose callbacks have not run yet.
// One more fails at once with ErrOverloaded. Default 1<<20.
func WithMaxInFlight(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("max in flight %d: must be positive", n)
		}
		o.maxInFlight = int64(n)
		return nil
	}
}

// WithMaxQueuedBytes bounds the bytes of operations that wait for a connection. Beyond it operations
// fail at once with ErrOverloaded. Default 256 MiB.
func WithMaxQueuedBytes(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("max queued bytes %d: must be positive", n)
		}
		o.maxQueued = n
		return nil
	}
}

// WithMaxRequest bounds one request, in bytes, as the server's jute.maxbuffer does. A longer one fails
// with ErrTooLong before it is sent. Default 0xfffff (1,048,575), the server's.
func WithMaxRequest(n int) Option {
	return func(o *options) error {
		if n < 1<<10 || n > math.MaxInt32 {
			return fmt.Errorf("max request %d bytes: must be between 1 KiB and 2^31-1", n)
		}
		o.maxRequest = n
		return nil
	}
}

// WithMaxReply bounds one reply, in bytes. A longer one costs the connection, and the operation fails with
// ErrTooLong. Default 64 MiB, since a server does not limit its replies: the names of 100,000 children take 3 to 5 MB.
func WithMaxReply(n int) Option {
	return func(o *options) error {
		if n < 1<<10 || n > math.MaxInt32 {
			return fmt.Errorf("max reply %d bytes: must be between 1 KiB and 2^31-1", n)
		}
		o.maxReply = n
		return nil
	}
}

// WithLocalExpiry has the client give up its session after so many session timeouts without contact, 1 to
// 1000, and start a new one as soon as it can. 0: never, only the server ends it. Default 4/3.
func WithLocalExpiry(factor float64) Option {
	return func(o *options) error {
		if factor != 0 && !(factor >= 1 && factor <= 1000) {
			return fmt.Errorf("local expiry %v: must be 0, or between 1 and 1000", factor)
		}
		o.localExpiry = factor
		return nil
	}
}
