package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A frame is a length of four bytes, more than 0, and as many bytes. Everything on a connection is a frame, in both
// directions, the handshake included; only the four-letter words are not.

// Frame limits, in bytes without the four of the length.
const (
	// DefaultMaxRequest is what a server accepts unless its jute.maxbuffer says otherwise. A server closes the
	// connection on a longer frame, without a word.
	DefaultMaxRequest = 0xfffff
	// DefaultMaxReply is what this client accepts. It is larger because a server does not limit what it sends: the
	// names of 100,000 children are 3 to 5 MB.
	DefaultMaxReply = 64 << 20
)

// ErrFrame is what every [FrameError] is, for errors.Is.
var ErrFrame = errors.New("wire: bad frame length")

// FrameError is a frame that is empty, of negative length, or longer than its limit. After receiving one nothing more
// can be read from the connection.
type FrameError struct {
	Length int64 // announced, or that of the frame that was not sent
	Max    int   // the limit at that place
}

func (e *FrameError) Error() string {
	if e.Length <= 0 {
		return fmt.Sprintf("%v %d", ErrFrame, e.Length)
	}
	return fmt.Sprintf("%v %d: the limit is %d", ErrFrame, e.Length, e.Max)
}

// Is reports that every FrameError is an [ErrFrame].
func (e *FrameError) Is(target error) bool { return target == ErrFrame }

const lengthBytes = 4

// Split cuts the first frame off b, which holds bytes as they came from the connection. n is how many bytes of b the
// frame took, its length included; n is 0, with no error, while the frame is not complete. The frame shares memory with
// b and is never empty.
//
// A length that is not in 1..max is a [*FrameError] as soon as its four bytes are there. max 0 or less stands for
// [DefaultMaxReply].
//
// A caller lets b grow with the bytes that come, never to the length that was announced.
func Split(b []byte, max int) (frame []byte, n int, err error) {
	if len(b) < lengthBytes {
		return nil, 0, nil
	}
	if max <= 0 {
		max = DefaultMaxReply
	}
	size := int(int32(binary.BigEndian.Uint32(b)))
	if size <= 0 || size > max {
		return nil, 0, &FrameError{Length: int64(size), Max: max}
	}
	if len(b)-lengthBytes < size {
		return nil, 0, nil
	}
	n = lengthBytes + size
	return b[lengthBytes:n:n], n, nil
}

// BeginFrame leaves room for a length and returns the mark that [Encoder.EndFrame] wants back.
func (e *Encoder) BeginFrame() (mark int) {
	mark = len(e.B)
	e.B = append(e.B, 0, 0, 0, 0)
	return mark
}

// EndFrame fills in the length of the frame that began at mark. A frame that is empty or longer than max is a
// [*FrameError], and B is cut back to mark, as if the frame had never begun. max 0 or less stands for no limit but the
// 2147483647 of the protocol.
func (e *Encoder) EndFrame(mark, max int) error {
	if max <= 0 {
		max = math.MaxInt32
	}
	size := len(e.B) - mark - lengthBytes
	if size <= 0 || size > max {
		e.B = e.B[:mark]
		return &FrameError{Length: int64(size), Max: max}
	}
	binary.BigEndian.PutUint32(e.B[mark:], uint32(size))
	return nil
}
