package plan

// A Kind of fault. Where a comment says "lasts", For is how long, or zero until the world is healed; otherwise the fault
// is over at once and For is zero.
type Kind string

// What happens to a process or a server.
const (
	// Kill: SIGKILL of On, which stays dead until the world is healed.
	Kill Kind = "kill"
	// Restart: SIGKILL of On, which is started anew after For.
	Restart Kind = "restart"
	// PowerOff: as Restart, but nobody is told: connections of On just go silent.
	PowerOff Kind = "power-off"
	// Pause: SIGSTOP of On, or a collection of garbage; lasts. Then it reads stale input first.
	Pause Kind = "pause"
	// ClockJump: the wall clock of process On jumps by Amount nanoseconds, forward or back.
	ClockJump Kind = "clock-jump"
	// SlowUser: each callback of user code of process On takes Amount nanoseconds; lasts. What does not wait for it goes on.
	SlowUser Kind = "slow-user"
	// ClockDrift: both clocks of On run faster by Amount parts per million, or slower; lasts.
	ClockDrift Kind = "clock-drift"
)

// What happens to a link, or to the connections over it. On and To are a process and a server, either way around, or
// two servers.
const (
	// Stall: bytes and connection attempts from On to To wait; lasts. Then they come as a burst.
	Stall Kind = "stall"
	// Partition: as Stall, in both directions.
	Partition Kind = "partition"
	// Isolate: as Partition, between On and everybody else; lasts.
	Isolate Kind = "isolate"
	// SwizzleClog: as Isolate. Several belong together: they begin one by one and end in another order.
	SwizzleClog Kind = "swizzle-clog"
	// Reset: the connections between On and To are reset.
	Reset Kind = "reset"
	// ResetAfter: the connection is reset after Amount more bytes from On to To.
	ResetAfter Kind = "reset-after"
	// HalfOpen: what On and To send each other is lost; lasts. Connections that lost something stay dead, and nobody
	// is told.
	HalfOpen Kind = "half-open"
	// Lose: as HalfOpen, but only what On sends to To is lost.
	Lose Kind = "lose"
	// Drip: bytes from On to To arrive one at a time, each with a latency of its own; lasts.
	Drip Kind = "drip"
	// SlowLink: bytes between On and To take up to Amount nanoseconds longer, both ways; lasts.
	SlowLink Kind = "slow-link"
	// Silence: server On accepts connections and never answers on them; lasts. Older connections go on.
	Silence Kind = "silence"
	// Refuse: server On refuses connections; lasts. Older connections go on.
	Refuse Kind = "refuse"
)

// What happens inside the ensemble.
const (
	// Expire: the ensemble expires the session of process On.
	Expire Kind = "expire"
	// Drop: the server closes the connection of process On's session.
	Drop Kind = "drop"
	// SlowDisk: every write to the log of server On takes Amount nanoseconds more; lasts.
	SlowDisk Kind = "slow-disk"
	// Lag: server On applies what is committed Amount nanoseconds late; lasts.
	Lag Kind = "lag"
	// CutFollower: the server that process On is connected to, or On if that is [Leader] or [Follower], is cut off from all
	// other servers, and goes on talking to its clients; lasts.
	CutFollower Kind = "cut-follower"
	// KillLeader: SIGKILL of the server that leads, which is started anew after For.
	KillLeader Kind = "kill-leader"
	// ApplyCut: of the writes that process On sends from now on, Amount are let through; the next is applied, and the
	// connection is cut before the answer.
	ApplyCut Kind = "apply-cut"
	// CutBefore: as ApplyCut, but that write is not applied.
	CutBefore Kind = "cut-before"
	// DelayReply: the next reply to process On, and what follows it, is held back; lasts.
	DelayReply Kind = "delay-reply"
)

// What happens to names.
const (
	// BadName: looking up the name of server On fails (Amount 0), takes for ever (1), or gives the address of the next server
	// (2); lasts.
	BadName Kind = "bad-name"
)

// Kinds returns all kinds of faults, in a fixed order.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		all[i] = kinds[i].kind
	}
	return all
}

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return kindOf(k) != nil }

// A unit says what the Amount of a fault counts.
type unit int

const (
	noAmount   unit = iota
	byteCount       // more than 0
	timeLength      // more than 0, in nanoseconds
	timeShift       // in nanoseconds, either sign, not 0
	millionths      // either sign, not 0
	counting        // 0 or more
)

