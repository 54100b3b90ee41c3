package future

import "runtime/debug"

// Then returns the future of fn's result, which runs on f's lane once f has succeeded.
// When f fails, fn does not run and the error is passed on.
// If fn panics the future fails with a [*PanicError]; if the lane has stopped, with [ErrStopped].
// Then panics when f has no lane, as [Future.OnComplete] does, and so do Compose and Recover.
func Then[T, R any](f *Future[T], fn func(T) (R, error)) *Future[R] {
	return derive(f, true, func(d *derived[T, R], v T, err error) {
		var r R
		if err == nil {
			r, err = fn(v)
		}
		d.p.Complete(r, err)
	})
}

// Compose is [Then] for a fn that starts something asynchronous: the future has the result of the
// future that fn returns.
func Compose[T, R any](f *Future[T], fn func(T) *Future[R]) *Future[R] {
	return derive(f, false, func(d *derived[T, R], v T, err error) {
		if err != nil {
			var zero R
			d.p.Complete(zero, err)
			return
		}
		d.follow(fn(v))
	})
}

// Recover returns a future with f's result or, when f fails, that of the future which fn returns.
// fn runs on f's lane.
func Recover[T any](f *Future[T], fn func(error) *Future[T]) *Future[T] {
	return derive(f, false, func(d *derived[T, T], v T, err error) {
		if err == nil {
			d.p.Complete(v, nil)
			return
		}
		d.follow(fn(err))
	})
}

// derived is a future whose result a callback on another future brings about.
type derived[T, R any] struct {
	p  Promise[R]
	fn func(d *derived[T, R], v T, err error)
}

// derive links fn to f. fn completes d at once if it is sure to do so, and else lets it follow another.
func derive[T, R any](f *Future[T], sure bool, fn func(*derived[T, R], T, error)) *Future[R] {
	d := &derived[T, R]{fn: fn}
	d.p.f.ex = f.ex
	d.p.f.outlook = outlook{produced: true, promised: sure && f.expected().promised}
	f.onComplete(d)
	return &d.p.f
}

func (d *derived[T, R]) call(v T, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		err := ErrGoexit
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
		var zero R
		d.p.Complete(zero, err)
	}()
	d.fn(d, v, err)
	returned = true
}

func (d *derived[T, R]) drop(b *Batch) {
	var zero R
	d.p.CompleteIn(b, zero, ErrStopped)
}

// follow completes d as f does. A function that returned no future has failed.
func (d *derived[T, R]) follow(f *Future[R]) {
	if f == nil {
		f = Failed[R](errNilFuture)
	}
	d.p.f.expect(f.seenFrom(d.p.f.ex))
	d.p.Follow(f)
}
