package future

import (
	"errors"
	"slices"
)

// All returns the values of all futures, in their order, or the first error that occurs, at once.
// Its lane is that of the first future that has one, as with the other functions of this kind; of no
// futures, or of laneless ones, it is laneless.
func All[T any](fs ...*Future[T]) *Future[[]T] {
	fs, cs := slices.Clone(fs), bases(fs)
	p := gathering[[]T](cs)
	if len(fs) == 0 {
		p.Complete(nil, nil)
		return p.Future()
	}
	newWatch(cs, func(b *Batch, i, left int) (*node, bool) {
		var vs []T
		err := fs[i].err
		if err == nil {
			if left > 0 {
				return nil, false
			}
			vs, err = values(fs) // a failure may not have got as far as completing p
		}
		waiters, _ := p.f.finish(b, vs, err)
		return waiters, true
	})
	return p.Future()
}

// values returns the values of complete futures, or the error of one that failed.
func values[T any](fs []*Future[T]) ([]T, error) {
	vs := make([]T, len(fs))
	for i, f := range fs {
		if f.err != nil {
			return nil, f.err
		}
		vs[i] = f.val
	}
	return vs, nil
}

// Settle returns all results, in the futures' order, once the last is there. It does not fail.
func Settle[T any](fs ...*Future[T]) *Future[[]Result[T]] {
	fs, cs := slices.Clone(fs), bases(fs)
	return whenAll(cs, func() ([]Result[T], error) {
		rs := make([]Result[T], len(fs))
		for i, f := range fs {
			rs[i] = Result[T]{f.val, f.err}
		}
		return rs, nil
	})
}

// ErrNone is the result of [First] without any future.
var ErrNone = errors.New("future: First of no futures")

// First returns the first success. When all fail it fails with their errors joined, in the futures' order.
func First[T any](fs ...*Future[T]) *Future[T] {
	fs, cs := slices.Clone(fs), bases(fs)
	p := gathering[T](cs)
	if len(fs) == 0 {
		var zero T
		p.Complete(zero, ErrNone)
		return p.Future()
	}
	newWatch(cs, func(b *Batch, i, left int) (*node, bool) {
		v, err := fs[i].val, fs[i].err
		if err != nil {
			if left > 0 {
				return nil, false
			}
			v, err = success(fs) // one may not have got as far as completing p
		}
		waiters, _ := p.f.finish(b, v, err)
		return waiters, true
	})
	return p.Future()
}

// success returns the value of a complete future that has succeeded, or the errors of all.
func success[T any](fs []*Future[T]) (v T, err error) {
	for _, f := range fs {
		if f.err == nil {
			return f.val, nil
		}
	}
	return v, joined(bases(fs))
}

// An Outcome is a future of any type, for [Join].
type Outcome interface {
	Waitable
	base() *core
}

// Join completes when the last of the futures, of whatever types, is complete. It fails with the
// errors of those that failed, joined in the futures' order.
func Join(fs ...Outcome) *Future[struct{}] {
	cs := make([]*core, len(fs))
	for i, f := range fs {
		cs[i] = f.base()
	}
	return whenAll(cs, func() (struct{}, error) { return struct{}{}, joined(cs) })
}

func joined(cs []*core) error {
	errs := make([]error, len(cs))
	for i, c := range cs {
		errs[i] = c.err
	}
	return errors.Join(errs...)
}

// whenAll returns the future of what result returns when all are complete.
func whenAll[T any](cs []*core, result func() (T, error)) *Future[T] {
	p := gathering[T](cs)
	if len(cs) == 0 {
		p.Complete(result())
		return p.Future()
	}
	newWatch(cs, func(b *Batch, _, left int) (*node, bool) {
		if left > 0 {
			return nil, false
		}
		v, err := result()
		waiters, _ := p.f.finish(b, v, err)
		return waiters, true
	})
	return p.Future()
}