// A kindSpec is what is known about a kind: how to draw one, and what makes one valid.
type kindSpec struct {
	kind   Kind
	weight float64 // how often compared with others
	needs  needs
	lasts  bool // For may be more than zero
	slow   bool // something gets worse rather than breaking: worth its while only if it lasts
	link   bool // To is needed
	amount unit
	draw   func(*drawer) Fault // targets and amount
}

// needs is what there must be for a kind of fault to have a target.
type needs int

const (
	somebody needs = iota
	aProcess
	aServer
	aLink   // a process and a server, or two servers
	both    // a process and a server
	clogged // two of anything
)

func (n needs) met(top Topology) bool {
	p, s := len(top.Processes), len(top.Servers)
	switch n {
	case somebody:
		return p+s > 0
	case aProcess:
		return p > 0
	case aServer:
		return s > 0
	case aLink:
		return s > 1 || p > 0 && s > 0
	case both:
		return p > 0 && s > 0
	case clogged:
		return p+s > 1
	}
	return false
}

var kinds = []kindSpec{
	{kind: Kill, weight: 0.5, draw: (*drawer).kill},
	{kind: Restart, weight: 1.5, lasts: true, draw: (*drawer).node},
	{kind: PowerOff, weight: 1, lasts: true, draw: (*drawer).node},
	{kind: Pause, weight: 2, lasts: true, draw: (*drawer).node},
	{kind: ClockJump, weight: 0.7, needs: aProcess, amount: timeShift, draw: (*drawer).clockJump},
	{kind: ClockDrift, weight: 0.7, lasts: true, slow: true, amount: millionths, draw: (*drawer).clockDrift},
	{kind: SlowUser, weight: 0.7, needs: aProcess, lasts: true, slow: true, amount: timeLength, draw: (*drawer).slowUser},
	{kind: Stall, weight: 1.5, needs: aLink, lasts: true, link: true, draw: (*drawer).oneWay},
	{kind: Partition, weight: 1.5, needs: aLink, lasts: true, link: true, draw: (*drawer).link},
	{kind: Isolate, weight: 1.5, lasts: true, draw: (*drawer).node},
	{kind: SwizzleClog, weight: 0.5, needs: clogged, lasts: true, draw: (*drawer).node},
	{kind: Reset, weight: 2, needs: aLink, link: true, draw: (*drawer).link},
	{kind: ResetAfter, weight: 1.5, needs: aLink, link: true, amount: byteCount, draw: (*drawer).resetAfter},
	{kind: HalfOpen, weight: 2, needs: aLink, lasts: true, link: true, draw: (*drawer).link},
	{kind: Lose, weight: 1, needs: aLink, lasts: true, link: true, draw: (*drawer).oneWay},
	{kind: Drip, weight: 0.7, needs: aLink, lasts: true, slow: true, link: true, draw: (*drawer).oneWay},
	{kind: SlowLink, weight: 1, needs: aLink, lasts: true, slow: true, link: true, amount: timeLength, draw: (*drawer).slowLink},
	{kind: Silence, weight: 1, needs: aServer, lasts: true, draw: (*drawer).server},
	{kind: Refuse, weight: 1, needs: aServer, lasts: true, draw: (*drawer).server},
	{kind: Expire, weight: 1, needs: aProcess, draw: (*drawer).process},
	{kind: Drop, weight: 1, needs: aProcess, draw: (*drawer).process},
	{kind: SlowDisk, weight: 1.5, needs: aServer, lasts: true, slow: true, amount: timeLength, draw: (*drawer).slowDisk},
	{kind: Lag, weight: 1.5, needs: aServer, lasts: true, slow: true, amount: timeLength, draw: (*drawer).lag},
	{kind: CutFollower, weight: 1.5, needs: both, lasts: true, draw: (*drawer).cutFollower},
	{kind: KillLeader, weight: 1.5, needs: aServer, lasts: true, draw: (*drawer).killLeader},
	{kind: ApplyCut, weight: 2, needs: aProcess, amount: counting, draw: (*drawer).countdown},
	{kind: CutBefore, weight: 1, needs: aProcess, amount: counting, draw: (*drawer).countdown},
	{kind: DelayReply, weight: 1, needs: aProcess, lasts: true, draw: (*drawer).process},
	{kind: BadName, weight: 2, needs: aServer, lasts: true, amount: counting, draw: (*drawer).badName},
}

func kindOf(k Kind) *kindSpec {
	for i := range kinds {
		if kinds[i].kind == k {
			return &kinds[i]
		}
	}
	return nil
}
