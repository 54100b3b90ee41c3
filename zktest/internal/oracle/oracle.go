// Package oracle judges fencing tokens as a careful resource does.
//
// # Rules
//
//   - It is pure: no clock, no lock, no goroutine. A value belongs to one caller at a time.
//   - The order of the calls is the order in which requests reached the resource, whenever they were sent.
//   - A refused request changes nothing.
package oracle

import "fmt"

// A Register is a resource that remembers the greatest tokens it has seen. The zero Register has seen none and accepts
// any first token.
//
// It keeps two marks, because tokens of readers are not ordered among themselves: readers hold a lock together, so a
// later one must not shut out an earlier one. A write has to be at least as new as everything before it, a read only at
// least as new as every write before it. For a lock without readers both marks are the same.
type Register struct {
	maxWrite int64 // greatest token of an accepted write
	maxAny   int64 // greatest token of an accepted request
	writes   int
	reads    int
}

// Write is a write by the holder with this token. It is accepted, with a nil error, if no greater token was seen;
// otherwise the error is a [*StaleError]. Equal tokens are the same holder, who may write more than once.
func (r *Register) Write(token int64) error {
	if token < r.maxAny {
		return &StaleError{Write: true, Token: token, Mark: r.maxAny, MarkWrite: r.maxAny == r.maxWrite}
	}
	r.maxWrite, r.maxAny = token, token
	r.writes++
	return nil
}

// Read is a read by the holder with this token. It is accepted, with a nil error, if no write had a greater token;
// otherwise the error is a [*StaleError].
func (r *Register) Read(token int64) error {
	if token < r.maxWrite {
		return &StaleError{Token: token, Mark: r.maxWrite, MarkWrite: true}
	}
	r.maxAny = max(r.maxAny, token)
	r.reads++
	return nil
}

// Marks returns the greatest token of an accepted write, and the greatest of any accepted request; 0 if there was none.
func (r *Register) Marks() (write, other int64) { return r.maxWrite, r.maxAny }

// Accepted returns how many requests were accepted, for tests that ask whether anybody got on.
func (r *Register) Accepted() (writes, reads int) { return r.writes, r.reads }

// A StaleError is the refusal of a token that is older than another that has been seen: whoever sent it has lost what it
// held and did not know.
type StaleError struct {
	Write     bool  // the request was a write
	Token     int64 // of the request
	Mark      int64 // the greater token that stood against it
	MarkWrite bool  // which was that of a write
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s with the old token %#x: a %s with %#x came before it", verb(e.Write), e.Token, verb(e.MarkWrite), e.Mark)
}

func verb(write bool) string {
	if write {
		return "write"
	}
	return "read"
}
