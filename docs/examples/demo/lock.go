package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A fence is what a resource needs to be safe from those who do not know yet that they have lost the lock.
type fence struct{ newest atomic.Int64 }

// pass refuses a token older than the newest that was seen.
func (f *fence) pass(token int64) error {
	for {
		newest := f.newest.Load()
		if token < newest {
			return fmt.Errorf("token %#x is older than %#x: not the holder any more", token, newest)
		}
		if f.newest.CompareAndSwap(newest, token) {
			return nil
		}
	}
}

// lock has three clients take turns.
func (d *demo) lock(ctx context.Context, cl *zk.Client) error {
	var weather fence
	names := []string{"ann", "ben", "cem"}
	clients := make([]*zk.Client, len(names))
	for i := range clients {
		own, err := d.connect(ctx)
		if err != nil {
			return err
		}
		defer own.Close(ctx)
		clients[i] = own
	}
	var turns []*future.Future[struct{}]
	for i, name := range names {
		own := clients[i]
		lock := recipes.NewLock(own, "/lock", recipes.WithIdentifier(name))
		turns = append(turns, future.Async(ctx, own.Handler().Lane(name), func(co *future.Co) (struct{}, error) {
			for turn := range 2 {
				since := time.Now()
				held, err := future.Await(co, lock.Acquire(ctx))
				if err != nil {
					return struct{}{}, err
				}
				if err := weather.pass(held.Token()); err != nil {
					return struct{}{}, fmt.Errorf("%s: %w", name, err)
				}
				d.say("%s holds the lock, turn %d, token %#x, after %v", name, turn+1, held.Token(), took(since))
				tx := held.Txn() // refused if the lock should be lost
				tx.Set("/weather", []byte("made by "+name), zk.AnyVersion)
				if _, err := future.Await(co, tx.Commit(ctx)); err != nil {
					return struct{}{}, err
				}
				if _, err := future.Await(co, held.Release(ctx)); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		}))
	}
	if err := future.All(turns...).WaitErr(); err != nil {
		return err
	}
	node, err := cl.Get(ctx, "/weather").Wait()
	if err != nil {
		return err
	}
	d.say("six turns, one holder at a time, growing tokens; the weather was %s", node.Data)
	return nil
}
