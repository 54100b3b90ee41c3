package core

import (
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// maxACL bounds what "auth" entries may grow to: each becomes one entry for every identity of the connection.
const maxACL = 1 << 17

// allowed reports whether ids may do any of what the bits of want stand for. An empty ACL, which no client can make,
// allows everything.
func (c *Config) allowed(acl []data.ACL, want int32, ids []data.Id) bool {
	if c.SkipACL || len(acl) == 0 {
		return true
	}
	if len(acl) == 1 && acl[0].Perms&want != 0 && acl[0].Id == worldAnyone {
		return true
	}
	for _, id := range ids {
		if id.Scheme == schemeSuper {
			return true
		}
	}
	for i := range acl {
		if acl[i].Perms&want == 0 {
			continue
		}
		if acl[i].Id == worldAnyone {
			return true
		}
		if slices.ContainsFunc(ids, func(id data.Id) bool { return matches(id, acl[i].Id) }) {
			return true
		}
	}
	return false
}

// matches reports whether an identity is one that an ACL entry means.
func matches(id, entry data.Id) bool {
	if id.Scheme != entry.Scheme {
		return false
	}
	if id.Scheme == schemeIP {
		return ipMatches(id.Id, entry.Id)
	}
	if id.Scheme == schemeSASL && id.Id == schemeSuper { // a user of that name
		return true
	}
	return id.Id == entry.Id
}

// fixACL returns what is stored for an ACL that a client sent: without exact duplicates, and with "auth" replaced by the
// authenticated identities of the connection. ok is false for INVALIDACL.
func (c *Config) fixACL(acl []data.ACL, ids []data.Id) (fixed []data.ACL, ok bool) {
	if len(acl) == 1 && acl[0] == openACL[0] {
		return openACL, true // nearly all of them; one slice for all
	}
	if len(acl) == 0 {
		return nil, false
	}
	seen := make(map[data.ACL]struct{}, len(acl))
	for _, a := range acl {
		if _, again := seen[a]; again {
			continue
		}
		seen[a] = struct{}{}
		switch {
		case a.Id == worldAnyone:
			fixed = append(fixed, a)
		case a.Id.Scheme == schemeAuth:
			before := len(fixed)
			for _, id := range ids {
				if id.Scheme == schemeDigest || id.Scheme == schemeSASL || id.Scheme == schemeX509 {
					fixed = append(fixed, data.ACL{Perms: a.Perms, Id: id})
				}
			}
			if len(fixed) == before || len(fixed) > maxACL {
				return nil, false
			}
		case c.validID(a.Id):
			fixed = append(fixed, a)
		default:
			return nil, false
		}
	}
	return fixed, true
}

// validID reports whether an ACL entry may name id.
func (c *Config) validID(id data.Id) bool {
	switch id.Scheme {
	case schemeDigest:
		// user:hash. Colons at the very end are not looked at.
		user, hash, ok := strings.Cut(strings.TrimRight(id.Id, ":"), ":")
		return ok && !strings.Contains(hash, ":") && user+hash != ""
	case schemeIP:
		return c.validIPEntry(id.Id)
	case schemeX509: // ZooKeeper parses the name
		return c.X509 && (id.Id == "" || strings.Contains(id.Id, "="))
	case schemeSASL:
		return c.SASLUsers != nil && (!strings.Contains(id.Id, "@") || kerberosName.MatchString(id.Id))
	}
	return false
}

// maskDigests hides password hashes from those who may not change the ACL.
func maskDigests(acl []data.ACL) []data.ACL {
	masked := slices.Clone(acl)
	for i := range masked {
		if id := &masked[i].Id; id.Scheme == schemeDigest {
			user, _, _ := strings.Cut(id.Id, ":")
			id.Id = user + ":x"
		}
	}
	return masked
}

// canRead is the check in front of most reads.
func (c *Config) canRead(n *node, ids []data.Id) bool { return c.allowed(n.acl, wire.PermRead, ids) }
