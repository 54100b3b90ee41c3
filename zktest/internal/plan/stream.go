package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"
)

// A stream is a random stream with the draws that plans need.
type stream struct{ *rand.Rand }

// newStream derives a stream from the seed and the names that lead to its owner.
func newStream(seed uint64, names ...string) stream {
	var buf []byte
	buf = binary.BigEndian.AppendUint64(buf, seed)
	for _, name := range names {
		buf = binary.BigEndian.AppendUint64(buf, uint64(len(name))) // so that "ab","c" is not "a","bc"
		buf = append(buf, name...)
	}
	sum := sha256.Sum256(buf)
	return stream{rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))}
}

// chance is true with probability p.
func (s stream) chance(p float64) bool { return s.Float64() < p }

// between is uniform.
func (s stream) between(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + time.Duration(s.Int64N(int64(hi-lo)+1))
}

// spread is uniform in the logarithm: as likely from 1 to 10 as from 10 to 100. lo is more than zero.
func (s stream) spread(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return min(hi, max(lo, time.Duration(float64(lo)*math.Pow(float64(hi)/float64(lo), s.Float64()))))
}

// pick returns the index of one of the weights, which are not all zero.
func (s stream) pick(weights ...float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := s.Float64() * sum
	last := 0
	for i, w := range weights {
		if w > 0 {
			last = i
			if x < w {
				return i
			}
		}
		x -= w
	}
	return last // the sum was rounded
}

// one returns one of the names.
func (s stream) one(names []string) string { return names[s.IntN(len(names))] }

// shuffled returns the names in a random order.
func (s stream) shuffled(names []string) []string {
	out := append([]string(nil), names...)
	s.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
