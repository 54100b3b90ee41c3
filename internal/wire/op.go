package wire

import "strconv"

// Op is the number of an operation: the type in a RequestHeader, and in the MultiHeader in front of each part of a
// multi. A server answers a number it does not know with [CodeUnimplemented], ahead of earlier replies, and closes the
// connection; so ask [Op.Since] first.
type Op int32

// The operations. The comment gives what is peculiar; [Op.Since] the release.
const (
	OpNotification         Op = 0 // server to client only
	OpCreate               Op = 1 // makes a plain node of a container flag, and refuses the TTL flags
	OpDelete               Op = 2
	OpExists               Op = 3 // leaves a watch on a missing node too
	OpGetData              Op = 4
	OpSetData              Op = 5
	OpGetACL               Op = 6
	OpSetACL               Op = 7 // fires no watch
	OpGetChildren          Op = 8
	OpSync                 Op = 9  // through the leader, but takes no zxid
	OpPing                 Op = 11 // no body
	OpGetChildren2         Op = 12
	OpCheck                Op = 13 // only within a multi: alone it destroys the log of a server before 3.8.5 and 3.9.3
	OpMulti                Op = 14 // writes
	OpCreate2              Op = 15
	OpReconfig             Op = 16
	OpCheckWatches         Op = 17
	OpRemoveWatches        Op = 18
	OpCreateContainer      Op = 19  // makes a container whatever the flags
	OpDeleteContainer      Op = 20  // for the server itself; do not send
	OpCreateTTL            Op = 21  // only with a TTL flag: another one, with ttl -1, kills servers
	OpMultiRead            Op = 22  // getData and getChildren
	OpAuth                 Op = 100 // with XidAuth
	OpSetWatches           Op = 101
	OpSASL                 Op = 102
	OpGetEphemerals        Op = 103 // of this session
	OpGetAllChildrenNumber Op = 104 // all descendants; a scan of the whole tree
	OpSetWatches2          Op = 105
	OpAddWatch             Op = 106
	OpWhoAmI               Op = 107 // no body
	OpCreateSession        Op = -10 // what a server makes of a handshake; do not send
	OpCloseSession         Op = -11 // no body, in either direction
	OpError                Op = -1  // the type of a failed part of a multi
)

// String is ZooKeeper's name of the operation, and the number for one that is not known.
func (o Op) String() string {
	if d := o.info(); d.name != "" {
		return d.name
	}
	return "op " + strconv.Itoa(int(o))
}

// Known reports whether the operation is one of the constants.
func (o Op) Known() bool { return o.info().name != "" }

// Since is the first release of the server that knows the operation; the zero Version for one that is not known. All
// that is older than 3.4.0 says 3.4.0.
func (o Op) Since() Version { return o.info().since }

// Write reports whether the operation goes through the leader and is refused by a read-only server ([CodeNotReadOnly]).
// Sync is one of these, although it changes nothing.
func (o Op) Write() bool { return o.info().write }

// NewRequest returns an empty request record for the operation, or nil if it has no body or is not known.
func (o Op) NewRequest() Record {
	if f := o.info().request; f != nil {
		return f()
	}
	return nil
}

// NewResponse returns an empty record for the body of a successful reply, or nil if there is none or the operation is not
// known.
func (o Op) NewResponse() Record {
	if f := o.info().response; f != nil {
		return f()
	}
	return nil
}
