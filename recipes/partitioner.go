package recipes

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A SetPartitioner shares a set of items among its members: each gets some of them, and has them alone.
//
// Layout: every member is in the [NewShallowParty] on <path>/party, and has the [Lock] on <path>/locks/<item> of each item
// that is its own. It is Kazoo's, so members in Go and Python share one set; all must be given the same items.
//
// Its state begins with ALLOCATING, and what a program has to do is little:
//
//	                ┌────────────Release────────────┐
//	                ▼                               │
//	ALLOCATING ──has its items──▶ ACQUIRED ──▶ RELEASE      others came or went, SUSPENDED, an item was lost
//	     └───────────────┴─────────┬──────────────┘
//	                               ▼
//	                            FAILURE                      LOST, Finish, what cannot be
//
// In ACQUIRED it works at its items. In RELEASE it stops that, and calls [SetPartitioner.Release]; until then nobody else
// gets them, and the others wait. FAILURE is final: who wants to go on makes another SetPartitioner.
//
// That an item is ours is told by its [Held], as of any lock, also while we are SUSPENDED: it may be lost before there is
// another state. Path deleted: made again. Cancelled: only waiting ends. Left behind on failure: nothing but the paths.
type SetPartitioner struct {
	*recipe
	set   []string
	party *Party
	news  *news[Partition]

	// These belong to the work lane.
	epoch  uint64                   // of the session that we have joined in
	share  *share                   // nil unless we have, or are about to have, items
	worked *future.Future[struct{}] // the work has ended
	fate   context.CancelFunc       // ends the work
	deaf   func()                   // stops listening to changes of the client's state
	finish *future.Future[struct{}] // everything is given back; nil before the end
}

// A PartitionState is what a [SetPartitioner] is about. The names are Kazoo's.
type PartitionState uint8

const (
	// PartitionAllocating: it waits until the members have not changed for a while, and for its items.
	PartitionAllocating PartitionState = iota
	// PartitionAcquired: it has its items.
	PartitionAcquired
	// PartitionRelease: it has its items, and should give them back.
	PartitionRelease
	// PartitionFailure: it has no items, and never will.
	PartitionFailure
)

func (s PartitionState) String() string {
	if int(s) < len(partitionStates) {
		return partitionStates[s]
	}
	return "unknown"
}

var partitionStates = [...]string{"ALLOCATING", "ACQUIRED", "RELEASE", "FAILURE"}

// A Partition is what a [SetPartitioner] has.
type Partition struct {
	State PartitionState
	Items []string         // that are ours in ACQUIRED and RELEASE, sorted
	Held  map[string]*Held // of each of Items
	Err   error            // why FAILURE: ErrLost after LOST, ErrReleased after Finish
}

// NewSetPartitioner begins to share the items of set, in any order, with the other members on path. The identifier is what
// they see of us, and must be another one for each; the default is unguessable.
//
// What it cannot work with is a FAILURE: ErrBadArguments for an invalid path, an identifier or an item that is empty or has
// a slash; ErrNoAuth.
func NewSetPartitioner(cl *zk.Client, path string, set []string, opts ...Option) *SetPartitioner {
	r := newRecipe(cl, "partitioner", path, opts)
	r.opt.notEphemeral, r.opt.names = false, KazooNames
	if r.opt.identifier == "" {
		r.opt.identifier = cl.GUID()
	}
	p := &SetPartitioner{
		recipe: r,
		set:    slices.Compact(slices.Sorted(slices.Values(set))),
		party:  &Party{recipe: r.beside(path + "/party"), layout: shallowParty},
		news:   newNews[Partition](r.user),
	}
	p.news.publish(Partition{State: PartitionAllocating})
	p.work.Dispatch(future.Func(p.start))
	return p
}

// WithTimeBoundary sets for how long the members of a [SetPartitioner] must not have changed before it takes its items.
// Default: 30 s.
func WithTimeBoundary(d time.Duration) Option { return func(o *options) { o.boundary = d } }

// WithPartitionFunc sets which items of the set a member of a [SetPartitioner] gets. fn is called on a lane of the
// recipe's own with sorted lists, must return items of the set, the same for the same arguments everywhere, and each for
// one member. The default gives the member at place i of n the items at i, i+n, i+2n and so on, as Kazoo's does.
func WithPartitionFunc(fn func(identifier string, members, set []string) []string) Option {
	return func(o *options) { o.partition = fn }
}

// State is what it is about now.
func (p *SetPartitioner) State() PartitionState { return p.news.newest.Load().value.State }

// Items are those that are ours now: none but in ACQUIRED and RELEASE.
func (p *SetPartitioner) Items() []string { return slices.Clone(p.news.newest.Load().value.Items) }

// Updates yields what there is, at once and after every change. Who is slow misses some, but not the last. The loop runs
// and waits where it is called; it ends with ctx, and after FAILURE.
func (p *SetPartitioner) Updates(ctx context.Context) iter.Seq[Partition] { return p.news.all(ctx) }

// OnUpdate has fn called with what there is, at once and after every change, on a lane of the recipe's own. The returned
// function ends that; its future completes when no call is running any more.
func (p *SetPartitioner) OnUpdate(fn func(Partition)) (stop func() *future.Future[struct{}]) {
	return p.news.each(fn)
}

// WaitForAcquire waits for ACQUIRED. It fails with the reason of a FAILURE. It does not leave RELEASE by itself: whoever
// works at the items must call Release.
func (p *SetPartitioner) WaitForAcquire(ctx context.Context) *future.Future[Partition] {
	return future.Async(ctx, p.work, func(co *future.Co) (Partition, error) {
		for {
			e := p.news.newest.Load()
			if e.value.State == PartitionAcquired || e.value.State == PartitionFailure {
				return e.value, e.value.Err
			}
			if _, err := future.Await(co, e.next.Future()); err != nil {
				return Partition{}, err
			}
		}
	}).On(p.user)
}

// Release gives the items back, in ACQUIRED or RELEASE, and begins to allocate anew. The future completes when they can be
// had by others; when ctx ends first, they are given back in the background. While ALLOCATING it does nothing; after a
// FAILURE it fails with the reason.
func (p *SetPartitioner) Release(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, p.work, func(co *future.Co) (struct{}, error) {
		now := p.news.newest.Load().value
		if now.State == PartitionFailure {
			return struct{}{}, now.Err
		}
		if now.State == PartitionAllocating {
			return struct{}{}, nil
		}
		s := p.share
		s.end()
		p.news.publish(Partition{State: PartitionAllocating})
		s.released.Complete(struct{}{}, nil)
		return struct{}{}, s.giveBack(co)
	}).On(p.user)
}

// Finish gives the items back and leaves the party; the state is FAILURE then. The future completes when the others can
// know. When ctx ends first, the rest happens in the background. Finishing twice, or after a failure, is no error.
func (p *SetPartitioner) Finish(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, p.work, func(co *future.Co) (struct{}, error) {
		p.fail(ErrReleased)
		return future.Await(co, p.finish)
	}).On(p.user)
}
