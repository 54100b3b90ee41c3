package together

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// A sharer shares the set, from begin to finish. It marks each item that it has: see /marks.
type sharer struct {
	who           string
	begin, finish func() error
}

const boundary = 200 * time.Millisecond // for how long nobody must come or go; eval.py lets nobody sleep longer

// What a member of Kazoo does all the time. An item whose mark is there, and not our own, is an item that two have.
const pySharer = `
class Sharer(threading.Thread):
    def __init__(self, who, items, boundary):
        super().__init__(daemon=True)
        self.who, self.items, self.boundary, self.over, self.marked, self.problem = who, items, boundary, False, None, None

    def run(self):
        while not self.over:
            p = client.SetPartitioner("/set", self.items, identifier=self.who, time_boundary=self.boundary, max_reaction_time=self.boundary)
            while not self.over and not p.failed:
                if p.release:
                    self.unmark()
                    p.release_set()
                elif p.acquired and self.marked is None:
                    self.mark(list(p))
                else:
                    p.state_change_event.wait(0.02)
                    p.state_change_event.clear()
            self.unmark()
            p.finish()

    def mark(self, items):
        self.marked = items
        for item in items:
            try:
                client.retry(client.create, "/marks/" + item, self.who.encode(), ephemeral=True)
            except exceptions.NodeExistsError:
                owner = client.retry(client.get, "/marks/" + item)[0].decode()
                if owner != self.who:
                    self.problem = "%s and %s both have %s" % (self.who, owner, item)

    def unmark(self):
        for item in self.marked or ():
            try:
                client.retry(client.delete, "/marks/" + item)
            except exceptions.NoNodeError:
                pass
        self.marked = None

    def finish(self):
        self.over = True
        self.join()
        if self.problem:
            raise Exception(self.problem)
`

// Each item is always somebody's alone, and soon that of whom it belongs to, whoever comes, goes, or is cut off.
func playPartitioner(s *stage) {
	s.must(s.observer.Create(s.ctx, "/marks", nil).WaitErr())
	var items []string
	for i := range 24 {
		items = append(items, fmt.Sprint("item", i))
	}
	slices.Sort(items)
	all := members(s, func(cl *zk.Client, who string) sharer { return newSharer(s, cl, who, items) }, func(k *kazoo) sharer {
		s.must(k.do("%s\nitems = %q.split()", pySharer, strings.Join(items, " ")))
		return sharer{
			k.who,
			func() error { return k.do("m = Sharer(%q, items, %v)\nm.start()", k.who, boundary.Seconds()) },
			func() error { return k.do("m.finish()") },
		}
	})
	for _, m := range all {
		s.must(m.begin())
	}
	s.awaitShares(all, items, 0)
	for i := range rounds(1, 25) {
		pair := 2 * (i % each)
		rest := slices.Delete(slices.Clone(all), pair, pair+2)
		for _, m := range all[pair : pair+2] {
			s.must(m.finish())
		}
		s.awaitShares(rest, items, 0)
		cut, err := s.observer.Set(s.ctx, "/marks", nil, zk.AnyVersion).Wait()
		s.must(err)
		for _, way := range s.ourWays {
			way.Cut(proxy.Reset)
		}
		end(s, beginAll(s.theirs, (*kazoo).cut)...) // who is about to come must have another: Kazoo's constructor tries once
		s.awaitShares(rest, items, cut.Mzxid)
		for _, m := range all[pair : pair+2] {
			s.must(m.begin())
		}
		s.awaitShares(all, items, 0)
	}
	for _, m := range all {
		s.must(m.finish())
	}
	for _, item := range items {
		if kids, err := s.observer.Children(s.ctx, "/set/locks/"+item).Wait(); err != nil || len(kids.Names) > 0 {
			s.Errorf("of %s is left: %q, %v", item, kids.Names, err)
		}
	}
}

