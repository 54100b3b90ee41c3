package recipes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// A Party is who is there: its members join, and are seen by everybody until they leave or die.
//
// Layout: one ephemeral node for each member, <path>/<32 hex digits>__party__, its data the identifier; in a shallow party
// <path>/<32 hex digits>-<identifier>, with no data. It is Kazoo's, so members in Go and Python see each other. Curator's
// GroupMember has other names; they are ignored, as all foreign nodes are.
//
// SUSPENDED: we are a member as long as the session lives. LOST: we join again in the next session, under the same name;
// others may see us until the old session ends, and miss us for a moment then. Node or path deleted: made again, as long as
// we are a member. Join cancelled: undone. Left behind on failure: nothing but the path itself.
type Party struct {
	*recipe
	layout partyLayout

	// These belong to the work lane.
	now  *membership              // nil unless we have joined, or are about to
	gone *future.Future[struct{}] // of the membership that was left last; nil at first

	joined atomic.Bool
	err    atomic.Pointer[error]
}

// NewParty returns the party on path, which is created when it is needed. The identifier is what others see of us.
func NewParty(cl *zk.Client, path string, opts ...Option) *Party {
	return &Party{recipe: newRecipe(cl, "party", path, opts), layout: deepParty}
}

// NewShallowParty returns a party on path whose members have their identifiers in the names of their nodes: everybody is
// listed with one request, but no identifier may have a slash in it.
func NewShallowParty(cl *zk.Client, path string, opts ...Option) *Party {
	return &Party{recipe: newRecipe(cl, "party", path, opts), layout: shallowParty}
}

// Join makes us a member, until Leave; it completes when others can see us. Joining twice is no error. When ctx ends first
// it fails with ctx's error, and we are no member unless another Join has made us one. ctx does not govern the membership.
//
// Errors: ErrNoAuth if our node may not be made, ErrBadArguments for an invalid path or identifier, ErrClosed, and
// [ErrReleased] if Leave is called meanwhile.
func (p *Party) Join(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, p.work, func(co *future.Co) (struct{}, error) { return struct{}{}, p.join(co, ctx) }).On(p.user)
}

// Leave ends our membership. The future completes when our node is removed, or its session has ended, with which it goes
// away; when ctx ends first, it is removed in the background. Who is no member leaves without an error.
func (p *Party) Leave(ctx context.Context) *future.Future[struct{}] {
	return future.Async(ctx, p.work, func(co *future.Co) (struct{}, error) {
		if p.now != nil {
			p.now.leave(ErrReleased)
		}
		if p.gone == nil {
			return struct{}{}, nil
		}
		return future.Await(co, p.gone)
	}).On(p.user)
}

// Joined reports whether we are a member, as far as we know. It is false between two sessions.
func (p *Party) Joined() bool { return p.joined.Load() }

