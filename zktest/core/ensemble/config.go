package ensemble

import (
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// Config is what a member is told when it is made. The zero value of each field is ZooKeeper's default. Names in quotes
// are ZooKeeper's own settings. All members of an ensemble have the same but for ServerID, Seed and the delays.
type Config struct {
	// Config is that of the server. ServerID is the member's own; ReadOnlyMode and LocalSessions are obeyed here.
	core.Config

	// InitLimit is "initLimit", how long a leader and its learners may take to get going, in ticks. Zero: 10.
	InitLimit int
	// SyncLimit is "syncLimit", how long leader and learner may not hear of one another, in ticks. Zero: 5.
	SyncLimit int
	// FinalizeWait is "zookeeper.fastleader.finalizeWait", for how long a server that sees a quorum agree waits for a
	// better vote, and after which it sends its vote again. Zero: 200 ms.
	FinalizeWait time.Duration
	// MaxNotificationInterval is "zookeeper.fastleader.maxNotificationInterval", to which the time between two such votes
	// grows. Zero: 2 s. ZooKeeper has 60 s there, but is told by TCP when a peer is back.
	MaxNotificationInterval time.Duration
	// CommitLogCount is "zookeeper.commitLogCount", how many transactions a server may have missed and still be brought up
	// to date by them in place of a snapshot. Zero: 500.
	CommitLogCount int
	// SnapCount is "snapCount", after how many transactions the log is cut behind a snapshot. Zero: 100,000.
	SnapCount int

	// SyncDelay is asked how long a write of the log takes; nil and zero are at once. What arrives meanwhile goes
	// into the next write.
	SyncDelay func() time.Duration
	// ApplyDelay is asked how long a commit waits, in order, before this server applies it. Nil and zero: not at all.
	ApplyDelay func() time.Duration
}

func (c Config) withDefaults() Config {
	if c.TickTime <= 0 {
		c.TickTime = 2 * time.Second
	}
	c.InitLimit = positive(c.InitLimit, 10)
	c.SyncLimit = positive(c.SyncLimit, 5)
	c.FinalizeWait = positive(c.FinalizeWait, 200*time.Millisecond)
	c.MaxNotificationInterval = max(positive(c.MaxNotificationInterval, 2*time.Second), c.FinalizeWait)
	c.CommitLogCount = positive(c.CommitLogCount, 500)
	c.SnapCount = positive(c.SnapCount, 100_000)
	if c.SweepInterval <= 0 {
		c.SweepInterval = time.Minute
	}
	return c
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

func (c *Config) initTime() time.Duration { return time.Duration(c.InitLimit) * c.TickTime }
func (c *Config) syncTime() time.Duration { return time.Duration(c.SyncLimit) * c.TickTime }
