package core

import (
	"slices"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// deleteContainer 20: the leader deletes what nobody needs any more, each node in a transaction of its own.
//
//	Container   had children and has none; or never had one, for Config.MaxNeverUsed
//	TTL         has no children and was not written for its time to live

// Sweep returns the transactions that delete what is due, in order of path.
func (l *Leader) Sweep(now time.Time) []*Txn {
	var due []string
	for _, n := range l.state.tree.swept {
		if l.sweeps(n, now.UnixMilli()) {
			due = append(due, n.path)
		}
	}
	slices.SortFunc(due, strings.Compare)
	var txns []*Txn
	for _, path := range due {
		if r, ok := l.record(path); !ok || r.children > 0 {
			continue // proposed since
		}
		l.zxid++
		parent, _ := l.record(parentOf(path))
		parent.children--
		l.stage(l.zxid, parentOf(path), parent)
		l.stage(l.zxid, path, record{gone: true})
		txns = append(txns, &Txn{
			Zxid: l.zxid, Time: now.UnixMilli(), Op: wire.OpDeleteContainer,
			Changes: []Change{{Op: wire.OpDelete, Result: wire.OpDelete, Path: path}},
		})
	}
	return txns
}

// Swept reports whether there are nodes that Leader.Sweep may have to delete one day.
func (s *State) Swept() bool { return len(s.tree.swept) > 0 }

func (l *Leader) sweeps(n *node, now int64) bool {
	if len(n.children) > 0 {
		return false
	}
	age := now - n.mtime
	if n.kind == TTL {
		return age > n.ttl
	}
	if n.creates != 0 {
		return true
	}
	unused := l.cfg.MaxNeverUsed.Milliseconds()
	return unused > 0 && l.cfg.Version.from(3, 6, 0) && age > unused
}
