package handler

import (
	"net"
	"os"
	"syscall"
)

// A bell rings when bytes arrive on a connection. The runtime watches every connection all the time: each time it rings a thread
// wakes, also when nobody is about to read.
type bell struct {
	nc  *net.TCPConn
	raw syscall.RawConn
}

// muted is how many bytes ring a bell that is muted. More would have the system make the usual receive buffer larger.
const muted = 32 << 10

// bellOf returns the bell of nc, if it can be muted, and the size of nc's receive buffer. On other sockets than TCP's each packet
// rings all the same.
func bellOf(nc net.Conn) (b bell, room int, ok bool) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return b, 0, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return b, 0, false
	}
	var e error
	err = raw.Control(func(fd uintptr) {
		room, e = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	})
	return bell{tcp, raw}, room, err == nil && e == nil
}

// mute has fewer than muted bytes not ring, or the first byte ring again. The end of the connection always does. There is no
// error: a bell that could not be muted rings more often, and one that could not be unmuted is that of a connection that is closed.
func (b bell) mute(on bool) {
	low := 1
	if on {
		low = muted
	}
	_ = b.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, low)
	})
}

// take reads what has arrived, without waiting for it. It returns nothing where a Read has to tell: nothing has arrived, or the
// connection has ended without an error.
func (b bell) take(buf []byte) (n int, err error) {
	_ = b.raw.Read(func(fd uintptr) bool { // what it fails with, a Read fails with, too
		n, _, err = syscall.Recvfrom(int(fd), buf, syscall.MSG_DONTWAIT) // whatever somebody has made of the socket
		return true
	})
	if err == nil || err == syscall.EAGAIN || err == syscall.EINTR {
		return max(n, 0), nil
	}
	return 0, &net.OpError{Op: "read", Net: b.nc.LocalAddr().Network(), Source: b.nc.LocalAddr(), Addr: b.nc.RemoteAddr(),
		Err: os.NewSyscallError("read", err)} // the system has told it, and will not again
}
