package java

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	pollEvery = 40 * time.Millisecond
	tailLines = 25 // of each log, in errors
)

// Ready waits until every server that runs and is not paused serves, and at most one of them leads. It fails when one of them ends meanwhile, when
// Config.Patience has passed, or when ctx has ended.
func (e *Ensemble) Ready(ctx context.Context) error {
	awake := make([]*Server, 0, len(e.servers))
	for _, s := range e.servers {
		if s.Running() && !s.Paused() {
			awake = append(awake, s)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, e.config.Patience)
	defer cancel()
	errs := make([]error, len(awake))
	var all sync.WaitGroup
	for i, s := range awake {
		all.Go(func() {
			if errs[i] = s.Ready(ctx); errs[i] != nil {
				cancel() // the others cannot do without it
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return e.agreed(ctx)
}

// agreed waits until no two servers say that they lead. One that was paused while it led serves on, for up to a tick, until it
// notices that nobody follows it, and only then joins the others.
func (e *Ensemble) agreed(ctx context.Context) error {
	for {
		modes := e.Modes(ctx)
		leaders, awake := 0, true
		for i, mode := range modes {
			if mode == "leader" {
				leaders++
			}
			if s := e.servers[i]; mode == "" && s.Running() && !s.Paused() {
				awake = false
			}
		}
		if leaders < 2 && awake {
			return nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return fmt.Errorf("not all serve, or more than one leads: %w; modes %q", ctx.Err(), modes)
		}
	}
}

// Ready waits until the server serves. It fails when its process ends meanwhile, when Config.Patience has passed, or
// when ctx has ended; the error carries the end of its log.
func (s *Server) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.ensemble.config.Patience)
	defer cancel()
	p := s.process()
	if p == nil {
		return fmt.Errorf("zookeeper %d was never started", s.id)
	}
	asking, hangUp := context.WithCancel(ctx)
	defer hangUp()
	go func() { // whoever else holds the port may not answer at all
		select {
		case <-p.done:
			hangUp()
		case <-asking.Done():
		}
	}()
	for {
		err := s.serves(asking)
		if err == nil {
			return nil
		}
		if !p.running() {
			return fmt.Errorf("zookeeper %d has ended; its log ends:\n%s", s.id, s.Tail(tailLines))
		}
		select {
		case <-p.done:
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return fmt.Errorf("zookeeper %d does not serve: %w; last answer: %w; its log ends:\n%s", s.id, ctx.Err(), err, s.Tail(tailLines))
		}
	}
}

// serves asks once.
func (s *Server) serves(ctx context.Context) error {
	if _, err := s.Mode(ctx); err != nil {
		return err
	}
	if !s.ensemble.config.TLS {
		return nil
	}
	var dialer net.Dialer // the TLS port is bound after the plain one
	conn, err := dialer.DialContext(ctx, "tcp", s.SecureAddr())
	if err != nil {
		return err
	}
	return conn.Close()
}

// Leader waits until exactly one server says that it is the leader, or standalone, and returns its index. Servers that
// do not run or are paused are not asked. It fails when Config.Patience has passed or ctx has ended.
//
// During a partition the old leader goes on saying so for up to SyncLimit ticks; then there may be two, and it waits.
func (e *Ensemble) Leader(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, e.config.Patience)
	defer cancel()
	for {
		modes := e.Modes(ctx)
		leader, leaders := -1, 0
		for i, mode := range modes {
			if mode == "leader" || mode == "standalone" {
				leader = i
				leaders++
			}
		}
		if leaders == 1 {
			return leader, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return -1, fmt.Errorf("no single leader: %w; modes %q", ctx.Err(), modes)
		}
	}
}

// Modes asks every server for its Mode, all at once. The answer of one that does not run, is paused, does not serve or
// does not answer is "".
func (e *Ensemble) Modes(ctx context.Context) []string {
	modes := make([]string, len(e.servers))
	var all sync.WaitGroup
	for i, s := range e.servers {
		if !s.Running() || s.Paused() {
			continue
		}
		all.Go(func() { modes[i], _ = s.Mode(ctx) })
	}
	all.Wait()
	return modes
}