// awaitShares waits until everybody has marked, after since, what is his by the rule of both clients.
func (s *stage) awaitShares(members []sharer, items []string, since int64) {
	s.Helper()
	var who []string
	for _, m := range members {
		who = append(who, m.who)
	}
	slices.Sort(who)
	want := make(map[string]string)
	for i, item := range items {
		want[item] = who[i%len(who)]
	}
	var got map[string]string
	defer func() {
		if s.Failed() {
			s.Logf("marks: %v\nwant: %v", got, want)
		}
	}()
	for {
		kids, err := s.observer.ChildrenAndWatch(s.ctx, "/marks").Wait()
		s.must(err)
		got = make(map[string]string)
		for _, item := range kids.Value.Names {
			n, err := s.observer.Get(s.ctx, "/marks/"+item).Wait()
			if err != nil && !errors.Is(err, zk.ErrNoNode) {
				s.Fatal(err)
			}
			if n.Czxid > since {
				got[item] = string(n.Data)
			}
		}
		if maps.Equal(got, want) {
			break
		}
		if _, err := kids.Changed.WaitContext(s.ctx); err != nil {
			s.Fatal(err)
		}
	}
	for _, item := range items {
		s.until("only its owner is in the queue for "+item, func() bool {
			kids, err := s.observer.Children(s.ctx, "/set/locks/"+item).Wait()
			return err == nil && len(kids.Names) == 1
		})
	}
}

// newSharer is a member of gazoo.
func newSharer(s *stage, cl *zk.Client, who string, items []string) sharer {
	var ended *call[struct{}]
	var leave context.CancelFunc
	return sharer{who, func() error {
		var stay context.Context
		stay, leave = context.WithCancel(s.ctx)
		ended = begin(func() (struct{}, error) { return struct{}{}, share(s.ctx, stay, cl, who, items) })
		return nil
	}, func() error {
		leave()
		<-ended.done
		return ended.err
	}}
}

// share is what a member of gazoo does until stay ends.
func share(ctx, stay context.Context, cl *zk.Client, who string, items []string) error {
	p := recipes.NewSetPartitioner(cl, "/set", items, recipes.WithIdentifier(who), recipes.WithTimeBoundary(boundary))
	var marked []string
	unmark := func() error {
		for _, item := range marked {
			if err := insist(func() error { return cl.Delete(ctx, "/marks/"+item, zk.AnyVersion).WaitErr() }); err != nil && !errors.Is(err, zk.ErrNoNode) {
				return err
			}
		}
		marked = nil
		return nil
	}
	for now := range p.Updates(stay) {
		switch now.State {
		case recipes.PartitionAcquired:
			for _, item := range now.Items {
				err := insist(func() error { return cl.Create(ctx, "/marks/"+item, []byte(who), zk.Ephemeral).WaitErr() })
				if errors.Is(err, zk.ErrNodeExists) {
					err = own(ctx, cl, who, item)
				}
				if err != nil {
					return err
				}
				marked = append(marked, item)
			}
		case recipes.PartitionRelease:
			if err := unmark(); err != nil {
				return err
			}
			p.Release(ctx)
		case recipes.PartitionFailure:
			return fmt.Errorf("%s fails: %w", who, now.Err)
		}
	}
	if err := unmark(); err != nil {
		return err
	}
	return p.Finish(ctx).WaitErr()
}

// insist carries something out that may be carried out twice.
func insist(f func() error) error {
	for {
		if err := f(); !errors.Is(err, zk.ErrConnectionLoss) {
			return err
		}
	}
}

// own checks that a mark is our own.
func own(ctx context.Context, cl *zk.Client, who, item string) error {
	n, err := cl.WithRetry(zk.RetryPolicy{MaxTries: zk.TryForever}).Get(ctx, "/marks/"+item).Wait()
	if err == nil && string(n.Data) != who {
		err = fmt.Errorf("%s and %s both have %s", who, n.Data, item)
	}
	return err
}
