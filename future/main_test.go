package future_test

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/gazoo-go/gazoo/future"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Errors to fail with.
var (
	errA = errors.New("a")
	errB = errors.New("b")
)

// wantValue waits for f and expects success.
func wantValue[T comparable](t *testing.T, f *future.Future[T], want T) {
	t.Helper()
	if v, err := f.Wait(); v != want || err != nil {
		t.Errorf("got %v, %v, want %v", v, err, want)
	}
}

// wantErr waits for f and expects that error, with the zero value.
func wantErr[T comparable](t *testing.T, f *future.Future[T], want error) {
	t.Helper()
	var zero T
	if v, err := f.Wait(); v != zero || !errors.Is(err, want) {
		t.Errorf("got %v, %v, want the error %v", v, err, want)
	}
}

// wantPending expects that f has no result yet.
func wantPending[T any](t *testing.T, f *future.Future[T]) {
	t.Helper()
	if v, err, ready := f.Poll(); ready {
		t.Errorf("complete already, with %v, %v", v, err)
	}
}

// wantPanic expects that fn panics with that text.
func wantPanic(t *testing.T, want string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v != want {
			t.Errorf("panicked with %v, want %q", v, want)
		}
	}()
	fn()
}

// A pair is what a callback got.
type pair struct {
	v   int
	err error
}

// appendTo returns a callback that notes what it gets.
func appendTo(got *[]pair) func(int, error) {
	return func(v int, err error) { *got = append(*got, pair{v, err}) }
}

// note returns a callback that notes that it has run.
func note[T any](got *[]int, i int) func(T, error) {
	return func(T, error) { *got = append(*got, i) }
}

const (
	noLane    = "future: this future has no lane; give it one with On"
	wrongBody = "future: Await outside the running body of its coroutine"
)
