package core

import "math/rand/v2"

// stream returns the numbers that belong to an owner. Each owner has its own, so that what one does never shifts what
// another sees.
func stream(seed, owner uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, owner)) }

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// mix scatters the bits of v (the finalizer of SplitMix64).
func mix(v uint64) uint64 {
	v ^= v >> 30
	v *= 0xbf58476d1ce4e5b9
	v ^= v >> 27
	v *= 0x94d049bb133111eb
	return v ^ v>>31
}
