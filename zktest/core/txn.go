package core

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// Request is what a Front hands to its Upstream: a write, sync, or the beginning or end of a session.
type Request struct {
	Session int64
	Server  int64  // Config.ServerID of the Front: the owner of the session, as far as it knows
	Tag     uint64 // what the Front knows the waiting request by; 0 for one that nobody waits for
	Op      wire.Op
	// Record is the request record; nil if the operation has none, or if it could not be read.
	Record  wire.Record
	Auth    []data.Id // identities of the connection; never written to
	Timeout int32     // ms, of OpCreateSession
}

// Txn is a transaction: what a request came to. All States apply the same ones in the order of Zxid. It is immutable.
type Txn struct {
	Zxid    int64
	Time    int64 // ms since 1970, by the leader
	Session int64
	Server  int64  // of the Request
	Tag     uint64 // of the Request
	Op      wire.Op
	// Code, if not OK, says why nothing is changed. The zxid is spent all the same.
	Code wire.Code
	// Failed is the operation that made a multi fail, with FailedCode, out of Parts; the reply's header then says OK.
	Failed, Parts int
	FailedCode    wire.Code
	Changes       []Change
}

// Change is one step of a transaction. Which fields count depends on Op.
type Change struct {
	// Op is OpCreate, OpDelete, OpSetData, OpSetACL, OpCheck (no effect), OpCreateSession or OpCloseSession.
	Op wire.Op
	// Result is how a multi labels what came of it: OpCreate2 where a Stat goes with the path.
	Result wire.Op
	Path   string
	Data   []byte
	ACL    []data.ACL
	// Version is what becomes of the version (OpSetData), the ACL version (OpSetACL), or the create counter of the
	// parent (OpCreate).
	Version int32
	Kind    Kind
	Owner   int64    // session of an Ephemeral
	TTL     int64    // ms
	Timeout int32    // ms, OpCreateSession
	Paths   []string // ephemerals, OpCloseSession
}

// Trigger is something that happened to a node that watches may be waiting for.
type Trigger struct {
	Type wire.EventType
	Path string
	ACL  []data.ACL // READ on it is needed to learn of it
	// Parent marks what happened to the parent of the node that was made or deleted.
	Parent bool
}

// Result is what a Change came to, for the reply.
type Result struct {
	Op   wire.Op // Change.Result
	Path string
	Stat data.Stat // at that point of the transaction
}
