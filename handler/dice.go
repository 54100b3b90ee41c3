package handler

import (
	"math"
	"math/bits"
	"time"
)

// dice is a random stream of eight bytes (SplitMix64), for owners of which there are many, such as the
// directions of connections. Each begins with a number that follows from the seed and its owner.
type dice uint64

// newDice derives a stream from the number that stands for the seed and from its owner's label.
func newDice(key, label uint64) dice {
	d := dice(key ^ label*0x9e3779b97f4a7c15)
	return dice(d.Uint64() ^ key)
}

// Uint64 returns 64 random bits.
func (d *dice) Uint64() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1. It favours some of them, by less than n in 2^64.
func (d *dice) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.Uint64(), n)
	return hi
}

// between returns a time from least to most.
func (d *dice) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.below(uint64(max(most-least, 0))+1))
}

// exponential returns a time that is mean on average.
func (d *dice) exponential(mean time.Duration) time.Duration {
	u := float64(d.Uint64()>>11+1) / (1 << 53) // never 0
	return time.Duration(-math.Log(u) * float64(mean))
}
