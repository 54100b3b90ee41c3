//go:build unix && !linux

package java

import "syscall"

func dieWithParent(*syscall.SysProcAttr) {} // no such thing here: only Close ends the servers

func stopped(int) bool { return true } // not worth asking here
