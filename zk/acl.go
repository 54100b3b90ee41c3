package zk

import (
	"crypto/sha1"
	"encoding/base64"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// Perms is a set of permissions.
type Perms int32

// The permissions.
const (
	PermRead   = Perms(wire.PermRead)   // getData, getChildren, and exists on new servers
	PermWrite  = Perms(wire.PermWrite)  // setData
	PermCreate = Perms(wire.PermCreate) // create children
	PermDelete = Perms(wire.PermDelete) // delete children
	PermAdmin  = Perms(wire.PermAdmin)  // setACL
	PermAll    = Perms(wire.PermAll)
)

// An ACL gives permissions to an identity. A node's access control list is a list of them; they are
// not inherited.
type ACL struct {
	Perms  Perms
	Scheme string // "world", "auth", "digest", "ip", "sasl", "x509"
	ID     string // of the scheme: "anyone", "", "user:hash", "10.0.0.0/8", …
}

// OpenACL allows everything to everybody.
func OpenACL() []ACL { return []ACL{{PermAll, "world", "anyone"}} }

// ReadACL allows reading to everybody.
func ReadACL() []ACL { return []ACL{{PermRead, "world", "anyone"}} }

// CreatorACL allows everything to whoever the connection is authenticated as.
func CreatorACL() []ACL { return []ACL{{PermAll, "auth", ""}} }

// DigestACL gives permissions to whoever authenticates with scheme "digest" as this user with this password.
func DigestACL(user, password string, perms Perms) ACL {
	return ACL{perms, "digest", Digest(user, password)}
}

// Digest is the identity of a user with a password in scheme "digest": user:base64(sha1(user:password)).
func Digest(user, password string) string {
	sum := sha1.Sum([]byte(user + ":" + password))
	return user + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

func toWire(acl []ACL) []data.ACL {
	out := make([]data.ACL, len(acl))
	for i, a := range acl {
		out[i] = data.ACL{Perms: int32(a.Perms), Id: data.Id{Scheme: a.Scheme, Id: a.ID}}
	}
	return out
}

func fromWire(acl []data.ACL) []ACL {
	out := make([]ACL, len(acl))
	for i, a := range acl {
		out[i] = ACL{Perms(a.Perms), a.Id.Scheme, a.Id.Id}
	}
	return out
}
