package handler

// A stream holds the bytes of one direction of a connection: first those that have arrived and are not
// used up, then those on their way.
//
//	buf:  ....used up....|start ... arrived|mark ... on their way ...|len
//
// It needs no lock: the one who drives the world alone touches it.
type stream struct {
	buf         []byte
	start, mark int
}

// room returns the space behind the bytes that are there, to append to.
func (s *stream) room() []byte {
	if s.start == len(s.buf) {
		s.buf, s.start, s.mark = s.buf[:0], 0, 0
	}
	return s.buf[len(s.buf):]
}

// compact gives back what has been used up, when that is much.
func (s *stream) compact() {
	if s.start < keepQueue || s.start < len(s.buf)/2 {
		return
	}
	s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
	s.mark -= s.start
	s.start = 0
}

// add appends bytes, which may be in room.
func (s *stream) add(b []byte) { s.buf = append(s.buf, b...) }

// next returns the n bytes that arrive next. They stay as they are until compact.
func (s *stream) next(n int) []byte { return s.buf[s.mark : s.mark+n] }

// arrived says that n more bytes have arrived, and returns those that are not used up.
func (s *stream) arrived(n int) []byte {
	s.mark += n
	return s.buf[s.start:s.mark:s.mark]
}

// use says that n bytes of those arrived are used up.
func (s *stream) use(n int) { s.start += n }

// packets is a queue.
type packets struct {
	list []packet
	head int
}

func (q *packets) len() int       { return len(q.list) - q.head }
func (q *packets) first() *packet { return &q.list[q.head] }
func (q *packets) last() *packet  { return &q.list[len(q.list)-1] }

func (q *packets) push(p packet) {
	if q.head > 0 && len(q.list) == cap(q.list) {
		q.list, q.head = q.list[:copy(q.list, q.list[q.head:])], 0
	}
	q.list = append(q.list, p)
}

func (q *packets) pop() packet {
	p := q.list[q.head]
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return p
}
