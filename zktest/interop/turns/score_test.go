package turns

import (
	"sync"
	"testing"
)

// A score is what both clients tell of a game.
type score struct {
	t    *testing.T
	game game

	mu       sync.Mutex // guards what follows
	kazoo    string     // its version
	turns    []turn
	lost     int     // turns that were over before they were used
	sessions []int64 // gazoo's

	crossed, most int // see check
}

type turn struct {
	who         string
	zxid, token int64 // of the node inside, of the node by which it is held
	inside      int   // how many were
}

func (s *score) had(x turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns = append(s.turns, x)
}

func (s *score) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost++
}

// count returns how many turns there were, as far as it is told.
func (s *score) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.turns) + s.lost
}
