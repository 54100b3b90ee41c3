package handler

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// A trace is a running hash of everything that has happened in a world.
type trace struct {
	hash    uint64
	steps   uint64
	digests []uint64
}

// DigestEvery is how many steps lie between two of [Deterministic.Digests].
const DigestEvery = 1000

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func newTrace() trace { return trace{hash: fnvOffset} }

// step mixes in one thing that happens.
func (t *trace) step(now time.Duration, node, label uint64, data []byte) {
	t.steps++
	t.hash = fold(t.hash, uint64(now)^node, label)
	if len(data) > 0 {
		t.hash = foldBytes(t.hash, data)
	}
	if t.steps%DigestEvery == 0 {
		t.digests = append(t.digests, t.hash)
	}
}

// fold mixes two numbers into a hash, by one multiplication.
func fold(h, a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^fnvOffset, b^h)
	return hi ^ lo ^ bits.RotateLeft64(h, 7)
}

// foldBytes mixes bytes into a hash, sixteen at a time. The last ones, with how many there were, are taken as two words
// that may overlap.
func foldBytes(h uint64, b []byte) uint64 {
	size := uint64(len(b))
	for ; len(b) > 16; b = b[16:] {
		h = fold(h, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
	}
	n := len(b)
	switch {
	case n >= 8:
		h = fold(h, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])+size)
	case n >= 4:
		h = fold(h, uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))+size<<32)
	case n > 0:
		h = fold(h, uint64(b[0])|uint64(b[n/2])<<8|uint64(b[n-1])<<16, size)
	}
	return h
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
