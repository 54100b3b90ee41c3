package picture

import "time"

// A Run is one run of a simulation, as data. Times are virtual, from the start of the run, and at most half a century
// from it. A step is the number of an event in the trace; 0 means that it is not known. Only Lanes, and a Violation, are
// needed for a picture; everything else may be left empty. Slices need no order.
type Run struct {
	Name   string   // what ran, such as the name of the test
	Seed   string   // as a person would type it
	Replay string   // the command that runs it again
	Plan   []string // the faults and knobs of the plan, each in words
	Beside []Link   // pages that belong to this one

	Lanes  []Lane
	Arrows []Arrow
	Bars   []Bar
	Bands  []Band
	Marks  []Mark

	// Causes[s] is the step that scheduled step s, smaller than s; 0 for none. It may be shorter than the trace: what
	// has no cause here has only its lane's past.
	Causes []uint64

	Violation Violation
}

// A Violation is what broke. It is the last thing in the picture.
type Violation struct {
	Name     string // the invariant: "lock exclusion"
	Sentence string // what broke, in plain words: "worker1 and worker2 both hold /jobs, with tokens 6 and 7."
	Detail   string // more, in lines; optional
	At       time.Duration
	Step     uint64
	Lanes    []string // who took part
	Steps    []uint64 // further steps whose past matters: when each believer was granted the lock, the write refused
}

// A Link leads to a page that lies beside this one, such as porcupine's.
type Link struct{ Text, Href string }

// A Lane is a column: a process, a server, something that both use.
type Lane struct {
	Name string // what From, To and Lane in the rest of the Run say
	Kind LaneKind
	Note string // a word below the name: "leader at the end", "clock 5 % fast"; optional
}

// LaneKind groups lanes: clients stand at the left, servers in the middle, others at the right.
type LaneKind int

// The kinds of lane.
const (
	Client LaneKind = iota
	Server
	Other // a resource that is guarded by a token, an oracle
)

// An Arrow is something sent from one lane to another: a frame, a connection attempt, a message between servers.
type Arrow struct {
	From, To    string
	Sent        time.Duration
	Arrived     time.Duration // of its last byte; meaningless when Lost
	SentStep    uint64
	ArrivedStep uint64 // 0 when Lost
	Kind        ArrowKind
	Label       string // a few words: "create /jobs/lock-", "reply #12 NoNode"
	Detail      string // the decoded frame, the queue behind it; in lines; optional
	Bytes       []byte // the frame itself, shown in hexadecimal; optional, and never copied before it is shown
	Subject     string // what it is about: a znode's path, a session; things about the same subject belong together
	Lost        bool   // never arrived, or had not when the run ended
	Unanswered  bool   // a request that nobody ever answered
	Quiet       bool   // routine, such as a ping: not drawn, only counted, unless the violation's own causes lead here
}

// ArrowKind says how an arrow looks.
type ArrowKind int

// The kinds of arrow.
const (
	Request ArrowKind = iota // client to server
	Reply
	Notification // a watch event
	Connection   // dial, accept, end-of-file, reset
	Peer         // server to server
	Call         // anything else, such as a write to a guarded resource
)

// A Bar is something that lasts, on one lane.
type Bar struct {
	Lane     string
	Kind     BarKind
	From, To time.Duration
	Open     bool   // still so when the run ended; To is meaningless
	FromStep uint64 // the step that began it, and the one that ended it
	ToStep   uint64
	State    string // for Session and Role, one of the states below; others are drawn neutrally
	Lock     string // for Lock: which. Bars of one Lock on different lanes that overlap are two believers
	Token    int64  // for Lock: the fencing token, which gives the colour; 0 for none
	Label    string // instead of what the picture would write; optional
	Detail   string // in lines; optional
}

// BarKind says what a bar is about.
type BarKind int

// The kinds of bar.
const (
	Session BarKind = iota // what the client thinks of its session
	Lock                   // the process believes that it holds a lock
	Role                   // of a server
	Paused                 // SIGSTOP, a GC pause: nothing of the lane runs
	Down                   // killed, and not restarted yet
)

// The states of a Session bar, and those of a Role bar.
const (
	Connecting = "connecting"
	Connected  = "connected"
	Suspended  = "suspended"
	Lost       = "lost"
	Closed     = "closed"

	Looking   = "looking"
	Following = "following"
	Leading   = "leading"
	Observing = "observing"
	ReadOnly  = "read-only"
)

// A Band is a time during which lanes could not talk, or not well.
type Band struct {
	Label    string // "partition", "stall"
	From, To time.Duration
	Open     bool     // never healed
	A, B     []string // who was cut off from whom; no B means from everybody
	OneWay   bool     // only what A sends to B
	Step     uint64
	Detail   string // in lines; optional
}

// A Mark is something that happened on a lane at one moment. Without a Lane it concerns everybody.
type Mark struct {
	Lane    string
	At      time.Duration
	Step    uint64
	Kind    MarkKind
	Label   string // a few words: "killed", "acquired /jobs, token 7"
	Detail  string // in lines; optional
	Subject string // as in Arrow
}

// MarkKind says how a mark looks.
type MarkKind int

// The kinds of mark.
const (
	Note  MarkKind = iota // what user code or a recipe did
	Fault                 // what the plan did to the lane
	Alarm                 // what should not have happened: a write that was refused, a late callback
)
