package java

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// A process is one run of a server, from fork to reap.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it is reaped
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal reaches the whole process group. To a process that has ended it does nothing.
func (p *process) signal(sig syscall.Signal) error {
	if !p.running() {
		return nil
	}
	if err := signalGroup(p.cmd.Process.Pid, sig); err != nil && p.running() {
		return fmt.Errorf("%v to process %d: %w", sig, p.cmd.Process.Pid, err)
	}
	return nil
}

// A nursery forks processes, all from one thread, which lives until close: on Linux a child dies with the thread that
// forked it, and Go ends idle threads when it likes.
type nursery struct {
	forks chan func()
	ended chan struct{}
}

func newNursery() *nursery {
	n := &nursery{make(chan func()), make(chan struct{})}
	go func() {
		defer close(n.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for fork := range n.forks {
			fork()
		}
	}()
	return n
}

// start forks a process with both outputs appended to the file log. Not after close.
func (n *nursery) start(path string, args []string, dir, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{exec.Command(path, args...), make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	isolate(p.cmd)
	forked := make(chan error)
	n.forks <- func() { forked <- p.cmd.Start() }
	if err := <-forked; err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // any exit is news, none is an error: the log has the rest
	}()
	return p, nil
}

// close gives the thread up. Every process must have been reaped.
func (n *nursery) close() {
	close(n.forks)
	<-n.ended
}
