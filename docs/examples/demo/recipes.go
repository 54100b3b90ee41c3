package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// election has two clients stand for election; the leader's session ends, and the other one leads.
func (d *demo) election(ctx context.Context, cl *zk.Client) error {
	ann, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer ann.Close(ctx)
	ben, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer ben.Close(ctx)

	term, err := recipes.NewElection(ann, "/election", recipes.WithIdentifier("ann")).Campaign(ctx).Wait()
	if err != nil {
		return err
	}
	next := recipes.NewElection(ben, "/election", recipes.WithIdentifier("ben")).Campaign(ctx)
	for leader := range recipes.NewElection(cl, "/election").Observe(ctx) {
		switch {
		case leader == nil:
			d.say("led by nobody")
		case leader.Token == term.Token():
			d.say("led by %s, token %#x; now her client is closed", leader.Identifier, leader.Token)
			if err := ann.Close(ctx).WaitErr(); err != nil {
				return err
			}
		default:
			d.say("led by %s, token %#x; ann's term: %v", leader.Identifier, leader.Token, term.Err())
			return next.WaitErr()
		}
	}
	return ctx.Err()
}

// queue has a worker that fails: what it took is there for the next one.
func (d *demo) queue(ctx context.Context, cl *zk.Client) error {
	jobs := recipes.NewLockingQueue(cl, "/jobs")
	if err := jobs.PutAll(ctx, [][]byte{[]byte("wash"), []byte("cook")}).WaitErr(); err != nil {
		return err
	}
	if err := jobs.Put(ctx, []byte("put out the fire"), recipes.Priority(1)).WaitErr(); err != nil {
		return err
	}
	d.say("three jobs are queued, the last one with priority 1")

	ann, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer ann.Close(ctx)
	lost, err := recipes.NewLockingQueue(ann, "/jobs").Get(ctx).Wait()
	if err != nil {
		return err
	}
	d.say("ann takes %q, and dies", lost.Data)
	if err := ann.Close(ctx).WaitErr(); err != nil {
		return err
	}
	for range 3 {
		job, err := jobs.Get(ctx).Wait()
		if err != nil {
			return err
		}
		if err := job.Consume(ctx).WaitErr(); err != nil {
			return err
		}
		d.say("ben has done %q", job.Data)
	}
	left, err := jobs.Len(ctx).Wait()
	if err != nil {
		return err
	}
	if left != 0 {
		return fmt.Errorf("%d jobs are left", left)
	}
	return nil
}

// tree has a copy of a tree follow what happens to it.
func (d *demo) tree(ctx context.Context, cl *zk.Client) error {
	for _, path := range []string{"/shop/fruit/apples", "/shop/fruit/pears", "/shop/bread"} {
		if err := cl.Create(ctx, path, []byte("1"), zk.MakeParents()).WaitErr(); err != nil {
			return err
		}
	}
	events := make(chan recipes.TreeEvent, 100)
	cache := recipes.NewTreeCache(cl, "/shop")
	cache.OnEvent(func(e recipes.TreeEvent) { events <- e })
	if err := cache.Start(ctx).WaitErr(); err != nil {
		return err
	}
	names, err := cache.Children("/shop/fruit")
	if err != nil {
		return err
	}
	d.say("the cache has read the tree: below fruit there are %v", names)

	cl.Set(ctx, "/shop/fruit/apples", []byte("2"), zk.AnyVersion)
	cl.Delete(ctx, "/shop/bread", zk.AnyVersion)
	for {
		select {
		case e := <-events:
			d.say("event %s", strings.TrimSpace(fmt.Sprint(e.Type, " ", e.Node.Path)))
			if e.Type == recipes.NodeRemoved {
				apples, err := cache.Get("/shop/fruit/apples")
				if err != nil {
					return err
				}
				d.say("without asking a server: there are %s apples", apples.Data)
				return cache.Close(ctx).WaitErr()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
