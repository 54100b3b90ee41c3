package game

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A score is what both clients tell of a game.
type score struct {
	t    *testing.T
	game Game

	mu      sync.Mutex // guards what follows
	version string     // of the other client
	turns   []turn
	lost    int // turns that were over before they were used

	crossed, most int // see check
}

type turn struct {
	who         string
	zxid, token int64 // of the node inside, of the node by which it is held
	inside      int   // how many were
}

func (x turn) String() string {
	return fmt.Sprintf("%s's at zxid %#x with token %#x", x.who, x.zxid, x.token)
}

// hear understands a line of a [Guest].
func (s *score) hear(line string) error {
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case "version":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.version = rest
	case "lost":
		s.lose()
	case "turn":
		var x turn
		if _, err := fmt.Sscan(rest, &x.who, &x.zxid, &x.token, &x.inside); err != nil {
			return err
		}
		s.had(x)
	default:
		return errors.New("that must not be")
	}
	return nil
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

// check reports what contradicts the rules of the game.
func (s *score) check(turns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.turns, func(a, b turn) int { return cmp.Compare(a.zxid, b.zxid) })
	for i, turn := range s.turns {
		if i > 0 && s.game.Ordered && turn.token <= s.turns[i-1].token {
			s.t.Errorf("turn %d: %v after %v", i, turn, s.turns[i-1])
		}
		if i > 0 && s.turns[i-1].who[0] != turn.who[0] {
			s.crossed++
		}
		s.most = max(s.most, turn.inside)
	}
	if len(s.turns)+s.lost < 2*turns {
		s.t.Errorf("%d turns and %d lost, want %d of each client", len(s.turns), s.lost, turns)
	}
}

// report says what there was.
func (s *score) report(guest string, cuts int, lasted time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Logf("%s %s, %s: %d turns in %v, %d from one client to the other, %d lost; %d cuts; at most %d together",
		guest, s.version, s.game.Kind, len(s.turns), lasted.Round(100*time.Millisecond), s.crossed, s.lost, cuts, s.most)
}
