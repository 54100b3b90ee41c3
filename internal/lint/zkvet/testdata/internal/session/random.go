package session

import (
	crand "crypto/rand"
	"hash/maphash"
	"math/rand"
	v2 "math/rand/v2"
)

func random() {
	_ = rand.Int()                           // want `rand.Int: randomness belongs to the handler`
	rand.Shuffle(1, func(i, j int) {})       // want `rand.Shuffle`
	_ = v2.N(10)                             // want `rand.N`
	_ = v2.N[int64]                          // want `rand.N`
	pick := v2.IntN                          // want `rand.IntN`
	_, _ = crand.Read(make([]byte, pick(8))) // want `rand.Read`
	_ = crand.Reader                         // want `rand.Reader`
	_ = maphash.MakeSeed()                   // want `maphash.MakeSeed`
	var h maphash.Hash                       // want `maphash.Hash`
	_ = h.Sum64()                            // want `maphash.Hash.Sum64`
}

func seeded(seed uint64, given *v2.Rand) {
	var src v2.Source = v2.NewPCG(seed, 1)
	r := v2.New(src)
	_ = r.IntN(10) + given.IntN(10)
	r.Shuffle(1, func(i, j int) {})
	_ = rand.New(rand.NewSource(int64(seed))).Int()
}
