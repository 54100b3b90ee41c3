package core

import (
	"container/heap"
	"time"
)

// A tracked session:
//
//	Track --> live --(expiry time passes)--> closing --Remove--> gone
//	            |                               ^
//	            +------------SetClosing---------+
//
// A live one may be touched, which moves its expiry time; a closing one may not. It is closing from the moment that its
// end is proposed, so that nothing is proposed for it after that.

// Tracker is the leader's clock for sessions. A session ends at the first tick after its timeout, so up to one tick late,
// and ticks count from the start of the tracker.
type Tracker struct {
	start    time.Time
	tick     int64 // ms
	sessions map[int64]*tracked
	queue    trackedQueue
}

type tracked struct {
	id      int64
	owner   int64 // ServerID of the front it was last heard of through
	expires int64 // ms since start, a multiple of tick
	queued  int64 // expires when it entered the queue; touching does not move it there
	closing bool
	index   int // in the queue, -1 outside
}

// NewTracker returns a Tracker without sessions.
func NewTracker(start time.Time, tick time.Duration) *Tracker {
	return &Tracker{start: start, tick: max(tick.Milliseconds(), 1), sessions: make(map[int64]*tracked)}
}

func (t *Tracker) ms(now time.Time) int64 { return now.Sub(t.start).Milliseconds() }

func (t *Tracker) roundUp(now time.Time, timeout int32) int64 {
	return (t.ms(now)+int64(timeout))/t.tick*t.tick + t.tick
}

// Track begins a session with its timeout in milliseconds; owner is the server that its client is connected to.
func (t *Tracker) Track(now time.Time, id int64, timeout int32, owner int64) {
	if s := t.sessions[id]; s != nil {
		s.owner = owner
		return
	}
	s := &tracked{id: id, owner: owner, expires: t.roundUp(now, timeout)}
	s.queued = s.expires
	t.sessions[id] = s
	heap.Push(&t.queue, s)
}

// Touch puts off the end of a session. It reports false for one that is unknown or closing.
func (t *Tracker) Touch(now time.Time, id int64, timeout int32) bool {
	s := t.sessions[id]
	if s == nil || s.closing {
		return false
	}
	s.expires = t.roundUp(now, timeout)
	if s.expires < s.queued { // renewed with a shorter timeout
		s.queued = s.expires
		heap.Fix(&t.queue, s.index)
	}
	return true
}

// Live reports whether a session is known and not closing.
func (t *Tracker) Live(id int64) bool {
	s := t.sessions[id]
	return s != nil && !s.closing
}

// Move makes owner the server of a session, whose writes through any other are refused from now on.
func (t *Tracker) Move(id, owner int64) {
	if s := t.sessions[id]; s != nil {
		s.owner = owner
	}
}

// SetClosing says that the end of the session is proposed.
func (t *Tracker) SetClosing(id int64) {
	if s := t.sessions[id]; s != nil {
		s.closing = true
	}
}

// Remove forgets a session.
func (t *Tracker) Remove(id int64) {
	if s := t.sessions[id]; s != nil {
		if s.index >= 0 {
			heap.Remove(&t.queue, s.index)
		}
		delete(t.sessions, id)
	}
}

// Expired makes closing, and returns, the sessions whose time has come, the earliest first.
func (t *Tracker) Expired(now time.Time) (ids []int64) {
	ms := t.ms(now)
	for len(t.queue) > 0 && t.queue[0].queued <= ms {
		s := t.queue[0]
		if s.expires > s.queued && !s.closing {
			s.queued = s.expires
			heap.Fix(&t.queue, 0)
			continue
		}
		heap.Pop(&t.queue)
		if !s.closing {
			s.closing = true
			ids = append(ids, s.id)
		}
	}
	return ids
}

// Next is when Expired may have something to return; it may turn out to have nothing.
func (t *Tracker) Next() (time.Time, bool) {
	if len(t.queue) == 0 {
		return time.Time{}, false
	}
	return t.start.Add(time.Duration(t.queue[0].queued) * time.Millisecond), true
}

// trackedQueue is a heap by time, and by id within one tick.
type trackedQueue []*tracked

func (q trackedQueue) Len() int { return len(q) }

func (q trackedQueue) Less(i, j int) bool {
	if q[i].queued != q[j].queued {
		return q[i].queued < q[j].queued
	}
	return q[i].id < q[j].id
}

func (q trackedQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *trackedQueue) Push(x any) {
	s := x.(*tracked)
	s.index = len(*q)
	*q = append(*q, s)
}

func (q *trackedQueue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	s.index = -1
	return s
}
