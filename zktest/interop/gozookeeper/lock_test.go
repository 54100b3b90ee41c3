package gozookeeper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

// The contenders get the lock in the order in which they queued up.
func TestLock(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		const path = "/locks/deep/down"
		first := connect(t, addr, timeout)
		lock := zk.NewLock(first.Conn, path, open)
		must(t, lock.LockWithData([]byte("first")))
		wantErr(t, "locking twice", lock.Lock(), zk.ErrDeadlock)

		const others = 3
		got := make(chan int)
		var locks []*zk.Lock
		for i := range others {
			c := connect(t, addr, timeout)
			// It is queued when the parent has a child more.
			_, _, queued, err := first.ChildrenW(path)
			must(t, err)
			next := zk.NewLock(c.Conn, path, open)
			locks = append(locks, next)
			go func() {
				if err := next.LockWithData(fmt.Append(nil, "other ", i)); err != nil {
					t.Errorf("contender %d: %v", i, err)
				}
				got <- i
			}()
			wantEvent(t, queued, zk.EventNodeChildrenChanged, path)
		}
		names, _, err := first.Children(path)
		must(t, err)
		if len(names) != 1+others || !strings.Contains(names[0], "-lock-") {
			t.Errorf("contenders: %q", names)
		}

		must(t, lock.Unlock())
		for want := range others {
			if i := receive(t, "the lock", got); i != want {
				t.Errorf("contender %d has the lock, want %d", i, want)
			}
			must(t, locks[want].Unlock())
		}
		wantErr(t, "unlocking twice", lock.Unlock(), zk.ErrNotLocked)
	})
}

// Who dies does not keep the lock.
func TestLockGoesWithItsHolder(t *testing.T) {
	server.Each(t, func(t *testing.T, addr string) {
		holder, heir := connect(t, addr, timeout), connect(t, addr, timeout)
		must(t, zk.NewLock(holder.Conn, "/lock", open).Lock())
		_, _, queued, err := holder.ChildrenW("/lock")
		must(t, err)
		got := make(chan error, 1)
		go func() { got <- zk.NewLock(heir.Conn, "/lock", open).Lock() }()
		wantEvent(t, queued, zk.EventNodeChildrenChanged, "/lock")
		holder.Close()
		must(t, receive(t, "the lock", got))
	})
}
