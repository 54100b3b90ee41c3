package wire

import "strconv"

// EventType is the type in a WatcherEvent.
type EventType int32

// Event types. A server sends the first four; the others are made by clients.
const (
	EventNodeCreated            EventType = 1
	EventNodeDeleted            EventType = 2
	EventNodeDataChanged        EventType = 3
	EventNodeChildrenChanged    EventType = 4
	EventNone                   EventType = -1 // the state of the session changed
	EventDataWatchRemoved       EventType = 5
	EventChildWatchRemoved      EventType = 6
	EventPersistentWatchRemoved EventType = 7
	EventResync                 EventType = -100 // made by this client: events may be missing
)

var eventTypes = map[EventType]string{
	EventNone:                   "None",
	EventNodeCreated:            "NodeCreated",
	EventNodeDeleted:            "NodeDeleted",
	EventNodeDataChanged:        "NodeDataChanged",
	EventNodeChildrenChanged:    "NodeChildrenChanged",
	EventDataWatchRemoved:       "DataWatchRemoved",
	EventChildWatchRemoved:      "ChildWatchRemoved",
	EventPersistentWatchRemoved: "PersistentWatchRemoved",
	EventResync:                 "Resync",
}

// String is ZooKeeper's name of the type, and the number for one that is not known.
func (t EventType) String() string {
	if s, ok := eventTypes[t]; ok {
		return s
	}
	return "event type " + strconv.Itoa(int(t))
}

// KeeperState is the state in a WatcherEvent.
type KeeperState int32

// States. A server sends StateSyncConnected only; the others are made by clients.
const (
	StateUnknown           KeeperState = -1
	StateDisconnected      KeeperState = 0
	StateNoSyncConnected   KeeperState = 1 // no longer used
	StateSyncConnected     KeeperState = 3
	StateAuthFailed        KeeperState = 4
	StateConnectedReadOnly KeeperState = 5
	StateSaslAuthenticated KeeperState = 6
	StateClosed            KeeperState = 7
	StateExpired           KeeperState = -112
)

var keeperStates = map[KeeperState]string{
	StateUnknown:           "Unknown",
	StateDisconnected:      "Disconnected",
	StateNoSyncConnected:   "NoSyncConnected",
	StateSyncConnected:     "SyncConnected",
	StateAuthFailed:        "AuthFailed",
	StateConnectedReadOnly: "ConnectedReadOnly",
	StateSaslAuthenticated: "SaslAuthenticated",
	StateClosed:            "Closed",
	StateExpired:           "Expired",
}

// String is ZooKeeper's name of the state, and the number for one that is not known.
func (s KeeperState) String() string {
	if name, ok := keeperStates[s]; ok {
		return name
	}
	return "state " + strconv.Itoa(int(s))
}
