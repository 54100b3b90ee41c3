package future_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/future"
	"github.com/gazoo-go/gazoo/handler"
)

// A typedError is something to look for with errors.As.
type typedError struct{ code int }

func (e *typedError) Error() string { return fmt.Sprint("code ", e.code) }

func guilty(v any) int { panic(v) }

// derivations are the functions that make a future from one, with user code in between.
var derivations = map[string]func(p *future.Promise[int], code func() int) *future.Future[int]{
	"Then": func(p *future.Promise[int], code func() int) *future.Future[int] {
		defer p.Complete(0, nil)
		return future.Then(p.Future(), func(int) (int, error) { return code(), nil })
	},
	"Compose": func(p *future.Promise[int], code func() int) *future.Future[int] {
		defer p.Complete(0, nil)
		return future.Compose(p.Future(), func(int) *future.Future[int] { return future.Value(code()) })
	},
	"Recover": func(p *future.Promise[int], code func() int) *future.Future[int] {
		defer p.Complete(0, errA)
		return future.Recover(p.Future(), func(error) *future.Future[int] { return future.Value(code()) })
	},
}

func TestPanicInChain(t *testing.T) {
	for name, derive := range derivations {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, h handler.Handler) {
				f := derive(future.NewPromise[int](h.Lane("a")), func() int { return guilty(&typedError{5}) })
				further := future.Then(f, func(v int) (int, error) { return v, nil })
				wantPanicError(t, further.WaitErr(), "guilty")
			})
		})
	}
}

// wantPanicError expects the error of a function that has panicked with a typedError of code 5.
func wantPanicError(t *testing.T, err error, function string) {
	t.Helper()
	var pe *future.PanicError
	if !errors.As(err, &pe) {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(string(pe.Stack), function+"(") {
		t.Errorf("the stack does not name %s:\n%s", function, pe.Stack)
	}
	if !strings.Contains(err.Error(), "code 5") || !strings.Contains(err.Error(), function) {
		t.Errorf("the text is %s", err)
	}
	var typed *typedError
	if !errors.As(err, &typed) || typed.code != 5 {
		t.Error("the panic's value cannot be found in", err)
	}
}

func TestPanicErrorUnwrapsErrorsOnly(t *testing.T) {
	l := newSlowLane()
	f := derivations["Then"](future.NewPromise[int](l), func() int { return guilty("x") })
	l.run()
	var pe *future.PanicError
	if err := f.WaitErr(); !errors.As(err, &pe) || pe.Value != "x" || errors.Unwrap(pe) != nil {
		t.Errorf("got %v", err)
	}
}

func TestGoexitInChain(t *testing.T) {
	for name, derive := range derivations {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, h handler.Handler) {
				l := h.Lane("a")
				p := future.NewPromise[int](l)
				f := derive(p, func() int {
					runtime.Goexit()
					return 0
				})
				behind := p.Future().On(l)
				elsewhere(func() { f.Wait() }) // may be the goroutine that exits
				wantErr(t, f, future.ErrGoexit)
				behind.Wait()
				flush(t, l)
			})
		})
	}
}
