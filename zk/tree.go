package zk

import (
	"context"
	"errors"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/internal/wire"
)

// EnsurePath creates a node and its parents, as far as they are missing, as plain persistent nodes
// without data and with the given ACL, or else the default one. With "/" of a view it creates the
// chroot itself. It is not ordered against other operations, and succeeds whoever created the nodes.
//
// Errors: ErrNoAuth if something is missing that may not be created, ErrNoNode if somebody deletes
// parents at the same time, and those of every operation; part may be created then.
func (c *Client) EnsurePath(ctx context.Context, path string, acl ...ACL) *future.Future[struct{}] {
	full, err := c.path(path)
	if len(acl) == 0 {
		acl = c.opt.acl
	}
	acl = append([]ACL(nil), acl...)
	if err == nil {
		err = checkACL(acl)
	}
	if err != nil {
		return failed[struct{}](c, wire.OpCreate, path, err)
	}
	return detached(ctx, c, func(co *future.Co) (struct{}, error) {
		return persist(co, ctx, c, func(v *Client) (struct{}, error) {
			err := v.ensure(co, ctx, full, path, wire.FlagPersistent, acl)
			if err != nil {
				err = asOpError(wire.OpCreate, path, err, inDoubt(err))
			}
			return struct{}{}, err
		})
	})
}

// ensure creates what is missing of a full path. Errors are about path, as the caller knows it.
func (c *Client) ensure(co *future.Co, ctx context.Context, full, path string, mode wire.CreateFlags, acl []ACL) error {
	there := func(p string) (bool, error) {
		st, err := future.Await(co, submit[*Stat](ctx, c, wire.OpExists, path, existsKind{p, false}))
		if errors.Is(err, ErrNoAuth) { // newer servers say so of nodes that are there only
			return true, nil
		}
		return st != nil, err
	}
	if ok, err := there(full); ok || err != nil {
		return err
	}
	op := wire.OpCreate
	if mode == wire.FlagContainer {
		op = wire.OpCreateContainer
	}
	var all []string
	for i := 1; i <= len(full); i++ {
		if i == len(full) || full[i] == '/' {
			all = append(all, full[:i])
		}
	}
	// All in one round trip, if they may be: each is ordered behind its parent.
	for n := c.window(); len(all) > 0; all = all[min(n, len(all)):] {
		batch := all[:min(n, len(all))]
		creates := make([]*future.Future[Created], len(batch))
		for i, p := range batch {
			creates[i] = submit[Created](ctx, c, op, path, createKind{path: p, acl: acl, flags: mode})
		}
		for i, f := range creates {
			_, err := future.Await(co, f)
			if errors.Is(err, ErrNoAuth) { // it may be there all the same
				if ok, e := there(batch[i]); ok || e != nil {
					err = e
				}
			}
			if err != nil && !errors.Is(err, ErrNodeExists) {
				return err
			}
		}
	}
	return nil
}

// maxWindow is how many creates of EnsurePath, and deletes or listings of DeleteAll, are under way at once.
const maxWindow = 1024

// window is maxWindow, or less where the client may not have that many operations in flight.
func (c *Client) window() int { return int(max(1, min(maxWindow, c.opt.maxInFlight/2))) }

// DeleteAll deletes a node and everything below it, also what is created meanwhile. A node that is
// not there is no error. With "/" it deletes everything below, but not "/" itself, nor "/zookeeper" at
// the real root. It is not ordered against other operations, and not atomic.
//
// Errors: ErrNoAuth, and those of every operation; part may be deleted then. Their Path is that of the
// node that could not be listed or deleted.
func (c *Client) DeleteAll(ctx context.Context, path string) *future.Future[struct{}] {
	if _, err := c.path(path); err != nil {
		return failed[struct{}](c, wire.OpDelete, path, err)
	}
	return detached(ctx, c, func(co *future.Co) (struct{}, error) {
		return persist(co, ctx, c, func(v *Client) (struct{}, error) {
			for {
				again, err := v.deleteOnce(co, ctx, path)
				if err == nil && again {
					continue
				}
				var oe *OpError
				if err != nil && !errors.As(err, &oe) {
					err = asOpError(wire.OpDelete, path, err, true)
				}
				return struct{}{}, err
			}
		})
	})
}

// deleteOnce deletes what is there now. again reports that something was created meanwhile.
func (c *Client) deleteOnce(co *future.Co, ctx context.Context, root string) (again bool, err error) {
	paths, err := c.descendants(co, ctx, root)
	if err != nil {
		return false, err
	}
	for len(paths) > 0 { // from the deepest up: each is ordered behind its children
		n := min(len(paths), c.window())
		batch := paths[len(paths)-n:]
		paths = paths[:len(paths)-n]
		deletes := make([]*future.Future[struct{}], n)
		for i := range batch {
			deletes[i] = c.Delete(ctx, batch[n-1-i], AnyVersion)
		}
		results, err := future.Await(co, future.Settle(deletes...))
		if err != nil {
			return false, err
		}
		for _, r := range results {
			switch {
			case r.Err == nil, errors.Is(r.Err, ErrNoNode):
			case errors.Is(r.Err, ErrNotEmpty):
				again = true
			default:
				return false, r.Err
			}
		}
	}
	return again, nil
}

// descendants lists root and everything below it, parents before children; without "/" itself.
func (c *Client) descendants(co *future.Co, ctx context.Context, root string) ([]string, error) {
	paths := []string{root}
	for next := 0; next < len(paths); {
		n := min(len(paths)-next, c.window())
		lists := make([]*future.Future[ChildList], n)
		for i := range lists {
			lists[i] = c.Children(ctx, paths[next+i])
		}
		results, err := future.Await(co, future.Settle(lists...))
		if err != nil {
			return nil, err
		}
		for i, r := range results {
			if errors.Is(r.Err, ErrNoNode) {
				continue
			}
			if r.Err != nil {
				return nil, r.Err
			}
			for _, name := range r.Value.Names {
				if full := join(paths[next+i], name); c.chroot != "" || full != "/zookeeper" {
					paths = append(paths, full)
				}
			}
		}
		next += n
	}
	if root == "/" {
		paths = paths[1:]
	}
	return paths, nil
}
