package zk

import (
	"testing"
	"unsafe"
)

// There may be a hundred thousand operations on their way. The runtime makes objects of 320, 352 and 384 bytes.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for 64 bits")
	}
	if n := unsafe.Sizeof(op[Node, getKind]{}); n > 352 {
		t.Errorf("a Get takes %d bytes, want 352 at most", n)
	}
}
