package zktest_test

import (
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/recipes"
)

// The holders of a lock are written down, and it is an error if they are two or out of order.
type holders struct {
	t *testing.T

	mu     sync.Mutex // guards what follows
	tokens []int64
	now    map[*recipes.Held]string
	lost   int // how many found that they had lost it while they used it
}

func holdersOf(t *testing.T) *holders { return &holders{t: t, now: make(map[*recipes.Held]string)} }

// enter says that somebody has the lock. It returns how many have had it, this one included.
func (h *holders) enter(who string, held *recipes.Held) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.tokens); n > 0 && held.Token() <= h.tokens[n-1] && held.Err() == nil { // it may be lost before we come here
		h.t.Errorf("%s has token %#x after %#x", who, held.Token(), h.tokens[n-1])
	}
	for other, name := range h.now {
		if held.Err() == nil && other.Err() == nil {
			h.t.Errorf("%s has the lock (token %#x), and so has %s (%#x)", who, held.Token(), name, other.Token())
		}
	}
	h.tokens = append(h.tokens, held.Token())
	h.now[held] = who
	return len(h.tokens)
}

// leave says that somebody is going to release the lock, and whether all that he did with it was done.
func (h *holders) leave(held *recipes.Held, done bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !done || held.Err() != nil {
		h.lost++
	}
	delete(h.now, held)
}

// count returns how many have had the lock.
func (h *holders) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.tokens)
}
