package session

import (
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// chunkBytes bounds the paths of one setWatches request, as the Java client does: far below the
// server's frame limit.
const chunkBytes = 128 << 10

// chunkHeader is how many bytes of a request are not paths: the header, a zxid, five lengths.
const chunkHeader = wire.RequestHeaderLen + 8 + 5*4

// rewatch is how long the request is that sets the watch that r asks for again; 0: it asks for none. It is a little longer
// than r, and a server would end every connection that began with one that is too long.
func (r *Request) rewatch() int {
	switch {
	case r.Watch != nil:
		return chunkHeader + 4 + len(r.Watch.Path)
	case r.Op == wire.OpAddWatch:
		return chunkHeader + 4 + len(r.Call.(Subscriber).Sub().Path)
	}
	return 0
}

// watchLists are the paths in one setWatches2 request: by [WatchKind], and of watches that stay.
type watchLists [watchKinds + 2][]string

const (
	listPersistent = int(watchKinds) + int(wire.ModePersistent)
	listRecursive  = int(watchKinds) + int(wire.ModePersistentRecursive)
)

// A chunker cuts paths into requests, in order. No request is longer than limit, unless a single path is.
type chunker struct {
	limit int
	size  int // bytes of paths in lists
	lists watchLists
	send  func(watchLists)
}

func newChunker(max int, send func(watchLists)) *chunker {
	c := &chunker{limit: min(chunkBytes, max-chunkHeader), send: send}
	c.reset()
	return c
}

// reset empties the lists. They are not null: servers cannot read a request with a null list.
func (c *chunker) reset() {
	c.size = 0
	for i := range c.lists {
		c.lists[i] = []string{}
	}
}

func (c *chunker) add(list int, path string) {
	if c.size > 0 && c.size+len(path)+4 > c.limit {
		c.flush()
	}
	c.lists[list] = append(c.lists[list], path)
	c.size += len(path) + 4
}

func (c *chunker) flush() {
	if c.size > 0 {
		c.send(c.lists)
		c.reset()
	}
}

// oneShots calls fn with every path and kind that is watched, once, oldest first.
func (g *registry) oneShots(fn func(k WatchKind, path string)) {
	for w := g.all.next; w != &g.all; w = w.next {
		if w.older == nil { // that one stands for the others
			fn(w.Kind, w.Path)
		}
	}
}

// setWatches asks the server to set all watches again. Up to 3.8 the newest mode on a path and table wins.
// So what stays comes behind one-shot watches, which it covers; but those for children, which the
// recursive mode removes and does not cover, come behind that.
func (m *Machine) setWatches() {
	c := newChunker(m.cfg.MaxRequest, m.sendWatches)
	posts := m.posts.all()
	if m.caps.lacks(wire.OpAddWatch) {
		posts = nil
	}
	deep := map[string]bool{}
	for _, p := range posts {
		if len(p.subs) == 0 {
			continue // somebody is coming, or it goes below
		}
		p.replay, p.lowering = m.conn, false
		p.mode = wire.ModePersistent
		if p.deep > 0 {
			p.mode = wire.ModePersistentRecursive
			deep[p.path] = true
		}
	}
	var last []string
	m.watches.oneShots(func(k WatchKind, path string) {
		if k == WatchChild && deep[path] {
			last = append(last, path)
			return
		}
		c.add(int(k), path)
	})
	for _, p := range posts {
		if len(p.subs) > 0 {
			c.add(int(watchKinds)+int(p.mode), p.path)
		} else if p.coming[0]+p.coming[1] == 0 {
			m.posts.drop(p) // it has served one-shot watches
		}
	}
	if len(last) > 0 {
		c.flush()
	}
	for _, path := range last {
		c.add(int(WatchChild), path)
	}
	c.flush()
}

// sendWatches writes one request, which servers before 3.6 understand unless it is about watches that stay.
func (m *Machine) sendWatches(l watchLists) {
	m.replay.watches++
	if len(l[listPersistent])+len(l[listRecursive]) == 0 {
		m.request(wire.XidSetWatches, wire.OpSetWatches, &proto.SetWatches{RelativeZxid: m.lastZxid,
			DataWatches: l[WatchData], ExistWatches: l[WatchExist], ChildWatches: l[WatchChild]})
		m.replay.stay = append(m.replay.stay, false)
		return
	}
	m.request(wire.XidSetWatches, wire.OpSetWatches2, &proto.SetWatches2{RelativeZxid: m.lastZxid,
		DataWatches: l[WatchData], ExistWatches: l[WatchExist], ChildWatches: l[WatchChild],
		PersistentWatches: l[listPersistent], PersistentRecursiveWatches: l[listRecursive]})
	m.replay.stay = append(m.replay.stay, true)
}

// watchesSet handles the answer to one of these requests.
func (m *Machine) watchesSet(now time.Duration, h proto.ReplyHeader) error {
	stay := len(m.replay.stay) > 0 && m.replay.stay[0]
	if len(m.replay.stay) > 0 {
		m.replay.stay = m.replay.stay[1:]
	}
	if stay {
		m.caps.learn(wire.OpAddWatch, h.Err == 0) // it came with the request
	}
	if h.Err != 0 {
		return fmt.Errorf("setWatches: %w", wire.Code(h.Err))
	}
	m.replay.watches--
	if m.phase == phaseUp {
		m.repaired()
	}
	m.replayed(now)
	return nil
}
