package core

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// checkWatches 17, removeWatches 18 (3.5), setWatches 101 (3.4), setWatches2 105, addWatch 106 (3.6).
// None looks at an ACL or validates a path.

func (c *Conn) addWatch(r *proto.AddWatchRequest) (wire.Record, wire.Code) {
	mode := wire.WatchMode(r.Mode)
	if !mode.Valid() {
		return nil, wire.CodeMarshallingError
	}
	c.watchOn(r.Path, mode)
	return &proto.ErrorResponse{}, wire.OK
}

// watchOn sets a watch that stays. From 3.9 a recursive one is in the data table only; before, its useless half in the
// child table can be removed on its own, and takes the place of a child watch.
func (c *Conn) watchOn(path string, mode wire.WatchMode) {
	f := c.front
	if mode == wire.ModePersistent {
		f.data.add(path, c, persistent)
		f.child.add(path, c, persistent)
		return
	}
	f.data.add(path, c, recursive)
	if !f.cfg.Version.modesCoexist() {
		f.child.add(path, c, recursive)
	}
}

// setWatches sets the watches of an earlier connection again. Where something happened since relativeZxid, the event is
// sent at once and the watch is spent; it passes no ACL and belongs to no transaction. Watches that stay are only set.
// A list that is null is MARSHALLINGERROR when its turn comes.
func (c *Conn) setWatches(r *proto.SetWatches2) (wire.Record, wire.Code) {
	f := c.front
	if r.DataWatches == nil {
		return nil, wire.CodeMarshallingError
	}
	for _, path := range r.DataWatches {
		switch n := f.state.tree.get(path); {
		case n == nil:
			c.event(-1, wire.EventNodeDeleted, path)
		case n.mzxid > r.RelativeZxid:
			c.event(-1, wire.EventNodeDataChanged, path)
		default:
			f.data.add(path, c, standard)
		}
	}
	if r.ExistWatches == nil {
		return nil, wire.CodeMarshallingError
	}
	for _, path := range r.ExistWatches {
		if f.state.tree.get(path) != nil {
			c.event(-1, wire.EventNodeCreated, path)
		} else {
			f.data.add(path, c, standard)
		}
	}
	if r.ChildWatches == nil {
		return nil, wire.CodeMarshallingError
	}
	for _, path := range r.ChildWatches {
		switch n := f.state.tree.get(path); {
		case n == nil:
			c.event(-1, wire.EventNodeDeleted, path)
		case n.pzxid > r.RelativeZxid:
			c.event(-1, wire.EventNodeChildrenChanged, path)
		default:
			f.child.add(path, c, standard)
		}
	}
	if r.PersistentWatches == nil {
		return nil, wire.CodeMarshallingError
	}
	for _, path := range r.PersistentWatches {
		c.watchOn(path, wire.ModePersistent)
	}
	if r.PersistentRecursiveWatches == nil {
		return nil, wire.CodeMarshallingError
	}
	for _, path := range r.PersistentRecursiveWatches {
		c.watchOn(path, wire.ModePersistentRecursive)
	}
	return nil, wire.OK
}

func (c *Conn) checkWatches(r *proto.CheckWatchesRequest) (wire.Record, wire.Code) {
	f := c.front
	typ, code := c.watcherType(r.Type)
	if code != wire.OK {
		return nil, code
	}
	data, child := watcherModes(typ)
	var found bool
	switch v := f.cfg.Version; {
	case v.checkWatchesOfAnyone():
		found = r.Path != "" && (data != 0 && len(f.data.paths[r.Path]) > 0 || child != 0 && len(f.child.paths[r.Path]) > 0)
	case !v.modesCoexist():
		found = data != 0 && f.data.modes(r.Path, c) != 0 || child != 0 && f.child.modes(r.Path, c) != 0
	case typ == wire.WatcherPersistent:
		found = f.data.modes(r.Path, c)&persistent != 0
	default:
		found = f.data.modes(r.Path, c)&data != 0 || f.child.modes(r.Path, c)&child != 0
	}
	if !found {
		return nil, wire.CodeNoWatcher
	}
	return nil, wire.OK
}

func (c *Conn) removeWatches(r *proto.RemoveWatchesRequest) (wire.Record, wire.Code) {
	f := c.front
	typ, code := c.watcherType(r.Type)
	if code != wire.OK {
		return nil, code
	}
	data, child := watcherModes(typ)
	removed := data != 0 && f.data.remove(r.Path, c, data)
	removed = child != 0 && f.child.remove(r.Path, c, child) || removed
	if !removed {
		return nil, wire.CodeNoWatcher
	}
	return nil, wire.OK
}

func (c *Conn) watcherType(n int32) (wire.WatcherType, wire.Code) {
	t := wire.WatcherType(n)
	if !t.Valid() || !c.front.cfg.Version.AtLeast(t.Since()) {
		return t, wire.CodeMarshallingError
	}
	return t, wire.OK
}

// watcherModes is what a watcher type means in the two tables.
func watcherModes(t wire.WatcherType) (data, child watchModes) {
	switch t {
	case wire.WatcherChildren:
		return 0, standard
	case wire.WatcherData:
		return standard, 0
	case wire.WatcherPersistent:
		return persistent, persistent
	case wire.WatcherPersistentRecursive:
		return recursive, 0
	}
	return standard | persistent | recursive, standard | persistent | recursive
}
