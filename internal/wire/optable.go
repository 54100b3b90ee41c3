package wire

import "github.com/gazoo-go/gazoo/internal/wire/proto"

type opInfo struct {
	name     string
	since    Version
	write    bool
	request  func() Record
	response func() Record
}

// Releases that brought operations.
var (
	v34  = Version{3, 4, 0}
	v35  = Version{3, 5, 0}
	v351 = Version{3, 5, 1}
	v353 = Version{3, 5, 3}
	v36  = Version{3, 6, 0}
	v37  = Version{3, 7, 0}
)

const (
	isRead  = false
	isWrite = true
)

// rec makes records of one type.
func rec[T any, P interface {
	*T
	Record
}]() Record {
	return P(new(T))
}

var ops = map[Op]opInfo{
	OpNotification: {"notification", v34, isRead, nil, rec[proto.WatcherEvent]},
	OpCreate:       {"create", v34, isWrite, rec[proto.CreateRequest], rec[proto.CreateResponse]},
	OpDelete:       {"delete", v34, isWrite, rec[proto.DeleteRequest], nil},
	OpExists:       {"exists", v34, isRead, rec[proto.ExistsRequest], rec[proto.ExistsResponse]},
	OpGetData:      {"getData", v34, isRead, rec[proto.GetDataRequest], rec[proto.GetDataResponse]},
	OpSetData:      {"setData", v34, isWrite, rec[proto.SetDataRequest], rec[proto.SetDataResponse]},
	OpGetACL:       {"getACL", v34, isRead, rec[proto.GetACLRequest], rec[proto.GetACLResponse]},
	OpSetACL:       {"setACL", v34, isWrite, rec[proto.SetACLRequest], rec[proto.SetACLResponse]},
	OpGetChildren:  {"getChildren", v34, isRead, rec[proto.GetChildrenRequest], rec[proto.GetChildrenResponse]},
	OpSync:         {"sync", v34, isWrite, rec[proto.SyncRequest], rec[proto.SyncResponse]},
	OpPing:         {"ping", v34, isRead, nil, nil},
	OpGetChildren2: {"getChildren2", v34, isRead, rec[proto.GetChildren2Request], rec[proto.GetChildren2Response]},
	OpCheck:        {"check", v34, isWrite, rec[proto.CheckVersionRequest], nil},
	OpMulti:        {"multi", v34, isWrite, rec[MultiRequest], rec[MultiResponse]},

	OpCreate2:         {"create2", v35, isWrite, rec[proto.CreateRequest], rec[proto.Create2Response]},
	OpReconfig:        {"reconfig", v35, isWrite, rec[proto.ReconfigRequest], rec[proto.GetDataResponse]},
	OpCheckWatches:    {"checkWatches", v35, isRead, rec[proto.CheckWatchesRequest], nil},
	OpRemoveWatches:   {"removeWatches", v35, isRead, rec[proto.RemoveWatchesRequest], nil},
	OpCreateContainer: {"createContainer", v351, isWrite, rec[proto.CreateRequest], rec[proto.Create2Response]},
	OpDeleteContainer: {"deleteContainer", v351, isWrite, rec[proto.DeleteContainerRequest], nil},
	OpCreateTTL:       {"createTTL", v353, isWrite, rec[proto.CreateTTLRequest], rec[proto.Create2Response]},
	OpMultiRead:       {"multiRead", v36, isRead, rec[MultiRequest], rec[MultiResponse]},

	OpAuth:          {"auth", v34, isRead, rec[proto.AuthPacket], nil},
	OpSetWatches:    {"setWatches", v34, isRead, rec[proto.SetWatches], nil},
	OpSASL:          {"sasl", v34, isRead, rec[proto.GetSASLRequest], rec[proto.SetSASLResponse]},
	OpGetEphemerals: {"getEphemerals", v36, isRead, rec[proto.GetEphemeralsRequest], rec[proto.GetEphemeralsResponse]},
	OpGetAllChildrenNumber: {"getAllChildrenNumber", v36, isRead,
		rec[proto.GetAllChildrenNumberRequest], rec[proto.GetAllChildrenNumberResponse]},
	OpSetWatches2: {"setWatches2", v36, isRead, rec[proto.SetWatches2], nil},
	OpAddWatch:    {"addWatch", v36, isRead, rec[proto.AddWatchRequest], rec[proto.ErrorResponse]},
	OpWhoAmI:      {"whoAmI", v37, isRead, nil, rec[proto.WhoAmIResponse]},

	OpCreateSession: {"createSession", v34, isRead, rec[ConnectRequest], rec[ConnectResponse]},
	OpCloseSession:  {"closeSession", v34, isRead, nil, nil},
	OpError:         {"error", v34, isRead, nil, rec[proto.ErrorResponse]},
}

// The operations by number, since each request of a server and of a client asks about its own several times.
const (
	leastOp = OpCloseSession
	mostOp  = OpWhoAmI
)

var opTable = func() (t [mostOp - leastOp + 1]opInfo) {
	//zkvet:allow maprange each goes to a place of its own
	for o, d := range ops {
		t[o-leastOp] = d
	}
	return t
}()

// info returns what is known about the operation, which is nothing for one that is not known.
func (o Op) info() *opInfo {
	if o < leastOp || o > mostOp {
		return &opInfo{}
	}
	return &opTable[o-leastOp]
}
