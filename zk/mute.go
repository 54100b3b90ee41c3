package zk

import (
	"container/list"
	"context"
	"sync"

	"github.com/gazoo-go/gazoo/future"
)

// mute are the watches for children of nodes whose pzxid stands still.
//
// Watches that are set again on another connection tell what was missed by a comparison of zxids, and of children by the
// parent's pzxid. Servers from 3.6 on count the creations below a node up to 2^31-1 and no further, and a creation that is not
// counted does not change the pzxid either: nobody would be told of it. So such a watch fires whenever there is another
// connection. It may be for nothing, as an event says that there may be something to be read.
type mute struct {
	mu   sync.Mutex // guards list
	list list.List  // of *watch
}

// stuck reports whether what is created below a node is not counted any more. Cversion counts a creation twice and takes the
// children off, which leaves creations and deletions.
func (s *Stat) stuck() bool { return s.Cversion+s.NumChildren == -2 }

// add adds a watch until it ends.
func (m *mute) add(w *watch) {
	m.mu.Lock()
	place := m.list.PushBack(w)
	m.mu.Unlock()
	w.promise.Future().Notify(future.Func(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.list.Remove(place)
	}))
}

// changed is told of every change of state.
func (m *mute) changed(to State) {
	if to != Connected && to != ConnectedReadOnly {
		return
	}
	m.mu.Lock()
	var all []*watch
	for e := m.list.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*watch))
	}
	m.mu.Unlock()
	for _, w := range all {
		w.endBy(newRemoval(context.Background(), w.c, w.s.Path), Event{Type: NodeChildrenChanged, Path: w.path(), Zxid: -1}, nil)
	}
}
