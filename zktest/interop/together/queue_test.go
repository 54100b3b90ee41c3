package together

import (
	"context"
	"fmt"
	"slices"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
)

// A queue is what both of gazoo's queues have; take takes an item for good.
type queue struct {
	put  func(ctx context.Context, item []byte, opts ...recipes.PutOption) *future.Future[struct{}]
	take func(ctx context.Context) (string, error)
	len  func(ctx context.Context) *future.Future[int]
}

func playQueue(s *stage) {
	playQueues(s, func(cl *zk.Client) queue {
		q := recipes.NewQueue(cl, "/queue")
		return queue{q.Put, func(ctx context.Context) (string, error) {
			item, err := q.Get(ctx).Wait()
			return string(item), err
		}, q.Len}
	}, `
def take(limit):
    item = q.get()
    return item.decode() if item else None
q = client.Queue("/queue")
`)
}

func playLockingQueue(s *stage) {
	playQueues(s, func(cl *zk.Client) queue {
		q := recipes.NewLockingQueue(cl, "/queue")
		return queue{q.Put, func(ctx context.Context) (string, error) {
			for {
				item, err := q.Get(ctx).Wait()
				if err != nil {
					return "", err
				}
				data := string(item.Data)
				if err := item.Consume(ctx).WaitErr(); err == nil || zk.MaybeApplied(err) {
					return data, err
				}
			}
		}, q.Len}
	}, `
def take(limit):
    item = q.get(timeout=0.1)
    return item.decode() if item and q.consume() else None
q = client.LockingQueue("/queue")
`)
}

// One of each kind puts, and the others take: every item is taken, once.
func playQueues(s *stage, our func(cl *zk.Client) queue, theirs string) {
	items := rounds(60, 400) // of each producer
	taken, over := make(chan string), make(chan struct{})
	give := func(who, item string) bool {
		select {
		case taken <- who + " " + item:
			return true
		case <-s.ctx.Done():
			return false
		}
	}
	queues := make([]queue, each)
	for i, cl := range s.ours {
		queues[i] = our(cl)
	}
	for _, k := range s.theirs {
		s.must(k.do("%s", theirs))
	}
	s.cutting()
	for _, q := range queues[1:] {
		go func() {
			for range items * 2 / each { // and the rest is for Kazoo, which does not wait, but asks now and then
				item, err := q.take(s.ctx)
				if err != nil {
					if s.ctx.Err() == nil {
						s.Errorf("gazoo: %v", err)
					}
					return
				}
				if !give("gazoo", item) {
					return
				}
			}
		}()
	}
	takers := beginAll(s.theirs[1:], func(k *kazoo) error {
		for {
			select {
			case <-over:
				return nil
			default:
			}
			if item, err := eval[*string](k, "take(0.1)"); err != nil {
				return err
			} else if item != nil {
				give("kazoo", *item)
			}
		}
	})
	var put []*future.Future[struct{}]
	for i := range items {
		put = append(put, queues[0].put(s.ctx, fmt.Append(nil, "gazoo-", i), recipes.Priority(i%3)))
	}
	producer := beginAll(s.theirs[:1], func(k *kazoo) error {
		return k.do("for i in range(%d): q.put(b'kazoo-%%d' %% i, priority=i %% 3)", items)
	})
	var got, want []string
	by := map[string]int{}
	for i := range items {
		want = append(want, fmt.Sprint("gazoo-", i), fmt.Sprint("kazoo-", i))
	}
	for range want {
		select {
		case line := <-taken:
			var who, item string
			fmt.Sscan(line, &who, &item)
			got = append(got, item)
			by[who]++
		case <-s.ctx.Done():
			s.Fatalf("%d of %d items were taken in time", len(got), len(want))
		}
	}
	close(over)
	end(s, append(takers, producer...)...)
	for _, f := range put {
		s.must(f.WaitErr())
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		s.Errorf("taken: %q", got)
	}
	if n, err := queues[0].len(s.ctx).Wait(); n != 0 || err != nil {
		s.Errorf("%d are left, %v", n, err)
	}
	if by["gazoo"] == 0 || by["kazoo"] == 0 {
		s.Errorf("taken by %v", by)
	}
}
