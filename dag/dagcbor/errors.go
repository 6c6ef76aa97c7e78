package dagcbor

import "errors"

// Errors to branch on with errors.Is.
var (
	// ErrEncoding: the bytes are not strict DAG-CBOR, or not of the shape wanted.
	ErrEncoding = errors.New("not the canonical encoding")
	// ErrLimit: a length or number is over the bound its reader gave.
	ErrLimit = errors.New("over the limit")
)
