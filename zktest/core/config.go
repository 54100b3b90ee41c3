package core

import (
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Config is what a server is told when it is made. The zero value is a standalone ZooKeeper 3.9 with the sample
// configuration of its distribution. Names in quotes are ZooKeeper's own settings.
type Config struct {
	// Version is the release to behave like. Zero: [V3_9].
	Version Version
	// ServerID is "myid", 0 to 255; it is the top byte of session ids. All servers of an ensemble differ in it.
	ServerID int64
	// Seed decides every order and number that ZooKeeper leaves open.
	Seed uint64

	// TickTime is "tickTime", the grain of session expiry. Zero: 2 s.
	TickTime time.Duration
	// MinSessionTimeout and MaxSessionTimeout bound what clients get. Zero: 2 and 20 ticks. Whole milliseconds.
	MinSessionTimeout, MaxSessionTimeout time.Duration
	// HandshakeTimeout is how long a connection may have no session. Zero: 10 s.
	HandshakeTimeout time.Duration

	// SuperDigest is "superDigest": user:base64(sha1(user:password)). Whoever authenticates with it passes every ACL.
	SuperDigest string
	// SkipACL is "skipACL": no ACL is ever checked.
	SkipACL bool
	// SASLUsers are the users of DIGEST-MD5 with their passwords, as a JAAS file lists them. Nil: there is none, and the
	// server does not know SASL. Clients can use it as zk.DigestMD5.
	SASLUsers map[string]string
	// SASLSuperUser is "zookeeper.superUser": the SASL user who passes every ACL.
	SASLSuperUser string
	// X509 is "authProvider.x509": ACLs may name the subjects of clients' certificates; see [Conn.Certified].
	X509 bool
	// RequireSchemes is "enforce.auth.schemes" (3.7; 3.6 knows sasl only): a request on a connection without an identity
	// of one of them is answered SESSIONCLOSEDREQUIRESASLAUTH, and the connection closed.
	RequireSchemes []string
	// FilterEvents drops events of nodes that a connection may not READ. Releases from 3.8.4 and 3.9.2 do so anyway;
	// Debian's 3.8.0 has it backported.
	FilterEvents bool

	// ExtendedTypes is "extendedTypesEnabled": nodes may have a TTL (3.5.3).
	ExtendedTypes bool
	// Reconfig is "reconfigEnabled" (3.5). A standalone server refuses to reconfigure either way, with another code.
	Reconfig bool
	// SweepInterval is "znode.container.checkIntervalMs": how often empty containers and stale TTL nodes are deleted.
	// Zero: 60 s.
	SweepInterval time.Duration
	// MaxNeverUsed is "znode.container.maxNeverUsedIntervalMs" (3.6): a container that never had a child is deleted at
	// this age. Zero: never.
	MaxNeverUsed time.Duration
	// EnforceQuota is "enforceQuota" (3.7): hard limits are refused instead of logged.
	EnforceQuota bool

	// FirstSequence is the least number that a sequential node gets, for tests that want numbers to run out. Zero: as in
	// ZooKeeper. Servers of an ensemble have the same.
	FirstSequence int32

	// Whitelist is "4lw.commands.whitelist": four-letter words that are answered, or "*". Nil: srvr only, and before
	// 3.5.3 all but wchc and wchp. srvr is always answered.
	Whitelist []string
	// ReadOnlyMode is "readonlymode.enabled"; see [Front.SetReadOnly]. It puts isro on the whitelist.
	ReadOnlyMode bool
	// LocalSessions is "localSessionsEnabled" (3.5), as far as a read-only server needs it: without it a read-only
	// server from 3.7 refuses new sessions.
	LocalSessions bool

	// MaxFrame is "jute.maxbuffer", the longest frame taken from a client in bytes. Zero: 0xfffff.
	MaxFrame int
	// MaxConnsPerAddr is "maxClientCnxns", connections from one address. Zero: no limit.
	MaxConnsPerAddr int
	// MaxOutput is how many bytes may wait for a client that does not read: beyond a quarter of it no request of that
	// connection is taken, beyond all of it an event or a multiRead cuts the connection. Zero: 64 MiB. (ZooKeeper has no such
	// limit.)
	MaxOutput int
	// MaxOutstanding is how many requests of one connection may wait for their turn before no more are taken. Zero: 1000.
	MaxOutstanding int

	// ClientPort is what conf says. Nothing listens on it in here.
	ClientPort int

	// Intercept, if set, is asked about every request before it takes effect.
	Intercept Intercept
	// OnCommit, if set, is told of every transaction of a standalone server before it has an effect and anybody is answered: what a
	// log on disk would hold. See [Recover].
	OnCommit func(*Txn)
	// ForgetRequests keeps no record of requests: [Front.Seen] and [Front.Count] have none. It saves 100 KB a server.
	ForgetRequests bool
	// OnRequest, if set, is told of every request after Intercept. See [Front.Seen] for a record of them.
	OnRequest func(*Incoming)
}

// withDefaults returns a copy in which zero means zero.
func (c Config) withDefaults() Config {
	if c.Version == (Version{}) {
		c.Version = V3_9
	}
	c.TickTime = positive(c.TickTime, 2*time.Second)
	c.MinSessionTimeout = positive(c.MinSessionTimeout, 2*c.TickTime)
	c.MaxSessionTimeout = max(positive(c.MaxSessionTimeout, 20*c.TickTime), c.MinSessionTimeout)
	c.HandshakeTimeout = positive(c.HandshakeTimeout, 10*time.Second)
	c.SweepInterval = positive(c.SweepInterval, time.Minute)
	c.MaxFrame = positive(c.MaxFrame, wire.DefaultMaxRequest)
	c.MaxOutput = positive(c.MaxOutput, 64<<20)
	c.MaxOutstanding = positive(c.MaxOutstanding, 1000)
	if c.Whitelist == nil {
		c.Whitelist = c.Version.whitelist()
	}
	return c
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// timeout is what a client that asks for ms milliseconds gets.
func (c *Config) timeout(ms int32) int32 {
	return int32(min(max(time.Duration(ms)*time.Millisecond, c.MinSessionTimeout), c.MaxSessionTimeout).Milliseconds())
}
