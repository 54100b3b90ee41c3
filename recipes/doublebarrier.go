package recipes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A DoubleBarrier lets its members begin together and end together: Enter waits until there are enough of them, Leave until
// all of them leave.
//
// Layout: <path>/<32 hex digits> is a member, ephemeral, its data the identifier, with a new name each time; <path>/ready, a
// plain empty node, says that all who were members before it have entered. It is Kazoo's. Other children are ignored.
//
// An old ready, which those have left behind who died inside, lets nobody pass: it must be younger than the member. So a
// barrier can be used again and again. It is made in a transaction that checks the nodes of n members, of whom we are one.
// Leave waits for those with whom we have entered, and for nobody who has come later.
//
// SUSPENDED: both go on when there is a connection again. LOST: an Enter begins again in the next session, as a new member.
// After Enter our node is gone then; the others do not wait for us any more, and Leave waits for them alone. Whoever wants
// to know uses [zk.Client.OnState]. A member that dies counts as one until its session has ended, and then as one that has
// left. Cancelled, or failed: the node is removed, in the background if need be; who gives up in the last moment may have
// been counted. A parent that is deleted is made again. Left behind are the path, and <path>/ready if one of the
// last has died or given up.
//
// Members of Kazoo on the same path: the first of them that leaves deletes ready, so a member of ours that was slow to see it
// can wait until ctx ends; they count ready as a member, so they may pass too early if one was left behind, and wait
// for everybody, also for those who came later; and they survive no lost connection. Curator's DistributedDoubleBarrier has
// the same nodes, but takes any ready for its own.
type DoubleBarrier struct {
	*recipe
	n     int
	stage stage
	in    *member  // while inside or leaving
	last  *attempt // to enter
}

// A stage is where we are.
//
//	outside ──Enter──▶ entering ──passed──▶ inside ──Leave──▶ leaving ──passed, or not──▶ outside
//	                      └──failed──▶ outside
type stage uint8

const (
	outside stage = iota
	entering
	inside
	leaving
)

// A member is what Leave must know of Enter.
type member struct {
	at    *attempt
	name  string   // of the node
	there bool     // the node, for all we know
	with  []string // the others with whom it has entered
}

// NewDoubleBarrier returns a double barrier for n members on path, which is made when it is needed. All must give the same
// n. Each member has a DoubleBarrier of its own.
func NewDoubleBarrier(cl *zk.Client, path string, n int, opts ...Option) *DoubleBarrier {
	r := newRecipe(cl, "double-barrier", path, opts)
	r.opt.notEphemeral = false // the dead must not be waited for
	return &DoubleBarrier{recipe: r, n: n}
}

// Enter becomes a member and waits until there are n of them. When ctx ends first it fails with ctx's error.
//
// Errors: ErrBadArguments for an n below 1, an invalid path, or when we have entered, or are about to; ErrNoAuth,
// ErrNoChildrenForEphemerals, ErrClosed.
func (b *DoubleBarrier) Enter(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, b.work, func(co *future.Co) (none struct{}, err error) {
		switch {
		case b.n < 1:
			return none, b.misuse("%d members", b.n)
		case b.stage != outside:
			return none, b.misuse("Enter while inside")
		}
		b.stage = entering
		if b.last != nil && b.last.undone != nil { // else we might count twice
			if _, err = future.Await(co, b.last.undone); err != nil && ctx.Err() != nil {
				b.stage = outside
				return none, err
			}
		}
		_, err = b.insist(co, ctx, func(at *attempt) (*Held, error) { return nil, b.enter(co, at) })
		if b.stage = inside; err != nil {
			b.stage = outside
		}
		return none, err
	}).On(b.user)
}

