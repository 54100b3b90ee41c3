//go:build !unix

package handler

import "net"

// unblock does nothing: only on Unix can a connection's socket come to block by accident.
func unblock(net.Conn) {}
