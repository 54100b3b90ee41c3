package handler

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// streams hands out random streams by name. Each is derived from the seed and its own name alone, so
// what one owner draws, or whether it exists at all, changes nothing for the others: that is what
// lets a failing simulation be made smaller without becoming another one.
type streams struct {
	mu   sync.Mutex            // guards what follows
	seed []byte                // nil until the first use
	made map[string]*rand.Rand // kept for good: a stream that began anew would repeat itself
}

// get returns the stream of owner. makeSeed is called once, for the first owner.
func (s *streams) get(owner string, makeSeed func() []byte) *rand.Rand {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		s.seed, s.made = makeSeed(), make(map[string]*rand.Rand)
	}
	r := s.made[owner]
	if r == nil {
		r = newStream(s.seed, owner)
		s.made[owner] = r
	}
	return r
}

// newStream derives a stream from a seed and the names that lead to its owner.
func newStream(seed []byte, names ...string) *rand.Rand {
	h := sha256.New()
	h.Write(seed)
	for _, name := range names {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(name))) // so that "ab","c" is not "a","bc"
		h.Write(n[:])
		h.Write([]byte(name))
	}
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])))
}

// mix returns a number that follows from two and looks like neither.
func mix(a, b uint64) uint64 {
	x := (a ^ b*0x9e3779b97f4a7c15) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func seedBytes(seed uint64) []byte { return binary.BigEndian.AppendUint64(nil, seed) }
