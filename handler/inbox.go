package handler

import "math/bits"

// Sizes of a connection's read buffer. An idle connection costs 4 KiB; one that is busy reads up to
// 256 KiB at once; only a frame that is not complete yet makes the buffer larger.
const (
	atRest   = 4 << 10
	fullRead = 256 << 10
)

// calmAfter is how many small reads, or writes, in a row make the buffer shrink. One is too few: a busy
// connection has small ones between large ones, and would allocate for each change.
const calmAfter = 8

// An inbox is a connection's read buffer. Its size follows the reads: doubled when one fills it,
// cut when several in a row needed less than a quarter.
type inbox struct {
	buf  []byte
	n    int // buf[:n] has arrived and is not used up
	last int // what the last read brought
	full bool
	calm int // small reads in a row
	need int // the largest of them
}

// space returns where the next read goes. It is never empty.
func (in *inbox) space() []byte {
	if in.n == len(in.buf) {
		in.resize(max(atRest, 2*len(in.buf)))
	}
	return in.buf[in.n:]
}

// add says that a read has brought n bytes.
func (in *inbox) add(n int) {
	in.n += n
	in.last, in.full = n, in.n == len(in.buf)
}

// bytes returns everything that has arrived and is not used up.
func (in *inbox) bytes() []byte { return in.buf[:in.n:in.n] }

// use removes what the sink has used up and adapts the size.
func (in *inbox) use(used int) {
	if used < 0 || used > in.n {
		panic("handler: Sink.Received returned more than it was shown")
	}
	copy(in.buf, in.buf[used:in.n])
	in.n -= used
	size := len(in.buf)
	switch {
	case in.full && size < fullRead:
		in.resize(2 * size)
	case size > fullRead && in.n <= fullRead/2: // the large frame is through
		in.resize(fullRead)
	case in.last < size/4 && size > atRest:
		in.calm++
		in.need = max(in.need, in.last)
		if fit := max(atRest, pow2(4*in.need)); in.calm >= calmAfter && in.n < fit && fit < size {
			in.resize(fit)
		}
	default:
		in.calm, in.need = 0, 0
	}
}

func (in *inbox) resize(size int) {
	buf := make([]byte, size)
	copy(buf, in.buf[:in.n])
	in.buf, in.calm, in.need = buf, 0, 0
}

// pow2 returns the smallest power of two that is not less than n.
func pow2(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }
