package wire

import (
	"errors"
	"fmt"
	"testing"
)

// The codes as the protocol has them.
var codeRows = map[int32]struct {
	code Code
	name string
}{
	0:    {OK, "OK"},
	-1:   {CodeSystemError, "SYSTEMERROR"},
	-2:   {CodeRuntimeInconsistency, "RUNTIMEINCONSISTENCY"},
	-3:   {CodeDataInconsistency, "DATAINCONSISTENCY"},
	-4:   {CodeConnectionLoss, "CONNECTIONLOSS"},
	-5:   {CodeMarshallingError, "MARSHALLINGERROR"},
	-6:   {CodeUnimplemented, "UNIMPLEMENTED"},
	-7:   {CodeOperationTimeout, "OPERATIONTIMEOUT"},
	-8:   {CodeBadArguments, "BADARGUMENTS"},
	-9:   {CodeInvalidState, "INVALIDSTATE"},
	-12:  {CodeUnknownSession, "UNKNOWNSESSION"},
	-13:  {CodeNewConfigNoQuorum, "NEWCONFIGNOQUORUM"},
	-14:  {CodeReconfigInProgress, "RECONFIGINPROGRESS"},
	-15:  {CodeSSLConnectionError, "SSLCONNECTIONERROR"},
	-100: {CodeAPIError, "APIERROR"},
	-101: {CodeNoNode, "NONODE"},
	-102: {CodeNoAuth, "NOAUTH"},
	-103: {CodeBadVersion, "BADVERSION"},
	-108: {CodeNoChildrenForEphemerals, "NOCHILDRENFOREPHEMERALS"},
	-110: {CodeNodeExists, "NODEEXISTS"},
	-111: {CodeNotEmpty, "NOTEMPTY"},
	-112: {CodeSessionExpired, "SESSIONEXPIRED"},
	-113: {CodeInvalidCallback, "INVALIDCALLBACK"},
	-114: {CodeInvalidACL, "INVALIDACL"},
	-115: {CodeAuthFailed, "AUTHFAILED"},
	-116: {CodeClosing, "CLOSING"},
	-117: {CodeNothing, "NOTHING"},
	-118: {CodeSessionMoved, "SESSIONMOVED"},
	-119: {CodeNotReadOnly, "NOTREADONLY"},
	-120: {CodeEphemeralOnLocalSession, "EPHEMERALONLOCALSESSION"},
	-121: {CodeNoWatcher, "NOWATCHER"},
	-122: {CodeRequestTimeout, "REQUESTTIMEOUT"},
	-123: {CodeReconfigDisabled, "RECONFIGDISABLED"},
	-124: {CodeSessionClosedRequireSASLAuth, "SESSIONCLOSEDREQUIRESASLAUTH"},
	-125: {CodeQuotaExceeded, "QUOTAEXCEEDED"},
	-127: {CodeThrottledOp, "THROTTLEDOP"},
}

func TestCodes(t *testing.T) {
	if len(codeRows) != len(codes) {
		t.Errorf("%d rows for %d codes", len(codeRows), len(codes))
	}
	texts := map[string]Code{}
	for number, c := range codeRows {
		if int32(c.code) != number || c.code.String() != c.name || !c.code.Known() {
			t.Errorf("%d is %v", number, c.code)
		}
		if other, ok := texts[c.code.Error()]; ok {
			t.Errorf("%v and %v say the same: %v", c.code, other, c.code.Error())
		}
		texts[c.code.Error()] = c.code
	}
	if got := CodeNoNode.Error(); got != "zookeeper: node does not exist" {
		t.Errorf("%q", got)
	}
}

func TestUnknownCode(t *testing.T) {
	c := Code(-999)
	if c.Known() || c.String() != "code -999" || c.Error() != "zookeeper: unknown error code -999" {
		t.Errorf("%v %q", c, c.Error())
	}
	if err := fmt.Errorf("op: %w", c.Err()); !errors.Is(err, Code(-999)) || errors.Is(err, CodeNoNode) {
		t.Errorf("%v", err)
	}
}

