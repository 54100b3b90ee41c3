package recipes

import (
	"time"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
	"github.com/gazoo-go/gazoo/zk"
)

// A reply that is longer than the client accepts costs the connection, of everybody who uses the client; and behind that gap
// everything is looked at again. So what had such an answer is not simply asked for again.

// A longList belongs to a node whose list of children is too long. What is known of them stays, and events of a subscription
// still tell of others. Now and then the node's Stat says how many there are:
//
//	too long ──▶ how many? ──▶ wait ──▶ how many? ──fewer──▶ list ──▶ known, or too long: wait twice as long
//	                            ▲          │ as many
//	                            └──────────┘
type longList struct {
	num   int32 // how many there were; -1: not known yet
	again bool  // there are fewer
	wait  time.Duration
	timer handler.Timer
}

const (
	longWait    = time.Minute
	longestWait = time.Hour
)

// tooMany says that a list of children was too long.
func (t *TreeCache) tooMany(n *treeNode) (more treeReads) {
	wait := longWait
	if n.long != nil {
		wait = min(2*n.long.wait, longestWait)
	}
	n.forget()
	l := &longList{num: -1, wait: wait}
	n.long = l
	var look func()
	look = func() {
		if n.long == l {
			t.touch(n, readStat)
			t.pump()
			l.timer = t.work.AfterFunc(wait, future.Func(look))
		}
	}
	l.timer = t.work.AfterFunc(wait, future.Func(look))
	return readStat
}

// fewer looks whether the list of a node may have become shorter.
func (t *TreeCache) fewer(n *treeNode, st *zk.Stat) treeReads {
	switch l := n.long; {
	case l.num < 0:
		l.num = st.NumChildren
	case st.NumChildren < l.num:
		l.again = true
		return readList
	}
	return 0
}

// forget ends the waiting for a shorter list.
func (n *treeNode) forget() {
	if n.long != nil {
		n.long.timer.Stop()
		n.long = nil
	}
}

// bar leaves a node out whose data is too long. Its Stat tells when it is not the one any more that was too long: of whose
// data that is was not known, so the first one is tried once more.
func (t *TreeCache) bar(n *treeNode) treeReads {
	n.barred, n.want = true, 0
	return readExist
}

// unbar looks whether the data of a node that was left out may have become shorter.
func (t *TreeCache) unbar(n *treeNode, st *zk.Stat) treeReads {
	if n.barred && st.Mzxid == n.tried {
		return 0
	}
	n.barred, n.tried = false, st.Mzxid
	return t.first(n)
}
