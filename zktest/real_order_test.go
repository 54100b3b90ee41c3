package zktest_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/zk"
)

// What one session issues without waiting is carried out in order, and each sees the ones before, although writes go
// by the leader and reads do not.
func testOrder(t *testing.T, ens servers) {
	const sets = 100
	cl, leader := ens.Client(t), ens.Leader()
	move(t, ens, cl, func(i int) bool { return i != leader })
	for round := range 20 {
		path := "/n" + strconv.Itoa(round)
		var order atomic.Int64 // completions so far
		inOrder := func(place int64, err error) {
			if now := order.Add(1) - 1; now != place || err != nil {
				t.Errorf("%s: operation %d completed as number %d: %v", path, place, now, err)
			}
		}
		cl.Create(bg, path, nil).OnComplete(func(_ zk.Created, err error) { inOrder(0, err) })
		var last *future.Future[zk.Stat]
		for i := range sets {
			last = cl.Set(bg, path, []byte(strconv.Itoa(i)), int32(i))
			last.OnComplete(func(_ zk.Stat, err error) { inOrder(int64(1+i), err) })
		}
		read := cl.Get(bg, path)
		read.OnComplete(func(_ zk.Node, err error) { inOrder(1+sets, err) })
		gone := cl.Delete(bg, path, sets)
		after := cl.Exists(bg, path)

		if n := got(t, read); string(n.Data) != strconv.Itoa(sets-1) || n.Version != sets || n.Stat != got(t, last) {
			t.Errorf("%s: read %q, %+v; the last set made it %+v", path, n.Data, n.Stat, got(t, last))
		}
		got(t, gone)
		if st := got(t, after); st != nil {
			t.Errorf("%s: deleted, then there: %+v", path, st)
		}
		eventually(t, "all callbacks", func() bool { return order.Load() == 2+sets })
	}
}

// A read on another server sees what was acknowledged before its sync, without waiting for the sync.
func testSyncThenGet(t *testing.T, ens servers) {
	writer, reader := ens.Client(t), ens.Client(t)
	on := serverOf(t, ens, writer)
	move(t, ens, reader, func(i int) bool { return i != on && i != ens.Leader() || i != on && on == ens.Leader() })
	got(t, writer.Create(bg, "/n", nil))
	for i := range 300 {
		want := got(t, writer.Set(bg, "/n", []byte(strconv.Itoa(i)), zk.AnyVersion))
		reader.Sync(bg, "/n")
		if n := got(t, reader.Get(bg, "/n")); n.Stat != want {
			t.Fatalf("round %d: read %+v after a sync, and %+v was acknowledged", i, n.Stat, want)
		}
	}
}
