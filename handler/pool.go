package handler

// A Pool runs its lanes in parallel, each on a goroutine of its own while it has something to do.
// It is what a client uses unless it is told otherwise.
//
// A callback may block: it delays its own lane and nothing else. It may wait for any operation, but
// not for a result that its own lane has to produce; that fails with a [*future.DeadlockError].
type Pool struct {
	System
	width int // how many completion callbacks may run at once
}

// NewPool returns a Pool at work.
func NewPool(options ...PoolOption) *Pool {
	p := &Pool{width: 1}
	for _, o := range options {
		o.pool(p)
	}
	return p
}

// Concurrency lets the completion callbacks of different futures run on up to n goroutines at once.
// The order is then kept within one future only. The default, 1, keeps the order of completion.
func Concurrency(n int) PoolOption { return concurrency(n) }

type concurrency int

func (n concurrency) pool(p *Pool) { p.width = max(1, int(n)) }

// Name returns "pool".
func (p *Pool) Name() string { return "pool" }

// Lane makes a new lane. A lane that has nothing to do costs no goroutine and need not be closed.
func (p *Pool) Lane(name string) Lane { return newLane(&p.System, name) }

// CompletionLane makes a lane whose tasks run on as many goroutines as [Concurrency] says, started
// in the order in which they were dispatched. With a concurrency of one it is an ordinary lane.
func (p *Pool) CompletionLane(name string) Lane {
	if p.width == 1 {
		return newLane(&p.System, name)
	}
	return newWideLane(&p.System, name, p.width)
}

// A CompletionLaner is a [Handler] that has a special lane for the completion callbacks of operations.
type CompletionLaner interface{ CompletionLane(name string) Lane }

// Completions makes the lane for a client's completion callbacks: h's special one if it is a
// [CompletionLaner], else an ordinary one.
func Completions(h Handler, name string) Lane {
	if c, ok := h.(CompletionLaner); ok {
		return c.CompletionLane(name)
	}
	return h.Lane(name)
}
