package mark

import "testing"

func deep(n int, fn func()) {
	if n == 0 {
		fn()
		return
	}
	deep(n-1, fn)
	runtimeKeep++
}

var runtimeKeep int

func TestWithin(t *testing.T) {
	ids := []uint32{1, 0xf, 0x10, 0x12345678, 0xffffffff, 0xdeadbeef, 0x87654321}
	for _, id := range ids {
		for _, depth := range []int{0, 1, 62, 63, 64, 65, 500} {
			Run(id, func() {
				deep(depth, func() {
					if !Within(id) {
						t.Errorf("not within %x at depth %d", id, depth)
					}
					if Within(id + 1) {
						t.Errorf("within %x inside %x", id+1, id)
					}
				})
			})
		}
		if Within(id) {
			t.Errorf("within %x outside", id)
		}
	}
}

func TestNestedAndOtherGoroutines(t *testing.T) {
	a, b := New(), New()
	if a == b || a == 0 {
		t.Fatal("numbers repeat")
	}
	Run(a, func() {
		Run(b, func() {
			if !Within(a) || !Within(b) {
				t.Error("a nested mark hides the outer one")
			}
			done := make(chan bool)
			go func() { done <- Within(a) || Within(b) }()
			if <-done {
				t.Error("a mark is inherited by a new goroutine")
			}
		})
	})
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		Run(0x1234, func() {})
	}
}

func BenchmarkWithin(b *testing.B) {
	Run(7, func() {
		for b.Loop() {
			if Within(8) {
				b.Fatal("wrong")
			}
		}
	})
}
