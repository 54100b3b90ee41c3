package zk

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/internal/session"
)

// SASL is a mechanism of authentication, with the credential that it uses: [DigestMD5], or one of a module of its own,
// like gazoo's zk/gssapi for Kerberos. Its methods may be called from several goroutines at once.
type SASL interface {
	// Start begins an exchange for a new connection. Like Step it may block; it should return soon after ctx has ended,
	// which is when the connection does.
	Start(ctx context.Context, server SASLServer) (SASLExchange, error)
}

// A SASLExchange is the client's side of the authentication of one connection. It is used from one goroutine at a time
// and then forgotten.
type SASLExchange interface {
	// Step takes what the server has said, nil at first, and returns what is said to that.
	//
	// done says that no further challenge is wanted: then the exchange has succeeded, with a nil response at once, with
	// another when the server has accepted it. A mechanism is not done at its first step, since a server that has no
	// SASL accepts anything without a word: what proves the server comes first. If done is false, nil is as good as an
	// empty response.
	//
	// An error that is ErrProtocol by errors.Is says that the server's challenge made no sense; it costs the
	// connection. For any other error see [WithSASL]. It must not contain the credential.
	Step(ctx context.Context, challenge []byte) (response []byte, done bool, err error)
}

// A SASLServer is whom a connection is to.
type SASLServer struct {
	Host string    // as it stands in the connect string, without the port
	Addr string    // host:port that was dialed: an address that Host stands for
	Rand io.Reader // random bytes for this exchange, from the client's handler: the same ones in every run of a simulation
}

// WithSASL authenticates every connection by a mechanism, before anything else is sent on it (server 3.4). The server
// knows the client by scheme "sasl" and the user's name; see [SASLACL].
//
// The credential is required, as that of [WithAuth] is. Until a server has accepted it for the first time the client
// ends in state AuthFailed, and Start fails with ErrAuthFailed, when a server refuses it, when a server has no SASL, and
// when the mechanism cannot do its work, for instance because there is no ticket. Afterwards all of these cost the
// connection, and the next server is tried: it is they who have trouble. So do, at any time, servers that do not follow
// the mechanism's protocol, or that do not prove themselves.
func WithSASL(mech SASL) Option {
	return func(o *options) error {
		if mech == nil {
			return errors.New("SASL: the mechanism must not be nil")
		}
		if v, ok := mech.(interface{ validate() error }); ok {
			if err := v.validate(); err != nil {
				return err
			}
		}
		o.sasl = mech
		return nil
	}
}

// SASLACL lets a user who is authenticated by SASL do what perms say. The server knows Kerberos principals as
// "user/host@REALM", unless it was told to shorten them; users of [DigestMD5] by their name.
func SASLACL(user string, perms Perms) ACL { return ACL{Perms: perms, Scheme: "sasl", ID: user} }

// mechanism is what the session's driver calls.
func mechanism(mech SASL, h handler.Handler) session.Mechanism {
	source := h.Rand("zk/sasl")
	return func(ctx context.Context, host, addr string) (session.Exchange, error) {
		var seed [32]byte
		births.Lock() // all clients of a handler have the same source
		for i := range 4 {
			binary.LittleEndian.PutUint64(seed[i*8:], source.Uint64())
		}
		births.Unlock()
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			name = host
		}
		return mech.Start(ctx, SASLServer{Host: name, Addr: addr, Rand: rand.NewChaCha8(seed)})
	}
}
