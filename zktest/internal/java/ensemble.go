package java

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// An Ensemble is the servers of one [Start]. Indices count from 0, ids from 1.
type Ensemble struct {
	config    Config
	dir       string
	temporary bool // dir is ours to remove
	nursery   *nursery
	servers   []*Server
	peers     map[pair]peerLink // empty unless Config.Partitionable

	credentials *credentials // nil unless Config.TLS
	closing     sync.Once
	closed      error
}

// portAttempts is how often Start begins anew because somebody took a port between our look and the server's.
const portAttempts = 5

// Start starts the servers and waits until every one serves: it answers srvr with a mode. When one cannot, or
// Config.Patience has passed, or ctx has ended, everything is taken down again and the error carries the ends of the
// logs. The caller must Close what it gets.
func Start(ctx context.Context, config Config) (*Ensemble, error) {
	config, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("java: %w", err)
	}
	config.archive = archive(ctx, config.Install)
	for range portAttempts {
		var e *Ensemble
		if e, err = assemble(config); err != nil {
			break
		}
		if err = e.run(ctx); err == nil {
			return e, nil
		}
		taken := e.portTaken()
		err = errors.Join(err, e.Close())
		if !taken || ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("java: %w", err)
}

// assemble makes an ensemble whose processes are not started yet.
func assemble(config Config) (_ *Ensemble, err error) {
	e := &Ensemble{config: config, dir: config.Dir, nursery: newNursery(), peers: make(map[pair]peerLink)}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.dir == "" {
		if e.dir, err = os.MkdirTemp("", "zookeeper-"); err != nil {
			return nil, err
		}
		e.temporary = true
	}
	if e.dir, err = filepath.Abs(e.dir); err != nil {
		return nil, err
	}
	blocks, err := reserve(config.Servers, config.PortOffset)
	if err != nil {
		return nil, err
	}
	for i, ports := range blocks {
		id := i + 1
		e.servers = append(e.servers, &Server{ensemble: e, id: id, ports: ports, dir: filepath.Join(e.dir, strconv.Itoa(id))})
	}
	if config.Partitionable && config.quorum() {
		if err = e.linkPeers(); err != nil {
			return nil, err
		}
	}
	if config.TLS {
		if e.credentials, err = newCredentials(); err != nil {
			return nil, err
		}
	}
	for _, s := range e.servers {
		if config.Proxied {
			if s.proxy, err = proxy.Start(proxy.Config{Target: s.DirectAddr()}); err != nil {
				return nil, err
			}
		}
		if err = s.prepare(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *Ensemble) run(ctx context.Context) error {
	for _, s := range e.servers {
		if err := s.Launch(); err != nil {
			return err
		}
	}
	return e.Ready(ctx)
}

// portTaken asks the logs whether a server could not bind.
func (e *Ensemble) portTaken() bool {
	for _, s := range e.servers {
		if strings.Contains(s.Tail(1000), "java.net.BindException") {
			return true
		}
	}
	return false
}

// Close kills every server, paused or not, closes the proxies, frees the ports and removes the directory unless it was
// given. It waits until all that has happened, for at most 10 s. Further calls return what the first did.
func (e *Ensemble) Close() error {
	e.closing.Do(func() {
		errs := make([]error, len(e.servers)+1)
		var all sync.WaitGroup
		for i, s := range e.servers {
			all.Go(func() { errs[i] = s.close() })
		}
		all.Wait()
		for _, l := range e.peers {
			l.close()
		}
		for _, s := range e.servers {
			if s.proxy != nil {
				errs = append(errs, s.proxy.Close())
			}
			s.ports.release()
		}
		if e.closed = errors.Join(errs...); e.closed == nil { // else a process still lives by that thread
			e.nursery.close()
		}
		if e.temporary {
			e.closed = errors.Join(e.closed, os.RemoveAll(e.dir))
		}
	})
	return e.closed
}

// Config is the configuration, defaults filled in.
func (e *Ensemble) Config() Config { return e.config }

// Len is the number of servers.
func (e *Ensemble) Len() int { return len(e.servers) }

// Server returns the server with the given index, 0 to Len-1.
func (e *Ensemble) Server(i int) *Server { return e.servers[i] }

// ConnectString lists the client addresses, Addr of each server, separated by commas.
func (e *Ensemble) ConnectString() string {
	addrs := make([]string, len(e.servers))
	for i, s := range e.servers {
		addrs[i] = s.Addr()
	}
	return strings.Join(addrs, ",")
}
