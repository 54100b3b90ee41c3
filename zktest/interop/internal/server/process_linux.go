package server

import "syscall"

// dieWithParent ends a process when the test that started it was killed before it could. (The kernel means the thread
// that started it; threads of a Go program end only with a goroutine that is locked to one, and these tests lock none.)
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
