package handler_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/handler/handlertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pools(options ...handler.PoolOption) handlertest.Factory {
	return handlertest.Factory{
		New: func(*testing.T) handler.Handler { return handler.NewPool(options...) },
		NewWithHook: func(_ *testing.T, hook func(any, []byte)) handler.Handler {
			return handler.NewPool(append(options, handler.WithPanicHook(hook))...)
		},
	}
}

func TestPool(t *testing.T) { handlertest.Test(t, pools()) }

func TestPoolConcurrency(t *testing.T) { handlertest.Test(t, pools(handler.Concurrency(4))) }

func TestPoolBubble(t *testing.T) {
	handlertest.Test(t, bubble(handlertest.Factory{
		New: func(t *testing.T) handler.Handler {
			p := handler.NewPool()
			p.Dialer = newPipes(t).dial
			return p
		},
		NewWithHook: func(_ *testing.T, hook func(any, []byte)) handler.Handler {
			return handler.NewPool(handler.WithPanicHook(hook))
		},
	}))
}

// loops are driven by Waits.
func loops() handlertest.Factory {
	return handlertest.Factory{
		New: func(*testing.T) handler.Handler { return handler.NewLoop() },
		NewWithHook: func(_ *testing.T, hook func(any, []byte)) handler.Handler {
			return handler.NewLoop(handler.WithPanicHook(hook))
		},
		OneOrder:     true,
		NoWaitInTask: true,
	}
}

// running makes loops that are driven by Run.
func running(f handlertest.Factory) handlertest.Factory {
	run := func(t *testing.T, h handler.Handler) handler.Handler {
		ran := make(chan struct{})
		go func() {
			defer close(ran)
			h.(*handler.Loop).Run(context.Background())
		}()
		t.Cleanup(func() { <-ran })
		return h
	}
	made, hooked := f.New, f.NewWithHook
	f.New = func(t *testing.T) handler.Handler { return run(t, made(t)) }
	f.NewWithHook = func(t *testing.T, hook func(any, []byte)) handler.Handler { return run(t, hooked(t, hook)) }
	return f
}

func TestLoopWait(t *testing.T) { handlertest.Test(t, loops()) }

func TestLoopRun(t *testing.T) { handlertest.Test(t, running(loops())) }

func TestLoopBubble(t *testing.T) {
	f := bubble(loops())
	f.New = func(t *testing.T) handler.Handler {
		l := handler.NewLoop()
		l.Dialer = newPipes(t).dial
		return l
	}
	t.Run("Wait", func(t *testing.T) { handlertest.Test(t, f) })
	t.Run("Run", func(t *testing.T) { handlertest.Test(t, running(f)) })
}

func TestDeterministic(t *testing.T) { handlertest.Test(t, worlds(nil)) }

func TestDeterministicNode(t *testing.T) {
	f := worlds(nil)
	f.New = func(t *testing.T) handler.Handler { return handler.NewDeterministic(42).Node("worker") }
	f.NewWithHook = func(_ *testing.T, hook func(any, []byte)) handler.Handler {
		return handler.NewDeterministic(42, handler.WithPanicHook(hook)).Node("worker")
	}
	handlertest.Test(t, f)
}

func TestDeterministicBubble(t *testing.T) {
	f := worlds(func(d *handler.Deterministic) { d.Bubble(synctest.Wait) })
	f.OneWaiter = false
	f.Around = synctest.Test
	handlertest.Test(t, f)
}

func worlds(prepare func(*handler.Deterministic)) handlertest.Factory {
	prepared := func(d *handler.Deterministic) handler.Handler {
		if prepare != nil {
			prepare(d)
		}
		return d
	}
	return handlertest.Factory{
		New: func(*testing.T) handler.Handler { return prepared(handler.NewDeterministic(42)) },
		NewWithHook: func(_ *testing.T, hook func(any, []byte)) handler.Handler {
			return prepared(handler.NewDeterministic(42, handler.WithPanicHook(hook)))
		},
		Serve: func(t *testing.T, h handler.Handler, accept func() handler.Sink) handler.Target {
			n, ok := h.(*handler.Node)
			if !ok {
				n = h.(*handler.Deterministic).Node("server")
			}
			stop, err := n.Listen(":2181", func(netip.AddrPort, handler.Conn) handler.Sink { return accept() })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			return handler.Target{Address: netip.AddrPortFrom(n.Addr(), 2181).String()}
		},
		OneOrder:     true,
		NoWaitInTask: true,
		OneWaiter:    true,
		Repeatable:   true,
	}
}

// bubble runs every case in a bubble, over in-memory pipes.
func bubble(f handlertest.Factory) handlertest.Factory {
	f.Around = synctest.Test
	f.Serve = func(t *testing.T, _ handler.Handler, accept func() handler.Sink) handler.Target {
		p := newPipes(t)
		handlertest.ServeListener(t, p, accept)
		return handler.Target{Address: "pipe:1234"}
	}
	return f
}

// pipes is a network in memory, one for each test: a listener and a way to connect to it.
type pipes struct {
	accepted chan net.Conn
	done     chan struct{}
	once     sync.Once
}

var pipesOf sync.Map // by *testing.T

func newPipes(t *testing.T) *pipes {
	p, loaded := pipesOf.LoadOrStore(t, &pipes{accepted: make(chan net.Conn), done: make(chan struct{})})
	if !loaded {
		t.Cleanup(func() { pipesOf.Delete(t) })
	}
	return p.(*pipes)
}

func (p *pipes) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if address != "pipe:1234" {
		return nil, &net.OpError{Op: "dial", Err: net.UnknownNetworkError(address)}
	}
	a, b := net.Pipe()
	select {
	case p.accepted <- b:
		return a, nil
	case <-p.done:
		return nil, net.UnknownNetworkError("closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return nil }
