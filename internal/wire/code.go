package wire

import "strconv"

// Code is what a server says of a request, in a ReplyHeader or in a part of a multi. Some codes never travel: clients
// make them. A Code is an error; [OK] is one too, so turn a header into an error with [Code.Err].
type Code int32

// The codes. Negative numbers above -100 are about the system, those below about the request.
const (
	OK Code = 0

	CodeSystemError          Code = -1  // marks a range; not sent
	CodeRuntimeInconsistency Code = -2  // in a multi: behind the operation that failed, not tried
	CodeDataInconsistency    Code = -3  // not sent
	CodeConnectionLoss       Code = -4  // client only: sent or queued, outcome unknown
	CodeMarshallingError     Code = -5  // the server could not read the request, or met an exception
	CodeUnimplemented        Code = -6  // unknown operation (and the connection closes), or a feature that is off
	CodeOperationTimeout     Code = -7  // client only
	CodeBadArguments         Code = -8  // path, flags, ttl, reserved node, reconfig arguments
	CodeInvalidState         Code = -9  // client only
	CodeUnknownSession       Code = -12 // since 3.5; treat as CodeSessionExpired
	CodeNewConfigNoQuorum    Code = -13 // reconfig, since 3.5
	CodeReconfigInProgress   Code = -14 // reconfig, since 3.5
	CodeSSLConnectionError   Code = -15 // client only

	CodeAPIError                     Code = -100 // marks a range; not sent
	CodeNoNode                       Code = -101
	CodeNoAuth                       Code = -102
	CodeBadVersion                   Code = -103
	CodeNoChildrenForEphemerals      Code = -108
	CodeNodeExists                   Code = -110
	CodeNotEmpty                     Code = -111
	CodeSessionExpired               Code = -112
	CodeInvalidCallback              Code = -113 // client only
	CodeInvalidACL                   Code = -114
	CodeAuthFailed                   Code = -115 // the connection closes
	CodeClosing                      Code = -116 // client only
	CodeNothing                      Code = -117 // client only
	CodeSessionMoved                 Code = -118 // up to 3.5, in a multi; later the connection just closes
	CodeNotReadOnly                  Code = -119 // a write on a server without quorum
	CodeEphemeralOnLocalSession      Code = -120 // since 3.5
	CodeNoWatcher                    Code = -121 // since 3.5
	CodeRequestTimeout               Code = -122 // client only
	CodeReconfigDisabled             Code = -123 // since 3.5.3
	CodeSessionClosedRequireSASLAuth Code = -124 // since 3.6; the connection closes
	CodeQuotaExceeded                Code = -125 // since 3.7
	CodeThrottledOp                  Code = -127 // since 3.7: not executed, try later
)

var codes = map[Code][2]string{
	OK:                               {"OK", "ok"},
	CodeSystemError:                  {"SYSTEMERROR", "system error"},
	CodeRuntimeInconsistency:         {"RUNTIMEINCONSISTENCY", "not tried: an earlier operation failed"},
	CodeDataInconsistency:            {"DATAINCONSISTENCY", "data inconsistency"},
	CodeConnectionLoss:               {"CONNECTIONLOSS", "connection lost"},
	CodeMarshallingError:             {"MARSHALLINGERROR", "server could not read the request"},
	CodeUnimplemented:                {"UNIMPLEMENTED", "not implemented by the server, or switched off"},
	CodeOperationTimeout:             {"OPERATIONTIMEOUT", "operation timed out"},
	CodeBadArguments:                 {"BADARGUMENTS", "bad arguments"},
	CodeInvalidState:                 {"INVALIDSTATE", "invalid client state"},
	CodeUnknownSession:               {"UNKNOWNSESSION", "unknown session"},
	CodeNewConfigNoQuorum:            {"NEWCONFIGNOQUORUM", "no quorum of the new configuration is up to date"},
	CodeReconfigInProgress:           {"RECONFIGINPROGRESS", "another reconfiguration is in progress"},
	CodeSSLConnectionError:           {"SSLCONNECTIONERROR", "TLS connection failed"},
	CodeAPIError:                     {"APIERROR", "API error"},
	CodeNoNode:                       {"NONODE", "node does not exist"},
	CodeNoAuth:                       {"NOAUTH", "not permitted by the ACL"},
	CodeBadVersion:                   {"BADVERSION", "version does not match"},
	CodeNoChildrenForEphemerals:      {"NOCHILDRENFOREPHEMERALS", "an ephemeral node cannot have children"},
	CodeNodeExists:                   {"NODEEXISTS", "node exists already"},
	CodeNotEmpty:                     {"NOTEMPTY", "node has children"},
	CodeSessionExpired:               {"SESSIONEXPIRED", "session expired"},
	CodeInvalidCallback:              {"INVALIDCALLBACK", "invalid callback"},
	CodeInvalidACL:                   {"INVALIDACL", "invalid ACL"},
	CodeAuthFailed:                   {"AUTHFAILED", "authentication failed"},
	CodeClosing:                      {"CLOSING", "client is closing"},
	CodeNothing:                      {"NOTHING", "no response yet"},
	CodeSessionMoved:                 {"SESSIONMOVED", "session moved to another server"},
	CodeNotReadOnly:                  {"NOTREADONLY", "server is read-only"},
	CodeEphemeralOnLocalSession:      {"EPHEMERALONLOCALSESSION", "ephemeral node on a local session"},
	CodeNoWatcher:                    {"NOWATCHER", "no such watch"},
	CodeRequestTimeout:               {"REQUESTTIMEOUT", "request timed out"},
	CodeReconfigDisabled:             {"RECONFIGDISABLED", "reconfiguration is disabled"},
	CodeSessionClosedRequireSASLAuth: {"SESSIONCLOSEDREQUIRESASLAUTH", "server requires authentication"},
	CodeQuotaExceeded:                {"QUOTAEXCEEDED", "quota exceeded"},
	CodeThrottledOp:                  {"THROTTLEDOP", "throttled by the server"},
}

// String is ZooKeeper's name of the code, and the number for one that is not known.
func (c Code) String() string {
	if s, ok := codes[c]; ok {
		return s[0]
	}
	return "code " + strconv.Itoa(int(c))
}

// Error says in words what the code means, and the number for one that is not known.
func (c Code) Error() string {
	if s, ok := codes[c]; ok {
		return "zookeeper: " + s[1]
	}
	return "zookeeper: unknown error code " + strconv.Itoa(int(c))
}

// Known reports whether the code is one of the constants. A later server may send others.
func (c Code) Known() bool {
	_, ok := codes[c]
	return ok
}

// Err is the code as an error, nil for [OK].
func (c Code) Err() error {
	if c == OK {
		return nil
	}
	return c
}
