package recipes

import (
	"fmt"

	"github.com/gazoo-go/gazoo/zk"
)

// A TreeEventType says what happened to a [TreeCache].
type TreeEventType uint8

// What happens to a TreeCache. The names are those of Kazoo and Curator.
const (
	NodeAdded             TreeEventType = iota // a node that was not in the cache is; its parent was before
	NodeUpdated                                // its data was set
	NodeRemoved                                // it is in the cache no more; what was below it has gone before
	ConnectionSuspended                        // the connection is lost: the cache stays as it is, and ages
	ConnectionReconnected                      // there is one again; what was missed follows, and then Initialized
	ConnectionLost                             // the session is lost
	Initialized                                // everything was read: the first time, or once more behind a gap
)

var treeEventNames = [...]string{
	"NodeAdded", "NodeUpdated", "NodeRemoved", "ConnectionSuspended", "ConnectionReconnected", "ConnectionLost", "Initialized",
}

func (t TreeEventType) String() string {
	if int(t) < len(treeEventNames) {
		return treeEventNames[t]
	}
	return fmt.Sprintf("TreeEventType(%d)", uint8(t))
}

// A TreeEvent is what a [TreeCache] tells.
type TreeEvent struct {
	Type TreeEventType
	// Node is the node that was added, as it was updated, or as it was last known before it was removed. The cache has the
	// same data: do not change it.
	Node zk.Node
}
