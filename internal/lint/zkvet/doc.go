// Package zkvet checks that the client stays deterministic: that its packages take time, randomness, goroutines and
// sockets from the handler only, so that the same code runs in production and, replayed from a seed, in a simulation.
//
// It reads the packages future, internal/session, zk and recipes, the server core zktest/core, and what lies below
// them; zk/gssapi is a module of its own and wraps a blocking library, so it is left out, and so are test files.
// Names are resolved by type, so renamed and dot imports change nothing, and a value counts as a use: f := time.Now is
// reported as time.Now() is.
//
//	go         a go statement, and sync.WaitGroup.Go: goroutines come from Handler.Spawn and from lanes
//	select     a select, and reflect.Select: of several ready cases the runtime picks one at random. The one waiting
//	           place is the function Block in future/block.go
//	maprange   iteration over a map: its order is random. Loops whose effect does not depend on the order pass by
//	           themselves; orderfree.go says which
//	clock      the wall clock, timers of package time, and contexts that end by themselves
//	random     the shared generators; a *rand.Rand made from a seed is fine
//	network    dialling, listening and resolving
//
// A select or a map iteration that cannot do harm is allowed by a comment that ends on the line directly above it,
//
//	//zkvet:allow maprange every subscriber gets the same event and none sees the others
//
// whose reason must not be empty. An allow with nothing of its kind below it is reported, so that none outlives its loop.
// The other rules know no allow: what breaks them belongs behind the handler.
package zkvet
