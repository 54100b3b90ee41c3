package handler

import "time"

// A trace is the running FNV-1a hash of everything that has happened in a world.
type trace struct {
	hash    uint64
	steps   uint64
	digests []uint64
}

// digestEvery is how many steps lie between two digests.
const digestEvery = 1000

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func newTrace() trace { return trace{hash: fnvOffset} }

// step mixes in one thing that happens. Time, node and label become eight bytes first, since a byte
// costs as much as a multiplication.
func (t *trace) step(now time.Duration, node, label uint64, data []byte) {
	t.steps++
	n := (uint64(now)*0x9e3779b97f4a7c15^node)*0xbf58476d1ce4e5b9 ^ label
	h := t.hash
	for range 8 {
		h = (h ^ n&0xff) * fnvPrime
		n >>= 8
	}
	t.hash = h
	t.bytes(data)
	if t.steps%digestEvery == 0 {
		t.digests = append(t.digests, t.hash)
	}
}

func (t *trace) bytes(b []byte) {
	h := t.hash
	for _, c := range b {
		h = (h ^ uint64(c)) * fnvPrime
	}
	t.hash = h
}

// fnv hashes a name, once, so that each event mixes in a number.
func fnv(names ...string) uint64 {
	h := uint64(fnvOffset)
	for _, s := range names {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * fnvPrime
		}
		h = (h ^ 0xff) * fnvPrime // not in UTF-8: "ab","c" is not "a","bc"
	}
	return h
}
