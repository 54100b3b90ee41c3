package future

// Block in another file is another function.
type waiter struct{}

func (waiter) Block(ready, done <-chan struct{}) {
	select { // want `select statement`
	case <-ready:
	case <-done:
	}
}
