package handler

import (
	"bytes"
	"runtime"
	"strconv"
)

// thisGoroutine returns the number of the calling goroutine and whether it is locked to its thread.
// The runtime tells it only in the first line of a stack trace: goroutine 7 [running, locked to thread]:
// That costs a microsecond, for each time that a goroutine begins to run a Loop.
func thisGoroutine() (id uint64, locked bool) {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	number, state, _ := bytes.Cut(bytes.TrimPrefix(line, []byte("goroutine ")), []byte(" "))
	id, _ = strconv.ParseUint(string(number), 10, 64)
	return id, bytes.Contains(state, []byte("locked to thread"))
}
