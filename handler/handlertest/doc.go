// Package handlertest holds a [handler.Handler] to its contract. [Test] runs the same cases against
// any handler; a [Factory] says how to make one and which of the promises that handlers are free to
// make it makes. The handlers of this module pass it, and so must one that a user writes.
//
// The cases never sleep to wait for something: they wait for the thing itself, with a limit that only
// a broken handler reaches.
package handlertest