// Leave waits until all with whom we have entered leave as well, or have died. Afterwards we are outside, whatever comes of
// it: when ctx ends first it fails with ctx's error, and the others are not held up by us.
//
// Errors: ErrBadArguments when we have not entered, or are leaving already; ErrNoAuth, ErrClosed.
func (b *DoubleBarrier) Leave(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, b.work, func(co *future.Co) (none struct{}, err error) {
		if b.stage != inside {
			return none, b.misuse("Leave without Enter")
		}
		b.stage = leaving
		if err = b.leave(co, ctx, b.in); b.in.there {
			b.in.at.abandon()
		} else {
			b.in.at.hold.Release()
		}
		b.stage, b.in = outside, nil
		return none, err
	}).On(b.user)
}

func (b *DoubleBarrier) misuse(format string, args ...any) error {
	return &zk.OpError{Op: "double barrier", Path: b.path, Err: fmt.Errorf("%w: "+format, append([]any{zk.ErrBadArguments}, args...)...)}
}

// enter makes a node and waits until it may pass.
func (b *DoubleBarrier) enter(co *future.Co, at *attempt) error {
	m := &member{at: at, name: b.cl.GUID(), there: true}
	b.last = at
	at.made = at.view.Create(context.WithoutCancel(at.ctx), b.path+"/"+m.name, []byte(b.opt.identifier),
		zk.Ephemeral, zk.ProtectedName(), zk.MakeParents())
	made, err := future.Await(co, at.made)
	if err != nil {
		return gone(err)
	}
	var opening *future.Future[struct{}]
	opened := false // ready was there, younger than the node
	var last zk.Watched[zk.ChildList]
	unwatch := func() { last.Unwatch(context.WithoutCancel(at.ctx)) }
	defer unwatch()
	for done := false; !done; {
		kids, ready, err := b.look(co, at, opening == nil)
		unwatch() // what was there before: it has changed, unless the connection was lost
		last = kids
		if opening != nil { // which was answered before the look
			_, refused := future.Await(co, opening)
			if opening = nil; err == nil && !errors.Is(refused, zk.ErrNodeExists) && !errors.Is(refused, zk.ErrNoNode) {
				err = refused
			}
		}
		if err != nil {
			if err = b.again(co, at.ctx, at.view, gone(err)); err != nil {
				return err
			}
			continue
		}
		all := membersOf(kids.Value.Names)
		full := len(all) >= b.n
		young := ready != nil && ready.Czxid > made.Czxid
		switch {
		case !slices.Contains(all, m.name):
			err = errGone
		case young:
			// Who has come before ready must be in the listing, which is the older one. The second is not.
			done, opened = opened || kids.Value.Pzxid >= ready.Czxid, true
		case full:
			opening = b.open(at, made.Path, all, ready != nil)
		case kids.Changed != nil:
			err = awaitChange(co, kids)
		}
		if err = b.again(co, at.ctx, at.view, err); err != nil {
			return err
		}
		m.with = slices.DeleteFunc(all, func(name string) bool { return name == m.name })
	}
	b.in = m
	return nil
}

// look lists the children, with a watch or without, and looks for ready behind that.
func (b *DoubleBarrier) look(co *future.Co, at *attempt, watch bool) (kids zk.Watched[zk.ChildList], ready *zk.Stat, err error) {
	var listing *future.Future[zk.Watched[zk.ChildList]]
	if watch {
		listing = at.view.ChildrenAndWatch(at.ctx, b.path)
	} else {
		listing = future.Then(at.view.Children(at.ctx, b.path).On(b.work), func(list zk.ChildList) (zk.Watched[zk.ChildList], error) {
			return zk.Watched[zk.ChildList]{Value: list}, nil
		})
	}
	stat := at.view.Exists(at.ctx, b.ready())
	if kids, err = awaitWatched(co, listing); err != nil {
		return kids, nil, err
	}
	if ready, err = future.Await(co, stat); err != nil {
		kids.Unwatch(context.WithoutCancel(at.ctx))
		kids = zk.Watched[zk.ChildList]{}
	}
	return kids, ready, err
}

