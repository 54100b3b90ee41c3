package session

import "sync"

func goroutines(fn func()) {
	go fn()     // want `go statement: goroutines come from Handler.Spawn and from lanes`
	go func() { // want `go statement`
		defer fn()
	}()
	var wg sync.WaitGroup
	wg.Go(fn) // want `sync.WaitGroup.Go: starts a goroutine`
	wg.Wait()
	start := wg.Go // want `sync.WaitGroup.Go`
	start(fn)
	defer fn()

	//zkvet:allow go the rule knows no allow // want `no rule "go" can be allowed: only select and maprange can`
	go fn() // want `go statement`
}

// A method called Go is not one that starts a goroutine.
type board struct{}

func (board) Go(func()) {}

func move(b board) { b.Go(nil) }
