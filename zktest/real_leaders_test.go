package zktest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
)

// killEvery is how long one leader lives, if another one can be had by then.
const killEvery = 5 * time.Second

// Many contend for a lock while one leader after the other is killed: twice, or as often as GAZOO_LEADER_KILLS says; 24 take
// two minutes. After each the lock goes on from hand to hand, no two have it by what they believe nor by their tokens,
// and nothing is left behind.
func TestRealKilledLeaders(t *testing.T) {
	t.Parallel()
	needs(t, "3.4", "transactions")
	kills := 2
	if text := os.Getenv("GAZOO_LEADER_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil || kills < 1 {
			t.Fatalf("GAZOO_LEADER_KILLS=%s: want a number above 0", text)
		}
	}
	testKilledLeaders(t, zktest.StartZooKeeper(t, 3), kills)
}

func testKilledLeaders(t *testing.T, ens servers, kills int) {
	const contenders = 32
	cls := make([]*zk.Client, contenders)
	for i := range cls {
		cls[i] = ens.Client(t)
	}
	got(t, cls[0].Create(bg, "/resource", nil))
	begun := time.Now()
	uses := &uses{holders: holdersOf(t)}
	ctx, stop := context.WithCancel(bg)
	var all sync.WaitGroup
	for i, cl := range cls {
		all.Go(func() { uses.contend(ctx, fmt.Sprint("contender ", i), cl) })
	}
	// Whatever fails here, they must have ended before the test has.
	t.Cleanup(all.Wait)
	t.Cleanup(stop)

	handed := func(n int) { // waits until the lock has been handed over n times from now on
		n += uses.count()
		eventually(t, "the lock is handed over", func() bool { return uses.count() >= n })
	}
	handed(contenders)
	for range kills {
		next := time.After(killEvery)
		leader := ens.Leader()
		ens.Kill(leader)
		killed, before := time.Now(), uses.count()
		handed(1)
		first := time.Since(killed)
		ens.Restart(leader)
		<-next
		handed(1)
		t.Logf("server %d killed: held by the next after %v, by %d within %v", leader,
			first.Round(time.Millisecond), uses.count()-before, time.Since(killed).Round(time.Millisecond))
	}
	handed(contenders)
	stop()
	all.Wait()

	for _, cl := range cls {
		await(t, cl, zk.Connected)
	}
	eventually(t, "no contender's node is left", func() bool {
		got(t, cls[0].Sync(bg, "/lock"))
		return len(got(t, cls[0].Children(bg, "/lock")).Names) == 0
	})
	kids := got(t, cls[0].Children(bg, "/")).Names
	if slices.Sort(kids); !slices.Equal(kids, []string{"lock", "resource"}) {
		t.Errorf("nodes %q, want the lock and what it protects", kids)
	}
	uses.check(got(t, cls[0].Get(bg, "/resource")))
	t.Logf("%d kills in %v: %d times held, %d uses, %d of them refused or in doubt, %d times lost; longest gap %v",
		kills, time.Since(begun).Round(time.Second), uses.count(), len(uses.done), uses.failed, uses.lost, uses.gap.Round(time.Millisecond))
}

// The uses of what a lock protects: a node that every holder writes its token to, several times.
type uses struct {
	*holders

	mu     sync.Mutex // guards what follows
	done   []use
	failed int
	last   time.Time     // when a use was acknowledged
	gap    time.Duration // the longest between two
}

// A use is a write that was acknowledged.
type use struct{ zxid, token int64 }

// contend acquires, uses and releases until ctx ends.
func (u *uses) contend(ctx context.Context, who string, cl *zk.Client) {
	lock := recipes.NewLock(cl, "/lock", recipes.WithIdentifier(who))
	for {
		held, err := lock.Acquire(ctx).Wait()
		if ctx.Err() != nil {
			if err == nil {
				u.release(who, held)
			}
			return
		}
		if err != nil {
			u.t.Errorf("%s: %v", who, err)
			return
		}
		u.enter(who, held)
		err = nil
		for range 3 {
			if err = u.use(who, held); err != nil {
				break
			}
		}
		u.leave(held, err == nil)
		u.release(who, held)
	}
}

func (u *uses) release(who string, held *recipes.Held) {
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	if err := held.Release(ctx).WaitErr(); err != nil {
		u.t.Errorf("%s: release: %v", who, err)
	}
}

// use writes the token, if the lock is held.
func (u *uses) use(who string, held *recipes.Held) error {
	ctx, cancel := context.WithTimeout(bg, realPatience)
	defer cancel()
	tx := held.Txn()
	set := tx.Set("/resource", strconv.AppendInt(nil, held.Token(), 10), zk.AnyVersion)
	err := tx.Commit(ctx).WaitErr()
	if errors.Is(err, context.DeadlineExceeded) {
		u.t.Errorf("%s: a use did not end", who)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.failed++
		return err
	}
	st, err := set.Wait()
	if err != nil {
		u.t.Errorf("%s: the transaction succeeds, its set fails: %v", who, err)
		return err
	}
	now := time.Now()
	if !u.last.IsZero() {
		u.gap = max(u.gap, now.Sub(u.last))
	}
	u.last = now
	u.done = append(u.done, use{st.Mzxid, held.Token()})
	return nil
}

// check reports tokens that are smaller than one before: there were two holders then, and the resource obeyed both. end is
// the resource in the end.
func (u *uses) check(end zk.Node) {
	u.mu.Lock()
	defer u.mu.Unlock()
	slices.SortFunc(u.done, func(a, b use) int { return cmp.Compare(a.zxid, b.zxid) })
	for i := 1; i < len(u.done); i++ {
		if a, b := u.done[i-1], u.done[i]; b.token < a.token {
			u.t.Errorf("token %#x is used at zxid %#x, after %#x at %#x", b.token, b.zxid, a.token, a.zxid)
		}
	}
	last := u.done[len(u.done)-1]
	if token, err := strconv.ParseInt(string(end.Data), 10, 64); err != nil || end.Mzxid < last.zxid || token < last.token {
		u.t.Errorf("the resource has %q from zxid %#x, after token %#x at %#x", end.Data, end.Mzxid, last.token, last.zxid)
	}
	if int(end.Version) < len(u.done) || int(end.Version) > len(u.done)+u.failed {
		u.t.Errorf("the resource was written %d times; %d times acknowledged, %d in doubt", end.Version, len(u.done), u.failed)
	}
}
