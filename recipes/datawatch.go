package recipes

import (
	"github.com/gazoo-go/gazoo/zk"
)

// A DataWatch follows the data of one node: it tells what is there, and what is there after every change, also when the
// node is deleted or created. A slow receiver gets the newest instead of all of them, and always gets the last one.
//
//	watch := recipes.NewDataWatch(cl, "/config")
//	for u := range watch.Updates(ctx) {
//		apply(u.Data)
//	}
//
// It begins when it is made and goes on until Stop: through lost connections, for which nobody is called if nothing has
// changed meanwhile, and through sessions (see [EndOnLost]). A change costs one request, and none is missed between a
// read and its watch. What changes and changes back between two looks is not seen. It makes no node and leaves no watch.
type DataWatch = Watch[Update]

// An Update is what a [DataWatch] tells.
type Update struct {
	Data   []byte // nil if there is no node
	Stat   zk.Stat
	Exists bool
	Event  *zk.Event // that made us look; nil for the first look and behind a gap, when nobody knows
}

// NewDataWatch follows the data of the node on path, which need not exist.
func NewDataWatch(cl *zk.Client, path string, opts ...Option) *DataWatch {
	f := &follower[zk.Node, Update]{
		recipe: newRecipe(cl, "data-watch", path, opts),
		read:   (*zk.Client).GetAndWatch,
		update: func(n zk.Node, exists bool, ev *zk.Event) Update {
			return Update{Data: n.Data, Stat: n.Stat, Exists: exists, Event: ev}
		},
		same: func(a, b zk.Node) bool { return a.Mzxid == b.Mzxid },
	}
	return f.start()
}

// NewExistingDataWatch is [NewDataWatch] for a node that is there: when it is not, or not any more, one last Update says so
// and the watch ends, with ErrNoNode. It leaves no watch for a node that may never come again.
func NewExistingDataWatch(cl *zk.Client, path string, opts ...Option) *DataWatch {
	return NewDataWatch(cl, path, append(opts[:len(opts):len(opts)], func(o *options) { o.existing = true })...)
}
