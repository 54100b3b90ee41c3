package java

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Config says what to run. The zero Config is one standalone server with the defaults below.
type Config struct {
	// Install is what to run. Default: what Find finds.
	Install Install
	// Servers is how many, 1 to 9. Default 1.
	Servers int
	// Ensemble makes a single server an ensemble of one instead of standalone: Reconfig needs that.
	Ensemble bool
	// ObserversFrom is the id (from 1) of the first server that is an observer. Default 0: none is.
	ObserversFrom int
	// SparesFrom is the id of the first server that runs but is no member at first. Default 0: none is. From ZooKeeper 3.5 on.
	SparesFrom int
	// Dir holds a directory per server. Default: a temporary one, which Close removes. One given is kept.
	Dir string

	// TickTime is ZooKeeper's unit of time. Default 500 ms, so sessions of 1 s and more are granted.
	TickTime time.Duration
	// InitLimit and SyncLimit are how long a follower may take to join and to lag, in ticks. Defaults 20 and 10.
	InitLimit, SyncLimit int

	// Proxied puts a proxy before each server: Addr and ConnectString are the proxies'.
	Proxied bool
	// Partitionable puts a proxy on every link between servers, for Partition. Not with reconfig: the servers would
	// tell each other the addresses behind the proxies.
	Partitionable bool
	// TLS gives each server a TLS port and a certificate; see SecureAddr and ClientTLS. From ZooKeeper 3.5.5 on.
	TLS bool

	// SuperPassword is the password of the digest user "super". Default "test".
	SuperPassword string
	// JAAS is the contents of a JAAS configuration file; it switches SASL on. Default "": no SASL.
	JAAS string
	// Lines are appended to every zoo.cfg. A key that is there already is overridden.
	Lines []string
	// ServerLines are appended to the zoo.cfg of the server with that id, after Lines.
	ServerLines func(id int) []string
	// JVM are further arguments of java, for example "-Dzookeeper.maxResponseCacheSize=0". The last of two wins.
	JVM []string

	// PortOffset is the first port to try; the ensemble takes the first free block from there on.
	// Default 0: somewhere below the ports that the kernel gives to outgoing connections.
	PortOffset int
	// Patience limits Start and each call that waits for servers to serve. Default 60 s.
	Patience time.Duration

	archive string // of classes, for the JVM; see archive.go
}

// FromEnvironment returns c with what the environment says, by the names that Kazoo's harness has:
// ZOOKEEPER_CLUSTER_SIZE (where c.Servers is 0), ZOOKEEPER_PORT_OFFSET, ZOOKEEPER_OBSERVER_START_ID,
// ZOOKEEPER_LOCAL_SESSION_RO (any value: local sessions and read-only mode), and
// ZOOKEEPER_JAAS_AUTH ("digest": user jaasuser with password jaas_password; another kind needs a JAAS of the caller's).
func (c Config) FromEnvironment() (Config, error) {
	var err error
	number := func(name string) int {
		text := os.Getenv(name)
		if text == "" {
			return 0
		}
		n, convErr := strconv.Atoi(text)
		if convErr != nil && err == nil {
			err = fmt.Errorf("%s=%q is not a number", name, text)
		}
		return n
	}
	if c.Servers == 0 {
		c.Servers = number("ZOOKEEPER_CLUSTER_SIZE")
	}
	if n := number("ZOOKEEPER_PORT_OFFSET"); n > 0 {
		c.PortOffset = n
	}
	if n := number("ZOOKEEPER_OBSERVER_START_ID"); n > 0 { // Kazoo says -1 for none
		c.ObserversFrom = n
	}
	if os.Getenv("ZOOKEEPER_LOCAL_SESSION_RO") != "" {
		c.Lines = append([]string{"localSessionsEnabled=true", "localSessionsUpgradingEnabled=true"}, c.Lines...)
		c.JVM = append([]string{"-Dreadonlymode.enabled=true"}, c.JVM...)
	}
	switch kind := os.Getenv("ZOOKEEPER_JAAS_AUTH"); {
	case kind == "" || c.JAAS != "":
	case kind == "digest":
		c.JAAS = `Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_super="super_secret" user_jaasuser="jaas_password"; };` + "\n"
	default:
		err = fmt.Errorf("ZOOKEEPER_JAAS_AUTH=%s: only digest is built in; give Config.JAAS for another", kind)
	}
	return c, err
}

// complete returns c with its defaults, or what is wrong with it.
func (c Config) complete() (Config, error) {
	c.Servers = orDefault(c.Servers, 1)
	c.TickTime = orDefault(c.TickTime, 500*time.Millisecond)
	c.InitLimit = orDefault(c.InitLimit, 20)
	c.SyncLimit = orDefault(c.SyncLimit, 10)
	c.SuperPassword = orDefault(c.SuperPassword, "test")
	c.Patience = orDefault(c.Patience, 60*time.Second)
	switch {
	case c.Servers < 1 || c.Servers > 9:
		return c, fmt.Errorf("%d servers: want 1 to 9", c.Servers)
	case c.TickTime < time.Millisecond || c.InitLimit < 1 || c.SyncLimit < 1 || c.Patience < 0:
		return c, fmt.Errorf("tick %v, initLimit %d, syncLimit %d, patience %v: want positive ones", c.TickTime, c.InitLimit, c.SyncLimit, c.Patience)
	case c.ObserversFrom < 0 || c.ObserversFrom == 1:
		return c, fmt.Errorf("observers from server %d on: somebody must vote", c.ObserversFrom)
	case c.SparesFrom < 0 || c.SparesFrom == 1:
		return c, fmt.Errorf("spare servers from %d on: somebody must be a member", c.SparesFrom)
	}
	if c.Install.Java == "" {
		var err error
		if c.Install, err = Find(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// quorum reports whether the servers form an ensemble; else there is one, standalone.
func (c Config) quorum() bool { return c.Servers > 1 || c.Ensemble }

func orDefault[T comparable](value, def T) T {
	var zero T
	if value == zero {
		return def
	}
	return value
}
