package zk

import (
	"context"
	"sync"

	"github.com/gazoo-go/gazoo/future"
)

// A bound has something done when a context ends, once it is armed and until it is lifted.
type bound struct {
	mu            sync.Mutex // guards what follows
	armed, lifted bool
	stop          func() bool
}

// arm is for any goroutine and any number of times. fn runs once at most, inline, perhaps at the same
// time as lift; it must not block.
func (b *bound) arm(ctx context.Context, ex future.Executor, fn func()) {
	b.mu.Lock()
	idle := ctx.Done() == nil || b.armed || b.lifted
	b.armed = true
	b.mu.Unlock()
	if idle {
		return
	}
	stop := ex.OnCancel(ctx, future.Func(fn))
	b.mu.Lock()
	b.stop = stop
	late := b.lifted
	b.mu.Unlock()
	if late {
		stop()
	}
}

// lift forgets the context.
func (b *bound) lift() {
	b.mu.Lock()
	stop := b.stop
	b.lifted, b.stop = true, nil
	b.mu.Unlock()
	if stop != nil {
		stop()
	}
}
