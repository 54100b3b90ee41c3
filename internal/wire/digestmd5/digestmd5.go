// Package digestmd5 is what the two sides of a DIGEST-MD5 exchange (RFC 2831) have in common, as far as ZooKeeper uses
// it: its directives, and the hashes of an authentication without integrity or confidentiality (qop "auth").
//
// It is pure: no randomness, no state. Who calls whom is the caller's business. What it parses was sent by somebody
// who is not trusted, and is bounded.
package digestmd5

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf8"
)

// The names by which ZooKeeper's servers know themselves, unless they use Kerberos.
const (
	Realm = "zk-sasl-md5"
	URI   = "zookeeper/zk-sasl-md5" // service/host
)

// MaxMessage is the longest challenge or response that makes sense, in bytes.
const MaxMessage = 4096

// Errors of Parse.
var (
	ErrTooLong = errors.New("message too long")
	ErrSyntax  = errors.New("message is not a list of directives")
	ErrTwice   = errors.New("directive given twice")
)

// Directives are what a message says, by lower-case name. A server may offer several realms: the first counts.
type Directives map[string]string

// Parse reads name=value and name="value", separated by commas.
func Parse(message []byte) (Directives, error) {
	if len(message) > MaxMessage {
		return nil, ErrTooLong
	}
	d := Directives{}
	rest := strings.Trim(string(message), space+",")
	for rest != "" {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.ToLower(strings.Trim(name, space))
		if !ok || name == "" || strings.ContainsAny(name, "\",") {
			return nil, ErrSyntax
		}
		var value string
		if value, rest, ok = cutValue(strings.TrimLeft(after, space)); !ok {
			return nil, ErrSyntax
		}
		if _, again := d[name]; !again {
			d[name] = value
		} else if name != "realm" {
			return nil, ErrTwice
		}
		if rest = strings.TrimLeft(rest, space); rest != "" && rest[0] != ',' {
			return nil, ErrSyntax
		}
		rest = strings.TrimLeft(rest, space+",")
	}
	return d, nil
}

const space = " \t\r\n"

// cutValue takes a value, quoted or not, from the front of s.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		value = strings.TrimRight(s[:end], space)
		return value, s[end:], value != "" && !strings.ContainsAny(value, `"`+space)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// Quote makes a value that Parse reads as s.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Has reports whether a list of tokens separated by commas contains one.
func Has(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(t, space), token) {
			return true
		}
	}
	return false
}

// A Login is what both sides know when they compute their proofs.
type Login struct {
	User, Realm, Password string
	Nonce, CNonce         string // of the server, of the client
	URI                   string
}

// Count is the nonce count of a first authentication, and there is no other.
const Count = "00000001"

// Response is the client's proof, in hexadecimal digits.
func (l Login) Response() string { return l.proof("AUTHENTICATE:" + l.URI) }

// RspAuth is the server's proof, in hexadecimal digits.
func (l Login) RspAuth() string { return l.proof(":" + l.URI) }

func (l Login) proof(a2 string) string {
	secret := md5.Sum([]byte(narrow(l.User) + ":" + narrow(l.Realm) + ":" + narrow(l.Password)))
	a1 := string(secret[:]) + ":" + l.Nonce + ":" + l.CNonce
	return hash(hash(a1) + ":" + l.Nonce + ":" + Count + ":" + l.CNonce + ":auth:" + hash(a2))
}

// Equal compares two proofs in a time that does not tell where they differ.
func Equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func hash(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// narrow encodes s in ISO 8859-1 if that is possible, as the RFC wants it for the hash, else leaves it in UTF-8.
func narrow(s string) string {
	if !utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}
