package zktest

import (
	"maps"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// WithSASLUsers makes a server know SASL: these users, with their passwords, can authenticate as [zk.DigestMD5] does.
func WithSASLUsers(users map[string]string) ServerOption {
	users = maps.Clone(users)
	return func(c *core.Config) { c.SASLUsers = users }
}

// WithRequiredSASL makes a server answer nobody who is not authenticated by SASL (ZooKeeper 3.6:
// sessionRequireClientSASLAuth).
func WithRequiredSASL() ServerOption {
	return func(c *core.Config) { c.RequireSchemes = []string{"sasl"} }
}
