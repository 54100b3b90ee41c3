package recipes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/recipes"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest/core"
)

var partitionSet = []string{"c", "a", "b", "d", "a"}

// partitioner begins to share the set.
func partitioner(cl *zk.Client, id string, opts ...recipes.Option) *recipes.SetPartitioner {
	opts = append([]recipes.Option{recipes.WithIdentifier(id), recipes.WithTimeBoundary(50 * time.Millisecond)}, opts...)
	return recipes.NewSetPartitioner(cl, "/set", partitionSet, opts...)
}

// state waits for a state.
func state(t *testing.T, cl *zk.Client, sp *recipes.SetPartitioner, want recipes.PartitionState) recipes.Partition {
	t.Helper()
	var last recipes.Partition
	for last = range sp.Updates(soon(t, cl)) {
		if last.State == want {
			return last
		}
	}
	t.Fatalf("the state is %v, and never %v: %v", last.State, want, last.Err)
	return last
}

// shares waits until each has certain items, and calls Release for them as a user would.
func shares(t *testing.T, cl *zk.Client, want map[*recipes.SetPartitioner]string) {
	t.Helper()
	for sp := range want {
		stop := sp.OnUpdate(func(p recipes.Partition) {
			if p.State == recipes.PartitionRelease {
				sp.Release(ctx)
			}
		})
		defer func() { get(t, cl, stop()) }()
	}
	has := func(p recipes.Partition, items string) bool {
		return p.State == recipes.PartitionAcquired && strings.Join(p.Items, "") == items
	}
	for limit, done := soon(t, cl), 0; done < len(want); {
		done = 0
		for sp, items := range want {
			var last recipes.Partition
			waited := 0
			for last = range sp.Updates(limit) {
				if has(last, items) {
					break
				}
				waited++
			}
			if !has(last, items) {
				t.Fatalf("%v with %v, wants %s", last.State, last.Items, items)
			}
			if waited == 0 {
				done++ // nothing has changed since the others were looked at
			}
		}
	}
}

// Members share the set, and share it anew when somebody comes or goes. An item is theirs alone, by a lock of Kazoo's name.
func TestSetPartitioner(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		one := partitioner(cl, "1")
		p := get(t, cl, one.WaitForAcquire(ctx))
		if !slices.Equal(p.Items, []string{"a", "b", "c", "d"}) || p.State != recipes.PartitionAcquired || len(p.Held) != 4 || p.Held["b"].Err() != nil {
			t.Fatalf("alone: %+v", p)
		}
		if names := kids(t, other, "/set/locks/b"); len(names) != 1 || !kazooName.MatchString(names[0]) {
			t.Errorf("the lock of an item: %v", names)
		}
		if names := kids(t, other, "/set/party"); len(names) != 1 || !strings.HasSuffix(names[0], "-1") {
			t.Errorf("the party: %v", names)
		}

		two := partitioner(other, "2")
		if p := state(t, cl, one, recipes.PartitionRelease); len(p.Items) != 4 || p.Held["b"].Err() != nil {
			t.Errorf("in RELEASE: %+v", p)
		}
		if two.State() != recipes.PartitionAllocating || len(two.Items()) > 0 {
			t.Error("two has items before one has given them back")
		}
		get(t, cl, one.Release(ctx))
		get(t, cl, one.Release(ctx))
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ac", two: "bd"})
		three := partitioner(other, "3")
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ad", two: "b", three: "c"})

		get(t, other, two.Finish(ctx))
		get(t, other, two.Finish(ctx))
		if two.State() != recipes.PartitionFailure || len(two.Items()) > 0 {
			t.Errorf("finished: %v %v", two.State(), two.Items())
		}
		for _, err := range []error{two.Release(ctx).WaitErr(), two.WaitForAcquire(ctx).WaitErr()} {
			if !errors.Is(err, recipes.ErrReleased) {
				t.Errorf("finished: %v", err)
			}
		}
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ac", three: "bd"})
		get(t, cl, one.Release(ctx)) // without a reason
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ac", three: "bd"})
		get(t, cl, one.Finish(ctx))
		get(t, other, three.Finish(ctx))
		until(t, cl, "/set/party", 0)
		for _, item := range partitionSet {
			until(t, cl, "/set/locks/"+item, 0)
		}
		noWatches(t, cl, s)
		noWatches(t, other, s)
	})
}

// Who has no items has acquired all the same; and a function may say who gets what.
func TestPartitionFunc(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		members := map[*recipes.SetPartitioner]string{}
		for i := range 5 {
			items := ""
			if i < 4 {
				items = "abcd"[i : i+1]
			}
			members[partitioner(cl, fmt.Sprint(i))] = items
		}
		shares(t, cl, members)
		for sp := range members {
			get(t, cl, sp.Finish(ctx))
		}
		last := recipes.WithPartitionFunc(func(id string, members, set []string) []string {
			if !slices.Equal(set, []string{"a", "b", "c", "d"}) || !slices.IsSorted(members) {
				t.Errorf("the function is called with %v, %v", members, set)
			}
			if id == members[len(members)-1] {
				return []string{"d", "b", "c", "a"}
			}
			return nil
		})
		shares(t, cl, map[*recipes.SetPartitioner]string{partitioner(cl, "x", last): "", partitioner(cl, "y", last): "abcd"})
	})
}

