package queues

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/python"
	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const (
	path = "/queues/shared"
	each = 100 // items that each client puts
)

// A queue is what both kinds of queues have; take takes an item for good.
type queue struct {
	put  func(ctx context.Context, item []byte, opts ...recipes.PutOption) *future.Future[struct{}]
	take func(ctx context.Context) (string, error)
	len  func(ctx context.Context) *future.Future[int]
}

var kinds = map[string]func(cl *zk.Client) queue{
	"Queue": func(cl *zk.Client) queue {
		q := recipes.NewQueue(cl, path)
		return queue{q.Put, func(ctx context.Context) (string, error) {
			item, err := q.Get(ctx).Wait()
			return string(item), err
		}, q.Len}
	},
	"LockingQueue": func(cl *zk.Client) queue {
		q := recipes.NewLockingQueue(cl, path)
		return queue{q.Put, func(ctx context.Context) (string, error) {
			item, err := q.Get(ctx).Wait()
			if err != nil {
				return "", err
			}
			return string(item.Data), item.Consume(ctx).WaitErr()
		}, q.Len}
	},
}

// Two of gazoo and two of Kazoo take what one of each puts: every item is taken, once.
func TestQueuesAreShared(t *testing.T) {
	for kind, begin := range kinds {
		t.Run(kind, func(t *testing.T) {
			server.Each(t, func(t *testing.T, addr string) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*server.Patience)
				defer cancel()
				taken := make(chan string)
				for range 2 {
					kazoo(t, ctx, taken, addr, path, kind, "take", "0")
					q := begin(connect(t, ctx, addr))
					go func() {
						for range each / 2 { // and the rest is for Kazoo, which does not wait, but asks now and then
							item, err := q.take(ctx)
							if err != nil {
								if ctx.Err() == nil {
									t.Errorf("gazoo: %v", err)
								}
								return
							}
							select {
							case taken <- "gazoo " + item:
							case <-ctx.Done():
								return
							}
						}
					}()
				}
				kazoo(t, ctx, nil, addr, path, kind, "put", fmt.Sprint(each))
				producer := begin(connect(t, ctx, addr))
				for i := range each {
					producer.put(ctx, fmt.Append(nil, "gazoo-", i), recipes.Priority(i%3))
				}
				var got, want []string
				by := map[string]int{}
				for i := range each {
					want = append(want, fmt.Sprint("gazoo-", i), fmt.Sprint("kazoo-", i))
				}
				for range want {
					select {
					case line := <-taken:
						var who, item string
						fmt.Sscan(line, &who, &item)
						got = append(got, item)
						by[who]++
					case <-ctx.Done():
						t.Fatalf("%d of %d items were taken in time", len(got), len(want))
					}
				}
				slices.Sort(got)
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Errorf("taken: %q", got)
				}
				if n, err := producer.len(ctx).Wait(); n != 0 || err != nil {
					t.Errorf("%d are left, %v", n, err)
				}
				t.Logf("taken by %v", by)
			})
		})
	}
}

func connect(t *testing.T, ctx context.Context, addr string) *zk.Client {
	t.Helper()
	cl, err := zk.Connect(ctx, addr, zk.WithSessionTimeout(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), server.Patience)
		defer cancel()
		if err := cl.Close(ctx).WaitErr(); err != nil {
			t.Errorf("gazoo: %v", err)
		}
	})
	return cl
}

// kazoo runs the script until the test ends, and waits until it is connected.
func kazoo(t *testing.T, ctx context.Context, taken chan<- string, args ...string) {
	t.Helper()
	cmd := server.Command(context.Background(), python.Find(t), append([]string{"-B", "testdata/share.py"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &server.Log{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "ready" {
		_ = server.KillGroup(cmd)
		t.Fatalf("kazoo is not ready: %v\n%s", cmd.Wait(), log)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			select {
			case taken <- "kazoo " + lines.Text():
			case <-ctx.Done():
			}
		}
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = server.KillGroup(cmd)
		<-ended
		if t.Failed() {
			t.Logf("kazoo %v:\n%s", args, log)
		}
	})
}
