package session

import (
	"testing"
)

// FuzzMachine feeds a machine with events that the input chooses, and with bytes from servers that the
// input makes up, cut where it says.
func FuzzMachine(f *testing.F) {
	for seed := range 20 {
		b := make([]byte, 2000)
		x := uint32(seed + 1)
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newChaos(t, func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := int(data[0])
			data = data[1:]
			if n > 256 && len(data) > 0 {
				b = b<<8 | int(data[0])
				data = data[1:]
			}
			return b % n
		})
		c.m.Start(c.now)
		c.effects()
		for len(data) > 0 {
			c.step()
		}
		c.finish()
	})
}