// Err is why our membership has ended without Leave: ErrNoAuth in a later session, or ErrClosed. It is nil until then, and
// again after the next Join.
func (p *Party) Err() error {
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Members lists the identifiers of all members, sorted. Of a shallow party that takes one request, of another one more for
// each member. The answer is as old as the server that gives it. A party whose path is not there has no members.
func (p *Party) Members(ctx context.Context) *future.Future[[]string] {
	return future.Async(ctx, p.work, func(co *future.Co) ([]string, error) {
		names, err := p.names(co, ctx)
		if err == nil {
			err = p.identify(co, ctx, &names)
		}
		return names, err
	}).On(p.user)
}

// Len is the number of members. It takes one request.
func (p *Party) Len(ctx context.Context) *future.Future[int] {
	return future.Async(ctx, p.work, func(co *future.Co) (int, error) {
		names, err := p.names(co, ctx)
		return len(names), err
	}).On(p.user)
}

// A MembersWatch follows the members of a [Party]; each update is what [Party.Members] returns.
type MembersWatch = Watch[[]string]

// Watch follows the members, whether we are one of them or not, until it is stopped. It goes on in later sessions.
func (p *Party) Watch() *MembersWatch {
	f := &follower[zk.ChildList, []string]{
		recipe: p.recipe,
		read:   (*zk.Client).ChildrenAndWatch,
		update: func(l zk.ChildList, _ bool, _ *zk.Event) []string { return p.layout.members(l.Names) },
		finish: p.identify,
		same:   sameChildren, // who left while we asked for names is missing from the update, and may be back
		equal:  slices.Equal[[]string],
	}
	return f.start()
}

// names lists the nodes of the members.
func (p *Party) names(co *future.Co, ctx context.Context) ([]string, error) {
	kids, err := future.Await(co, p.reads().Children(ctx, p.path))
	return p.layout.members(kids.Names), ignoreNoNode(err)
}

// identify puts identifiers, sorted, in the place of the names of nodes. Those who leave meanwhile are left out.
func (p *Party) identify(co *future.Co, ctx context.Context, names *[]string) error {
	var ids []string
	if p.layout.named {
		ids = each(*names, func(name string) string { return name[guidLen+1:] })
	} else {
		all, err := p.nodes(co, ctx, *names)
		if err != nil {
			return err
		}
		for _, n := range all {
			if n != nil {
				ids = append(ids, string(n.Data))
			}
		}
	}
	slices.Sort(ids)
	*names = ids
	return nil
}

// A partyLayout is how nodes are named.
type partyLayout struct{ named bool } // whether identifiers are in the names

var (
	deepParty    = partyLayout{}
	shallowParty = partyLayout{named: true}
)

const partyMarker = "__party__"

// node is the name of a new member's node, and its data.
func (l partyLayout) node(guid, identifier string) (name string, data []byte, err error) {
	switch {
	case !l.named:
		return guid + partyMarker, []byte(identifier), nil
	case strings.Contains(identifier, "/"):
		return "", nil, fmt.Errorf("%w: the identifier %q has a slash", zk.ErrBadArguments, identifier)
	}
	return guid + "-" + identifier, nil, nil
}

// members leaves out who is none. The names are sorted.
func (l partyLayout) members(names []string) []string {
	var out []string
	for _, name := range names {
		if len(name) > guidLen && isGUID(name[:guidLen]) &&
			(l.named && name[guidLen] == '-' || !l.named && name[guidLen:] == partyMarker) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// join waits until there is a membership, and begins one if need be.
func (p *Party) join(co *future.Co, ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.now == nil {
		name, data, err := p.layout.node(p.cl.GUID(), p.opt.identifier)
		if err != nil {
			return &zk.OpError{Op: "join", Path: p.path, Err: err}
		}
		p.begin(p.path+"/"+name, data)
	}
	m := p.now
	m.awaited++
	_, err := future.Await(co, m.there.Future())
	m.awaited--
	if err != nil && ctx.Err() != nil && m.awaited == 0 && !m.wasThere {
		m.leave(ErrReleased)
	}
	return err
}

// begin begins a membership.
func (p *Party) begin(path string, data []byte) {
	m := &membership{party: p, path: path, data: data, there: future.NewPromise[struct{}](p.work)}
	var stay context.Context
	stay, m.stop = context.WithCancel(context.Background())
	p.now, p.gone = m, nil
	p.err.Store(nil)
	stayed := future.Async(stay, p.work, func(co *future.Co) (struct{}, error) { return struct{}{}, m.stay(co, stay) })
	p.gone = future.Async(context.Background(), p.work, func(co *future.Co) (struct{}, error) {
		if _, err := future.Await(co, stayed); stay.Err() == nil {
			p.err.Store(&err)
			m.leave(err)
			if !m.wasThere && !zk.MaybeApplied(err) {
				return struct{}{}, nil // there is nothing to remove
			}
		}
		err := p.remove(co, context.Background(), m.view, m.path)
		if errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrClosed) { // it is gone, or will be
			err = nil
		}
		return struct{}{}, err
	})
}