func TestCodeErr(t *testing.T) {
	if err := OK.Err(); err != nil {
		t.Errorf("OK is %v", err)
	}
	if err := CodeNoNode.Err(); err != CodeNoNode {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		value  interface{ String() string }
		number int32
		want   string
	}{
		{EventNone, -1, "None"},
		{EventNodeCreated, 1, "NodeCreated"},
		{EventNodeDeleted, 2, "NodeDeleted"},
		{EventNodeDataChanged, 3, "NodeDataChanged"},
		{EventNodeChildrenChanged, 4, "NodeChildrenChanged"},
		{EventDataWatchRemoved, 5, "DataWatchRemoved"},
		{EventChildWatchRemoved, 6, "ChildWatchRemoved"},
		{EventPersistentWatchRemoved, 7, "PersistentWatchRemoved"},
		{EventType(99), 99, "event type 99"},
		{StateUnknown, -1, "Unknown"},
		{StateDisconnected, 0, "Disconnected"},
		{StateNoSyncConnected, 1, "NoSyncConnected"},
		{StateSyncConnected, 3, "SyncConnected"},
		{StateAuthFailed, 4, "AuthFailed"},
		{StateConnectedReadOnly, 5, "ConnectedReadOnly"},
		{StateSaslAuthenticated, 6, "SaslAuthenticated"},
		{StateClosed, 7, "Closed"},
		{StateExpired, -112, "Expired"},
		{KeeperState(2), 2, "state 2"},
		{FlagPersistent, 0, "persistent"},
		{FlagEphemeral, 1, "ephemeral"},
		{FlagPersistentSequential, 2, "persistent sequential"},
		{FlagEphemeralSequential, 3, "ephemeral sequential"},
		{FlagContainer, 4, "container"},
		{FlagPersistentTTL, 5, "persistent TTL"},
		{FlagPersistentSequentialTTL, 6, "persistent sequential TTL"},
		{CreateFlags(7), 7, "create flags 7"},
		{CreateFlags(-1), -1, "create flags -1"},
		{ModePersistent, 0, "persistent"},
		{ModePersistentRecursive, 1, "persistent recursive"},
		{WatchMode(2), 2, "watch mode 2"},
		{WatcherChildren, 1, "children"},
		{WatcherData, 2, "data"},
		{WatcherAny, 3, "any"},
		{WatcherPersistent, 4, "persistent"},
		{WatcherPersistentRecursive, 5, "persistent recursive"},
		{WatcherType(0), 0, "watcher type 0"},
		{WatcherType(6), 6, "watcher type 6"},
	} {
		if got := c.value.String(); got != c.want || fmt.Sprintf("%d", c.value) != fmt.Sprint(c.number) {
			t.Errorf("%d is %q, want %d %q", c.value, got, c.number, c.want)
		}
	}
}

func TestCreateFlags(t *testing.T) {
	// valid, ephemeral, sequential, TTL
	for f, want := range map[CreateFlags][4]bool{
		-1: {}, 0: {true}, 1: {true, true}, 2: {true, false, true}, 3: {true, true, true}, 4: {true},
		5: {true, false, false, true}, 6: {true, false, true, true}, 7: {},
	} {
		if got := [4]bool{f.Valid(), f.Ephemeral(), f.Sequential(), f.TTL()}; got != want {
			t.Errorf("%v: %v, want %v", f, got, want)
		}
	}
}

func TestWatchEnums(t *testing.T) {
	for m := WatchMode(-1); m < 4; m++ {
		if m.Valid() != (m == 0 || m == 1) {
			t.Errorf("%v: %t", m, m.Valid())
		}
	}
	for w := WatcherType(-1); w < 8; w++ {
		if w.Valid() != (w >= 1 && w <= 5) {
			t.Errorf("%v: %t", w, w.Valid())
		}
	}
	if WatcherAny.Since() != (Version{3, 5, 0}) || WatcherPersistent.Since() != (Version{3, 9, 0}) {
		t.Errorf("%v %v", WatcherAny.Since(), WatcherPersistent.Since())
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want int64 }{
		{int64(XidNone), 0}, {int64(XidWatch), -1}, {int64(XidPing), -2}, {int64(XidAuth), -4}, {int64(XidSetWatches), -8},
		{int64(PermRead), 1}, {int64(PermWrite), 2}, {int64(PermCreate), 4}, {int64(PermDelete), 8}, {int64(PermAdmin), 16},
		{int64(PermRead | PermWrite | PermCreate | PermDelete | PermAdmin), int64(PermAll)}, {int64(PermAll), 31},
		{int64(AnyVersion), -1}, {MinTTL, 1}, {MaxTTL, 1099511627775},
		{RequestHeaderLen, 8}, {ReplyHeaderLen, 16}, {PasswdLen, 16},
	} {
		if c.got != c.want {
			t.Errorf("%d, want %d", c.got, c.want)
		}
	}
}
