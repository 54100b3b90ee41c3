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
	t.hash = mix(t.hash, mix(uint64(now)^node, label))
	t.bytes(data)
	if t.steps%DigestEvery == 0 {
		t.digests = append(t.digests, t.hash)
	}
}

// bytes takes sixteen bytes at a time, and then eight, since each step of the hash costs a multiplication.
func (t *trace) bytes(b []byte) {
	h := t.hash
	for ; len(b) >= 16; b = b[16:] {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^fnvOffset, binary.LittleEndian.Uint64(b[8:])^h)
		h = hi ^ lo ^ bits.RotateLeft64(h, 7)
	}
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * fnvPrime
		h ^= h >> 32
	}
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
