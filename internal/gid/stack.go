package gid

// Roomy makes room on the calling goroutine's stack, to be called when little is on it yet: there are 16 KB then. A stack
// that grows later grows in steps, and each time all that is on it moves.
//
//go:noinline
func Roomy() { // inlined, it would itself take up the room
	var room [12 << 10]byte
	look(room[:])
}

//go:noinline
func look(b []byte) byte { return b[len(b)-1] }
