package session

import "time"

// A ring is a first-in first-out queue of requests.
type ring struct {
	slots []*Request // length zero or a power of two
	head  int
	n     int
}

const minRing = 16

func (q *ring) at(i int) *Request { return q.slots[(q.head+i)&(len(q.slots)-1)] }

func (q *ring) push(r *Request) {
	if q.n == len(q.slots) {
		q.resize(max(minRing, 2*q.n))
	}
	q.slots[(q.head+q.n)&(len(q.slots)-1)] = r
	q.n++
}

// pop removes and returns the oldest request, or returns nil.
func (q *ring) pop() *Request {
	if q.n == 0 {
		return nil
	}
	r := q.slots[q.head]
	q.slots[q.head] = nil
	q.head = (q.head + 1) & (len(q.slots) - 1)
	q.n--
	if q.n == 0 && len(q.slots) > 1<<12 {
		q.slots, q.head = nil, 0 // a burst is over
	}
	return r
}

func (q *ring) resize(n int) {
	slots := make([]*Request, n)
	for i := range q.n {
		slots[i] = q.at(i)
	}
	q.slots, q.head = slots, 0
}

// find returns the position of the request with this xid, or -1.
func (q *ring) find(xid int32) int {
	for i := range q.n {
		if q.at(i).xid == xid {
			return i
		}
	}
	return -1
}

// A line is what was written and has not been answered, oldest first, and when it was written. What went out at once has
// one mark: nobody looks at the requests themselves, which somebody else's processor has just made.
type line struct {
	ring
	marks []mark // oldest first; those before first are used up
	first int
}

// A mark says when so many requests were written.
type mark struct {
	n  int
	at time.Duration
}

// push appends r, which is being written.
func (l *line) push(r *Request, at time.Duration) {
	l.ring.push(r)
	l.mark(1, at)
}

// take appends all that q has, which is being written, and empties it.
func (l *line) take(q *ring, at time.Duration) {
	if q.n > 0 {
		l.mark(q.n, at)
	}
	for q.n > 0 {
		l.ring.push(q.pop())
	}
}

func (l *line) mark(n int, at time.Duration) {
	if last := len(l.marks) - 1; last >= l.first && l.marks[last].at == at {
		l.marks[last].n += n
		return
	}
	if l.first > 0 && len(l.marks) == cap(l.marks) {
		l.marks, l.first = l.marks[:copy(l.marks, l.marks[l.first:])], 0
	}
	l.marks = append(l.marks, mark{n, at})
}

// pop removes and returns the oldest request and when it was written, or returns nil.
func (l *line) pop() (r *Request, at time.Duration) {
	if r = l.ring.pop(); r == nil {
		return nil, 0
	}
	k := &l.marks[l.first]
	if k.n--; k.n == 0 {
		l.first++
	}
	if l.n == 0 {
		l.marks, l.first = l.marks[:0], 0
		if cap(l.marks) > 1<<12 {
			l.marks = nil // as the ring does
		}
	}
	return r, k.at
}

// oldest returns when the oldest request was written. There must be one.
func (l *line) oldest() time.Duration { return l.marks[l.first].at }
