package wire

import "strconv"

// Permissions of an ACL entry, to be combined. A server keeps other bits as they are.
const (
	PermRead   int32 = 1
	PermWrite  int32 = 2
	PermCreate int32 = 4
	PermDelete int32 = 8 // of children: the ACL of the parent counts
	PermAdmin  int32 = 16
	PermAll    int32 = 31
)

// AnyVersion as a version argument matches every version.
const AnyVersion int32 = -1

// TTL of a node, in milliseconds.
const (
	MinTTL int64 = 1
	MaxTTL int64 = 1<<40 - 1
)

// CreateFlags is the flags field of the create requests: a kind of node, not a set of bits.
type CreateFlags int32

// Kinds of node.
const (
	FlagPersistent              CreateFlags = 0
	FlagEphemeral               CreateFlags = 1
	FlagPersistentSequential    CreateFlags = 2
	FlagEphemeralSequential     CreateFlags = 3
	FlagContainer               CreateFlags = 4 // with OpCreateContainer, 3.5.1
	FlagPersistentTTL           CreateFlags = 5 // with OpCreateTTL, 3.5.3
	FlagPersistentSequentialTTL CreateFlags = 6 // with OpCreateTTL, 3.5.3
)

var createFlags = [...]string{"persistent", "ephemeral", "persistent sequential", "ephemeral sequential", "container",
	"persistent TTL", "persistent sequential TTL"}

// Valid reports whether f is one of the constants; a server answers [CodeBadArguments] to another.
func (f CreateFlags) Valid() bool { return f >= 0 && int(f) < len(createFlags) }

// Ephemeral reports whether the node ends with its session.
func (f CreateFlags) Ephemeral() bool { return f == FlagEphemeral || f == FlagEphemeralSequential }

// Sequential reports whether the server appends a number to the name.
func (f CreateFlags) Sequential() bool {
	return f == FlagPersistentSequential || f == FlagEphemeralSequential || f == FlagPersistentSequentialTTL
}

// TTL reports whether the node goes with [OpCreateTTL], and must.
func (f CreateFlags) TTL() bool { return f == FlagPersistentTTL || f == FlagPersistentSequentialTTL }

// String names the kind of node, and is the number for one that is not known.
func (f CreateFlags) String() string {
	if f.Valid() {
		return createFlags[f]
	}
	return "create flags " + strconv.Itoa(int(f))
}

// WatchMode is the mode of addWatch (3.6).
type WatchMode int32

// Modes of addWatch.
const (
	ModePersistent          WatchMode = 0 // data and children of one path
	ModePersistentRecursive WatchMode = 1 // a path and all below it, without NodeChildrenChanged
)

// Valid reports whether m is one of the constants; a server answers [CodeMarshallingError] to another.
func (m WatchMode) Valid() bool { return m == ModePersistent || m == ModePersistentRecursive }

// String names the mode, and is the number for one that is not known.
func (m WatchMode) String() string {
	switch m {
	case ModePersistent:
		return "persistent"
	case ModePersistentRecursive:
		return "persistent recursive"
	}
	return "watch mode " + strconv.Itoa(int(m))
}

// WatcherType is the type of checkWatches and removeWatches (3.5).
type WatcherType int32

// Types of watch to look for or remove.
const (
	WatcherChildren            WatcherType = 1
	WatcherData                WatcherType = 2
	WatcherAny                 WatcherType = 3
	WatcherPersistent          WatcherType = 4 // 3.9; before, CodeMarshallingError
	WatcherPersistentRecursive WatcherType = 5 // 3.9; before, CodeMarshallingError
)

var watcherTypes = [...]string{"children", "data", "any", "persistent", "persistent recursive"}

// Valid reports whether t is one of the constants; a server answers [CodeMarshallingError] to another.
func (t WatcherType) Valid() bool { return t >= 1 && int(t) <= len(watcherTypes) }

// Since is the first release that knows the type.
func (t WatcherType) Since() Version {
	if t >= WatcherPersistent {
		return Version{3, 9, 0}
	}
	return v35
}

// String names the type, and is the number for one that is not known.
func (t WatcherType) String() string {
	if t.Valid() {
		return watcherTypes[t-1]
	}
	return "watcher type " + strconv.Itoa(int(t))
}
