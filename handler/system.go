package handler

import (
	"context"
	crand "crypto/rand"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/gazoo-go/gazoo/future"
)

// A System is the operating system's part of a handler: its clock, resolver, sockets, goroutines and
// randomness. Everything but lanes: a handler embeds it and adds Lane. The zero value is ready for
// use; it must not be copied afterwards.
type System struct {
	// Dialer makes connections in place of a net.Dialer, if it is set: tests connect to in-memory
	// servers with it, others go through a proxy. It may block until ctx ends. TLS is laid on top
	// of what it returns, and a TCP or Unix socket that File and Fd have made a blocking one is made non-blocking
	// again. It must not change while the handler is in use.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolver looks up names; nil is net.DefaultResolver.
	Resolver *net.Resolver

	hook      PanicHook
	life      life
	streams   streams
	resolving struct {
		once sync.Once
		lane Lane
	}
}

// Name returns "system".
func (s *System) Name() string { return "system" }

// Start does nothing: the handlers of this package run from the beginning.
func (s *System) Start() {}

// Stop ends everything; see [Handler].
func (s *System) Stop() { s.life.stop() }

// Stopped is closed when the last task, coroutine, Spawn and connection has ended.
func (s *System) Stopped() <-chan struct{} { return s.life.stopped() }

// Spawn runs fn in a goroutine of its own. Once the handler is stopping, fn does not run.
func (s *System) Spawn(fn func()) {
	if !s.life.spawn() {
		return
	}
	go func() {
		defer s.life.endSpawn()
		s.hook.guard(future.Func(fn))
	}()
}

// Now returns the time with its monotonic reading.
func (s *System) Now() time.Time { return time.Now() }

// Wall returns the time without its monotonic reading, so that differences follow the wall clock.
func (s *System) Wall() time.Time { return time.Now().Round(0) }

// AfterFunc runs t after d on the Go runtime's timer goroutine.
func (s *System) AfterFunc(d time.Duration, t future.Task) Timer { return s.afterFunc(nil, d, t) }

// WithTimeout is context.WithTimeout.
func (s *System) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// Rand returns the random stream of owner. The streams are seeded by the operating system, anew for
// each handler, and are kept as long as the handler: owners are few and their names not random.
func (s *System) Rand(owner string) *rand.Rand {
	return s.streams.get(owner, func() []byte {
		seed := make([]byte, 32)
		crand.Read(seed) // never fails
		return seed
	})
}

// onCancel watches ctx for a lane.
func onCancel(ctx context.Context, t future.Task) (stop func() bool) {
	if ctx.Done() == nil {
		return nothingToStop
	}
	return context.AfterFunc(ctx, t.Run)
}

func nothingToStop() bool { return true }
