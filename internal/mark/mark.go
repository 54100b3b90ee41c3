// Package mark tells a goroutine whether it runs below a given call.
//
// Go has no goroutine-local storage, and asking the runtime for a goroutine's number costs more than
// starting one. A goroutine's own stack is storage enough: [Run] calls a function below eight frames
// that spell a number in hexadecimal, and [Within] reads them back from the caller's stack. Marking
// costs eight calls; reading costs a stack walk and is for the rare moment when somebody is about to
// wait for something that only the goroutine itself could bring about.
//
// Rules: a number is never used twice ([New]); marks nest, and Within sees all of them; a goroutine
// started below a mark is not marked.
package mark

import (
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
)

// digits is the number of frames that spell a mark: eight of four bits.
const digits = 8

var last atomic.Uint32

// New returns a number that no other call has returned. Zero is never returned.
func New() uint32 { return last.Add(1) }

// Run calls fn below frames that spell id, the least significant digit outermost.
func Run(id uint32, fn func()) { step(id, digits, fn) }

//go:noinline
func step(rest uint32, left int, fn func()) {
	if left == 0 {
		fn()
		return
	}
	frames[rest&15](rest>>4, left-1, fn)
}

// Within reports whether the calling goroutine runs below Run(id, …).
func Within(id uint32) bool {
	var pcs [64]uintptr
	var word uint32 // the digits met so far, innermost first
	run := 0        // how many digits in a row
	for skip := 2; ; {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			d, kind := digitOf(pc)
			switch kind {
			case isDigit:
				word = word<<4 | d
				if run++; run == digits {
					if word == id {
						return true
					}
					word, run = 0, 0
				}
			case isStep: // between two digits
			default:
				word, run = 0, 0
			}
		}
		if n < len(pcs) {
			return false
		}
		skip += n
	}
}

type kind uint8

const (
	isOther kind = iota
	isDigit
	isStep
)

func digitOf(pc uintptr) (uint32, kind) {
	if pc < lowest || pc > highest {
		return 0, isOther // cheap: asking the runtime for every frame is not
	}
	f := runtime.FuncForPC(pc - 1)
	if f == nil {
		return 0, isOther
	}
	entry := f.Entry()
	if entry == stepEntry {
		return 0, isStep
	}
	for d, e := range entries {
		if e == entry {
			return uint32(d), isDigit
		}
	}
	return 0, isOther
}

var (
	frames    [16]func(uint32, int, func())
	entries   [16]uintptr
	stepEntry = entryOf(step)

	lowest, highest uintptr // the code of all these functions lies between
)

// longest is more than the code of any of the functions, in bytes.
const longest = 1 << 10

func init() {
	frames = [16]func(uint32, int, func()){d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, dA, dB, dC, dD, dE, dF}
	for i, f := range frames {
		entries[i] = entryOf(f)
	}
	lowest = min(slices.Min(entries[:]), stepEntry)
	highest = max(slices.Max(entries[:]), stepEntry) + longest
}

func entryOf(f func(uint32, int, func())) uintptr {
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Entry()
}
