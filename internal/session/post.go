package session

import (
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// A Sub is one subscription: a watch that stays until it is given up. Its maker fills in the exported
// fields. Of several on one path the server knows one.
type Sub struct {
	Path      string
	Recursive bool   // of everything below Path too
	Degrade   bool   // where the server has no watches that stay, by one-shot watches; not if Recursive
	Epoch     uint64 // not 0: it ends with that session
	Call      SubCall

	post    *post          // where it is registered; nil: it is not
	epoch   uint64         // of the session in which it was registered last
	mode    wire.WatchMode // that its request has asked for, once written
	written bool
}

// A SubCall is told what a subscription brings. Neither method may block or run user code.
type SubCall interface {
	// Notify tells of an event, or of a Resync: whatever has happened since the last one may be missing.
	Notify(b *future.Batch, ev Event)
	// End is called once, if the subscription ends without Unsubscribe: nothing follows.
	End(b *future.Batch, err error)
}

// A Subscriber is the Call of an addWatch request. Its body must end with the mode.
type Subscriber interface {
	Call
	Sub() *Sub
}

// A post is the watch that stays on one path: what its users want of it, and what the server has.
//
//	(none) ─addWatch─▶ persistent ◀─addWatch─▶ recursive
//	   ▲                   │                       │
//	   └──removeWatches────┴───────────────────────┘  when nobody is left
//
// Up to 3.8 a server has one mode for a path, connection and table; the newest wins, and a one-shot watch
// is a mode, too. So there is one for all: recursive if anybody wants that, whose users get what is
// persistent made from it. One-shot watches that it covers are not asked for: events serve them. The post
// stays for these when its last subscription has gone.
type post struct {
	path     string
	subs     []*Sub // in the order in which they were registered
	deep     int    // of them, recursive
	coming   [2]int // addWatch requests that were not answered, by mode
	written  int    // of them, written: until they are answered nobody knows what the server has
	conn     uint64 // the connection on which the server has mode
	mode     wire.WatchMode
	replay   uint64 // the connection on which mode was asked for in the replay
	lowering bool   // one of coming takes the recursive mode back
	repairs  int    // on conn, setWatches requests for child watches that were not answered
	gone     bool   // since the oldest of these was written, the node was deleted and is not there again
	shots    *shots // what stands for it where the server has no such watches; nil: nothing

	prev, next *post // in the ring of all, oldest first
}

// posts are all of them.
type posts struct {
	byPath  map[string]*post
	root    post
	deep    int // posts with recursive subscriptions
	longest int // at least as long as the longest path of these
	waiting int // requests that wait for one-shot watches
	subs    int // of all posts
}

func (ps *posts) init() {
	ps.byPath = map[string]*post{}
	ps.root.prev, ps.root.next = &ps.root, &ps.root
}

// at returns the post on a path, which is made if need be.
func (ps *posts) at(path string) *post {
	p := ps.byPath[path]
	if p == nil {
		p = &post{path: path, prev: ps.root.prev, next: &ps.root}
		ps.root.prev.next, ps.root.prev = p, p
		ps.byPath[path] = p
	}
	return p
}

func (ps *posts) drop(p *post) {
	p.prev.next, p.next.prev = p.next, p.prev
	p.prev, p.next = nil, nil
	delete(ps.byPath, p.path)
}

// all returns the posts, oldest first.
func (ps *posts) all() []*post {
	out := make([]*post, 0, len(ps.byPath))
	for p := ps.root.next; p != &ps.root; p = p.next {
		out = append(out, p)
	}
	return out
}

func (ps *posts) add(p *post, s *Sub) {
	s.post = p
	p.subs = append(p.subs, s)
	ps.subs++
	if s.Recursive {
		if p.deep++; p.deep == 1 {
			ps.deep++
		}
		ps.longest = max(ps.longest, len(p.path))
	}
}

func (ps *posts) remove(s *Sub) {
	p := s.post
	s.post = nil
	i := slices.Index(p.subs, s)
	p.subs = slices.Delete(p.subs, i, i+1)
	ps.subs--
	if s.Recursive {
		if p.deep--; p.deep == 0 {
			if ps.deep--; ps.deep == 0 {
				ps.longest = 0
			}
		}
	}
}

// wanted is the one mode that serves every subscription, and those that are coming.
func (p *post) wanted() wire.WatchMode {
	if p.deep+p.coming[wire.ModePersistentRecursive] > 0 {
		return wire.ModePersistentRecursive
	}
	return wire.ModePersistent
}

// needs is the mode that serves a subscription.
func (s *Sub) needs() wire.WatchMode {
	if s.Recursive {
		return wire.ModePersistentRecursive
	}
	return wire.ModePersistent
}

// hears calls tell for every subscription that an event concerns, with what it is told. Those of posts
// that the server does not have on this connection hear nothing: a Resync will tell them.
func (ps *posts) hears(conn uint64, e Event, tell func(*Sub, Event)) {
	if p := ps.byPath[e.Path]; p != nil && p.conn == conn {
		for _, s := range p.subs {
			switch {
			case e.Type != wire.EventNodeChildrenChanged:
				tell(s, e)
			case !s.Recursive && p.mode == wire.ModePersistent:
				tell(s, e) // under the recursive mode it is made from what becomes of the child
			}
		}
	}
	if e.Type == wire.EventNodeChildrenChanged {
		return
	}
	up := parent(e.Path)
	if p := ps.byPath[up]; p != nil && p.conn == conn && p.mode == wire.ModePersistentRecursive {
		born := e.Type == wire.EventNodeCreated || e.Type == wire.EventNodeDeleted
		for _, s := range p.subs {
			switch {
			case s.Recursive:
				tell(s, e)
			case born:
				tell(s, Event{Type: wire.EventNodeChildrenChanged, Path: up, Zxid: e.Zxid})
			}
		}
	}
	if ps.deep == 0 {
		return
	}
	for up = parent(up); up != ""; up = parent(up) {
		if len(up) > ps.longest { // a server may send a path of a million components: not each is looked up
			cut := strings.LastIndexByte(up[:ps.longest+1], '/')
			if cut < 0 {
				return
			}
			up = up[:max(cut, 1)]
		}
		if p := ps.byPath[up]; p != nil && p.conn == conn && p.mode == wire.ModePersistentRecursive {
			for _, s := range p.subs {
				if s.Recursive {
					tell(s, e)
				}
			}
		}
	}
}

// parent returns the path above, "" for the root and for what is no path.
func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	switch {
	case i > 0:
		return path[:i]
	case i == 0 && len(path) > 1:
		return "/"
	}
	return ""
}
