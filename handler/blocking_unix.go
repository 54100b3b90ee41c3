//go:build unix

package handler

import (
	"net"
	"syscall"
)

// unblock undoes what a Dialer may have done unawares: who asks the File of a connection for its Fd, to set an option, leaves
// a socket on which a read blocks its thread, and on which Close waits for that read. Only package net's own connections are
// known to want it undone.
func unblock(nc net.Conn) {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
		if raw, err := nc.(syscall.Conn).SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = syscall.SetNonblock(int(fd), true) }) // else reading says what is wrong
		}
	}
}
