package core

import "github.com/gazoo-go/gazoo/internal/wire"

// Which tables an event concerns (rows in the order in which they fire for one operation):
//
//	created P:  data table at P;                 child table at the parent
//	deleted P:  data table at P, child table at P (once per connection); child table at the parent
//	changed P:  data table at P

// fire tells the connections of this server what a transaction did. Events reach a connection before the reply of the
// transaction, for that one is written after.
func (f *Front) fire(zxid int64, triggers []Trigger) {
	if !f.cfg.Version.eventZxid() {
		zxid = -1
	}
	for i := range triggers {
		t := &triggers[i]
		f.hit = f.hit[:0]
		f.stamp++
		if t.Type != wire.EventNodeChildrenChanged {
			f.hit = f.data.fire(t.Path, t.Type, f.stamp, f.hit)
		}
		if t.Type == wire.EventNodeChildrenChanged || t.Type == wire.EventNodeDeleted {
			f.hit = f.child.fire(t.Path, t.Type, f.stamp, f.hit)
		}
		for _, c := range f.hit {
			if f.filtersEvents && !f.cfg.allowed(t.ACL, wire.PermRead, c.ids) {
				continue // the watch is spent all the same
			}
			c.event(zxid, t.Type, t.Path)
		}
	}
	clear(f.hit[:cap(f.hit)]) // keeps no closed connection alive
}

// event writes a notification. One that nobody reads costs the connection when too many wait.
func (c *Conn) event(zxid int64, typ wire.EventType, path string) {
	if c.state != connOpen {
		return
	}
	if len(c.out.B) > c.front.cfg.MaxOutput {
		c.cut("too many events wait")
		return
	}
	ev := &c.front.scratchEvent
	ev.Type, ev.State, ev.Path = int32(typ), int32(wire.StateSyncConnected), path
	_ = c.out.AppendEvent(zxid, ev) // a path that a client sent fits a frame
	c.sent++
	c.front.sent++
	c.front.wake(c)
}
