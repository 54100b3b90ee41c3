package future

// Block is the one waiting place.
func Block(ready, done <-chan struct{}) bool {
	wait := func() {
		select {
		case <-ready:
		case <-done:
		}
	}
	wait()
	select {
	case <-ready:
		return true
	case <-done:
		return false
	}
}

func unblock(ready, done <-chan struct{}) {
	select { // want `select statement: of several ready cases the runtime picks one at random; wait in future.Block`
	case <-ready:
	case <-done:
	}
}
