package core

import (
	"container/heap"
	"time"
)

// timer is a time at which a connection is looked at again. It is not taken back when the reason goes away: the connection
// then has nothing to do.
type timer struct {
	at   time.Time
	seq  uint64 // order among equal times
	conn *Conn
}

type timerQueue struct {
	list []timer
	seq  uint64
}

func (q *timerQueue) Len() int { return len(q.list) }

func (q *timerQueue) Less(i, j int) bool {
	if !q.list[i].at.Equal(q.list[j].at) {
		return q.list[i].at.Before(q.list[j].at)
	}
	return q.list[i].seq < q.list[j].seq
}

func (q *timerQueue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }

func (q *timerQueue) Push(x any) { q.list = append(q.list, x.(timer)) }

func (q *timerQueue) Pop() any {
	last := len(q.list) - 1
	t := q.list[last]
	q.list[last] = timer{}
	q.list = q.list[:last]
	return t
}

func (f *Front) after(at time.Time, c *Conn) {
	f.timers.seq++
	heap.Push(&f.timers, timer{at, f.timers.seq, c})
}

// Tick does what is due: delays of an Intercept, connections without a session, sessions of a read-only server.
func (f *Front) Tick(now time.Time) {
	f.now = now
	for f.timers.Len() > 0 && !f.timers.list[0].at.After(now) {
		if c := heap.Pop(&f.timers).(timer).conn; c.state != connClosed {
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
		heap.Pop(&f.timers)
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
