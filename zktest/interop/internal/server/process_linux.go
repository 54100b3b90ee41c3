package server

import "syscall"

// dieWithParent ends a server whose test process was killed before it could. (The kernel means the thread that started
// it; threads of a Go program end only where a goroutine ends locked to one, and none of these tests lock any.)
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