// open makes ready anew, if enough members are there still, and we are one of them. ErrNodeExists: others have done so in the
// same moment; ErrNoNode: somebody is gone, or they have.
//
// The transaction may be late: when it is carried out, others may have given up since they were seen. And ready may have been
// made anew by then, and those for whom it was may have gone: then it must not be made for those who have come since.
func (b *DoubleBarrier) open(at *attempt, own string, all []string, old bool) *future.Future[struct{}] {
	tx := at.view.Txn()
	tx.Check(own, zk.AnyVersion)
	for i, left := 0, b.n-1; left > 0; i++ {
		if other := b.path + "/" + all[i]; other != own {
			tx.Check(other, zk.AnyVersion)
			left--
		}
	}
	if old {
		tx.Delete(b.ready(), zk.AnyVersion)
	}
	tx.Create(b.ready(), nil)
	return tx.Commit(at.ctx)
}

// leave removes our node when its turn has come, and waits until all with whom we have entered are gone. The one whose name
// is the lowest waits for the others, one after the other from above, and goes last; they go at once, and wait for it.
func (b *DoubleBarrier) leave(co *future.Co, ctx context.Context, in *member) error {
	at := &attempt{r: b.recipe, ctx: ctx, view: in.at.view}
	for {
		err := b.step(co, at, in)
		switch {
		case err == nil && !in.there && len(in.with) == 0:
			return nil
		case at.view != b.cl && errors.Is(err, zk.ErrSessionExpired): // and with it our node
			at.view, in.there = b.cl, false
		default:
			if err = b.again(co, ctx, at.view, err); err != nil {
				return err
			}
		}
	}
}

// step is one look at who is there, and what follows from it.
func (b *DoubleBarrier) step(co *future.Co, at *attempt, in *member) error {
	kids, err := future.Await(co, at.view.Children(at.ctx, b.path))
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return err
	}
	all := membersOf(kids.Names)
	in.there = in.there && slices.Contains(all, in.name)
	in.with = slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(in.with, name) })
	switch last := len(in.with) - 1; {
	case last < 0 && in.there:
		return b.goLast(co, at, in, len(all) == 1 && slices.Contains(kids.Names, "ready"))
	case last < 0:
		return nil
	case in.there && in.name < in.with[0]:
		return b.outlive(co, at, in, last)
	case in.there:
		if err := b.remove(co, at.ctx, at.view, b.path+"/"+in.name); err != nil {
			return err
		}
		in.there = false
	}
	return b.outlive(co, at, in, 0)
}

// outlive waits until one of the others is gone.
func (b *DoubleBarrier) outlive(co *future.Co, at *attempt, in *member, i int) error {
	err := at.waitFor(co, b.path+"/"+in.with[i])
	if err == nil {
		in.with = slices.Delete(in.with, i, i+1)
	}
	return err
}

// goLast removes our node, and ready with it if nobody else is there at all.
func (b *DoubleBarrier) goLast(co *future.Co, at *attempt, in *member, ready bool) error {
	own := b.path + "/" + in.name
	if ready {
		tx := at.view.Txn()
		tx.Delete(own, zk.AnyVersion)
		tx.Delete(b.ready(), zk.AnyVersion)
		_, err := future.Await(co, tx.Commit(at.ctx))
		var refused *zk.TxnError
		if !errors.As(err, &refused) {
			in.there = in.there && err != nil
			return err
		}
	}
	err := b.remove(co, at.ctx, at.view, own)
	in.there = in.there && err != nil
	return err
}

func (b *DoubleBarrier) ready() string { return b.path + "/ready" }

// membersOf picks the names of members, whose order says who waits for whom in Leave. Curator's have dashes.
func membersOf(names []string) (members []string) {
	for _, name := range names {
		if isGUID(strings.ReplaceAll(name, "-", "")) {
			members = append(members, name)
		}
	}
	slices.Sort(members)
	return members
}
