package handlertest

import (
	"math/rand/v2"
	"slices"
)

var randCases = []testCase{
	{"SameOwner", func(s *suite) {
		first, second := s.h.Rand("a"), s.h.Rand("a")
		if first != second {
			s.Error("two streams for one owner")
		}
	}},
	{"Independent", func(s *suite) {
		streams := map[string][]uint64{}
		for _, owner := range []string{"", "a", "b", "ab"} {
			drawn := draw(s.h.Rand(owner), 8)
			for other, theirs := range streams {
				for _, v := range drawn {
					if slices.Contains(theirs, v) {
						s.Errorf("owners %q and %q drew the same number", owner, other)
					}
				}
			}
			streams[owner] = drawn
		}
	}},
	{"Repeatable", func(s *suite) {
		other := s.f.New(s.T)
		defer func() { other.Stop(); s.receive(other.Stopped(), "the other handler to stop") }()
		draw(other.Rand("b"), 100) // changes nothing for a
		same := slices.Equal(draw(s.h.Rand("a"), 8), draw(other.Rand("a"), 8))
		if same != s.f.Repeatable {
			s.Errorf("two handlers have the same streams: %v", same)
		}
	}},
}

func draw(r *rand.Rand, n int) []uint64 {
	var out []uint64
	for range n {
		out = append(out, r.Uint64())
	}
	return out
}
