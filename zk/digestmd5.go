package zk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gazoo-go/gazoo/internal/wire/digestmd5"
)

// DigestMD5 is the SASL mechanism DIGEST-MD5, by which a server's JAAS file lists users with their passwords. Either side
// proves to the other that it knows the password, without sending it; what follows on the connection is neither signed
// nor encrypted. MD5 is weak: use it over TLS, or use Kerberos.
//
// Servers from 3.9.6 refuse it unless they are told zookeeper.fips-mode=false.
func DigestMD5(user, password string) SASL { return &digestMD5{user, password} }

type digestMD5 struct{ user, password string }

// Format keeps the password out of every verb.
func (m *digestMD5) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "DIGEST-MD5 for %q", m.user) }

func (m *digestMD5) validate() error {
	if m.user == "" {
		return errors.New("DIGEST-MD5: the user must not be empty")
	}
	if !utf8.ValidString(m.user) || !utf8.ValidString(m.password) {
		return errors.New("DIGEST-MD5: user and password must be UTF-8")
	}
	return nil
}

// Start draws the client's nonce.
func (m *digestMD5) Start(_ context.Context, server SASLServer) (SASLExchange, error) {
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(server.Rand, nonce); err != nil {
		return nil, err
	}
	login := digestmd5.Login{User: m.user, Password: m.password, CNonce: hex.EncodeToString(nonce), URI: digestmd5.URI}
	return &digestExchange{login: login}, nil
}

// A digestExchange has three steps: nothing, since the server begins; our proof; and the server's.
type digestExchange struct {
	step  int
	login digestmd5.Login
}

// Format keeps the password out of every verb.
func (x *digestExchange) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "DIGEST-MD5 for %q", x.login.User)
}

func (x *digestExchange) Step(_ context.Context, challenge []byte) (response []byte, done bool, err error) {
	x.step++
	if x.step == 1 {
		return []byte{}, false, nil
	}
	said, err := digestmd5.Parse(challenge)
	if err != nil {
		return nil, false, fmt.Errorf("DIGEST-MD5: %w: %w", ErrProtocol, err)
	}
	switch x.step {
	case 2:
		response, err = x.prove(said)
	case 3:
		done, err = true, x.verify(said)
	default:
		err = fmt.Errorf("%w: a challenge too many", ErrProtocol)
	}
	if err != nil {
		return nil, false, fmt.Errorf("DIGEST-MD5: %w", err)
	}
	return response, done, nil
}

// prove answers the server's first message.
func (x *digestExchange) prove(said digestmd5.Directives) ([]byte, error) {
	nonce, realm := said["nonce"], said["realm"]
	if nonce == "" || said["algorithm"] != "md5-sess" {
		return nil, fmt.Errorf("%w: no nonce, or an algorithm other than md5-sess", ErrProtocol)
	}
	if qop, ok := said["qop"]; ok && !digestmd5.Has(qop, "auth") {
		return nil, fmt.Errorf("%w: the server insists on a security layer", ErrProtocol)
	}
	x.login.Nonce, x.login.Realm = nonce, realm
	text := "charset=utf-8,username=" + digestmd5.Quote(x.login.User)
	if realm != "" {
		text += ",realm=" + digestmd5.Quote(realm)
	}
	text += ",nonce=" + digestmd5.Quote(nonce) + ",nc=" + digestmd5.Count + ",cnonce=" + digestmd5.Quote(x.login.CNonce) +
		",digest-uri=" + digestmd5.Quote(x.login.URI) + ",maxbuf=65536,response=" + x.login.Response() + ",qop=auth"
	return []byte(text), nil
}

// verify is all that shows that the server is one that knows the password too.
func (x *digestExchange) verify(said digestmd5.Directives) error {
	if !digestmd5.Equal(said["rspauth"], x.login.RspAuth()) {
		return fmt.Errorf("%w: the server does not prove that it knows the password", ErrProtocol)
	}
	return nil
}
