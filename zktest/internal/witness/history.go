package witness

import "time"

// A History is what clients did and were told. The zero History is empty.
type History struct {
	Ops     []Op
	Clients []string   // names, by Op.Client
	Paths   []string   // by Op.Path
	Values  []string   // data of nodes, by Op.Value
	Lists   [][]string // names of children, by Op.List
}

// An Op is one operation, or one part of a transaction, or one event of a watch.
type Op struct {
	Kind    Kind
	Outcome Outcome
	Refusal Refusal // why it failed
	Mode    Mode
	Client  int32
	Path    int32
	Value   int32 // given to a Create or Set, or read by a Get
	List    int32 // read by Children
	// Txn numbers the transaction that this is a part of, from 1; 0 if it is not. Parts of one stand
	// side by side in the history.
	Txn int32
	// Expected is the version that a Set, Delete or Check asks for, or -1.
	Expected int32
	// Watch is the operation that registered the watch, of an Event.
	Watch int32

	Call   Moment // before the request is ordered
	Return Moment // after the answer is there; 0 if none came

	// After is the newest zxid that the client had seen at the call, and Seen that at the return.
	After, Seen int64
	// Zxid is that of the reply, 0 if it is not known.
	Zxid int64

	// The Stat of the node, by a Create, Set, Get, Children, or an Exists that has found one.
	Czxid, Mzxid, Pzxid, Owner int64
	Version, Cversion          int32
}

// A Moment is the time since the history began, in nanoseconds. No two moments of a history are the same: what happened at
// one time is put into its order by adding nanoseconds.
type Moment int64

func (m Moment) String() string { return time.Duration(m).Round(time.Microsecond).String() }

// A Kind is what an operation does.
type Kind uint8

// The kinds.
const (
	Create Kind = iota + 1
	Set
	Delete
	Check // in a transaction
	Get
	Exists
	Children
	Event // of a watch; Return is when it was told
)

// An Outcome is what is known of an operation.
type Outcome uint8

// The outcomes. An operation that never got to the server is not in the history.
const (
	OK      Outcome = iota + 1
	Failed          // refused: it has changed nothing
	Unknown         // it may have been done
)

// A Refusal is why an operation failed.
type Refusal uint8

// The refusals.
const (
	Other Refusal = iota // not checked
	NoNode
	NodeExists
	BadVersion
)

// A Mode is what matters of how a node is created.
type Mode uint8

// The modes combine.
const (
	Ephemeral  Mode = 1 << iota
	Sequential      // Path is the name that was asked for if the outcome is not OK
	Unordered       // several requests, or retried: not in the order of the client's other operations
)
