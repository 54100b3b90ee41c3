package handler

import (
	"net"
	"syscall"
)

// A bell rings when bytes arrive on a connection. The runtime watches every connection all the time: each time it rings a thread
// wakes, also when nobody is about to read.
type bell struct {
	raw syscall.RawConn // nil: there is nothing to mute
}

// muted is how many bytes ring a bell that is muted: as many as a receive buffer of the usual size lets the system take.
const muted = 32 << 10

func bellOf(nc net.Conn) bell {
	if s, ok := nc.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return bell{raw}
		}
	}
	return bell{}
}

// mute has fewer than muted bytes not ring, or the first byte ring again. The end of the connection always does. There is no
// error: a bell that could not be muted rings more often, and where a connection has ended reading says so.
func (b bell) mute(on bool) {
	if b.raw == nil {
		return
	}
	low := 1
	if on {
		low = muted
	}
	_ = b.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, low)
	})
}

// take reads what has arrived, without waiting for it. It returns 0 for what only a Read can tell: nothing has arrived, or the
// connection has ended.
func (b bell) take(buf []byte) (n int) {
	if b.raw == nil {
		return 0
	}
	_ = b.raw.Read(func(fd uintptr) bool {
		n, _ = syscall.Read(int(fd), buf)
		return true
	})
	return max(n, 0)
}
