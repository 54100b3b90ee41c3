package zk

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// guidPrefix starts the name of a protected node, as in Curator.
const guidPrefix = "_c_"

// createCarefully is Create with MakeParents or Protected.
//
// When the answer to a protected create does not come, the node is looked for by its unique prefix.
// The server may not have applied the create yet: so a sync goes first, on the same connection as the
// search and the next create; if that connection drops, the search begins anew. All of it happens in
// the session of the first create: in a later one the node, if ephemeral, is going away by itself.
func (c *Client) createCarefully(ctx context.Context, path string, cr *creation, k createKind, op wire.Op) *future.Future[Created] {
	p := &protector{c: c.plain(), ctx: ctx, path: path, cr: cr, k: k, op: op}
	if c.retry != nil {
		p.tries = c.newTries(ctx, c.retry)
	}
	if cr.protected && !cr.named {
		i := strings.LastIndexByte(k.path, '/') + 1
		p.k.path = k.path[:i] + guidPrefix + c.GUID() + "-" + k.path[i:]
	}
	return detached(ctx, c, p.run)
}

// A protector is one careful create on its way.
type protector struct {
	c     *Client
	ctx   context.Context
	path  string // as the caller gave it
	cr    *creation
	k     createKind
	op    wire.Op
	tries tries // of a view that retries
	old   bool  // a server does not know getEphemerals
}

func (p *protector) run(co *future.Co) (Created, error) {
	v := p.c
	for {
		made, err := future.Await(co, submit[Created](p.ctx, v, p.op, p.path, p.k))
		switch {
		case err == nil:
			return made, nil
		case errors.Is(err, ErrNoNode) && p.cr.parents: // they may vanish again, any number of times, before they have a child
			if err := p.parents(co, v); err != nil {
				return Created{}, p.doubt(err, err)
			}
			continue
		case p.later(err):
			if e := p.tries.pause(co, bare(err)); e != nil {
				return Created{}, p.doubt(e, err)
			}
			continue
		case !p.cr.protected || !errors.Is(err, ErrConnectionLoss):
			return Created{}, p.doubt(err, err)
		}
		if MaybeApplied(err) {
			v = p.c.sameSession(err)
		}
		found, next, err := p.search(co, v, err)
		if err != nil {
			return Created{}, err
		}
		if found != nil {
			return *found, nil
		}
		v = next
	}
}

// later reports whether a view that retries sends what has failed with err again after a while: it was not
// carried out. A lost connection is none of that.
func (p *protector) later(err error) bool {
	return p.tries.p != nil && !MaybeApplied(err) && !errors.Is(err, ErrConnectionLoss) &&
		!errors.Is(err, ErrSessionExpired) && p.tries.p.passing(err)
}

// sameSession returns a view of the session in which the failed operation was sent.
func (c *Client) sameSession(err error) *Client {
	v := *c
	var oe *OpError
	if errors.As(err, &oe) && oe.epoch != 0 {
		v.epoch = oe.epoch
	}
	return &v
}

// sameConnection returns a view of the current connection. Its requests fail with ErrConnectionLoss when
// that has ended; they wait for one that is being made.
func (c *Client) sameConnection() *Client {
	v := *c
	_, _, v.conn, _ = c.driver.State()
	return &v
}

// search looks for the node. If it is not there, it is not on its way either, and next is the view on
// which to create it again. lost is what made the search necessary.
func (p *protector) search(co *future.Co, v *Client, lost error) (found *Created, next *Client, err error) {
	for {
		on := v.sameConnection()
		found, err := p.find(co, on)
		switch {
		case errors.Is(err, ErrConnectionLoss): // begin anew; requests wait for the next connection, so this does not spin
		case err != nil && p.later(err):
			if e := p.tries.pause(co, bare(err)); e != nil {
				return nil, nil, p.doubt(e, lost)
			}
		case err != nil:
			return nil, nil, p.doubt(err, lost)
		default:
			return found, on, nil
		}
	}
}

// find looks for the node on one connection. An ephemeral node with our name that belongs to another
// session, and so will not last, is removed.
func (p *protector) find(co *future.Co, on *Client) (*Created, error) {
	owner := on.Session().ID
	paths, err := p.candidates(co, on)
	if err != nil {
		return nil, err
	}
	for _, full := range paths {
		st, err := future.Await(co, submit[*Stat](p.ctx, on, wire.OpExists, p.path, existsKind{full, false}))
		if err != nil {
			return nil, err
		}
		if st == nil {
			continue
		}
		if !p.k.flags.Ephemeral() || st.EphemeralOwner == owner {
			path, _ := on.chroot.Strip(full)
			return &Created{Path: path, Stat: *st}, nil
		}
		_, err = future.Await(co, submit[struct{}](p.ctx, on, wire.OpDelete, p.path, deleteKind{full, AnyVersion}))
		if err != nil && !errors.Is(err, ErrNoNode) && !errors.Is(err, ErrNoAuth) {
			return nil, err
		}
	}
	return nil, nil
}

// candidates returns the full paths of nodes with our name, as the leader knows them.
func (p *protector) candidates(co *future.Co, on *Client) ([]string, error) {
	parent := wire.Parent(p.k.path)
	synced := submit[struct{}](p.ctx, on, wire.OpSync, p.path, syncKind{parent})
	var all []string
	var err error
	if p.k.flags.Ephemeral() && !p.old {
		whole := *on
		whole.chroot = "" // full paths
		all, err = future.Await(co, submit[[]string](p.ctx, &whole, wire.OpGetEphemerals, p.path, ephemeralsKind{p.k.path}))
		if errors.Is(err, ErrUnimplemented) {
			p.old = true
			return nil, ErrConnectionLoss // it is gone, or at least the search begins anew
		}
	} else {
		var kids ChildList
		kids, err = future.Await(co, submit[ChildList](p.ctx, on, wire.OpGetChildren2, p.path, childrenKind{parent, false}))
		if errors.Is(err, ErrNoNode) {
			err = nil
		}
		for _, name := range kids.Names {
			all = append(all, join(parent, name))
		}
	}
	if err == nil {
		_, err = future.Await(co, synced)
	}
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, full := range all {
		if p.isOurs(full) {
			ours = append(ours, full)
		}
	}
	return ours, nil
}

// isOurs reports whether a full path is the one that was to be created, a number behind it if it is sequential.
func (p *protector) isOurs(full string) bool {
	rest, ok := strings.CutPrefix(full, p.k.path)
	if !p.k.flags.Sequential() {
		return ok && rest == ""
	}
	_, err := strconv.ParseInt(rest, 10, 32)
	return ok && err == nil
}

func join(parent, name string) string {
	if parent == "/" {
		return "/" + name
	}
	return parent + "/" + name
}

// doubt returns err as the create's error. Whether the node was created is in doubt if lost says so.
func (p *protector) doubt(err, lost error) error {
	return asOpError(p.op, p.path, err, inDoubt(lost))
}

// parents creates what is missing above the node.
func (p *protector) parents(co *future.Co, v *Client) error {
	mode := wire.FlagPersistent
	if p.cr.container {
		mode = wire.FlagContainer
	}
	anywhere := v.repeating(p.tries.p)
	anywhere.conn = 0
	for {
		_, err := persist(co, p.ctx, anywhere, func(v *Client) (struct{}, error) {
			return struct{}{}, v.ensure(co, p.ctx, wire.Parent(p.k.path), p.path, mode, p.cr.acl)
		})
		if !p.cr.protected || !errors.Is(err, ErrConnectionLoss) {
			return err
		}
	}
}
