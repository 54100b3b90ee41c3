// Package linear checks histories of locks, counters, queues and registers: could what the clients were told have happened
// one operation after the other, each at some moment between its call and its return?
//
//	var h linear.Lock
//	…
//	h.Acquire(worker, call, ret, held.Token())
//	h.Release(worker, call, ret)
//	…
//	if err := h.Check(); err != nil {
//		t.Error(err)
//	}
//
// It is for what ZooKeeper numbers with no zxid. The search is porcupine's.
//
// # Rules
//
//   - Moments are of any clock that all clients share and that never goes back. Operations that overlap, the very ends
//     included, may have happened in either order.
//   - An operation whose outcome is unknown (Maybe…) may have happened at any moment after its call, or never.
//   - Check is bounded: one that has taken too many steps fails with [ErrUndecided], which is a failure and no success. The
//     bound counts steps and not time, so that the verdict is always the same, also where time is virtual.
//   - A history belongs to one goroutine at a time, and its zero value is empty. Check does not change it.
//   - Clients are numbered from 0.
package linear
