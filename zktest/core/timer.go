package core

import "time"

// timer is a time at which a connection is looked at again. It is not taken back when the reason goes away: the connection
// then has nothing to do.
type timer struct {
	at   time.Time
	seq  uint64 // order among equal times
	conn *Conn
}

// timerQueue is a heap by time, and by seq among equal times.
type timerQueue struct {
	list []timer
	seq  uint64
}

func (q *timerQueue) Len() int { return len(q.list) }

func (q *timerQueue) less(i, j int) bool {
	if c := q.list[i].at.Compare(q.list[j].at); c != 0 {
		return c < 0
	}
	return q.list[i].seq < q.list[j].seq
}

func (q *timerQueue) push(t timer) {
	q.list = append(q.list, t)
	for i := len(q.list) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.less(i, parent) {
			return
		}
		q.list[i], q.list[parent] = q.list[parent], q.list[i]
		i = parent
	}
}

func (q *timerQueue) pop() timer {
	last := len(q.list) - 1
	t := q.list[0]
	q.list[0], q.list[last] = q.list[last], timer{}
	q.list = q.list[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && q.less(child+1, child) {
			child++
		}
		if child >= last || !q.less(child, i) {
			return t
		}
		q.list[i], q.list[child] = q.list[child], q.list[i]
		i = child
	}
}

func (f *Front) after(at time.Time, c *Conn) {
	f.timers.seq++
	f.timers.push(timer{at, f.timers.seq, c})
}

// Tick does what is due: delays of an Intercept, connections without a session, sessions of a read-only server.
func (f *Front) Tick(now time.Time) {
	f.now = now
	for f.timers.Len() > 0 && !f.timers.list[0].at.After(now) {
		if c := f.timers.pop().conn; c.state != connClosed {
			c.due(now)
		}
	}
	for _, id := range f.local.Expired(now) {
		f.local.Remove(id)
		if c := f.sessions[id]; c != nil {
			c.cut("local session expired")
		}
	}
}

// NextDeadline is when Tick is to be called; earlier or in vain does no harm. ok is false when nothing is to come.
func (f *Front) NextDeadline() (at time.Time, ok bool) {
	for f.timers.Len() > 0 && f.timers.list[0].conn.state == connClosed {
		f.timers.pop()
	}
	if f.timers.Len() > 0 {
		at, ok = f.timers.list[0].at, true
	}
	if next, some := f.local.Next(); some {
		at, ok = earlier(at, ok, next), true
	}
	return at, ok
}

func earlier(at time.Time, ok bool, other time.Time) time.Time {
	if !ok || other.Before(at) {
		return other
	}
	return at
}
