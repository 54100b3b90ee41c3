package core

import "github.com/gazoo-go/gazoo/internal/wire"

// watchModes is a set of modes: how one connection watches one path in one table.
type watchModes uint8

const (
	standard   watchModes = 1 << iota // fires once
	persistent                        // fires until removed
	recursive                         // likewise, and for everything below the path
)

// watch is an entry of a table: (path, connection) with the modes they have there.
//
//	(none) --add--> modes --fire--> modes without standard --remove--> (none, as soon as no mode is left)
//
// Up to 3.8 there is one mode only: an add replaces what was there, so that a one-shot watch ends a persistent one.
type watch struct {
	table *watchTable
	path  string
	conn  *Conn
	modes watchModes
	slot  int // in table.paths[path]
	own   int // in conn.watches
}

// watchTable is one of the two tables of a server: data, which holds exists watches too, and child.
type watchTable struct {
	coexist bool
	paths   map[string][]*watch // nothing iterates over it but the four-letter words, which sort
	index   map[watchKey]*watch // lookup only
	deep    int                 // recursive watches: without any, firing need not climb
}

type watchKey struct {
	path string
	conn *Conn
}

func newWatchTable(v Version) *watchTable {
	return &watchTable{coexist: v.modesCoexist(), paths: make(map[string][]*watch), index: make(map[watchKey]*watch)}
}

func (t *watchTable) add(path string, c *Conn, mode watchModes) {
	w := t.index[watchKey{path, c}]
	if w == nil {
		w = &watch{table: t, path: path, conn: c, slot: len(t.paths[path]), own: len(c.watches)}
		t.paths[path] = append(t.paths[path], w)
		t.index[watchKey{path, c}] = w
		c.watches = append(c.watches, w)
	}
	if t.coexist {
		mode |= w.modes
	}
	t.setModes(w, mode)
}

// setModes changes the modes of an entry, and drops it when none is left.
func (t *watchTable) setModes(w *watch, modes watchModes) {
	t.deep += int(modes&recursive/recursive) - int(w.modes&recursive/recursive)
	w.modes = modes
	if modes != 0 {
		return
	}
	delete(t.index, watchKey{w.path, w.conn})
	list := t.paths[w.path]
	last := list[len(list)-1]
	list[w.slot], last.slot = last, w.slot
	list[len(list)-1] = nil
	if list = list[:len(list)-1]; len(list) > 0 {
		t.paths[w.path] = list
	} else {
		delete(t.paths, w.path)
	}
	own := w.conn.watches
	lastOwn := own[len(own)-1]
	own[w.own], lastOwn.own = lastOwn, w.own
	own[len(own)-1] = nil
	w.conn.watches = own[:len(own)-1]
}

// modes is how the connection watches the path, 0 if it does not.
func (t *watchTable) modes(path string, c *Conn) watchModes {
	if w := t.index[watchKey{path, c}]; w != nil {
		return w.modes
	}
	return 0
}

// remove takes modes away, or every mode if the versions cannot tell them apart. It reports whether one was there.
func (t *watchTable) remove(path string, c *Conn, modes watchModes) bool {
	w := t.index[watchKey{path, c}]
	if w == nil {
		return false
	}
	if !t.coexist {
		modes = w.modes
	}
	if w.modes&modes == 0 {
		return false
	}
	t.setModes(w, w.modes&^modes)
	return true
}

// fire appends to hit the connections that an event at path concerns and spends their one-shot watches. Recursive watches
// further up concern everything but NodeChildrenChanged. stamp is a number never used before: connections that have it
// are in hit already.
func (t *watchTable) fire(path string, typ wire.EventType, stamp uint64, hit []*Conn) []*Conn {
	add := func(c *Conn) {
		if c.stamp != stamp {
			c.stamp = stamp
			hit = append(hit, c)
		}
	}
	list := t.paths[path]
	for i := 0; i < len(list); {
		w := list[i]
		if typ != wire.EventNodeChildrenChanged || w.modes&^recursive != 0 {
			add(w.conn)
		}
		t.setModes(w, w.modes&^standard)
		if w.modes != 0 {
			i++
		} else {
			list = t.paths[path] // where the last one took its place
		}
	}
	if t.deep == 0 || typ == wire.EventNodeChildrenChanged {
		return hit
	}
	for up := path; up != rootPath; {
		if up = parentOf(up); up == "" {
			up = rootPath
		}
		for _, w := range t.paths[up] {
			if w.modes&recursive != 0 {
				add(w.conn)
			}
		}
	}
	return hit
}

// dropWatches removes all watches of a connection.
func (c *Conn) dropWatches() {
	for len(c.watches) > 0 {
		w := c.watches[len(c.watches)-1]
		w.table.setModes(w, 0)
	}
}
