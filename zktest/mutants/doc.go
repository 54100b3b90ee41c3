// Package mutants is the proof that the simulation finds bugs: a table of bugs, each a change of a few lines of the
// client or of a recipe, most of them made by real clients once, and what it takes to find them.
//
// The product has no trace of them. A build for the hunt is an ordinary one with an overlay (go build -overlay): copies
// of the files, in which every bug is put in place of the text that it spoils,
//
//	if mutant.On("release-not-retried") && retriable(err) { ...
//
// so that one binary has all of them, and the environment variable ZKMUTANT chooses one, or none.
//
// # Rules
//
//   - A text that is to be replaced stands in its file exactly once. When the file changes so that it does not, that is
//     an error, and its bug is to be looked at again.
//   - Without ZKMUTANT the binary behaves as the product does.
//   - A bug that no run can show is Equivalent, and says why. Every other one is found within [Limit] seeds, whichever
//     seed the hunt begins with.
//
// `make mutants` hunts for all of them, and prints what was found; the numbers in the table come from there. One bug by
// hand, how small failures become, and a failing seed again:
//
//	go run ./zktest/mutants/hunt -only no-guid
//	go run ./zktest/mutants/hunt -shrink -starts 1
//	go run ./zktest/mutants/hunt -build /tmp/bugs && cd /tmp/bugs && ZKMUTANT=no-guid ZKSIM_SEED=7 ./recipes.test -test.run 'TestSimLock$'
package mutants
