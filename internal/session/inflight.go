package session

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
