package senml

import "errors"

// What can be wrong with a pack. Every error of this package wraps exactly one
// of these and says which record it is about, counted from 0.
var (
	// ErrSyntax: not well-formed JSON or CBOR, or not a list of maps.
	ErrSyntax = errors.New("senml: malformed")
	// ErrLimit: over one of the Max… bounds.
	ErrLimit = errors.New("senml: over a limit")
	// ErrField: a field of the wrong type, given twice, or one that must be
	// understood (its label ends in "_") and is not.
	ErrField = errors.New("senml: bad field")
	// ErrVersion: a version that is not understood, or differs within the pack.
	ErrVersion = errors.New("senml: bad version")
	// ErrName: a name outside the characters of section 4.5.1, or none at all.
	ErrName = errors.New("senml: bad name")
	// ErrValue: not exactly one value, a number that is not finite, or no
	// measurement at all.
	ErrValue = errors.New("senml: bad value")
	// ErrTime: a time that cannot be expressed as an absolute one.
	ErrTime = errors.New("senml: bad time")
)
