package zktest

import (
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/java"
)

// An EnsembleOption configures what [StartZooKeeper] starts, and some what [NewCluster] makes. A bad one fails the test.
type EnsembleOption struct {
	apply   func(*java.Config)
	cluster func(*clusterConfig) // nil: it means nothing to a Cluster
}

func (o EnsembleOption) applyCluster(c *clusterConfig) {
	if o.cluster == nil {
		c.bad = "an option that only StartZooKeeper knows"
		return
	}
	o.cluster(c)
}

// WithTickTime sets ZooKeeper's unit of time, in whole milliseconds. Sessions last at least two ticks. Default 500 ms.
func WithTickTime(d time.Duration) EnsembleOption {
	return EnsembleOption{
		apply:   func(c *java.Config) { c.TickTime = d },
		cluster: func(c *clusterConfig) { c.core.TickTime = d },
	}
}

// WithSyncLimit sets for how many ticks a follower may be out of touch with the leader before they part. The
// default, 10, forgives a busy machine; a paused leader is replaced no sooner.
func WithSyncLimit(ticks int) EnsembleOption {
	return EnsembleOption{
		apply:   func(c *java.Config) { c.SyncLimit = ticks },
		cluster: func(c *clusterConfig) { c.syncLimit = ticks },
	}
}

// WithObservers makes the servers from index first on observers: they do not vote. Default: all vote.
func WithObservers(first int) EnsembleOption {
	return EnsembleOption{
		apply:   func(c *java.Config) { c.ObserversFrom = first + 1 },
		cluster: func(c *clusterConfig) { c.observersFrom = first + 1 },
	}
}

// WithSpares makes the servers from index first on, which is not 0, spare ones: they run and follow, but are no members. A
// [zk.Reconfiguration] with [Ensemble.Member] or [Cluster.Member] makes them so. ZooKeeper 3.5 or later. Default: all
// are members.
func WithSpares(first int) EnsembleOption {
	return EnsembleOption{
		apply: func(c *java.Config) {
			if c.SparesFrom = first + 1; first < 1 {
				c.SparesFrom = -1
			}
		},
		cluster: func(c *clusterConfig) {
			if c.sparesFrom = first; first < 1 {
				c.bad = "somebody must be a member"
			}
		},
	}
}

// WithPartitions puts a proxy on every link between servers, for [Ensemble.Partition]. It switches reconfiguration off.
func WithPartitions() EnsembleOption {
	return EnsembleOption{
		apply:   func(c *java.Config) { c.Partitionable = true },
		cluster: func(*clusterConfig) {},
	}
}

// WithServerTLS gives every server a TLS port and a certificate, for [Ensemble.SecureClient]. ZooKeeper 3.5.5 or later.
func WithServerTLS() EnsembleOption {
	return EnsembleOption{apply: func(c *java.Config) { c.TLS = true }}
}

// WithServerConfig appends lines, as in "snapCount=1000", to every server's zoo.cfg. They override earlier ones.
func WithServerConfig(lines ...string) EnsembleOption {
	return EnsembleOption{apply: func(c *java.Config) { c.Lines = append(c.Lines, lines...) }}
}

// WithJVM appends arguments of the servers' JVMs, as in "-Dreadonlymode.enabled=true". The last of two wins.
func WithJVM(args ...string) EnsembleOption {
	return EnsembleOption{apply: func(c *java.Config) { c.JVM = append(c.JVM, args...) }}
}

// WithJAAS switches SASL on, with text as the servers' JAAS configuration file.
func WithJAAS(text string) EnsembleOption {
	return EnsembleOption{apply: func(c *java.Config) { c.JAAS = text }}
}
