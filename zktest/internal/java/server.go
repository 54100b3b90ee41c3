package java

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// ErrClosed is what starting a server of a closed ensemble returns.
var ErrClosed = errors.New("the ensemble is closed")

const (
	stopLimit = 10 * time.Second // a server that has not ended by then after SIGTERM is killed
	killLimit = 10 * time.Second // the kernel's time to end a killed process
)

// A Server is one ZooKeeper of an [Ensemble]. It outlives its processes: Start after Kill is the same server with the
// same ports and data.
type Server struct {
	ensemble *Ensemble
	id       int // from 1
	dir      string
	ports    block
	proxy    *proxy.Proxy // nil unless Config.Proxied

	turn sync.Mutex // held by whoever starts or ends the process

	mu     sync.Mutex // guards what follows; never held while waiting
	proc   *process   // the last one; nil before the first start
	paused bool
	closed bool
}

// ID is the server's number in its ensemble, from 1: its index plus one.
func (s *Server) ID() int { return s.id }

// Addr is where clients connect, host:port: the proxy when the ensemble is proxied, else DirectAddr.
func (s *Server) Addr() string {
	if s.proxy != nil {
		return s.proxy.Addr()
	}
	return s.DirectAddr()
}

// DirectAddr is the server's own client port.
func (s *Server) DirectAddr() string { return s.ports.addr(clientPort) }

// PeerPorts are those on which other servers reach it.
func (s *Server) PeerPorts() (quorum, election uint16) {
	return uint16(s.ports.first + quorumPort), uint16(s.ports.first + electionPort)
}

// Proxy is the proxy before the client port, or nil when the ensemble is not proxied.
func (s *Server) Proxy() *proxy.Proxy { return s.proxy }

// Dir is the server's directory: zoo.cfg, data, server.log.
func (s *Server) Dir() string { return s.dir }

// Start starts the server and waits until it serves, as Ready does, for at most Config.Patience. A running one is
// left as it is. When it cannot, the error carries the end of its log.
func (s *Server) Start(ctx context.Context) error {
	if err := s.Launch(); err != nil {
		return err
	}
	return s.Ready(ctx)
}

// Launch is Start without the waiting: of an ensemble that has no quorum, one server alone never serves.
func (s *Server) Launch() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.Running() {
		return nil
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
	}
	e := s.ensemble
	proc, err := e.nursery.start(e.config.Install.Java, s.arguments(), s.dir, s.logPath())
	if err != nil {
		return fmt.Errorf("zookeeper %d: %w", s.id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc, s.paused = proc, false
	return nil
}

// Stop asks the server to end and waits until it has. What has not ended after 10 s, or when ctx ends, is killed.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	s.turn.Lock()
	defer s.turn.Unlock()
	p := s.process()
	if p == nil {
		return nil
	}
	if err := errors.Join(s.Resume(), p.signal(sigTerm)); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return s.end(p)
	}
}

// Kill ends the server at once, as kill -9, and waits until the kernel has, for at most 10 s.
func (s *Server) Kill() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if p := s.process(); p != nil {
		return s.end(p)
	}
	return nil
}

func (s *Server) end(p *process) error {
	if err := p.signal(sigKill); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(killLimit):
		return fmt.Errorf("zookeeper %d: process %d survives kill -9", s.id, p.cmd.Process.Pid)
	}
}

// close kills the server for good.
func (s *Server) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.Kill()
}

// Restart is Stop, where it runs, and Start: the same data, the same ports, a new process.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	return s.Start(ctx)
}

// Pause stops the process in its tracks: sockets stay open, and nothing moves. Time goes on, as it does in a
// long garbage collection. It waits until the last thread has stopped, a moment on a busy machine, at most 10 s.
func (s *Server) Pause() error {
	if err := s.signal(sigStop, true); err != nil {
		return err
	}
	for deadline := time.Now().Add(killLimit); s.Paused() && !stopped(s.process().cmd.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("zookeeper %d does not pause", s.id)
		}
	}
	return nil
}

// Resume ends Pause. It does not wait.
func (s *Server) Resume() error { return s.signal(sigCont, false) }

func (s *Server) signal(sig syscall.Signal, paused bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	if err := s.proc.signal(sig); err != nil {
		return err
	}
	s.paused = paused
	return nil
}

// Running reports whether there is a process, be it paused.
func (s *Server) Running() bool {
	p := s.process()
	return p != nil && p.running()
}

// Paused reports whether there is a process and it is paused.
func (s *Server) Paused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paused && s.proc != nil && s.proc.running()
}

func (s *Server) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

func (s *Server) logPath() string { return filepath.Join(s.dir, logFile) }

// Tail returns the last n lines of the server's log.
func (s *Server) Tail(n int) string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], nil))
}
