package core

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// What has been acknowledged is there after a restart, the sessions too; their clients can renew them.
func TestRecover(t *testing.T) {
	var log []*Txn
	w := newWorld(t, Config{OnCommit: func(txn *Txn) { log = append(log, txn) }})
	c := w.connect()
	c.send(wire.OpCreate, createRequest("/kept", "x", 0))
	c.send(wire.OpCreate, createRequest("/mine", "", 1))
	now := w.now.Add(time.Hour)
	s := Recover(Config{}, log, now)
	is(t, "zxid", s.Zxid(), w.s.Zxid())
	is(t, "nodes", len(s.State().Nodes("/")), len(w.s.State().Nodes("/")))
	is(t, "session is tracked", s.leader.Sessions.Live(c.session), true)
	s.Tick(now.Add(time.Second))
	is(t, "sessions", len(s.State().Sessions()), 1)
	s.Tick(now.Add(time.Hour))
	is(t, "sessions in the end", len(s.State().Sessions()), 0)
	_, ok := s.State().Node("/mine")
	is(t, "the ephemeral is there", ok, false)
	is(t, "the next zxid", s.Zxid(), w.s.Zxid()+1)
}
