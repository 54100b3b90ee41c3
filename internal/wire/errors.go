package wire

import (
	"errors"
	"fmt"
)

// Causes of a [DecodeError], for errors.Is. [ErrMalformed] stands for all of them.
var (
	// ErrMalformed is what every DecodeError is.
	ErrMalformed = errors.New("wire: malformed record")
	// ErrTruncated means that the record needs more bytes than there are.
	ErrTruncated = errors.New("wire: record ends early")
	// ErrLength means a length or a count that no writer produces: below -1.
	ErrLength = errors.New("wire: impossible length")
	// ErrMulti means that the parts of a multi contradict each other: an operation that does not belong there, a result
	// that is both good and bad, or more results than operations.
	ErrMulti = errors.New("wire: malformed multi")
)

// ErrTooLong is what encoding a string, buffer, vector or frame returns when its length does not fit the 31 bits that
// the protocol has for it.
var ErrTooLong = errors.New("wire: longer than 2147483647")

// DecodeError says where a record went wrong. It is never returned for bytes that are complete and well formed, however
// strange their values.
type DecodeError struct {
	Offset int   // bytes from the start of what the decoder was given
	Need   int64 // bytes wanted there, or the impossible length itself; 0 when neither is the matter
	Have   int   // bytes that were left there
	Err    error // ErrTruncated, ErrLength or ErrMulti
}

func (e *DecodeError) Error() string {
	switch e.Err {
	case ErrTruncated:
		return fmt.Sprintf("%v: %d bytes wanted at offset %d, %d left", e.Err, e.Need, e.Offset, e.Have)
	case ErrLength:
		return fmt.Sprintf("%v: %d at offset %d", e.Err, e.Need, e.Offset)
	}
	return fmt.Sprintf("%v at offset %d", e.Err, e.Offset)
}

func (e *DecodeError) Unwrap() error { return e.Err }

// Is reports that every DecodeError is an [ErrMalformed].
func (e *DecodeError) Is(target error) bool { return target == ErrMalformed }
