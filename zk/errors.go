package zk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gazoo-go/gazoo/internal/session"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A Code is an error as ZooKeeper numbers it. The constants below are the codes that a client meets;
// errors.Is finds them in whatever an operation returns.
type Code = wire.Code

// What the server says.
const (
	ErrNoNode                  = wire.CodeNoNode                  // the node, or the parent of one to be created, does not exist
	ErrNodeExists              = wire.CodeNodeExists              // the node exists already
	ErrNotEmpty                = wire.CodeNotEmpty                // the node has children
	ErrBadVersion              = wire.CodeBadVersion              // the version asked for is not the node's
	ErrNoAuth                  = wire.CodeNoAuth                  // the node's ACL does not allow it
	ErrNoChildrenForEphemerals = wire.CodeNoChildrenForEphemerals // the parent is ephemeral
	ErrInvalidACL              = wire.CodeInvalidACL              // the ACL is empty or not understood
	ErrAuthFailed              = wire.CodeAuthFailed              // a credential was refused
	ErrSessionExpired          = wire.CodeSessionExpired          // the session has ended, with its ephemeral nodes and watches
	ErrConnectionLoss          = wire.CodeConnectionLoss          // the connection ended before the answer came
	ErrBadArguments            = wire.CodeBadArguments            // a path or an option is invalid
	ErrMarshalling             = wire.CodeMarshallingError        // a message could not be read
	ErrUnimplemented           = wire.CodeUnimplemented           // the server is too old, or the feature is off
	ErrNotReadOnly             = wire.CodeNotReadOnly             // the server has no quorum and only answers reads
	ErrNoWatcher               = wire.CodeNoWatcher               // there is no such watch
	ErrRuntimeInconsistency    = wire.CodeRuntimeInconsistency    // in a transaction: behind the operation that failed
	ErrQuotaExceeded           = wire.CodeQuotaExceeded           // a quota would be exceeded (3.7)
	ErrThrottled               = wire.CodeThrottledOp             // the server was too busy; nothing was done (3.7)
	ErrSessionMoved            = wire.CodeSessionMoved            // of a transaction: the session is at another server now; nothing was done (up to 3.5)
	ErrEphemeralOnLocalSession = wire.CodeEphemeralOnLocalSession // local sessions cannot have ephemeral nodes (3.5)
	ErrReconfigDisabled        = wire.CodeReconfigDisabled        // reconfiguration is off (3.5.3)
	ErrReconfigInProgress      = wire.CodeReconfigInProgress      // another reconfiguration is under way (3.5)
	ErrNewConfigNoQuorum       = wire.CodeNewConfigNoQuorum       // too few of the new members are up to date (3.5)
)

// What the client says.
var (
	// ErrClosed: the client was not started, or was closed before the operation was complete.
	ErrClosed = session.ErrClosed
	// ErrOverloaded: see [WithMaxInFlight] and [WithMaxQueuedBytes]. Nothing was sent.
	ErrOverloaded = session.ErrOverloaded
	// ErrProtocol: the server sent what no server may send. The connection was given up.
	ErrProtocol = session.ErrProtocol
	// ErrTooLong: the request is longer than a server accepts, see [WithMaxRequest]: nothing was sent. Or its reply is
	// longer than [WithMaxReply] allows, which has cost the connection, as the Err of a [StateChange] tells.
	ErrTooLong = errors.New("too long")
	// ErrUnwatched: the watch was removed by Unwatch before it fired.
	ErrUnwatched = errors.New("watch removed")
	// ErrRolledBack: in a transaction, before the operation that failed.
	ErrRolledBack = errors.New("rolled back")
)

// An OpError is the failure of one operation.
type OpError struct {
	Op   string // as ZooKeeper names it: "create", "getData", …
	Path string // as the caller gave it, the view's chroot not included
	Err  error  // a Code, a context's error, or one of the errors above

	maybe bool
	epoch uint64 // of the session in which it was sent
}

func (e *OpError) Error() string {
	var b strings.Builder
	b.WriteString("zk: " + e.Op)
	if e.Path != "" {
		b.WriteString(" " + shown(e.Path))
	}
	b.WriteString(": " + e.Err.Error())
	if e.maybe {
		b.WriteString(" (it may have been applied)")
	}
	return b.String()
}

// shown returns a path as it stands in a message: on one line, and not longer than a line should be.
func shown(path string) string {
	const most = 200
	cut := path
	if len(path) > most {
		n := most
		for n > most-utf8.UTFMax && !utf8.RuneStart(path[n]) {
			n--
		}
		cut = path[:n]
	}
	if quoted := strconv.Quote(cut); quoted != `"`+cut+`"` {
		cut = quoted
	}
	if len(path) > most {
		cut += "…"
	}
	return cut
}

// Unwrap returns Err.
func (e *OpError) Unwrap() error { return e.Err }

// opName is what users know an operation by: that it is the newer of two kinds is not their business.
func opName(op wire.Op) string {
	switch op {
	case wire.OpCreate2:
		op = wire.OpCreate
	case wire.OpGetChildren2:
		op = wire.OpGetChildren
	}
	return op.String()
}

// asOpError returns the cause of err as the error of an operation that consists of several.
func asOpError(op wire.Op, path string, err error, maybe bool) error {
	var oe *OpError
	if errors.As(err, &oe) {
		err = oe.Err
	}
	failed := &OpError{Op: opName(op), Path: path, Err: err, maybe: maybe}
	if oe != nil {
		failed.epoch = oe.epoch
	}
	return failed
}

// inDoubt is MaybeApplied for what a coroutine has awaited: an error that is not the operation's own
// says that the handler was stopped, and nothing about the operation.
func inDoubt(err error) bool {
	var oe *OpError
	return errors.As(err, &oe) && oe.maybe || err != nil && oe == nil
}

// MaybeApplied reports whether err is the failure of a write that may have been carried out all the
// same: it was sent, and no answer came that could be understood. If it is false for the result of an
// operation, the operation has changed nothing on the server. (EnsurePath, DeleteAll and MakeParents are
// several operations: what came before the one that failed stays done.)
func MaybeApplied(err error) bool {
	var op *OpError
	return errors.As(err, &op) && op.maybe
}

// A TxnError is the failure of a transaction: nothing of it was applied.
type TxnError struct {
	Index   int     // of the operation that failed; -1: the marker, see [Txn.Once]
	Err     error   // its error
	Results []error // one for each operation: ErrRolledBack before Index, ErrRuntimeInconsistency behind it
}

func (e *TxnError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("the marker: %v", e.Err)
	}
	return fmt.Sprintf("operation %d: %v", e.Index, e.Err)
}

// Unwrap returns Err.
func (e *TxnError) Unwrap() error { return e.Err }
