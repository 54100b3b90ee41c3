// Package simulation shows how code that uses ZooKeeper is tested in simulated worlds, and what that finds:
// three ways to write a lock that are wrong, and pass every ordinary test. See docs/simulation.md.
package simulation

import (
	"context"
	"errors"
	"slices"
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
func Careful(ctx context.Context, cl *zk.Client, store Store, work func()) error {
	held, err := recipes.NewLock(cl, "/jobs").Acquire(ctx).Wait()
	if err != nil {
		return err
	}
	defer held.Release(ctx)
	work()
	return store.Write(held.Token())
}

// NoFencing does everything right, except that its store does not look at tokens: it asks whether the lock
// is held, and then writes. In between a process may be paused for longer than its session lasts.
func NoFencing(ctx context.Context, cl *zk.Client, store Store, work func()) error {
	held, err := recipes.NewLock(cl, "/jobs").Acquire(ctx).Wait()
	if err != nil {
		return err
	}
	defer held.Release(ctx)
	if err := held.Err(); err != nil {
		return err
	}
	work()
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
	prefix := cl.GUID() + "-n-"
	for {
		made, err := cl.Create(ctx, "/naive/"+prefix, nil, zk.Ephemeral|zk.Sequential).Wait()
		if !errors.Is(err, zk.ErrConnectionLoss) {
			return made.Path, err
		}
		list, err := cl.Children(ctx, "/naive").Wait() // Sync in front of it makes it right
		if err != nil && !errors.Is(err, zk.ErrConnectionLoss) {
			return "", err
		}
		for _, name := range list.Names {
			if strings.HasPrefix(name, prefix) {
				return "/naive/" + name, nil
			}
		}
	}
}

// Take waits until the lock is ours, and returns what gives it back.
func (n *Naive) Take(ctx context.Context, cl *zk.Client) (release func() error, err error) {
	own, err := n.Create(ctx, cl)
	if err != nil {
		return nil, err
	}
	number := func(name string) string { return name[len(name)-10:] }
	for {
		list, err := cl.Children(ctx, "/naive").Wait()
		if errors.Is(err, zk.ErrConnectionLoss) {
			continue
		} else if err != nil {
			return nil, err
		}
		slices.SortFunc(list.Names, func(a, b string) int { return strings.Compare(number(a), number(b)) })
		if len(list.Names) == 0 || "/naive/"+list.Names[0] == own {
			return func() error {
				for {
					err := cl.Delete(ctx, own, zk.AnyVersion).WaitErr()
					if !errors.Is(err, zk.ErrConnectionLoss) {
						return err
					}
				}
			}, nil
		}
		first, err := cl.ExistsAndWatch(ctx, "/naive/"+list.Names[0]).Wait()
		if err == nil && first.Value != nil {
			_, _ = first.Changed.Wait()
		}
	}
}
