package gozookeeper

import (
	"sync"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
	"github.com/go-zookeeper/zk"
)

// journal remembers the states that a client went through.
type journal struct {
	more chan struct{}

	mu     sync.Mutex // guards what follows
	states []zk.State // those not waited for yet
}

func newJournal() *journal { return &journal{more: make(chan struct{}, 1)} }

func (j *journal) add(e zk.Event) {
	if e.Type != zk.EventSession {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.states = append(j.states, e.State)
	select {
	case j.more <- struct{}{}:
	default:
	}
}

// await returns when the client is, or since the last call was, in the state.
func (j *journal) await(t *testing.T, state zk.State) {
	t.Helper()
	late := time.After(server.Patience)
	for !j.take(state) {
		select {
		case <-j.more:
		case <-late:
			t.Fatalf("not in time: %v", state)
		}
	}
}

func (j *journal) take(state zk.State) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, s := range j.states {
		if s == state {
			j.states = j.states[i+1:]
			return true
		}
	}
	j.states = nil
	return false
}
