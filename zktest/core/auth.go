package core

import (
	"crypto/sha1"
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// Schemes of identities.
const (
	schemeWorld  = "world" // in ACLs only
	schemeAuth   = "auth"  // in ACLs that clients send only
	schemeIP     = "ip"    // every connection has one
	schemeDigest = "digest"
	schemeSASL   = "sasl"
	schemeX509   = "x509"
	schemeSuper  = "super"
)

var worldAnyone = data.Id{Scheme: schemeWorld, Id: "anyone"}

// maxIDs bounds the identities of a connection; more fail to authenticate. (ZooKeeper has no such limit.)
const maxIDs = 1024

// Digest is the identity that user:password authenticates: user:base64(sha1(user:password)). Without a colon all of it
// is the user.
func Digest(credentials string) string {
	sum := sha1.Sum([]byte(credentials))
	user, _, _ := strings.Cut(credentials, ":")
	return user + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// authenticate adds what an auth packet proves to the identities of the connection. Identities are only ever appended, so
// that requests keep the list they were sent with by keeping its length.
func (c *Conn) authenticate(scheme string, auth []byte) wire.Code {
	if len(c.ids) >= maxIDs {
		return wire.CodeAuthFailed
	}
	switch scheme {
	case schemeDigest:
		if auth == nil {
			return wire.CodeAuthFailed
		}
		digest := Digest(string(auth))
		if digest == c.front.cfg.SuperDigest {
			c.addID(data.Id{Scheme: schemeSuper})
		}
		c.addID(data.Id{Scheme: schemeDigest, Id: digest})
		return wire.OK
	case schemeIP:
		c.addID(data.Id{Scheme: schemeIP, Id: c.remote.Addr().String()})
		return wire.OK
	}
	return wire.CodeAuthFailed
}

// Certified says that the client has shown a certificate of this subject, before it said anything else: its identity of
// scheme x509, if the server knows that one.
func (c *Conn) Certified(subject string) {
	if c.front.cfg.X509 {
		c.addID(data.Id{Scheme: schemeX509, Id: subject})
	}
}

func (c *Conn) addID(id data.Id) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
}

// ipMatches reports whether address is within entry, an address with or without /bits.
func ipMatches(address, entry string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	p, ok := parseIPEntry(entry)
	return ok && p.Contains(a.WithZone(""))
}

// validIPEntry reports whether an ACL entry may name entry.
func (c *Config) validIPEntry(entry string) bool {
	p, ok := parseIPEntry(entry)
	return ok && (p.Addr().Is4() || c.Version.ipv6ACL()) && (!strings.Contains(entry, "/") || c.Version.from(3, 5, 0))
}

func parseIPEntry(entry string) (p netip.Prefix, ok bool) {
	text, bits, hasBits := strings.Cut(entry, "/")
	a, ok := parseIPv4(text)
	if !ok {
		var err error
		if a, err = netip.ParseAddr(text); err != nil || !a.Is6() || a.Zone() != "" {
			return p, false
		}
	}
	n := a.BitLen()
	if hasBits {
		var err error
		if n, err = strconv.Atoi(bits); err != nil {
			return p, false
		}
	}
	p, err := a.Prefix(n) // refuses what is not 0 to 32 or 128
	return p, err == nil
}

// parseIPv4 takes leading zeros, as ZooKeeper does, and reads them as decimal.
func parseIPv4(text string) (netip.Addr, bool) {
	var b [4]byte
	parts := strings.Split(text, ".")
	if len(parts) != len(b) {
		return netip.Addr{}, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 255 {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}
