// Package simulation shows how code that uses ZooKeeper is tested in simulated worlds, and what that finds:
// three ways to write a lock that are wrong, and pass every ordinary test. See docs/simulation.md.
package simulation

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A Store is where workers write, such as a database.
type Store interface {
	// Write refuses tokens that are older than one that it has seen.
	Write(token int64) error
	// Overwrite does not know of tokens: the last writer wins.
	Overwrite(token int64)
}

// Careful writes with the token of the lock.
func Careful(ctx context.Context, cl *zk.Client, store Store, work func(*recipes.Held)) error {
	held, err := recipes.NewLock(cl, "/jobs").Acquire(ctx).Wait()
	if err != nil {
		return err
	}
	defer held.Release(ctx)
	work(held)
	return store.Write(held.Token())
}

// NoFencing does everything right, except that its store does not look at tokens: it asks whether the lock
// is held, and then writes. In between a process may be paused for longer than its session lasts.
func NoFencing(ctx context.Context, cl *zk.Client, store Store, work func(*recipes.Held)) error {
	held, err := recipes.NewLock(cl, "/jobs").Acquire(ctx).Wait()
	if err != nil {
		return err
	}
	defer held.Release(ctx)
	if err := held.Err(); err != nil {
		return err
	}
	work(held)
	store.Overwrite(held.Token())
	return nil
}

// A Naive lock is what many tutorials show: an ephemeral sequential node, and who has the lowest number
// holds the lock.
type Naive struct {
	// Create makes the contender's node and returns its name.
	Create createFunc
}

type createFunc = func(ctx context.Context, cl *zk.Client) (string, error)

// CreateBlindly tries again when the answer to its create is lost. The node may be there all the same: then
// there are two, and nobody ever deletes the first as long as the session lives.
func CreateBlindly(ctx context.Context, cl *zk.Client) (string, error) {
	for {
		made, err := cl.Create(ctx, "/naive/n-", nil, zk.Ephemeral|zk.Sequential).Wait()
		if !errors.Is(err, zk.ErrConnectionLoss) {
			return made.Path, err
		}
	}
}

// CreateAndSearch puts something unguessable into the name, and looks for it when the answer is lost, as
// Kazoo and Curator do. But the server that it reaches next may not know of the node yet.
func CreateAndSearch(ctx context.Context, cl *zk.Client) (string, error) {
	return createAndSearch(ctx, cl, func() error { return nil })
}

// CreateSyncAndSearch looks for it when that server has caught up. This one is right.
func CreateSyncAndSearch(ctx context.Context, cl *zk.Client) (string, error) {
	return createAndSearch(ctx, cl, func() error { return cl.Sync(ctx, "/naive").WaitErr() })
}

func createAndSearch(ctx context.Context, cl *zk.Client, catchUp func() error) (string, error) {
	prefix := cl.GUID() + "-n-"
	for {
		made, err := cl.Create(ctx, "/naive/"+prefix, nil, zk.Ephemeral|zk.Sequential).Wait()
		if !errors.Is(err, zk.ErrConnectionLoss) {
			return made.Path, err
		}
		name, err := search(ctx, cl, prefix, catchUp)
		if name != "" || err != nil {
			return name, err
		}
	}
}

// search returns the path of the node whose name begins with prefix, "" if there is none.
func search(ctx context.Context, cl *zk.Client, prefix string, catchUp func() error) (string, error) {
	for {
		if err := catchUp(); errors.Is(err, zk.ErrConnectionLoss) {
			continue
		} else if err != nil {
			return "", err
		}
		list, err := cl.Children(ctx, "/naive").Wait()
		if errors.Is(err, zk.ErrConnectionLoss) {
			continue
		}
		for _, name := range list.Names {
			if strings.HasPrefix(name, prefix) {
				return "/naive/" + name, nil
			}
		}
		return "", err
	}
}

// Take waits until the lock is ours.
func (n *Naive) Take(ctx context.Context, cl *zk.Client) (*Taken, error) {
	own, err := n.Create(ctx, cl)
	if err != nil {
		return nil, err
	}
	for {
		list, err := cl.Children(ctx, "/naive").Wait()
		if errors.Is(err, zk.ErrConnectionLoss) {
			continue
		} else if err != nil {
			return nil, err
		}
		if !slices.Contains(list.Names, path.Base(own)) {
			return nil, zk.ErrSessionExpired // and our node is gone with it
		}
		slices.SortFunc(list.Names, byNumber)
		if path.Base(own) == list.Names[0] {
			return &Taken{cl: cl, path: own}, nil
		}
		first, err := cl.ExistsAndWatch(ctx, "/naive/"+list.Names[0]).Wait()
		if err == nil && first.Value != nil {
			_, _ = first.Changed.Wait()
		}
	}
}

// Taken is a Naive lock that we hold, or so we think.
type Taken struct {
	cl       *zk.Client
	path     string
	released bool
}

// Err asks only ourselves. Whether our node is still there, it does not know.
func (h *Taken) Err() error {
	if h.released {
		return errors.New("released")
	}
	return nil
}

// Token is the number of our node.
func (h *Taken) Token() int64 {
	return int64(uint32(number(h.path)))
}

// Release deletes our node.
func (h *Taken) Release(ctx context.Context) error {
	h.released = true
	for {
		err := h.cl.Delete(ctx, h.path, zk.AnyVersion).WaitErr()
		if !errors.Is(err, zk.ErrConnectionLoss) {
			return err
		}
	}
}

// number is what the server adds to the name of a sequential node.
func number(name string) int32 {
	n, _ := strconv.ParseInt(name[strings.LastIndex(name, "n-")+len("n-"):], 10, 32)
	return int32(n)
}

// byNumber orders names. After 2147483647 comes -2147483648.
func byNumber(a, b string) int {
	return cmp.Or(cmp.Compare(number(a)-number(b), 0), strings.Compare(a, b))
}