// A lost connection is RELEASE, also for who has nothing to release; the end of the session FAILURE, for good.
func TestPartitionerSuffers(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		one := partitioner(cl, "1")
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "abcd"})
		s.drop(cl.Session().ID)
		state(t, cl, one, recipes.PartitionRelease)
		alive(t, cl, 0)
		get(t, cl, one.Release(ctx))
		get(t, cl, one.WaitForAcquire(ctx))
		two := partitioner(other, "2")
		shares(t, other, map[*recipes.SetPartitioner]string{one: "ac", two: "bd"})

		old := cl.Session().ID
		s.expire(old)
		if p := state(t, cl, one, recipes.PartitionFailure); !errors.Is(p.Err, recipes.ErrLost) || len(p.Items) > 0 {
			t.Errorf("after the end of the session: %+v", p)
		}
		if err := one.Release(ctx).WaitErr(); !errors.Is(err, recipes.ErrLost) || one.State() != recipes.PartitionFailure {
			t.Errorf("after a failure: %v", err)
		}
		shares(t, other, map[*recipes.SetPartitioner]string{two: "abcd"})
		alive(t, cl, old)
		get(t, cl, one.Finish(ctx))
		until(t, other, "/set/party", 1)
	})
}

// Somebody deletes what is ours: an item's lock, our place among the members, all of it.
func TestPartitionerIsRobbed(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		one := partitioner(cl, "1")
		for _, path := range []string{"/set/locks/b", "/set/party", "/set"} {
			shares(t, cl, map[*recipes.SetPartitioner]string{one: "abcd"})
			get(t, other, other.DeleteAll(ctx, path))
			state(t, cl, one, recipes.PartitionRelease)
		}
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "abcd"})
		get(t, cl, one.Finish(ctx))
	})
}

// Somebody comes while an item is waited for: it begins anew, with what is its own then. Kazoo has it as two tests of races.
func TestPartitionerBeginsAnew(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl, other := s.client(t), s.client(t)
		stranger := get(t, other, recipes.NewLock(other, "/set/locks/b").Acquire(ctx))
		one := partitioner(cl, "1")
		until(t, other, "/set/locks/b", 2)
		two := partitioner(other, "2")
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ac"})
		if two.State() != recipes.PartitionAllocating {
			t.Errorf("two is in %v", two.State())
		}
		get(t, other, stranger.Release(ctx))
		shares(t, cl, map[*recipes.SetPartitioner]string{one: "ac", two: "bd"})

		// Finished while waiting.
		stranger = get(t, other, recipes.NewLock(other, "/set/locks/zz").Acquire(ctx))
		waiting := recipes.NewSetPartitioner(cl, "/set", []string{"yy", "zz"}, recipes.WithIdentifier("3"), recipes.WithTimeBoundary(0),
			recipes.WithPartitionFunc(func(_ string, _, set []string) []string { return set }))
		until(t, other, "/set/locks/zz", 2)
		get(t, cl, waiting.Finish(ctx))
		until(t, other, "/set/locks/zz", 1)
		until(t, other, "/set/locks/yy", 0)
		get(t, other, stranger.Release(ctx))
	})
}

// Whatever is lost on the way, the items are shared, and given back.
func TestPartitionerLosesAnswers(t *testing.T) {
	for _, verdict := range []core.Cut{core.CutBefore, core.CutAfter} {
		for _, op := range []string{"create", "exists", "delete", "getChildren"} {
			t.Run(fmt.Sprint(verdict, op), func(t *testing.T) {
				scenes(t, func(t *testing.T, s scene) {
					cl, other := s.client(t), s.client(t)
					cutOn(s, cl.Session().ID, verdict, 2, op)
					one, two := partitioner(cl, "1"), partitioner(other, "2")
					shares(t, other, map[*recipes.SetPartitioner]string{one: "ac", two: "bd"})
					get(t, cl, one.Finish(ctx))
					shares(t, other, map[*recipes.SetPartitioner]string{two: "abcd"})
				})
			})
		}
	}
}

// What cannot be is a failure at once.
func TestPartitionerBadInput(t *testing.T) {
	scenes(t, func(t *testing.T, s scene) {
		cl := s.client(t)
		stray := recipes.WithPartitionFunc(func(string, []string, []string) []string { return []string{"x"} })
		for _, sp := range []*recipes.SetPartitioner{
			recipes.NewSetPartitioner(cl, "set", partitionSet),
			recipes.NewSetPartitioner(cl, "/set", []string{"a", "b/c"}),
			recipes.NewSetPartitioner(cl, "/set", []string{""}),
			recipes.NewSetPartitioner(cl, "/set", partitionSet, recipes.WithIdentifier("a/b")),
			partitioner(cl, "1", stray),
		} {
			if err := sp.WaitForAcquire(soon(t, cl)).WaitErr(); !errors.Is(err, zk.ErrBadArguments) || sp.State() != recipes.PartitionFailure {
				t.Errorf("%v: %v", sp.State(), err)
			}
			get(t, cl, sp.Finish(ctx))
		}
	})
}
